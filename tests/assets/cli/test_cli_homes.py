"""What makes homes, what a run comes to, and how much a small command loads."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clerks import Cli, hold

from connector_assets import run_setup
from connector_assets.cli import demo_home, sandboxes
from connector_assets.cli.planned import Plan
from connector_assets.cli.sandbox import serving
from connector_assets.cli.syncing import Outcome
from connector_assets.engine.report import OUTCOMES
from connector_assets.templates import sandbox_connections
from connector_resources.errors import UnusableInput
from connector_resources.home import Home
from connector_resources.ledger import Ledger

INVOICES = "jde_coupa/invoices"


class TestInit:
    def test_a_commented_file_for_the_owner_alone_that_begins_ninety_days_ago(self, cli: Cli, tmp_path: Path) -> None:
        assert cli("init").code == 0
        home = Home(tmp_path / "home")
        assert home.connections_file.stat().st_mode & 0o077 == 0
        settings = home.settings()
        assert settings.start_date == datetime.now(UTC).date() - timedelta(days=90)
        assert settings.broken == {}
        assert "#" in home.connections_file.read_text()

    def test_a_start_date_of_ones_own(self, cli: Cli, tmp_path: Path) -> None:
        assert cli("init", "--start-date", "2016-04-01").code == 0
        assert Home(tmp_path / "home").settings().start_date.isoformat() == "2016-04-01"


class TestDemoHome:
    def test_a_home_of_somebody_else_is_never_touched(self, cli: Cli, home: Home) -> None:
        before = sorted(home.path.iterdir())
        said = cli("demo")
        assert said.code == 2
        assert "holds something that the demo did not make" in said.err
        assert sorted(home.path.iterdir()) == before

    def test_a_ledger_that_cannot_be_read_leaves_nothing_behind(self, cli: Cli, tmp_path: Path) -> None:
        said = cli("demo", "--ledger", str(tmp_path / "nowhere"))
        assert said.code == 2
        assert "the sandbox does not start" in said.err
        assert str(tmp_path / "nowhere") in said.err
        assert not (tmp_path / "home").exists()

    def test_an_earlier_demo_goes_when_the_next_can_begin(self, tmp_path: Path) -> None:
        home = Home(tmp_path / "home")
        home.create()
        demo_home.leave(home, 8900, home.path / "sandbox-1" / "data")
        (home.path / "landing").mkdir()
        (home.path / "ledger.sqlite").touch()
        (home.path / "sandbox-2").mkdir()
        demo_home.check(home)
        demo_home.begin_anew(home, home.path / "sandbox-2")
        assert [each.name for each in home.path.iterdir()] == ["sandbox-2"]

    @pytest.mark.postgres
    def test_in_postgresql_an_earlier_demos_schemas_go_with_it(
        self, postgres_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CONNECTOR_DATABASE_URL", postgres_server.url("postgres"))
        monkeypatch.setenv("CONNECTOR_SCHEMA_PREFIX", f"demo_{secrets.token_hex(4)}")
        home = Home(tmp_path / "home")
        home.create()
        home.connections_file.write_text(sandbox_connections(date(2026, 2, 1)))
        (home.path / "sandbox-2").mkdir()
        hold(home.ledger(), "F0411:1")
        home.close()
        demo_home.begin_anew(home, home.path / "sandbox-2")
        home.connections_file.write_text(sandbox_connections(date(2026, 2, 1)))
        # without the demo's mark in the home, its schemas are somebody's
        assert len(home.ledger().exceptions.open()) == 1
        home.close()
        demo_home.leave(home, 8900, home.path / "sandbox-1" / "data")
        demo_home.begin_anew(home, home.path / "sandbox-2")
        home.connections_file.write_text(sandbox_connections(date(2026, 2, 1)))
        assert home.ledger().exceptions.open() == []
        home.close()

    def test_what_a_demo_left_can_be_served_again(self, tmp_path: Path) -> None:
        home = Home(tmp_path / "home")
        home.create()
        with pytest.raises(UnusableInput, match="no demo has been run"):
            demo_home.left_by_demo(home)
        demo_home.leave(home, 9000, home.path / "sandbox-1" / "data")
        left = demo_home.left_by_demo(home)
        assert (left.port_base, left.state) == (9000, home.path / "sandbox-1" / "data")


class TestSandbox:
    def test_ports_that_are_taken_are_passed_over(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            base = sandboxes.free_port_base(port - 2) if port + 1000 < 65000 else sandboxes.free_port_base(50000)
            assert port not in range(base, base + sandboxes.PORTS)

    def test_arguments_are_the_sandboxs_own(self) -> None:
        arguments = serving(9000, size=5, state=Path("here"), limits="off", trust=Path("ca.pem"))
        words = "--port-base 9000 --seed 1 --limits off --size 5 --state here --trust ca.pem"
        assert arguments == words.split()

    def test_it_is_served_until_the_block_ends(self, tmp_path: Path) -> None:
        base = sandboxes.free_port_base(9800)
        with sandboxes.served(serving(base, size=1, limits="off"), tmp_path / "log") as ready:
            assert ready["ready"] is True
            assert set(sandboxes.credentials_of(base)) >= {"jde", "coupa", "bill"}
        with pytest.raises(UnusableInput, match="no sandbox answers"):
            sandboxes.credentials_of(base)


class TestPing:
    def test_systems_that_do_not_answer_are_exit_code_three(self, cli: Cli, home: Home) -> None:
        said = cli("ping", "--json")
        assert said.code == 3
        reported = json.loads(said.out)
        assert [(each["name"], each["system"]) for each in reported["connections"]] == [
            ("bill", "bill"),
            ("coupa", "coupa"),
            ("jde", "jde"),
        ]
        assert not any(each["reachable"] or each["authenticated"] for each in reported["connections"])
        assert {"name", "ok", "detail", "fix"} == set(reported["connections"][0]["checks"][0])
        assert [each["name"] for each in reported["integrations"]] == ["jde_bill", "jde_coupa"]
        assert all(check["ok"] for each in reported["integrations"] for check in each["checks"])

    def test_a_missing_credential_and_a_broken_setting_are_exit_code_two(self, cli: Cli, home: Home) -> None:
        home.credentials().delete("coupa", "client_secret")
        said = cli("ping", "coupa", "--json")
        assert said.code == 2
        (coupa,) = json.loads(said.out)["connections"]
        assert "client_secret is missing" in coupa["checks"][0]["detail"]
        text = home.connections_file.read_text().replace("page_size: 1000", "page_size: none")
        home.connections_file.write_text(text)
        said = cli("ping", "--json")
        assert said.code == 2
        reported = json.loads(said.out)
        (jde,) = [each for each in reported["connections"] if each["name"] == "jde"]
        assert "page_size" in jde["checks"][0]["detail"]


def entry(**outcomes: int) -> dict[str, object]:
    return {"flow": INVOICES, "outcomes": dict.fromkeys(OUTCOMES, 0) | outcomes}


class TestExitCodeOfASync:
    def test_done(self, ledger: Ledger) -> None:
        assert Outcome("r", [entry(created=1, ignored=2)]).code(ledger, [INVOICES]) == 0

    def test_what_waits_for_an_approval_is_no_exception(self, ledger: Ledger) -> None:
        assert Outcome("r", [entry(created=1, staged=2)]).code(ledger, [INVOICES]) == 0
        assert Plan("p", [entry(staged=2)]).code(ledger, [INVOICES]) == 0

    @pytest.mark.parametrize("name", ["held", "conflict", "refused", "failed", "in_doubt"])
    def test_what_needs_a_person(self, ledger: Ledger, name: str) -> None:
        assert Outcome("r", [entry(created=1, **{name: 1})]).code(ledger, [INVOICES]) == 1
        assert Plan("p", [entry(**{name: 1})]).code(ledger, [INVOICES]) == 1

    def test_exceptions_of_an_earlier_run_in_the_same_flow(self, ledger: Ledger) -> None:
        hold(ledger, "F0411:1")
        assert Outcome("r", [entry(created=1)]).code(ledger, [INVOICES]) == 1
        assert Outcome("r", [entry(created=1)]).code(ledger, ["jde_coupa/suppliers"]) == 0

    def test_a_plan_because_the_target_is_not_empty(self, ledger: Ledger) -> None:
        outcome = Outcome("r", [entry(adopted=1) | {"plan_reason": "target_not_empty"}])
        assert outcome.code(ledger, [INVOICES]) == 1
        reported = outcome.as_json()
        assert (reported["plan"], reported["plan_reason"], reported["run"]) == (True, "target_not_empty", "r")
        assert reported["plan_id"] == "r"
        (line,) = outcome.lines()
        assert line.startswith(
            f"plan r: the target holds documents of {INVOICES} already: first connector sync {INVOICES}"
        )

    def test_a_plan_says_how_to_look_at_it_and_how_to_apply_it(self) -> None:
        documents = [{"key": "a", "request": {}}, {"key": "b", "request": None}]
        assert Plan("p", [entry(created=1, adopted=1) | {"documents": documents}]).lines() == [
            "plan p: 1 document to send",
            "  look at it again: connector plans show p",
            "  send exactly this: connector sync --apply p",
        ]
        assert Plan("p", [entry(held=1) | {"documents": []}]).lines() == ["plan p: no documents to send"]
        assert Outcome("r", [entry(created=1)]).lines() == []

    def test_systems_and_settings(self, ledger: Ledger) -> None:
        failed = {"jde__F0411": "no answer"}
        assert Outcome("r", [], [INVOICES], failed, {"Failure", "Unavailable"}).code(ledger, [INVOICES]) == 3
        assert Outcome("r", [], [INVOICES], failed, {"Failure", "LoginRefused"}).code(ledger, [INVOICES]) == 3
        assert Outcome("r", [], [INVOICES], failed, {"Failure", "UnusableInput"}).code(ledger, [INVOICES]) == 2
        assert Outcome("r", [], [INVOICES], failed, {"AccountingError"}).code(ledger, [INVOICES]) == 1


@pytest.mark.slow
def test_a_small_command_loads_neither_dagster_nor_pandas(home: Home, ledger: Ledger) -> None:
    hold(ledger, "F0411:1")
    words = (
        "import sys; from connector_assets.cli.app import run;"
        "codes = [run(['exceptions', 'list', '--json']), run(['mappings', 'list', '--json']), run(['--help'])];"
        "assert codes == [0, 0, 0], codes;"
        "loaded = {'dagster', 'pandas', 'pandera', 'pyarrow', 'alembic', 'requests'} & sys.modules.keys();"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_connections_yaml_is_parsed_once_a_run(home: Home) -> None:
    first = run_setup.settings_of(home, "one")
    assert run_setup.settings_of(home, "one") is first
    assert run_setup.settings_of(home, "another") is not first
    home.connections_file.write_text(home.connections_file.read_text("utf-8") + "\n", encoding="utf-8")
    assert run_setup.settings_of(home, "one") is not first
