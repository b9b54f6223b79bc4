"""A system and a pair that there are not, from a folder of their own: everything knows them, and nothing was told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_assets.cli.sandboxes import free_port_base, served

MADE_UP = Path(__file__).parent / "made_up"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Python's path holds their folder, besides what it holds anyhow."""
    folder = tmp_path_factory.mktemp("made-up")
    path = os.pathsep.join([str(MADE_UP), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "CONNECTOR_HOME": str(folder / "home")}


@pytest.fixture(scope="module")
def port(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a sandbox in which Spendly is one of the systems."""
    base = free_port_base(27200)
    log = tmp_path_factory.mktemp("sandbox") / "log"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", environment["PYTHONPATH"])
        with served(["--port-base", str(base), "--seed", "1", "--size", "40", "--limits", "off"], log) as ready:
            assert list(ready["systems"]) == ["jde", "coupa", "bill", "spendly"]
            yield base


def connector(environment: dict[str, str], *arguments: str, code: int = 0) -> Any:
    """What a command prints, as JSON where it is."""
    command = [str(Path(sys.executable).with_name("connector")), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, (done.stdout, done.stderr)
    return json.loads(done.stdout) if "--json" in arguments else done.stdout + done.stderr


def python(environment: dict[str, str], code: str) -> list[str]:
    """The lines that a piece of Python prints."""
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_everything_knows_a_system_and_a_pair_that_are_only_a_folder(environment: dict[str, str], port: int) -> None:
    """Given a folder with Spendly, its pair with JD Edwards and its sandbox
    when a home is made, then its settings begin with them; ping reaches it, a sync brings the business units over, a
    second one writes nothing, both systems agree, and its value tables, reasons and flows are known by name."""
    connector(environment, "init", "--sandbox", "--port-base", str(port), "--start-date", "2026-01-01")
    settings = (Path(environment["CONNECTOR_HOME"]) / "connections.yaml").read_text("utf-8")
    assert f"  spendly:\n    system: spendly\n    url: http://127.0.0.1:{port + 9}\n" in settings
    assert "  jde_spendly:\n    kind: jde_spendly\n" in settings
    reported = connector(environment, "ping", "spendly", "--json")
    assert reported["connections"][0]["authenticated"]
    [first] = connector(environment, "sync", "jde_spendly", "--json")["flows"]
    assert first["outcomes"]["created"] == first["read"] > 3
    [second] = connector(environment, "sync", "jde_spendly", "--json")["flows"]
    assert (second["outcomes"]["unchanged"], second["calls"]["write"]) == (first["read"], 0)
    assert connector(environment, "reconcile", "jde_spendly", "--json")["flows"][0]["differences"] == []
    assert "exchange_rates" in connector(environment, "mappings", "set", "jde_spendly", "no_such", "a", "b", code=2)
    assert connector(environment, "exceptions", "list", "--reason", "centre_is_frozen", "--json")["exceptions"] == []
    assert "there are: centres" in connector(environment, "sync", "jde_spendly/no_such", code=2)


def test_dagsters_page_and_ours_show_them(environment: dict[str, str]) -> None:
    """Given the folder, then Dagster loads its assets, checks and job, and the page of systems has both of them."""
    lines = python(
        environment,
        "from connector_assets.definitions import defs\n"
        "graph = defs.resolve_asset_graph()\n"
        "print(*sorted(key.to_user_string() for key in graph.get_all_asset_keys()), sep='\\n')\n"
        "print(*sorted(job.name for job in defs.resolve_all_job_defs()), sep='\\n')\n"
        "from connector_assets.systems_page import page\nprint(page())\n"
        "from connector_assets.cli.exception_texts import document_words\nprint(document_words('centres:7', None))\n"
        "from connector_assets.engine import linking\nprint(*linking._ignoring_rules()['frozen'], sep='; ')",
    )
    assets = {"spendly/centres", "jde_spendly/centres/mapped", "jde_spendly/centres/delivered"}
    assert assets | {"jde_spendly"} <= set(lines)
    assert {"## Spendly", "## JD Edwards with Spendly"} <= set(lines)
    assert "| `centres` | Cost centres of Spendly, whole. |  |" in lines
    assert {"cost centre 7", "it is frozen; thaw it in Spendly"} <= set(lines)


def test_the_drill_tells_their_flow(environment: dict[str, str]) -> None:
    """Given the folder, then the drill loses an answer of its flow, and a process with it, as of any other."""
    where = Path(__file__).parent / "drills" / "test_drill_quick.py"
    command = [sys.executable, "-m", "pytest", str(where), "-k", "jde_spendly", "-n", "0", "-p", "no:cacheprovider"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=where.parents[2])
    assert done.returncode == 0, done.stdout[-3000:]
    assert "2 passed" in done.stdout or done.stdout.count(".") >= 2
