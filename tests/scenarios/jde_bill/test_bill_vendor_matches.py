"""Which vendor of BILL a supplier is, where BILL has vendors of its own."""

from __future__ import annotations

import pytest
from bill_site import BillSite
from scenario_site import outcome, outcomes, planned
from vendor_clerk import ANVIL, BOLT, enter, names, say, sync, vendor

NEW = "F0401:5001"


@pytest.mark.as_delivered("bill.tax_id")
def test_going_live_beside_vendors_of_bill_is_a_plan_until_they_are_adopted(site: BillSite) -> None:
    """Given an organisation that pays Anvil, by tax number, and Bolt, by name, and a third firm
    when the vendors are synced for the first time nothing is written and the plan says which are ours;
    when they are adopted they are linked, and the next sync brings JD Edwards' data to both and makes no other."""
    anvil = enter(site, "Anvil Group Holdings", tax_id="123456789")
    bolt = enter(site, "BOLT BROTHERS.")
    enter(site, "Corner Café")
    first = sync(site)
    assert (first.plan, first.writes) == (True, 0)
    assert {key: each.action for key, each in planned(first).items()} == {ANVIL: "adopt", BOLT: "adopt"}
    assert outcomes(sync(site, mode="adopt")) == {"adopted": 2}
    assert sync(site).writes == 2
    assert (vendor(site, 4343)["id"], vendor(site, 4343)["name"]) == (anvil, "Anvil & Sons")
    assert (vendor(site, 4344)["id"], vendor(site, 4344)["name"]) == (bolt, "Bolt Brothers")
    assert names(site) == ["Anvil & Sons", "Bolt Brothers", "Corner Café"]


@pytest.mark.as_delivered("bill.tax_id")
def test_a_later_supplier_that_bill_pays_already_is_linked_and_updated(testbed: BillSite) -> None:
    """Given a vendor that a user of BILL entered with a tax number
    when a supplier of that number is entered in JD Edwards and synced
    then the vendor is linked and has JD Edwards' address, and no second one is made."""
    id = enter(testbed, "Sparks", tax_id="GB 999 8887 77")
    testbed.books.supplier(5001, "Sparks & Co", tax_id="999888777")
    assert outcome(sync(testbed), NEW) == "adopted"
    held = vendor(testbed, 5001)
    assert (held["id"], held["name"], held["address"]["line1"]) == (id, "Sparks & Co", "5001 High Street")
    assert sync(testbed).writes == 0


@pytest.mark.parametrize("shown", ["masked", "absent"])
def test_where_tax_numbers_are_hidden_the_name_tells(testbed: BillSite, shown: str) -> None:
    """Given an organisation that shows no tax number in clear, and a vendor entered there
    when a supplier of its name and tax number comes, the vendor is linked; one of its number alone is another one."""
    testbed.bill.configure(tax_id=shown)
    id = enter(testbed, "Sparks & Co Ltd", tax_id="999888777")
    testbed.books.supplier(5001, "Sparks and Co. Limited", tax_id="999888777")
    testbed.books.supplier(5002, "Quite Another Firm", tax_id="111222777")
    report = sync(testbed)
    assert (outcome(report, NEW), outcome(report, "F0401:5002")) == ("adopted", "created")
    assert vendor(testbed, 5001)["id"] == id


@pytest.mark.as_delivered("bill.tax_id")
@pytest.mark.reason("vendor_ambiguous")
def test_tax_number_and_name_that_point_at_two_vendors_wait_for_a_person(testbed: BillSite) -> None:
    """Given one vendor of a supplier's tax number and another one of its name
    when it is synced it is held and both are listed; when a person names one, the next sync links and updates it."""
    one = enter(testbed, "Sparks International", tax_id="999888777")
    other = enter(testbed, "Sparks & Co")
    testbed.books.supplier(5001, "Sparks & Co", tax_id="999888777")
    assert outcome(sync(testbed), NEW) == "held"
    reported = testbed.exception("vendors")
    assert reported.reason == "vendor_ambiguous"
    assert all(each in reported.value for each in (one, other, "tax number", "more than one"))
    assert "vendor_matches" in reported.fix
    say(testbed, 5001, one)
    report = sync(testbed)
    # the name is the other vendor's, so that BILL refuses it: a person renames that one
    assert outcome(report, NEW) == "refused"
    testbed.bill.act("rename_vendor", id=other, name="Sparks & Co (old)")
    testbed.replay("vendors")
    assert outcome(sync(testbed), NEW) == "updated"
    assert vendor(testbed, 5001)["id"] == one
    assert not testbed.exceptions("vendors")


def test_a_person_may_say_that_it_is_none_of_them(testbed: BillSite) -> None:
    """Given a vendor of a supplier's name in another country
    when the supplier is synced it is held; when a person says `new`, it gets a vendor of its own, called by its
    number, and the other one is left alone."""
    enter(testbed, "Sparks & Co", country="US")
    testbed.books.supplier(5001, "Sparks & Co")
    assert outcome(sync(testbed), NEW) == "held"
    assert "it is in US" in testbed.exception("vendors").value
    say(testbed, 5001, "new")
    assert outcome(sync(testbed), NEW) == "created"
    assert vendor(testbed, 5001)["name"] == "Sparks & Co (5001)"
    assert testbed.bill.one("vendors", name="Sparks & Co")["address"]["country"] == "US"
    assert sync(testbed).writes == 0


