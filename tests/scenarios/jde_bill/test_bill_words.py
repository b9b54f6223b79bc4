"""What a clerk reads of what needs a person: `connector exceptions list` and `show`, of exceptions that flows made."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bill_owed import FLOW, bill_of, key, owing, pay_in_bill, run
from bill_site import BillSite

from connector_assets.cli import exceptions
from connector_assets.cli.app import run as connector
from connector_resources.home import Home

Said = Callable[..., str]
# what no text shows: a value that is missing, or a name that somebody else should have filled in
UNFILLED = re.compile(r"\bNone\b|\bnan\b|<[a-z][^<>]*>|[{}]|\(\s*\)|, ,")


@pytest.fixture
def said(testbed: BillSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Said:
    """What a command prints, in the town's home."""
    monkeypatch.setenv("CONNECTOR_HOME", str(tmp_path))
    monkeypatch.setattr(Home, "ledger", lambda _: testbed.ledger)
    monkeypatch.setenv("COLUMNS", "400")
    settings = {"start_date": testbed.start.isoformat(), "connections": testbed.connections}
    (tmp_path / "connections.yaml").write_text(
        json.dumps({**settings, "integrations": {testbed.NAME: {"flows": testbed.written()}}})
    )

    def call(*arguments: str) -> str:
        capfd.readouterr()
        assert connector(arguments) == 0
        out, err = capfd.readouterr()
        assert err == ""
        return out

    return call


def shown(said: Said) -> dict[str, dict[str, Any]]:
    """Reason -> its entry in the list."""
    found = json.loads(said("exceptions", "list", "--json"))["exceptions"]
    return {each["reason"]: each for each in found}


@pytest.fixture
def trouble(testbed: BillSite) -> dict[str, str]:
    """Vouchers that are held, each for a reason of its own, and one that is paid in both systems: reason -> key."""
    owing(testbed)
    books = testbed.books
    paid = books.voucher(1, costs=(("30.5010", "2150.00"),))
    assert run(testbed) == {"created": 1}
    pay_in_bill(testbed, bill_of(testbed, paid))
    books.pay(paid)
    account = books.voucher(2, costs=(("30.5010", "60.00"),))
    books.line(account, 1, "30.9999", "60.00")
    books.supplier(4399, "Quarry & Sons")
    testbed.sync("vendors")
    books.upsert("F0401", {"AN8": 4399, "HDPY": "Y"})
    stopped = books.voucher(3, supplier=4399, costs=(("30.5010", "75.50"),))
    nobody = books.voucher(4, supplier=5999, costs=(("30.5010", "12.00"),))
    books.voucher(5, invoice="TWICE-7", costs=(("30.5010", "9.00"),))
    twice = books.voucher(6, invoice="TWICE-7", costs=(("30.5010", "9.00"),))
    testbed.sync(FLOW)
    held = {"account_not_found": account, "supplier_on_hold": stopped, "supplier_not_linked": nobody}
    held |= {"possible_duplicate": twice}
    return {reason: key(entry) for reason, entry in {"paid_in_both": paid, **held}.items()}


@pytest.mark.reason("paid_in_both")
@pytest.mark.reason("account_not_found")
@pytest.mark.reason("supplier_on_hold")
@pytest.mark.reason("supplier_not_linked")
@pytest.mark.reason("possible_duplicate")
def test_the_list_says_what_is_wrong_whose_it_is_and_what_to_do_first(
    testbed: BillSite, trouble: dict[str, str], said: Said
) -> None:
    """Given a voucher that both systems paid, and four that are held: for an account, a hold, an unknown supplier, and
    an invoice number that was entered twice
    when a clerk lists the exceptions the next day
    then those of money come first, each says in words what is wrong, whose it is, how much, since when, and what to
    do first; and show says the rest."""
    testbed.sandbox.clock.advance(26 * 3600)
    found = shown(said)
    assert {reason: each["key"] for reason, each in found.items()} == trouble
    assert {*list(found)[:2]} == {"paid_in_both", "possible_duplicate"}
    high = {reason for reason, each in found.items() if each["severity"] == "high"}
    assert high == {"paid_in_both", "possible_duplicate"}
    assert {reason: (each["party"], each["party_number"]) for reason, each in found.items()} == {
        "paid_in_both": ("Anvil & Sons", "4343"),
        "account_not_found": ("Anvil & Sons", "4343"),
        "possible_duplicate": ("Anvil & Sons", "4343"),
        "supplier_on_hold": ("Quarry & Sons", "4399"),
        "supplier_not_linked": ("5999", "5999"),
    }
    assert {reason: (each["amount"], each["currency"]) for reason, each in found.items()} == {
        "paid_in_both": ("2150.00", "GBP"),
        "account_not_found": ("60.00", "GBP"),
        "possible_duplicate": ("9.00", "GBP"),
        "supplier_on_hold": ("75.50", "GBP"),
        "supplier_not_linked": ("12.00", "GBP"),
    }
    assert {each["age"] for each in found.values()} == {"26 h"}
    assert found["account_not_found"]["document"] == "INV-2, voucher PV 2, pay item 001 (00001)"
    assert found["possible_duplicate"]["message"].endswith("number: voucher PV 5 (00001)")
    assert "30.9999" in found["account_not_found"]["message"]
    assert found["supplier_not_linked"]["first_step"].startswith("enter the supplier in JD Edwards")
    assert "JD Edwards has no supplier" in found["supplier_not_linked"]["message"]
    table = said("exceptions", "list")
    for each in found.values():
        for text in (each["message"], each["fix"], *each["steps"], each["document"]):
            assert text and not UNFILLED.search(text), text
        assert each["first_step"] == each["steps"][0]
        assert each["id"] in table
        reported = said("exceptions", "show", each["id"])
        assert not UNFILLED.search(reported), reported
        for part in (each["message"], each["key"], *each["steps"], f"connector exceptions replay {each['id']}"):
            assert part in reported
    words = " ".join(table.replace("│", " ").split())
    assert not UNFILLED.search(words), words
    for part in ("Anvil & Sons (4343)", "Quarry & Sons (4399)", "2,150.00 GBP", "26 h", "5 open exceptions"):
        assert part in words


def test_a_terminal_without_room_gets_paragraphs(
    trouble: dict[str, str], said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the same exceptions and a terminal of 100 columns, then each is a paragraph that names the document, the
    supplier, the amount and the first step, and nothing is cut off."""
    monkeypatch.setattr(exceptions, "narrow", lambda: True)
    text = said("exceptions", "list")
    assert "INV-3, voucher PV 3, pay item 001 (00001), Quarry & Sons (4399), 75.50 GBP" in text
    assert text.startswith("high: ") and text.count("  do: ") == len(trouble)
    assert not UNFILLED.search(text), text
