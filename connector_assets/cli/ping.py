"""`connector ping`: can each system be reached and used, do the flows' settings hold, and what to do where not."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector_assets.cli.arguments import existing_home
from connector_assets.cli.exits import DONE, NEEDS_A_PERSON, UNREACHABLE, UNUSABLE, line_of
from connector_assets.cli.show import Json, print_json, print_table, quiet_stdout
from connector_resources.checks import Check
from connector_resources.errors import ConnectorError, UnusableInput

if TYPE_CHECKING:
    from connector_resources.connections import Settings
    from connector_resources.home import Home

# these two questions decide the exit code, and `settings` means that the system was not even asked
REACH, AUTHENTICATE, SETTINGS = "reach", "authenticate", "settings"
# a rate is the site's own choice: what is said about it is advice
ADVICE = "limits"


def ping(
    connections: Annotated[list[str] | None, typer.Argument(metavar="[CONNECTION...]", help="Without: all.")] = None,
    as_json: Json = False,
) -> None:
    """Ask each system: reach, authenticate, permissions, limits, clock; then what the flows need of it."""
    home = existing_home()
    settings = home.settings()
    for name in connections or ():
        if name not in settings.broken_connections:
            settings.connection(name)
    chosen = connections or sorted({*settings.connections, *settings.broken_connections})
    with quiet_stdout():
        asked = [_ask(home, settings, name) for name in chosen]
        usable = {each["name"] for each in asked if each["authenticated"]}
        integrations = _integrations(home, settings, set(chosen), usable)
    if as_json:
        print_json({"connections": asked, "integrations": integrations})
    else:
        _print(asked, integrations)
    raise typer.Exit(_code(asked, integrations))


def _ask(home: Home, settings: Settings, name: str) -> dict[str, Any]:
    try:
        connection = settings.connection(name)
    except UnusableInput as error:
        return _entry(name, "", [Check(SETTINGS, False, str(error), "correct it in connections.yaml")])
    from connector_assets.run_setup import open_client
    from connector_assets.systems.registry import system_of

    try:
        client = open_client(home, connection)
    except UnusableInput as error:
        fix = f"connector credentials set {name} {' or '.join(connection.CREDENTIALS)}"
        return _entry(name, connection.system, [Check(SETTINGS, False, str(error), fix)])
    try:
        checks: list[Check] = client.ping()
        let_in = any(check.name == AUTHENTICATE and check.ok for check in checks)
        checks = [*checks, *system_of(connection.system).inbox_checks(home, connection, client, let_in=let_in)]
    finally:
        client.close()
    return _entry(name, connection.system, checks)


def _entry(name: str, system: str, checks: list[Check]) -> dict[str, Any]:
    found = {check.name: check.ok for check in checks}
    authenticated = found.get(AUTHENTICATE, False)
    return {
        "name": name,
        "system": system,
        # a system that let us in was reached
        "reachable": found.get(REACH, authenticated),
        "authenticated": authenticated,
        "checks": [asdict(check) for check in checks],
    }


def _integrations(home: Home, settings: Settings, chosen: set[str], usable: set[str]) -> list[dict[str, Any]]:
    """What the flows of the integrations of these connections need; the systems are asked only where they answer."""
    entries = []
    for name, integration in sorted(settings.integrations.items()):
        used = set(integration.connections.values())
        if used & chosen:
            checks = _flow_checks(home, name, ask=used <= usable)
            entries.append({"name": name, "checks": [asdict(check) for check in checks]})
    for name, reason in sorted(settings.broken_integrations.items()):
        check = Check(SETTINGS, False, reason, "correct it in connections.yaml")
        entries.append({"name": name, "checks": [asdict(check)]})
    return entries


def _flow_checks(home: Home, name: str, *, ask: bool) -> list[Check]:
    from connector_assets.pairs.registry import flows_on
    from connector_assets.run_setup import open_run_context

    checks: list[Check] = []
    with open_run_context(home, name, "ping", reading=True) as run_context:
        for kind in flows_on(run_context.integration.settings):
            try:
                flow = kind(run_context)
            except UnusableInput as error:
                checks.append(Check(SETTINGS, False, str(error), "correct it in connections.yaml"))
                continue
            checks.append(Check(SETTINGS, True, f"{flow.full_name}: its settings hold"))
            if not ask:
                continue
            try:
                problems, notes = flow.startup_problems(), flow.startup_notes()
            except ConnectorError as error:
                problems, notes = [line_of(error)], []
            checks += [Check(f"flow {kind.name}", True, note) for note in notes]
            checks += [Check(f"flow {kind.name}", False, problem, problem) for problem in problems]
    return checks


def _print(asked: list[dict[str, Any]], integrations: list[dict[str, Any]]) -> None:
    rows = [
        (each["name"], check["name"], "yes" if check["ok"] else "NO", check["detail"], check["fix"])
        for each in [*asked, *integrations]
        for check in each["checks"]
    ]
    print_table(None, ("", "check", "ok", "found", "what to do"), rows)


def _code(asked: list[dict[str, Any]], integrations: list[dict[str, Any]]) -> int:
    failed = {check["name"] for each in [*asked, *integrations] for check in each["checks"] if not check["ok"]}
    if SETTINGS in failed:
        return UNUSABLE
    if not all(each["reachable"] and each["authenticated"] for each in asked):
        return UNREACHABLE
    return NEEDS_A_PERSON if failed - {ADVICE} else DONE
