"""The memory of vouchers that we made where they bear no key of ours."""

from __future__ import annotations

from datetime import UTC, datetime

from connector_resources.ledger import Ledger
from connector_resources.ledger.vouchers_made import Made

FLOW, NOW = "jde_coupa/approved_invoices", datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_what_was_asked_for_and_what_it_became(ledger: Ledger) -> None:
    made = ledger.vouchers_made
    assert not made.tried(FLOW) and made.signs(FLOW) is None
    made.attempt(FLOW, "invoices:1", 1, "jde", {"number": "A"})
    made.attempt(FLOW, "invoices:1", 1, "jde", {"number": "B"})
    made.attempt(FLOW, "invoices:1", 1, "jde", {"number": "A"})
    [one] = made.of(FLOW, ["invoices:1", "invoices:2"])["invoices:1"]
    assert one.attempts == ({"number": "B"}, {"number": "A"})
    assert made.tried(FLOW) and made.waiting(FLOW) == [one]
    found = Made(FLOW, "invoices:1", 1, "jde", one.attempts, None, "00001/PV/7", {"TORG": True})
    made.recognise([found], NOW)
    assert made.of(FLOW, ["invoices:1"]) == {"invoices:1": [found]}
    assert made.found("jde", ["00001/PV/7", "00001/PV/8"]) == {"00001/PV/7": found}
    assert made.found("another", ["00001/PV/7"]) == {} and made.waiting(FLOW) == []
    assert made.signs(FLOW) == {"TORG": True} and list(made.keys(FLOW)) == ["invoices:1"]
    # what only was found was never asked for
    made.recognise([Made("other/flow", "bills:1", 1, "jde", found="00001/PV/9")], NOW)
    assert not made.tried("other/flow") and made.signs("other/flow") is None


def test_a_number_is_given_once(ledger: Ledger) -> None:
    made = ledger.vouchers_made
    assert made.highest("jde", 1, 9999) is None
    assert made.reserve(FLOW, "invoices:1", 1, "jde", "500")
    assert not made.reserve(FLOW, "invoices:2", 1, "jde", "500")
    assert made.reserve(FLOW, "invoices:2", 1, "jde", "1000")
    made.attempt(FLOW, "invoices:1", 1, "jde", {"document": 500})
    assert {key: each[0].number for key, each in made.of(FLOW, ["invoices:1", "invoices:2"]).items()} == {
        "invoices:1": "500",
        "invoices:2": "1000",
    }
    assert (made.highest("jde", 1, 9999), made.highest("jde", 1, 999)) == (1000, 500)
    assert [each.key for each in made.waiting(FLOW)] == ["invoices:1"]
