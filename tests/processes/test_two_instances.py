"""Two integrations of one kind in one home, each between systems of its own that number their vouchers alike."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from process_site import NAME, ProcessSite, SandboxProcess, outcomes

from connector_resources.home import Home

pytestmark = pytest.mark.slow

NORTH = "north"
SIZES = {NAME: 40, NORTH: 30}
CREDENTIALS = {"jde": ("username", "password"), "coupa": ("client_id", "client_secret")}


@pytest.fixture
def north(tmp_path: Path) -> Iterator[SandboxProcess]:
    """The systems of the second integration."""
    sandbox = SandboxProcess(tmp_path / "north", size=SIZES[NORTH])
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def site(tmp_path: Path, north: SandboxProcess) -> Iterator[ProcessSite]:
    """A home that knows both, before its first sync."""
    site = ProcessSite(tmp_path, SandboxProcess(tmp_path / "state", size=SIZES[NAME]))
    site.sandbox.start()
    try:
        assert site.start("init", "--sandbox", "--port-base", str(site.sandbox.base)).wait() == 0

        def second_pair(settings: dict[str, Any]) -> None:
            connections = settings["connections"]
            for offset, (system, path) in enumerate({"jde": "/jderest", "coupa": ""}.items(), 1):
                url = f"http://127.0.0.1:{north.base + offset}{path}"
                connections[f"{system}_north"] = connections[system] | {"url": url}
            own = {"kind": NAME, "connections": {system: f"{system}_north" for system in CREDENTIALS}}
            settings["integrations"][NORTH] = deepcopy(settings["integrations"][NAME]) | own

        site.configure(second_pair)
        known = north.get("/credentials")
        home = Home(site.path, {})
        for system, names in CREDENTIALS.items():
            for name in names:
                home.credentials().set(f"{system}_north", name, known[system][name])
        home.close()
        yield site
    finally:
        site.close()


def test_two_instances_side_by_side_do_not_mix(site: ProcessSite, north: SandboxProcess) -> None:
    commands = {name: site.start("sync", name, "--json") for name in SIZES}
    codes = {name: command.wait() for name, command in commands.items()}

    assert set(codes.values()) <= {0, 1}, [command.err for command in commands.values()]
    for name, sandbox in ((NAME, site.sandbox), (NORTH, north)):
        told = outcomes(commands[name].answer, f"{name}/invoices")
        assert told == {"created": SIZES[name]}
        read, written = sandbox.totals()
        assert written == read

    vouchers = {NAME: keys_of(site.sandbox), NORTH: keys_of(north)}
    both = sorted(vouchers[NAME] & vouchers[NORTH])
    assert both and vouchers[NAME] != vouchers[NORTH]
    pairs = {NAME: ("jde", "coupa"), NORTH: ("jde_north", "coupa_north")}
    with site.ledger() as ledger:
        links = list(ledger.links.all())
        for name, pair in pairs.items():
            own = [link for link in links if link.flow.startswith(f"{name}/")]
            assert {(link.source_connection, link.target_connection) for link in own} == {pair}
            assert {link.source_key for link in own if link.flow == f"{name}/invoices"} == vouchers[name]
            assert set(ledger.deliveries.keys(f"{name}/invoices")) == vouchers[name]

    audit = site.run("audit", both[0])
    assert {event["flow"] for event in audit["events"]} == {f"{name}/invoices" for name in pairs}
    ids = {link["flow"]: (link["source"]["system"], link["system"], link["id"]) for link in audit["links"]}
    assert {flow: told[:2] for flow, told in ids.items()} == {f"{name}/invoices": pair for name, pair in pairs.items()}
    one = site.run("audit", f"coupa_north:invoices:{ids['north/invoices'][2]}")
    assert {event["flow"] for event in one["events"]} == {"north/invoices"}

    held = {name: site.run("exceptions", "list", "--integration", name)["exceptions"] for name in pairs}
    for name, exceptions in held.items():
        assert {each["flow"].partition("/")[0] for each in exceptions} == {name}
    assert {each["key"] for each in held[NAME]} & {each["key"] for each in held[NORTH]}
    term = held[NORTH][0]["value"]
    assert site.start("mappings", "set", NORTH, "payment_terms", term, "NET30").wait() == 0
    with site.ledger() as ledger:
        released = {flow for flow in flows_of(pairs) if ledger.deliveries.due(flow, ledger.clock.now())}
    assert released == {"north/suppliers"}


def flows_of(names: Any) -> list[str]:
    return [f"{name}/{flow}" for name in names for flow in ("suppliers", "accounts", "invoices")]


def keys_of(sandbox: SandboxProcess) -> set[str]:
    return {f"F0411:{voucher}" for voucher, *_ in sandbox.invoices()}
