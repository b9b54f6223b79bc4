"""A copied home on the command line: what writes stops, what reads goes on, and `connector home claim`."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import click
import pytest
import typer
from clerks import Cli, hold

from connector_assets.cli import home as command
from connector_assets.cli.app import COMMANDS, app_of
from connector_resources.home import Home

CSV = "in.csv"
# each command that writes, as it would be typed by somebody who does not know that the home is a copy
WRITING: dict[str, tuple[str, ...]] = {
    "sync": ("jde_coupa",),
    "sync --adopt": ("jde_coupa", "--adopt"),
    "sync --baseline": ("jde_coupa", "--baseline"),
    "sync --apply": ("--apply", "plan-1"),
    "sweep": ("jde_coupa",),
    "approvals approve": ("--all",),
    "approvals reject": ("--all",),
    "exceptions dismiss": ("1",),
    "exceptions replay": ("--all",),
    "mappings set": ("jde_coupa", "payment_terms", "N30", "30"),
    "mappings remove": ("jde_coupa", "payment_terms", "N30"),
    "mappings import": ("jde_coupa", CSV),
    "links set": ("jde_coupa/suppliers", "F0401:1", "2"),
    "links remove": ("jde_coupa/suppliers", "F0401:1"),
    "links import": (CSV,),
    "credentials set": ("jde", "password", "--from-env", "CONNECTOR_HOME"),
    "credentials rotate": (),
    "credentials delete": ("jde", "password"),
    "inbox serve": ("--port", "0"),
    "inbox rotate": ("bill",),
    "inbox enable": ("bill",),
    "ui": (),
}
# `home claim` writes and is what a copy needs; `sync --plan` and `reconcile` keep what they read, which a copy may
READING: dict[str, tuple[str, ...]] = {
    "sync --plan": ("jde_coupa", "--plan"),
    "ping": ("coupa",),
    "reconcile": ("jde_coupa",),
    "plans list": (),
    "plans show": ("plan-1",),
    "approvals list": (),
    "approvals show": ("1",),
    "exceptions list": (),
    "exceptions show": ("1",),
    "mappings list": (),
    "mappings export": ("jde_coupa", "out.csv"),
    "links list": (),
    "links export": ("out.csv",),
    "credentials list": (),
    "audit record": ("F0411:1",),
    "audit verify": (),
    "audit export": ("out.csv",),
    "home show": (),
    "home claim": ("--yes",),
}
# they make a home, or need none
WITHOUT_HOME = {"demo", "init", "sandbox serve"}


def commands(group: click.Group, name: str = "") -> Iterator[str]:
    for each, found in group.commands.items():
        if isinstance(found, click.Group):
            yield from commands(found, f"{name}{each} ")
        else:
            yield f"{name}{each}"


def test_each_command_is_said_to_write_or_to_read() -> None:
    found = typer.main.get_command(app_of(COMMANDS))
    assert isinstance(found, click.Group)
    reported = {each.partition(" --")[0] for each in (*WRITING, *READING)}
    assert reported | WITHOUT_HOME == set(commands(found))


@pytest.fixture
def copy(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A copy of a home that belongs to this host and its folder, and CONNECTOR_HOME is the copy."""
    monkeypatch.delenv("CONNECTOR_INSTANCE")
    home.ledger().home.claim("ann")
    hold(home.ledger(), "F0411:1")
    home.close()
    copied = Home(shutil.copytree(home.path, tmp_path / "copy"))
    (tmp_path / CSV).write_text("name,key,value,note\npayment_terms,N30,30,\n")
    monkeypatch.setenv("CONNECTOR_HOME", str(copied.path))
    yield copied
    copied.close()


def content(home: Home) -> list[str]:
    with closing(sqlite3.connect(home.path / "ledger.sqlite")) as ledger:
        return list(ledger.iterdump())


