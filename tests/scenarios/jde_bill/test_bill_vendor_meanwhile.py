"""What people of BILL enter at a vendor while a sync is under way: BILL has no version of a record to check."""

from __future__ import annotations

from typing import Any

import pytest
from bill_site import BillSite
from bill_wire import before
from scenario_site import outcome
from vendor_clerk import sync, vendor

COG, OURS = "F0401:5007", "bills@cog.example"
PATCH = "PATCH /connect/v3/vendors/{id}"


@pytest.fixture
def renamed(testbed: BillSite) -> BillSite:
    """A supplier without an e-mail address is a vendor; then JD Edwards gives it another name, and an address."""
    key = {"AN8": 5007, "IDLN": 0, "RCK7": 1}
    testbed.books.supplier(5007, "Cog & Co")
    testbed.books.delete("F01151", key)
    assert outcome(sync(testbed), COG) == "created" and not vendor(testbed, 5007).get("email")
    testbed.sandbox.clock.advance(60)
    testbed.books.upsert("F0101", {"AN8": 5007, "ALPH": "Cog International"})
    testbed.books.upsert("F01151", {**key, "ETP": "E", "EMAL": OURS})
    return testbed


@pytest.mark.reason("changed_on_both_sides")
@pytest.mark.parametrize(("field", "theirs"), [("name", "Hammer Ltd"), ("email", "clerk@cog.example")])
def test_what_a_person_enters_before_we_read_the_vendor_for_the_last_time_stays(
    renamed: BillSite, monkeypatch: pytest.MonkeyPatch, field: str, theirs: str
) -> None:
    """Given a supplier of which JD Edwards has another name, and its first e-mail address
    when a user of BILL renames its vendor, or enters an address where there was none, between our two readings
    then their word stands, nothing was sent, and the next sync says that both sides changed."""
    testbed, id = renamed, vendor(renamed, 5007)["id"]

    def edit() -> None:
        testbed.sandbox.clock.advance(1)
        testbed.bill.act("edit_vendor", id=id, set={field: theirs})

    done = before(monkeypatch, "GET vendors/*", edit)
    assert outcome(sync(testbed), COG) == "failed"
    assert outcome(sync(testbed), COG) == "conflict"
    assert done and vendor(testbed, 5007)[field] == theirs
    assert testbed.bill.calls(PATCH) == 0
    assert field in {each.field for each in testbed.exceptions("vendors")}


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
    """Given a supplier of which JD Edwards has another name, and its first e-mail address
    when a user of BILL enters something else of its vendor after our last reading, before our PATCH
    then it stays, since the PATCH has nothing but what changed; the same field alone is written over: BILL has no way
    to tell that it was another for that moment."""
    testbed, id = renamed, vendor(renamed, 5007)["id"]
    done = before(monkeypatch, "PATCH vendors/*", lambda: testbed.bill.act("edit_vendor", id=id, set=theirs))
    assert outcome(sync(testbed), COG) == "updated"
    assert done and testbed.bill.calls(PATCH) == 1
    now = vendor(testbed, 5007)
    assert (now["name"], now["email"]) == ("Cog International", OURS)
    found = {
        name: {part: now[name].get(part) for part in value} if isinstance(value, dict) else now.get(name)
        for name, value in theirs.items()
    }
    assert (found == theirs) is kept
