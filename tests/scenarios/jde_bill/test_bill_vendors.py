"""Suppliers of JD Edwards in BILL."""

from __future__ import annotations

from pathlib import Path

import pytest
from bill_site import BillSite
from scenario_books import TODAY
from scenario_home import installation
from scenario_site import outcome, outcomes, planned, tally
from vendor_clerk import ANVIL, BOLT, TAX, enter, names, sync, vendor

from connector_assets.engine.reconciling import Comparison, compare
from connector_sandbox.testing import Sandbox


def american(site: BillSite, number: int, name: str, *, code: str = "C", tax_id: str = TAX) -> str:
    """A supplier in Houston, TAXC `code`."""
    site.books.supplier(number, name, tax_id=tax_id)
    site.books.upsert("F0101", {"AN8": number, "TAXC": code})
    site.books.upsert("F0401", {"AN8": number, "CRRP": "USD"})
    address = {"ADD1": "1 Dock Rd", "ADD2": "Unit 2", "ADD3": "Rear", "CTY1": "Houston", "ADDS": "TX", "ADDZ": "77002"}
    site.books.upsert("F0116", {"AN8": number, "EFTB": "2020-01-01", "CTR": "US", **address})
    return f"F0401:{number}"


# -- what a vendor is made of -----------------------------------------------------------------------------------------


@pytest.mark.as_delivered("bill.tax_id")
@pytest.mark.quick("jde_bill/vendors")
def test_a_new_supplier_becomes_a_vendor_with_everything_that_a_check_needs(site: BillSite) -> None:
    """Given an American company and a person with address, e-mail, phone and tax number in JD Edwards
    when the vendors are synced for the first time into an empty organisation
    then BILL holds both with all of that, and the address number is where it is not printed."""
    site.configure("vendors", track_1099=["P"])
    american(site, 4242, "Acme Drilling Supply")
    american(site, 4243, "Jo Digger", code="P", tax_id="987-65-4321")
    assert outcomes(sync(site)) == {"created": 4}
    company, person = vendor(site, 4242), vendor(site, 4243)
    assert (company["name"], company["accountType"], company["billCurrency"]) == (
        "Acme Drilling Supply",
        "BUSINESS",
        "USD",
    )
    assert (company["email"], company["phone"]) == ("ap@s4242.example", "0114 4960123")
    assert "accountNumber" not in company
    assert company["address"] == {
        "line1": "1 Dock Rd",
        "line2": "Unit 2, Rear",
        "city": "Houston",
        "stateOrProvince": "TX",
        "zipOrPostalCode": "77002",
        "country": "US",
    }
    assert company["additionalInfo"] == {"taxId": TAX, "taxIdType": "EIN", "track1099": False}
    assert person["additionalInfo"] == {"taxId": "987-65-4321", "taxIdType": "SSN", "track1099": True}
    assert person["accountType"] == "PERSON"


def test_a_second_sync_writes_nothing_and_a_changed_address_is_one_call(testbed: BillSite) -> None:
    """Given vendors in BILL
    when nothing changed, nothing is sent; when one street changes and a second line goes, one call is sent and both
    have arrived."""
    report = sync(testbed)
    assert (outcomes(report), report.writes) == ({"unchanged": 2}, 0)
    row = {"AN8": 4343, "EFTB": "2020-01-01"}
    testbed.books.upsert("F0116", {**row, "ADD1": "9 New Road", "ADD2": "Yard 3"})
    assert outcome(sync(testbed), ANVIL) == "updated"
    testbed.books.upsert("F0116", {**row, "ADD1": "9 New Road", "ADD2": ""})
    report = sync(testbed)
    assert (outcome(report, ANVIL), report.writes) == ("updated", 1)
    address = vendor(testbed, 4343)["address"]
    assert (address["line1"], address.get("line2") or "", address["city"]) == ("9 New Road", "", "Northmoor")