def test_a_person_may_link_by_hand(testbed: BillSite) -> None:
    """Given a supplier that is held between two vendors
    when a person links it to one and has it tried again, that one is updated."""
    one = enter(testbed, "Sparks & Co", tax_id="999888777")
    enter(testbed, "Sparks & Co.")
    testbed.books.supplier(5001, "Sparks & Co", tax_id="999888777")
    assert outcome(sync(testbed), NEW) == "held"
    testbed.link("vendors", NEW, "vendors", one, "Sparks & Co")
    testbed.replay("vendors")
    assert outcome(sync(testbed), NEW) == "updated"
    assert vendor(testbed, 5001)["id"] == one


def test_a_vendor_that_a_person_named_and_that_does_not_exist_is_told(testbed: BillSite) -> None:
    """Given a person who names a vendor that BILL does not have
    when the supplier is synced it is held, says so, and no vendor is made; named rightly, it is linked."""
    id = enter(testbed, "Sparks")
    testbed.books.supplier(5001, "Sparks & Co")
    say(testbed, 5001, "00901DOESNOTEXIST000")
    assert outcome(sync(testbed), NEW) == "held"
    assert "00901DOESNOTEXIST000" in testbed.exception("vendors").value
    say(testbed, 5001, id)
    assert outcome(sync(testbed), NEW) == "adopted"
    assert vendor(testbed, 5001)["id"] == id


@pytest.mark.as_delivered("bill.tax_id")
def test_two_branches_of_one_tax_number_and_one_vendor_wait_for_a_person(testbed: BillSite) -> None:
    """Given two suppliers of one tax number, entered on one day, and one vendor of it under a third name
    when they are synced both are held, whichever comes first; when a person gives it to one, the other one gets a
    vendor of its own."""
    id = enter(testbed, "Sparks Group", tax_id="999888777")
    testbed.books.supplier(5001, "Sparks North", tax_id="999888777")
    testbed.books.supplier(5002, "Sparks South", tax_id="999888777")
    assert outcomes(sync(testbed)) == {"held": 2, "unchanged": 2}
    say(testbed, 5002, id)
    report = sync(testbed)
    assert (outcome(report, NEW), outcome(report, "F0401:5002")) == ("created", "adopted")
    assert vendor(testbed, 5002)["id"] == id
    assert names(testbed) == ["Anvil & Sons", "Bolt Brothers", "Sparks North", "Sparks South"]


@pytest.mark.as_delivered("bill.tax_id")
def test_a_vendor_that_was_archived_is_not_put_back_to_use_by_itself(testbed: BillSite) -> None:
    """Given a vendor that BILL's users archived
    when a supplier of its tax number comes, it is held, for only a person knows why; named by one, it is restored."""
    id = enter(testbed, "Sparks", tax_id="999888777")
    testbed.bill.act("archive_vendor", id=id)
    testbed.books.supplier(5001, "Sparks & Co", tax_id="999888777")
    assert outcome(sync(testbed), NEW) == "held"
    assert "archived" in testbed.exception("vendors").value
    say(testbed, 5001, id)
    assert outcome(sync(testbed), NEW) == "adopted"
    assert (vendor(testbed, 5001)["id"], vendor(testbed, 5001)["archived"]) == (id, False)


@pytest.mark.parametrize("settings", [{"match_by_name": False}, {"match": "hold"}])
def test_a_site_may_want_to_be_asked_about_a_name(testbed: BillSite, settings: dict[str, object]) -> None:
    """Given a site that lets no name tell, or asks a person about every match
    when a supplier of a vendor's name comes it is held, and nothing is written to that vendor."""
    testbed.configure("vendors", **settings)
    enter(testbed, "Sparks & Co")
    testbed.books.supplier(5001, "Sparks & Co")
    report = sync(testbed)
    assert (outcome(report, NEW), report.writes) == ("held", 0)
    assert testbed.reasons("vendors") == {NEW: {"vendor_ambiguous"}}


def test_a_vendor_of_another_supplier_is_no_candidate(testbed: BillSite) -> None:
    """Given a supplier of the very name and tax number of another one, which has its vendor
    when it is synced, it gets a vendor of its own, called by its number."""
    testbed.books.supplier(5001, "Anvil & Sons", tax_id="GB123456789")
    assert outcome(sync(testbed), NEW) == "created"
    assert names(testbed) == ["Anvil & Sons", "Anvil & Sons (5001)", "Bolt Brothers"]


def test_all_vendors_are_read_once_a_run(testbed: BillSite) -> None:
    """Given a hundred and twenty vendors in BILL, and ten new suppliers
    when they are synced, the vendors are read in two pages, and each further look is one call."""
    for number in range(120):
        enter(testbed, f"Firm {number}")
    for number in range(5001, 5011):
        testbed.books.supplier(number, f"Supplier {number}")
    before = testbed.bill.calls("GET /connect/v3/vendors")
    assert outcomes(sync(testbed))["created"] == 10
    # two pages of all vendors, and what the source and the look-ups of one slice read of changes
    assert testbed.bill.calls("GET /connect/v3/vendors") - before <= 8
