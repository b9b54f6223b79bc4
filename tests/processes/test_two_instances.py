"""Two integrations of one kind in one home, each between systems of its own that number their vouchers alike."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from process_sandbox import SandboxProcess
from process_site import NAME, ProcessSite, outcomes

from connector_resources.home import Home

pytestmark = pytest.mark.slow

NORTH = "north"
SIZES = {NAME: 40, NORTH: 30}
PAIRS = {NAME: ("jde", "coupa"), NORTH: ("jde_north", "coupa_north")}
CREDENTIALS = {"jde": ("username", "password"), "coupa": ("client_id", "client_secret")}


class Both:
    """The home of both, after a sync of each at the same time."""

    def __init__(self, folder: Path) -> None:
        self.sandboxes = {name: SandboxProcess(folder / name, size) for name, size in SIZES.items()}
        self.site = ProcessSite(folder, self.sandboxes[NAME])

    def sync(self) -> None:
        """Set up the home, and bring both into agreement."""
        for sandbox in self.sandboxes.values():
            sandbox.start()
        base = str(self.sandboxes[NAME].base)
        assert self.site.start("init", "--sandbox", "--port-base", base).wait() == 0
        self.site.configure(self._second_pair)
        known = self.sandboxes[NORTH].get("/credentials")
        home = Home(self.site.path, {"CONNECTOR_INSTANCE": "tests"})
        for system, names in CREDENTIALS.items():
            for name in names:
                home.credentials().set(f"{system}_north", name, known[system][name])
        home.close()
        commands = {name: self.site.start("sync", name, "--json") for name in PAIRS}
        codes = [command.wait() for command in commands.values()]
        # a supplier's payment term is not mapped, in either
        assert codes == [1, 1], [command.err for command in commands.values()]
        self.answers = {name: command.answer for name, command in commands.items()}
        self.vouchers = {name: keys_of(sandbox) for name, sandbox in self.sandboxes.items()}

    def _second_pair(self, settings: dict[str, Any]) -> None:
        connections = settings["connections"]
        for offset, (system, path) in enumerate({"jde": "/jderest", "coupa": ""}.items(), 1):
            url = f"http://127.0.0.1:{self.sandboxes[NORTH].base + offset}{path}"
            connections[f"{system}_north"] = connections[system] | {"url": url}
        own = {"kind": NAME, "connections": {system: f"{system}_north" for system in CREDENTIALS}}
        settings["integrations"][NORTH] = deepcopy(settings["integrations"][NAME]) | own

    def close(self) -> None:
        """End all processes."""
        self.site.close()
        for sandbox in self.sandboxes.values():
            sandbox.stop()


def keys_of(sandbox: SandboxProcess) -> set[str]:
    return {f"F0411:{voucher}" for voucher, *_ in sandbox.invoices()}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    both = Both(tmp_path_factory.mktemp("both"))
    try:
        both.sync()
        yield both
    finally:
        both.close()


def test_each_delivers_its_own_to_the_penny(both: Both) -> None:
    assert both.vouchers[NAME] & both.vouchers[NORTH] and both.vouchers[NAME] != both.vouchers[NORTH]
    for name, sandbox in both.sandboxes.items():
        assert outcomes(both.answers[name], f"{name}/invoices") == {"created": SIZES[name]}
        read, written = sandbox.totals()
        assert read == written


def test_their_deliveries_and_links_do_not_mix(both: Both) -> None:
    with both.site.ledger() as ledger:
        links = list(ledger.links.all())
        for name, pair in PAIRS.items():
            own = [link for link in links if link.flow.startswith(f"{name}/")]
            assert {(link.source_connection, link.target_connection) for link in own} == {pair}
            assert {link.source_key for link in own if link.flow == f"{name}/invoices"} == both.vouchers[name]
            assert set(ledger.deliveries.keys(f"{name}/invoices")) == both.vouchers[name]


def test_the_audit_trail_tells_which_is_which(both: Both) -> None:
    shared = min(both.vouchers[NAME] & both.vouchers[NORTH])
    reported = both.site.run("audit", shared)
    assert {event["flow"] for event in reported["events"]} == {f"{name}/invoices" for name in PAIRS}
    links = {link["flow"]: link for link in reported["links"]}
    systems = {flow: (link["source"]["system"], link["system"]) for flow, link in links.items()}
    assert systems == {f"{name}/invoices": pair for name, pair in PAIRS.items()}
    one = both.site.run("audit", f"coupa_north:invoices:{links['north/invoices']['id']}")
    assert {event["flow"] for event in one["events"]} == {"north/invoices"}


def test_a_mapping_of_one_releases_nothing_of_the_other(both: Both) -> None:
    held = {name: both.site.run("exceptions", "list", "--integration", name)["exceptions"] for name in PAIRS}
    assert {each["key"] for each in held[NAME]} & {each["key"] for each in held[NORTH]}
    for name, exceptions in held.items():
        assert {each["flow"] for each in exceptions} == {f"{name}/suppliers"}
    setting = both.site.start(
        "mappings", "set", NORTH, "payment_terms", held[NORTH][0]["value"], "NET30", "--unchecked"
    )
    assert setting.wait() == 0, setting.err
    with both.site.ledger() as ledger:
        due = {name: ledger.deliveries.due(f"{name}/suppliers", ledger.clock.now()) for name in PAIRS}
    assert due[NAME] == [] and due[NORTH] != []