def files(home: Home) -> set[str]:
    return {str(each.relative_to(home.path)) for each in home.path.rglob("*") if "ledger.sqlite" not in each.name}


@pytest.mark.parametrize("name", WRITING)
def test_what_writes_stops_with_one_line_and_nothing_is_written(
    cli: Cli, copy: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for what in ("connector_resources.instance.page.page_served", "connector_assets.inbox.server.listen"):
        monkeypatch.setattr(what, Mock(side_effect=AssertionError("it begins to serve")))
    before, there = content(copy), files(copy)
    said = cli(*name.partition(" --")[0].split(), *WRITING[name])
    assert said.code == 2 and said.out == ""
    assert said.err.count("\n") == 1
    assert "this home was copied or moved: its ledger belongs to " in said.err
    assert "`connector home claim`" in said.err
    assert content(copy) == before and files(copy) == there


@pytest.mark.parametrize("name", READING)
def test_what_reads_goes_on(cli: Cli, copy: Home, name: str) -> None:
    said = cli(*name.partition(" --")[0].split(), *READING[name])
    assert "copied or moved" not in said.err
    # nobody answers at the systems' addresses, and there is nothing of these numbers: the commands say so
    otherwise = {
        "sync --plan": 3,
        "ping": 3,
        "reconcile": 3,
        "plans show": 2,
        "approvals show": 2,
        "exceptions show": 2,
    }
    assert said.code == otherwise.get(name, 0)


def test_what_stopped_works_after_the_claim_and_the_original_goes_on(
    cli: Cli, copy: Home, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = ("mappings", "set", "jde_coupa", "payment_terms", "N30", "30", "--unchecked")
    assert cli(*setting).code == 2
    claimed = cli("home", "claim", "--yes", "--json")
    reported = json.loads(claimed.out)
    assert claimed.code == 0
    assert reported["from"].endswith(f"{home.path}/ledger.sqlite") and reported["to"].endswith(
        f"{copy.path}/ledger.sqlite"
    )
    assert cli(*setting).code == 0
    assert "home_claimed" in cli("audit", f"home:{reported['id']}", "--json").out
    assert cli("audit", "verify").code == 0
    monkeypatch.setenv("CONNECTOR_HOME", str(home.path))
    assert cli(*setting).code == 0


def test_show_tells_the_copy_from_the_original(
    cli: Cli, copy: Home, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = json.loads(cli("home", "show", "--json").out)
    assert "no: it was copied or moved" in cli("home", "show").out
    monkeypatch.setenv("CONNECTOR_HOME", str(home.path))
    here = json.loads(cli("home", "show", "--json").out)
    assert (there["writes"], here["writes"]) == (False, True)
    assert there["here"] != here["here"] == here["place"] == there["place"]
    assert there["id"] == here["id"] and there["last_event_at"] == here["last_event_at"] == "2026-03-02T09:00:00+00:00"
    assert "no:" not in cli("home", "show").out


@pytest.mark.parametrize(("typed", "code"), [("claim", 0), ("yes", 2), ("", 2)])
def test_a_claim_asks_for_its_word(
    cli: Cli, copy: Home, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(command.typer, "prompt", lambda *reported, **more: typed)
    said = cli("home", "claim")
    assert said.code == code
    assert f"opened last at {copy.ledger().home.get().place}" in said.err or code == 0
    assert "Stop the other one for good first" in said.err
    assert (copy.ledger().home.get().generation == 3) == (code == 0)


def test_a_claim_without_a_terminal_needs_its_option(cli: Cli, copy: Home) -> None:
    said = cli("home", "claim")
    assert said.code == 2 and "connector home claim --yes" in said.err
    assert copy.ledger().home.get().generation == 2


def test_a_claim_of_what_belongs_here_asks_nothing(cli: Cli, home: Home) -> None:
    said = cli("home", "claim")
    assert said.code == 0 and "belongs to CONNECTOR_INSTANCE=tests already" in said.err