def test_what_jde_does_not_say_stays_in_bill(testbed: BillSite) -> None:
    """Given a vendor with an e-mail in BILL
    when JD Edwards has none any more, BILL keeps it, and nothing is sent."""
    testbed.books.delete("F01151", {"AN8": 4343, "IDLN": 0, "RCK7": 1})
    report = sync(testbed)
    assert (outcome(report, ANVIL), report.writes) == ("unchanged", 0)
    assert vendor(testbed, 4343)["email"] == "ap@s4343.example"


@pytest.mark.reason("address_missing")
def test_a_supplier_without_a_whole_address_waits_for_it(site: BillSite) -> None:
    """Given a supplier without a city
    when it is synced it is held, with the part that lacks named, and not dropped;
    when JD Edwards has the city, the next sync creates it."""
    site.books.supplier(5001, "Nowhere Ltd")
    site.books.upsert("F0116", {"AN8": 5001, "EFTB": "2020-01-01", "CTY1": ""})
    assert outcome(sync(site), "F0401:5001") == "held"
    reported = site.exception("vendors")
    assert (reported.reason, reported.field, reported.value) == ("address_missing", "address", "city")
    site.books.upsert("F0116", {"AN8": 5001, "EFTB": "2020-01-01", "CTY1": "Northmoor"})
    assert outcome(sync(site), "F0401:5001") == "created"
    assert not site.exceptions("vendors")


def test_a_site_says_which_parts_of_an_address_it_needs(site: BillSite) -> None:
    """Given a supplier in a country without postal codes, and a site that does not ask for them
    when it is synced, then it is created; a supplier without any address still waits."""
    site.configure("vendors", address_needs=["line1", "city", "country"])
    site.books.supplier(5001, "Harbour Trading")
    site.books.upsert("F0116", {"AN8": 5001, "EFTB": "2020-01-01", "ADDZ": "", "CTR": "HK"})
    site.books.supplier(5002, "Nowhere Ltd")
    site.books.delete("F0116", {"AN8": 5002, "EFTB": "2020-01-01"})
    report = sync(site)
    assert (outcome(report, "F0401:5001"), outcome(report, "F0401:5002")) == ("created", "held")
    assert site.reasons("vendors") == {"F0401:5002": {"address_missing"}}


@pytest.mark.reason("country_not_mapped")
def test_a_country_that_is_no_iso_code_waits_for_its_mapping(site: BillSite) -> None:
    """Given a supplier whose country JD Edwards writes with three letters
    when it is synced it is held; when the country is mapped, the next sync creates it without any other help."""
    site.books.supplier(5001, "Across the Border Ltd")
    site.books.upsert("F0116", {"AN8": 5001, "EFTB": "2020-01-01", "CTR": "CAN"})
    assert outcome(sync(site), "F0401:5001") == "held"
    assert site.exception("vendors").value == "CAN"
    site.map_value("countries", "CAN", "CA")
    assert outcome(sync(site), "F0401:5001") == "created"
    assert vendor(site, 5001)["address"]["country"] == "CA"


def test_a_supplier_without_a_currency_has_the_site_s_or_that_of_all_companies(site: BillSite) -> None:
    """Given a supplier whose currency is blank in JD Edwards, whose companies keep books in two currencies
    when it is synced it is held, for nobody can tell; when the site names a default, the vendor has it."""
    site.books.supplier(5001, "Plain Ltd")
    site.books.upsert("F0401", {"AN8": 5001, "CRRP": ""})
    assert outcome(sync(site), "F0401:5001") == "held"
    reported = site.exception("vendors")
    assert (reported.reason, reported.field) == ("required_field_blank", "bill_currency")
    site.configure("vendors", default_currency="EUR")
    assert outcome(sync(site), "F0401:5001") == "created"
    assert vendor(site, 5001)["billCurrency"] == "EUR"


def test_names_are_unique_in_bill_and_special_characters_arrive(testbed: BillSite) -> None:
    """Given a second supplier of a name that BILL has, and one whose name holds quotes, commas and colons
    when they are synced, the second one bears its number and the other one its name as it is."""
    odd = 'Müller, "Söhne": Bau & Co'
    testbed.books.supplier(5001, "Bolt Brothers")
    testbed.books.supplier(5002, odd)
    assert outcomes(sync(testbed)) == {"created": 2, "unchanged": 2}
    assert names(testbed) == ["Anvil & Sons", "Bolt Brothers", "Bolt Brothers (5001)", odd]
    assert sync(testbed).writes == 0


