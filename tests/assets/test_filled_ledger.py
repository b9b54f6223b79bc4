"""The ledger that the benchmarks measure is one that delivering might have left: whole, linked, and asked as usual."""

from __future__ import annotations

from pathlib import Path

from benchmarks.filled_ledger import BEGAN, FLOW, Filled, fill, filled_already
from connector_assets.templates import sandbox_connections
from connector_resources.home import Home

DOCUMENTS = 50


def test_a_filled_ledger_has_whole_chains_and_answers_by_all_three_names(database_url: str, tmp_path: Path) -> None:
    environment = {} if database_url.startswith("sqlite") else {"CONNECTOR_DATABASE_URL": database_url}
    home = Home(tmp_path / "home", environment)
    home.create()
    home.connections_file.write_text(sandbox_connections(BEGAN.date()))
    assert filled_already(home, DOCUMENTS) is None
    filled = fill(home, DOCUMENTS)
    assert filled_already(home, DOCUMENTS) == filled and filled_already(home, DOCUMENTS + 1) is None
    ledger = home.ledger()
    try:
        (proof,) = ledger.audit.prove()
        assert (proof.flow, proof.findings) == (FLOW, [])
        assert proof.head is not None and proof.head.count == filled.events
        assert sum(ledger.deliveries.counts(FLOW).values()) == DOCUMENTS
        assert len(ledger.exceptions.open()) == filled.open == 1
        links, events = ledger.audit.of(Filled.key(7))
        assert [each.event for each in events] == ["intent", "settled"] and len(links) == 1
        assert ledger.audit.of(f"jde:{Filled.key(7)}") == (links, events)
        assert ledger.audit.of(f"coupa:invoices:{Filled.target(7)}") == (links, events)
    finally:
        home.close()
