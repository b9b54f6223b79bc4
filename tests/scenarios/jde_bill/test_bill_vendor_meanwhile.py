"""What people of BILL enter at a vendor while a sync is under way: BILL has no version of a record to check."""

from __future__ import annotations

from typing import Any

import pytest
from bill_site import BillSite
from bill_wire import before
from scenario_site import outcome
from vendor_desk import sync, vendor

COG, OURS = "F0401:5007", "bills@cog.example"
PATCH = "PATCH /connect/v3/vendors/{id}"


@pytest.fixture
def renamed(town: BillSite) -> BillSite:
    """A supplier without an e-mail address is a vendor; then JD Edwards gives him another name, and an address."""
    key = {"AN8": 5007, "IDLN": 0, "RCK7": 1}
    town.books.supplier(5007, "Cog & Co")
    town.books.delete("F01151", key)
    assert outcome(sync(town), COG) == "created" and not vendor(town, 5007).get("email")
    town.sandbox.clock.advance(60)
    town.books.upsert("F0101", {"AN8": 5007, "ALPH": "Cog International"})
    town.books.upsert("F01151", {**key, "ETP": "E", "EMAL": OURS})
    return town


@pytest.mark.reason("changed_on_both_sides")
@pytest.mark.parametrize(("field", "theirs"), [("name", "Hammer Ltd"), ("email", "clerk@cog.example")])
def test_what_a_person_enters_before_we_read_the_vendor_for_the_last_time_stays(
    renamed: BillSite, monkeypatch: pytest.MonkeyPatch, field: str, theirs: str
) -> None:
    """Given a supplier of whom JD Edwards has another name, and his first e-mail address
    when a user of BILL renames his vendor, or enters an address where there was none, between our two readings
    then his word stands, nothing was sent, and the next sync says that both sides changed."""
    town, id = renamed, vendor(renamed, 5007)["id"]

    def edit() -> None:
        town.sandbox.clock.advance(1)
        town.bill.act("edit_vendor", id=id, set={field: theirs})

    done = before(monkeypatch, "GET vendors/*", edit)
    assert outcome(sync(town), COG) == "failed"
    assert outcome(sync(town), COG) == "conflict"
    assert done and vendor(town, 5007)[field] == theirs
    assert town.bill.calls(PATCH) == 0
    assert field in {each.field for each in town.exceptions("vendors")}


@pytest.mark.parametrize(
    ("theirs", "kept"),
    [
        ({"accountNumber": "CUST-77"}, True),
        ({"additionalInfo": {"leadTimeInDays": 3}}, True),
        ({"name": "Hammer Ltd"}, False),
    ],
)
def test_what_a_person_enters_right_before_our_call_arrives(
    renamed: BillSite, monkeypatch: pytest.MonkeyPatch, theirs: dict[str, Any], kept: bool
) -> None:
    """Given a supplier of whom JD Edwards has another name, and his first e-mail address
    when a user of BILL enters something else of his vendor after our last reading, before our PATCH
    then it stays, since the PATCH has nothing but what changed; the same field alone is written over: BILL has no way
    to tell that it was another for that moment."""
    town, id = renamed, vendor(renamed, 5007)["id"]
    done = before(monkeypatch, "PATCH vendors/*", lambda: town.bill.act("edit_vendor", id=id, set=theirs))
    assert outcome(sync(town), COG) == "updated"
    assert done and town.bill.calls(PATCH) == 1
    now = vendor(town, 5007)
    assert (now["name"], now["email"]) == ("Cog International", OURS)
    found = {
        name: {part: now[name].get(part) for part in value} if isinstance(value, dict) else now.get(name)
        for name, value in theirs.items()
    }
    assert (found == theirs) is kept