def test_a_supplier_that_is_payable_no_more_is_archived_and_may_come_back(testbed: BillSite) -> None:
    """Given a vendor in BILL
    when its supplier's payables flag is taken away it is archived there, and not otherwise changed;
    when it comes back, renamed, the vendor is restored and renamed, and is the same one."""
    before = vendor(testbed, 4343)["id"]
    testbed.books.upsert("F0101", {"AN8": 4343, "ATP": "N", "ALPH": "Anvil International"})
    report = sync(testbed)
    assert (outcome(report, ANVIL), report.writes) == ("updated", 1)
    held = vendor(testbed, 4343)
    assert (held["archived"], held["name"]) == (True, "Anvil & Sons")
    testbed.books.upsert("F0101", {"AN8": 4343, "ATP": "Y"})
    report = sync(testbed)
    assert (outcome(report, ANVIL), report.writes) == ("updated", 2)
    held = vendor(testbed, 4343)
    assert (held["id"], held["archived"], held["name"]) == (before, False, "Anvil International")
    assert sync(testbed).writes == 0


def test_who_is_no_supplier_is_ignored_by_a_stated_rule(testbed: BillSite) -> None:
    """Given an employee with a supplier record, when the vendors are synced, then it is ignored and said so."""
    testbed.books.supplier(5001, "Jo Clerk", kind="E")
    assert tally(sync(testbed)) == {"not_payable_type": 1}
    assert len(names(testbed)) == 2


# -- tax numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.as_delivered("bill.tax_id")
def test_a_tax_number_shows_as_its_last_four_everywhere_but_in_bill(site: BillSite) -> None:
    """Given a supplier with a tax number
    when it is planned and delivered, the number itself is in BILL, and neither in the plan nor in any file of ours."""
    site.books.supplier(5001, "Taxed Ltd", tax_id="GB987654321")
    request = planned(sync(site, mode="plan"))["F0401:5001"].request
    assert request["additionalInfo"] == {"taxId": "…4321"}
    sync(site)
    assert vendor(site, 5001)["additionalInfo"]["taxId"] == "GB987654321"
    sync(site)  # which reads BILL's vendors back
    files = {path: path.read_bytes() for path in site.folder.rglob("*") if path.is_file()}
    assert {"F0101", "vendors", "documents"} <= {path.parent.name for path in files}
    assert any(b"Taxed Ltd" in found for path, found in files.items() if path.parent.name == "F0101")
    assert [path for path, found in files.items() if b"987654321" in found] == []


@pytest.mark.parametrize("shown", ["masked", "absent"])
def test_a_tax_number_that_bill_does_not_show_is_sent_when_it_changes_and_only_then(site: BillSite, shown: str) -> None:
    """Given an organisation whose tax numbers come masked, or not at all
    when suppliers are synced again, and another field of one changes, its number is not sent again;
    when its first digits change, it is."""
    site.bill.configure(tax_id=shown)
    sync(site)
    assert sync(site).writes == 0
    site.books.upsert("F0115", {"AN8": 4343, "IDLN": 0, "CNLN": 0, "RCK7": 1, "AR1": "0115", "PH1": "4960999"})
    assert planned(sync(site, mode="plan"))[ANVIL].request == {"phone": "0115 4960999"}
    sync(site)
    site.books.upsert("F0101", {"AN8": 4343, "TAX": "GB555556789"})
    report = sync(site)
    assert (outcome(report, ANVIL), report.writes) == ("updated", 1)
    assert sync(site).writes == 0
    site.bill.configure(tax_id="clear")
    assert vendor(site, 4343)["additionalInfo"]["taxId"] == "GB555556789"


