"""Unusable input: one clear line that names it, exit code 2, and nothing is written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from clerks import Cli, hold

from connector_assets.cli import exits
from connector_assets.cli.app import COMMANDS, app_of
from connector_resources.home import Home
from connector_resources.ledger import Ledger


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("sync", "nix"), "no integration 'nix'; there are: jde_bill, jde_coupa"),
        (
            ("sync", "jde_coupa/nix"),
            "no flow 'nix' in jde_coupa; there are: suppliers, accounts, purchase_orders, invoices",
        ),
        (("sync", "jde_coupa", "--from", "2026-1-1"), "--from 2026-1-1: a day is written YYYY-MM-DD"),
        (("sync", "jde_coupa", "--from", "20260201"), "--from 20260201: a day is written YYYY-MM-DD"),
        (("sync", "jde_coupa", "--from", "2026-02-03", "--to", "2026-02-02"), "--from 2026-02-03 is after --to"),
        (("sync", "jde_coupa", "--from", "2016-01-01"), "partition 2016-01-01 is out of range"),
        (("sync", "jde_coupa", "--to", "2099-01-01"), "partition 2099-01-01 is out of range: it is still"),
        (("sync", "jde_coupa", "--to", "2026-01-01"), "partition 2026-01-01 is out of range: start_date"),
        (("sync", "jde_coupa/accounts", "--from", "2026-02-02"), "jde_coupa/accounts is read whole"),
        (("sync", "jde_coupa", "--plan", "--adopt"), "--plan, --apply, --adopt and --baseline exclude each other"),
        (("sync", "--apply", "plan-1", "--plan"), "--plan, --apply, --adopt and --baseline exclude each other"),
        (("sync", "--apply", "plan-1", "--from", "2026-02-01"), "--from and --to do not apply"),
        (("sync", "--apply", "plan-1", "--key", "F0411:1"), "--key and --before-start do not apply"),
        (("sync", "jde_coupa", "--key", "F0411:1"), "jde_coupa is an integration: name one of its flows"),
        (("sync", "jde_coupa/invoices", "--key", "F0411:1", "--from", "2026-02-02"), "--key says which documents"),
        (("sync", "jde_coupa/accounts", "--before-start", "--from", "2026-01-02"), "jde_coupa/accounts is read whole"),
        (("sync", "jde_coupa", "--before-start"), "--before-start needs --from: the first day to read"),
        (
            ("sync", "jde_coupa", "--before-start", "--from", "2026-02-01"),
            "2026-02-01 is not before start_date 2026-02-01: sync it without --before-start",
        ),
        (
            ("sync", "jde_coupa", "--before-start", "--from", "2026-01-01", "--to", "2026-02-02"),
            "2026-02-02 is not before start_date",
        ),
        (
            ("sync", "jde_coupa", "--baseline", "--from", "2026-01-01", "--to", "2099-01-01"),
            "2099-01-01 is out of range",
        ),
        (("sync", "--apply", "plan-1"), "there is no plan plan-1: connector plans list"),
        (("plans", "show", "plan-1"), "there is no plan plan-1: connector plans list"),
        (("plans", "list", "--integration", "nix"), "no integration 'nix'"),
        (("approvals", "list", "--flow", "jde_coupa/nix"), "no flow 'nix' in jde_coupa"),
        (("approvals", "show", "nix"), "nothing is staged as nix"),
        (("approvals", "approve"), "say which: ID, --flow"),
        (("approvals", "approve", "nix"), "nix does not wait for an approval"),
        (("approvals", "reject", "nix"), "nix does not wait for an approval"),
        (("approvals", "approve", "nix", "--all"), "--all is all that waits: it goes with nothing else"),
        (("approvals", "approve", "--up-to", "10"), "--up-to needs --currency"),
        (("approvals", "approve", "--up-to", "ten", "--currency", "GBP"), "--up-to ten: an amount is written 500.00"),
        (("sync", "jde_coupa", "--nix"), "No such option"),
        (("sync",), "Missing argument"),
        (("nix",), "No such command 'nix'"),
        (("sweep", "nix"), "no integration 'nix'"),
        (("reconcile", "nix"), "no integration 'nix'"),
        (("reconcile", "jde_coupa", "--to", "2016-01-01"), "--to 2016-01-01 is out of range"),
        (("ping", "nix"), "no connection 'nix'; there are: bill, coupa, jde"),
        (("exceptions", "list", "--flow", "jde_coupa/nix"), "no flow 'nix' in jde_coupa"),
        (("exceptions", "list", "--flow", "jde_coupa"), "jde_coupa is an integration: name one of its flows"),
        (("exceptions", "list", "--reason", "nix"), "no reason 'nix'; there are:"),
        (("exceptions", "show", "nix"), "no exception nix"),
        (("exceptions", "replay", "nix"), "no open exception nix"),
        (("exceptions", "dismiss", "nix"), "no open exception nix"),
        (("mappings", "set", "nix", "payment_terms", "A", "B"), "no integration 'nix'"),
        (("mappings", "set", "jde_coupa", "payment_terms", " ", "B"), "KEY is blank"),
        (("links", "set", "jde_coupa/nix", "F0401:1", "2"), "no flow 'nix'"),
        (("links", "set", "jde_coupa/suppliers", "4711", "2"), "4711 is no document key"),
        (("links", "import", "nowhere.csv"), "nowhere.csv: no such file"),
        (("audit", "F0411:nix"), "nothing is known of F0411:nix"),
        (("init",), "connections.yaml exists already"),
    ],
)
def test_one_line_and_exit_code_two(cli: Cli, ledger: Ledger, arguments: tuple[str, ...], line: str) -> None:
    said = cli(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert line in said.err
    assert said.err.count("\n") == 1
    assert not ledger.mappings.list()
    assert not list(ledger.links.all())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name,key,value\npayment_terms,A,1\npayment_terms,A,2\n", "row 3: name, key payment_terms, A stands already"),
        ("name,key,valeu\npayment_terms,A,1\n", "row 1: unknown column 'valeu'"),
        ("name,key\npayment_terms,A\n", "row 1: column 'value' is missing"),
        ("name,key,value\npayment_terms,,1\n", "row 2: key is blank"),
        ("name,key,value\npayment_terms,A\n", "row 2: 2 cells, the header has 3"),
    ],
)
def test_a_mapping_file_is_checked_whole(cli: Cli, ledger: Ledger, tmp_path: Path, text: str, line: str) -> None:
    file = tmp_path / "terms.csv"
    file.write_text(text)
    said = cli("mappings", "import", "jde_coupa", str(file))
    assert said.code == 2
    assert f"{file} {line}" in said.err
    assert not ledger.mappings.list()


def test_without_a_home_nothing_is_made(cli: Cli, tmp_path: Path) -> None:
    for command in (("exceptions", "list"), ("sync", "jde_coupa"), ("ping",), ("credentials", "list")):
        said = cli(*command)
        assert said.code == 2
        assert "run `connector init`" in said.err
    assert not (tmp_path / "home").exists()


def test_a_missing_credential_stops_a_sync_before_it_begins(cli: Cli, home: Home) -> None:
    home.credentials().delete("coupa", "client_secret")
    for command in ("sync", "sweep", "reconcile"):
        said = cli(command, "jde_coupa")
        assert said.code == 2
        assert "coupa: the credential client_secret is missing: run `connector credentials set coupa" in said.err
    assert not home.dagster_home.exists()


def test_a_broken_setting_names_file_line_and_setting(cli: Cli, home: Home) -> None:
    text = home.connections_file.read_text()
    home.connections_file.write_text(text.replace("url: http://127.0.0.1:2/jderest", "url: 127.0.0.1/jderest"))
    said = cli("sync", "jde_coupa")
    assert said.code == 2
    assert "connections.yaml line " in said.err
    assert "must be an address like https://host:port/path" in said.err
    home.connections_file.write_text(text.replace("key_custom_field", "key_costume_field"))
    said = cli("sync", "jde_coupa")
    assert said.code == 2
    assert "integrations.jde_coupa.flows.invoices.key_costume_field: unknown setting" in said.err


def test_a_broken_close_calendar_names_its_line_and_stops_its_integration(cli: Cli, home: Home) -> None:
    text = home.connections_file.read_text()
    home.connections_file.write_text(text.replace("    flows:", "    close_calendar: close.yaml\n    flows:"))
    (home.path / "close.yaml").write_text("periods:\n  - {name: 2026-05, first: 2026-05-31, last: 2026-05-01}\n")

    said = cli("sync", "jde_coupa")

    assert said.code == 2
    assert f"close_calendar: {home.path}/close.yaml line 2: periods.0: ends before it begins" in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_a_ledger_of_a_newer_version_is_left_alone(cli: Cli, home: Home, ledger: Ledger) -> None:
    home.close()
    with sqlite3.connect(home.path / "ledger.sqlite") as connection:
        connection.execute("UPDATE ledger_version SET version_num = '9999'")
    connection.close()
    said = cli("exceptions", "list")
    assert said.code == 2
    assert "written by a newer version" in said.err
    with sqlite3.connect(home.path / "ledger.sqlite") as connection:
        connection.execute("UPDATE ledger_version SET version_num = '0001'")
    connection.close()


def test_an_unreachable_system_is_exit_code_three_and_no_run(cli: Cli, home: Home) -> None:
    for command in (("sync", "jde_coupa", "--json"), ("sync", "jde_coupa", "--plan"), ("sweep", "jde_coupa")):
        said = cli(*command)
        assert (said.code, said.out) == (3, "")
        assert "cannot connect to jde" in said.err
    assert not home.dagster_home.exists()


def test_a_sandbox_that_is_not_there_leaves_no_home(cli: Cli, tmp_path: Path) -> None:
    said = cli("init", "--sandbox", "--port-base", "1")
    assert said.code == 2
    assert "start it with `connector sandbox serve --port-base 1`" in said.err
    assert not (tmp_path / "home").exists()


def test_a_defect_is_told_without_a_traceback_which_is_kept(
    cli: Cli, home: Home, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("this was not foreseen")

    hold(ledger, "F0411:1")
    monkeypatch.setattr(type(ledger.exceptions), "open", broken)
    said = cli("exceptions", "list")
    assert said.code == exits.DEFECT
    assert "a defect of ml-connector, RuntimeError: this was not foreseen" in said.err
    (log,) = home.logs.glob("defect-*.log")
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_every_command_explains_itself() -> None:
    app = app_of(COMMANDS)
    for command in app.registered_commands:
        assert command.callback is not None
        assert command.callback.__doc__
    for group in app.registered_groups:
        assert group.typer_instance is not None
        assert all(
            each.callback is not None and each.callback.__doc__ for each in group.typer_instance.registered_commands
        )