@pytest.mark.as_delivered("bill.tax_id")
@pytest.mark.beyond_the_page("address.country is not of the form")
def test_many_new_vendors_go_in_few_calls_and_one_that_is_refused_keeps_none_back(testbed: BillSite) -> None:
    """Given thirty new suppliers, of which one has a country that is mapped to no ISO code
    when they are synced they go twenty a call, each with its own tax number; the one is refused, and the others of
    its call are created all the same."""
    for number in range(5001, 5031):
        testbed.books.supplier(number, f"Supplier {number}", tax_id=f"GB1000{number}")
    testbed.books.upsert("F0116", {"AN8": 5007, "EFTB": "2020-01-01", "CTR": "X1"})
    testbed.map_value("countries", "X1", "GBR")
    report = sync(testbed)
    assert outcomes(report) == {"created": 29, "refused": 1, "unchanged": 2}
    assert vendor(testbed, 5001)["additionalInfo"]["taxId"] == "GB10005001"
    assert vendor(testbed, 5030)["additionalInfo"]["taxId"] == "GB10005030"
    assert outcome(report, "F0401:5007") == "refused"
    assert len(names(testbed)) == 31
    assert testbed.bill.calls("POST /connect/v3/vendors/bulk") == 2
    assert b"GB10005007" not in (testbed.folder / "ledger.sqlite").read_bytes()


# -- changes in BILL --------------------------------------------------------------------------------------------------


def test_a_vendor_that_a_person_renames_is_a_conflict_or_put_right(testbed: BillSite) -> None:
    """Given a vendor that a user of BILL renames
    when the vendors are synced and nothing changed in JD Edwards, it is a conflict that names the field;
    when the site lets JD Edwards win, the next sync gives it its name back."""
    testbed.bill.act("rename_vendor", id=vendor(testbed, 4343)["id"], name="Hammer Ltd")
    assert outcome(sync(testbed), ANVIL) == "conflict"
    reported = testbed.exception("vendors")
    assert (reported.reason, reported.field) == ("changed_on_both_sides", "name")
    testbed.configure("vendors", on_conflict="source")
    assert outcome(sync(testbed), ANVIL) == "updated"
    assert vendor(testbed, 4343)["name"] == "Anvil & Sons"
    assert not testbed.exceptions("vendors")


def test_a_vendor_that_a_person_archives_stays_so_until_somebody_decides(testbed: BillSite) -> None:
    """Given a payable supplier whose vendor a user of BILL archives
    when the vendors are synced it stays archived and is a conflict;
    when the site lets JD Edwards win it is restored."""
    testbed.bill.act("archive_vendor", id=vendor(testbed, 4343)["id"])
    assert outcome(sync(testbed), ANVIL) == "conflict"
    assert vendor(testbed, 4343)["archived"] is True
    testbed.configure("vendors", on_conflict="source")
    assert outcome(sync(testbed), ANVIL) == "updated"
    assert vendor(testbed, 4343)["archived"] is False


def test_what_bill_s_users_own_is_left_to_them(testbed: BillSite) -> None:
    """Given a user of BILL who enters our account number at a vendor and how long its payments take
    when the vendors are synced and the supplier's name changes, neither is touched."""
    change = {"accountNumber": "CUST-77", "additionalInfo": {"leadTimeInDays": 3}}
    testbed.bill.act("edit_vendor", id=vendor(testbed, 4343)["id"], set=change)
    assert sync(testbed).writes == 0
    testbed.books.upsert("F0101", {"AN8": 4343, "ALPH": "Anvil International"})
    assert outcome(sync(testbed), ANVIL) == "updated"
    held = vendor(testbed, 4343)
    assert (held["name"], held["accountNumber"]) == ("Anvil International", "CUST-77")
    assert held["additionalInfo"]["leadTimeInDays"] == 3


def test_the_phone_of_a_vendor_in_bill_s_network_is_its_own(testbed: BillSite) -> None:
    """Given a vendor that joins BILL's network, whose profile has another phone
    when it is synced nothing is sent; when its e-mail changes in JD Edwards, that alone is."""
    testbed.bill.set("vendors", vendor(testbed, 4343)["id"], networkStatus="CONNECTED", phone="0800 1")
    assert sync(testbed).writes == 0
    testbed.books.upsert("F01151", {"AN8": 4343, "IDLN": 0, "RCK7": 1, "ETP": "E", "EMAL": "bills@anvil.example"})
    assert planned(sync(testbed, mode="plan"))[ANVIL].request == {"email": "bills@anvil.example"}
    sync(testbed)
    assert (vendor(testbed, 4343)["email"], vendor(testbed, 4343)["phone"]) == ("bills@anvil.example", "0800 1")
    assert sync(testbed).writes == 0


# -- doubts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "calls"), [("drop_after", 2), ("drop_before", 3)])
def test_a_create_without_an_answer_is_looked_up_by_its_marker(site: BillSite, kind: str, calls: int) -> None:
    """Given a line that breaks while a vendor is created, after or before BILL did it
    when the sync looks for it by its short name, it is found, or sent a second time, and there is one of it."""
    fault = {"system": "bill", "route": "POST /connect/v3/vendors", "kind": kind, "calls": [1]}
    site.sandbox.post("/faults", [fault])
    assert outcomes(sync(site)) == {"created": 2}
    assert names(site) == ["Anvil & Sons", "Bolt Brothers"]
    assert site.bill.calls("POST /connect/v3/vendors") == calls


@pytest.mark.as_delivered("bill.tax_id")
def test_without_its_ledger_an_installation_finds_every_vendor_again(
    testbed: BillSite, sandbox: Sandbox, empty_ledger: Path, tmp_path: Path
) -> None:
    """Given an installation whose ledger was lost, and a supplier that was renamed meanwhile but kept its tax number
    when a new one adopts and syncs, all are linked by their short names, nothing is created, and the name follows."""
    testbed.books.upsert("F0101", {"AN8": 4343, "ALPH": "Anvil International"})
    before = {each["id"] for each in testbed.bill.all("vendors")}
    (tmp_path / "anew").mkdir()
    with installation(sandbox, tmp_path / "anew", empty_ledger, BillSite) as anew:
        assert outcomes(sync(anew, mode="adopt")) == {"adopted": 2}
        assert outcomes(sync(anew)) == {"updated": 1, "unchanged": 1}
        assert {each["id"] for each in anew.bill.all("vendors")} == before
        assert names(anew) == ["Anvil International", "Bolt Brothers"]


def test_a_short_name_of_ours_on_somebody_else_s_vendor_is_not_believed(site: BillSite) -> None:
    """Given a vendor of another name that bears our marker
    when suppliers are adopted and synced, that one is held as `natural_key_taken`, and no vendor is made of it."""
    enter(site, "Quite Another Firm", shortName="JDE 4344")
    sync(site, mode="adopt")
    assert site.reasons("vendors")[BOLT] == {"natural_key_taken"}
    assert outcome(sync(site), BOLT) == "held"
    assert names(site) == ["Anvil & Sons", "Quite Another Firm"]


# -- reconciliation ---------------------------------------------------------------------------------------------------


def reconciled(site: BillSite) -> Comparison:
    """Both sides of the vendors."""
    with site.context() as context:
        return compare(site._flow(context, "vendors"), last=TODAY)


@pytest.mark.parametrize("shown", ["clear", "masked", "absent"])
def test_both_sides_agree_and_a_vendor_of_bill_s_own_is_foreign(testbed: BillSite, shown: str) -> None:
    """Given vendors of ours and one that is not, however BILL shows tax numbers
    when both systems are compared nothing differs; when a user of BILL changes an e-mail, that is told."""
    enter(testbed, "Corner Café")
    testbed.bill.configure(tax_id=shown)
    found = reconciled(testbed)
    assert (found.source.documents, found.target.documents, found.foreign, found.differences) == (2, 2, 1, [])
    testbed.bill.act("edit_vendor", id=vendor(testbed, 4343)["id"], set={"email": "someone@else.example"})
    (reported,) = reconciled(testbed).differences
    assert (reported.key, reported.field, reported.source) == (ANVIL, "email", "ap@s4343.example")
