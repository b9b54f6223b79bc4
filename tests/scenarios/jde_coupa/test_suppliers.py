"""Suppliers of JD Edwards in Coupa."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from scenario_books import TODAY
from scenario_site import Site, outcome, outcomes, planned, tally

ANVIL, BOLT = "F0401:4343", "F0401:4344"
TAX = "GB123456789"


@pytest.mark.quick("jde_coupa/suppliers")
def test_a_new_supplier_is_created_with_everything_that_coupa_needs_to_use_it(site: Site) -> None:
    """Given a payable supplier with address, phone, e-mail, terms and tax number in JD Edwards
    when the suppliers are synced for the first time into an empty Coupa
    then Coupa holds it, active, under its address number, with all of that."""
    reports = site.sync("suppliers")
    held = site.spend.supplier(4343)
    assert outcomes(reports["suppliers"]) == {"created": 2}
    assert (held["name"], held["status"], held["tax-id"]) == ("Anvil & Sons", "active", TAX)
    assert held["payment-term"]["code"] == "N30"
    assert held["primary-contact"]["email"] == "ap@s4343.example"
    assert held["primary-contact"]["phone-work"]["number"] == "4960123"
    address = held["primary-address"]
    assert (address["street1"], address["city"], address["country"]["code"]) == ("4343 High Street", "Northmoor", "GB")


def test_a_second_sync_of_the_same_days_writes_nothing(testbed: Site) -> None:
    """Given suppliers that are in Coupa already
    when the same days are synced again
    then all are unchanged and not one call writes."""
    report = testbed.sync("suppliers")["suppliers"]
    assert outcomes(report) == {"unchanged": 2}
    assert report.writes == 0


def test_a_changed_address_is_noticed_though_the_supplier_record_did_not_change(testbed: Site) -> None:
    """Given a supplier in Coupa
    when only its address (F0116) changes in JD Edwards
    then the new street is in Coupa after the next sync, and nothing else was sent for others."""
    testbed.books.upsert("F0116", {"AN8": 4343, "EFTB": "2020-01-01", "ADD1": "9 New Road", "ADD2": "Yard 3"})
    report = testbed.sync("suppliers")["suppliers"]
    assert (outcome(report, ANVIL), report.writes) == ("updated", 1)
    address = testbed.spend.supplier(4343)["primary-address"]
    assert (address["street1"], address["street2"], address["city"]) == ("9 New Road", "Yard 3", "Northmoor")


def test_a_changed_phone_is_noticed(testbed: Site) -> None:
    """Given a supplier in Coupa, when only its phone (F0115) changes, then Coupa has the new number."""
    testbed.books.upsert("F0115", {"AN8": 4343, "IDLN": 0, "CNLN": 0, "RCK7": 1, "AR1": "0115", "PH1": "4960999"})
    assert outcome(testbed.sync("suppliers")["suppliers"], ANVIL) == "updated"
    phone = testbed.spend.supplier(4343)["primary-contact"]["phone-work"]
    assert (phone["area-code"], phone["number"]) == ("0115", "4960999")


def test_a_changed_e_mail_is_noticed_and_the_phone_stays(testbed: Site) -> None:
    """Given a supplier in Coupa, when only its e-mail (F01151) changes, then Coupa has it and keeps the phone."""
    testbed.books.upsert("F01151", {"AN8": 4343, "IDLN": 0, "RCK7": 1, "ETP": "E", "EMAL": "bills@anvil.example"})
    assert outcome(testbed.sync("suppliers")["suppliers"], ANVIL) == "updated"
    contact = testbed.spend.supplier(4343)["primary-contact"]
    assert (contact["email"], contact["phone-work"]["number"]) == ("bills@anvil.example", "4960123")


def test_what_is_emptied_in_jde_is_emptied_in_coupa_but_references_stay(testbed: Site) -> None:
    """Given a supplier with e-mail, tax number and terms in Coupa
    when all three are taken away in JD Edwards
    then e-mail and tax number are empty in Coupa, the payment term stays, since a reference cannot be emptied for
    sure, and a further sync sends nothing."""
    testbed.books.delete("F01151", {"AN8": 4343, "IDLN": 0, "RCK7": 1})
    testbed.books.upsert("F0101", {"AN8": 4343, "TAX": ""})
    testbed.books.upsert("F0401", {"AN8": 4343, "TRAP": ""})
    assert outcome(testbed.sync("suppliers")["suppliers"], ANVIL) == "updated"
    held = testbed.spend.supplier(4343)
    assert (held["primary-contact"]["email"], held["tax-id"]) == (None, None)
    assert held["payment-term"]["code"] == "N30"
    assert testbed.sync("suppliers")["suppliers"].writes == 0


def test_a_removed_payment_term_alone_is_no_change_for_coupa(testbed: Site) -> None:
    """Given a supplier with terms in Coupa, when JD Edwards has none any more, then nothing is sent."""
    testbed.books.upsert("F0401", {"AN8": 4343, "TRAP": ""})
    report = testbed.sync("suppliers")["suppliers"]
    assert (outcome(report, ANVIL), report.writes) == ("unchanged", 0)


def test_an_address_entered_ahead_is_sent_when_it_comes_into_force(testbed: Site) -> None:
    """Given an address that JD Edwards knows today with an effective date next week
    when the suppliers are synced today, it is not sent;
    when the day has come, nothing changed in JD Edwards, and the nightly sweep sends it."""
    testbed.books.upsert("F0116", {"AN8": 4343, "EFTB": str(TODAY + timedelta(days=7)), "ADD1": "1 Future Way"})
    testbed.sync("suppliers")
    assert testbed.spend.supplier(4343)["primary-address"]["street1"] == "4343 High Street"
    testbed.sandbox.clock.advance(7 * 24 * 3600)
    found = testbed.sweep("suppliers")
    assert found.missed == [ANVIL]
    assert testbed.spend.supplier(4343)["primary-address"]["street1"] == "1 Future Way"


def test_a_supplier_that_changes_its_name_is_renamed(testbed: Site) -> None:
    """Given a supplier in Coupa, when its name changes in JD Edwards, then the same record bears the new name."""
    before = testbed.spend.supplier(4343)["id"]
    testbed.books.upsert("F0101", {"AN8": 4343, "ALPH": "Anvil International"})
    testbed.sync("suppliers")
    held = testbed.spend.supplier(4343)
    assert (held["id"], held["name"]) == (before, "Anvil International")


def test_a_name_that_was_given_up_is_free_for_the_next_and_one_taken_over_is_not(testbed: Site) -> None:
    """Given a supplier that was renamed from Anvil & Sons to Hammer Ltd
    when a new supplier of each of the two names is entered
    then the new Anvil & Sons bears its plain name and the new Hammer Ltd its number, whichever number is lower."""
    testbed.books.upsert("F0101", {"AN8": 4343, "ALPH": "Hammer Ltd"})
    testbed.sync("suppliers")
    testbed.books.supplier(4100, "Hammer Ltd")
    testbed.books.supplier(4900, "Anvil & Sons")
    assert outcomes(testbed.sync("suppliers")["suppliers"]) == {"created": 2, "unchanged": 2}
    names = {each["number"]: each["name"] for each in testbed.spend.all("suppliers")}
    assert (names["4343"], names["4100"], names["4900"]) == ("Hammer Ltd", "Hammer Ltd (4100)", "Anvil & Sons")


def test_three_suppliers_of_one_name_are_three_suppliers(testbed: Site) -> None:
    """Given three suppliers of one name in JD Edwards, entered on different days
    when they are synced in any order of the days
    then the lowest number has the plain name and the others their number behind it."""
    for number, day in ((5003, TODAY), (5001, TODAY), (5002, TODAY - timedelta(days=1))):
        testbed.books.supplier(number, "Sharrow Support", changed=day)
    testbed.sync("suppliers", first=TODAY - timedelta(days=1), last=TODAY - timedelta(days=1))
    testbed.sync("suppliers", first=TODAY, last=TODAY)
    names = {each["number"]: each["name"] for each in testbed.spend.all("suppliers")}
    assert [names[str(n)] for n in (5001, 5002, 5003)] == [
        "Sharrow Support",
        "Sharrow Support (5002)",
        "Sharrow Support (5003)",
    ]


def test_the_rule_for_second_names_is_the_sites(testbed: Site) -> None:
    """Given a site that calls second suppliers `name - number`
    when a second supplier of a name is synced, then it is called so."""
    testbed.configure("suppliers", unique_name="{name} - {number}")
    testbed.books.supplier(5001, "Bolt Brothers")
    testbed.sync("suppliers")
    assert testbed.spend.supplier(5001)["name"] == "Bolt Brothers - 5001"


def test_names_that_differ_only_by_case_do_not_collide_in_coupa(testbed: Site) -> None:
    """Given two suppliers whose names differ only by case, which JD Edwards takes for two names and Coupa for one
    when they are synced together, then both are created and none is refused."""
    testbed.books.supplier(5001, "Endcliffe Print Ltd")
    testbed.books.supplier(5002, "ENDCLIFFE PRINT LTD")
    assert outcomes(testbed.sync("suppliers")["suppliers"]) == {"created": 2, "unchanged": 2}
    assert testbed.spend.supplier(5002)["name"] == "ENDCLIFFE PRINT LTD (5002)"


def test_employees_and_customers_are_not_suppliers(testbed: Site) -> None:
    """Given an employee and a customer with a supplier record, and a supplier whose payables flag is N
    when the suppliers are synced, then all three are ignored by a stated rule."""
    testbed.books.supplier(5001, "Jo Clerk", kind="E")
    testbed.books.supplier(5002, "A Customer", kind="C")
    testbed.books.supplier(5003, "Not paid any more", payables="N")
    report = testbed.sync("suppliers")["suppliers"]
    assert tally(report)["not_payable_type"] == 3
    assert testbed.spend.state()["suppliers"]["count"] == 2


def test_a_supplier_that_is_payable_no_more_becomes_inactive_and_may_come_back(testbed: Site) -> None:
    """Given a supplier in Coupa
    when its payables flag is taken away it becomes inactive there, and when it comes back, active again."""
    testbed.books.upsert("F0101", {"AN8": 4343, "ATP": "N"})
    assert outcome(testbed.sync("suppliers")["suppliers"], ANVIL) == "updated"
    assert testbed.spend.supplier(4343)["status"] == "inactive"
    testbed.books.upsert("F0101", {"AN8": 4343, "ATP": "Y"})
    testbed.sync("suppliers")
    assert testbed.spend.supplier(4343)["status"] == "active"


def test_unknown_payment_terms_hold_the_supplier_until_they_are_mapped(testbed: Site) -> None:
    """Given a supplier whose terms Coupa calls otherwise
    when it is synced, it is held and told how to map them;
    when they are mapped, the next sync creates it without any other help."""
    testbed.books.supplier(5001, "Sparks & Co", terms="D10")
    assert outcome(testbed.sync("suppliers")["suppliers"], "F0401:5001") == "held"
    reported = testbed.exception("suppliers")
    assert (reported.reason, reported.value, reported.field) == ("payment_term_not_mapped", "D10", "payment_term")
    assert "connector mappings set" in reported.fix
    testbed.map_term("D10", "2/10N30")
    # no row changed in the meantime: the mapping alone made it due
    later = TODAY + timedelta(days=3)
    testbed.sandbox.clock.advance(3 * 24 * 3600)
    assert outcome(testbed.sync("suppliers", first=later, last=later)["suppliers"], "F0401:5001") == "created"
    assert testbed.spend.supplier(5001)["payment-term"]["code"] == "2/10N30"
    assert not testbed.exceptions("suppliers")


@pytest.mark.reason("required_field_blank")
def test_a_supplier_without_a_name_is_held_and_the_rest_goes_on(testbed: Site) -> None:
    """Given one supplier without a name among others
    when they are synced, then it is held with the field, and the others are created."""
    testbed.books.supplier(5001, "")
    testbed.books.supplier(5002, "Cobalt Ltd")
    report = testbed.sync("suppliers")["suppliers"]
    assert (outcome(report, "F0401:5001"), outcome(report, "F0401:5002")) == ("held", "created")
    assert (testbed.exception("suppliers").reason, testbed.exception("suppliers").field) == (
        "required_field_blank",
        "name",
    )


@pytest.mark.reason("too_long")
def test_a_name_that_coupa_has_no_room_for_is_held_not_cut(testbed: Site) -> None:
    """Given a site whose rule for second names is a long sentence
    when two suppliers of one name are synced
    then the first is created, and the second is held with the name that has no room: nothing is cut."""
    testbed.configure(
        "suppliers", unique_name="{name}, which is not the first supplier of this name, under number {number}"
    )
    name = "Cobalt Engineering of Northmoor & Sons"
    testbed.books.supplier(5001, name)
    testbed.books.supplier(5002, name)
    report = testbed.sync("suppliers")["suppliers"]
    assert (outcome(report, "F0401:5001"), outcome(report, "F0401:5002")) == ("created", "held")
    reported = testbed.exception("suppliers")
    assert (reported.key, reported.reason, reported.field) == ("F0401:5002", "too_long", "name")
    assert reported.value == f"{name}, which is not the first supplier of this name, under number 5002"


@pytest.mark.reason("not_unique")
def test_a_rule_for_second_names_that_makes_them_no_different_holds_both(testbed: Site) -> None:
    """Given a site whose rule for second names changes nothing
    when two suppliers of one name are synced both are held, since which of them Coupa would refuse is chance;
    when the rule tells them apart, both are created."""
    testbed.configure("suppliers", unique_name="{name}")
    testbed.books.supplier(5001, "Cobalt Ltd")
    testbed.books.supplier(5002, "Cobalt Ltd")
    assert outcomes(testbed.sync("suppliers")["suppliers"])["held"] == 2
    assert testbed.reasons("suppliers") == {"F0401:5001": {"not_unique"}, "F0401:5002": {"not_unique"}}
    testbed.configure("suppliers", unique_name="{name} ({number})")
    assert outcomes(testbed.sync("suppliers")["suppliers"])["created"] == 2
    assert testbed.spend.supplier(5002)["name"] == "Cobalt Ltd (5002)"


def test_a_supplier_that_a_user_entered_in_coupa_is_linked_and_brought_up_to_date(testbed: Site) -> None:
    """Given a supplier that an AP user entered in Coupa by hand, under its number and name
    when JD Edwards' supplier of that number and name is synced
    then it is linked, not created again, and gets what JD Edwards knows of it."""
    policy = {"po-method": "prompt", "po-change-method": "prompt", "invoice-matching-level": "none"}
    number = testbed.spend.create("suppliers", {"number": "5001", "name": "Cobalt Ltd", "status": "active", **policy})
    testbed.books.supplier(5001, "Cobalt Ltd")
    testbed.configure("suppliers", on_conflict="source")
    assert outcome(testbed.sync("suppliers")["suppliers"], "F0401:5001") == "adopted"
    held = testbed.spend.supplier(5001)
    assert (held["id"], held["primary-contact"]["email"]) == (number, "ap@s5001.example")


def test_a_number_that_another_supplier_bears_in_coupa_is_never_taken_over(testbed: Site) -> None:
    """Given a supplier in Coupa under number 5001 with quite another name
    when JD Edwards' supplier 5001 is synced
    then it is held as `natural_key_taken`, and Coupa's record is left alone."""
    body = {"number": "5001", "name": "Zinc Works", "status": "active", "po-method": "prompt"}
    testbed.spend.create("suppliers", body)
    testbed.books.supplier(5001, "Cobalt Ltd")
    assert outcome(testbed.sync("suppliers")["suppliers"], "F0401:5001") == "held"
    assert testbed.exception("suppliers").reason == "natural_key_taken"
    assert testbed.spend.supplier(5001)["name"] == "Zinc Works"


def test_a_name_that_another_supplier_bears_in_coupa_is_refused_in_coupas_words(testbed: Site) -> None:
    """Given a supplier in Coupa without a number, of the name of a new one in JD Edwards
    when the new one is synced, then Coupa refuses the name and its words are in the exception."""
    testbed.spend.create("suppliers", {"name": "Cobalt Ltd", "status": "active", "po-method": "prompt"})
    testbed.books.supplier(5001, "Cobalt Ltd")
    assert outcome(testbed.sync("suppliers")["suppliers"], "F0401:5001") == "refused"
    assert "Name has already been taken" in testbed.exception("suppliers").message


def test_a_tax_number_is_in_no_file_and_in_coupa(site: Site) -> None:
    """Given a supplier with a tax number
    when it is planned, delivered, changed, refused with the number in Coupa's words, and put into conflict
    then no file ever holds the number: not ledger, plan, report, audit trail, exception nor landing store."""
    plan = site.sync("suppliers", mode="plan")["suppliers"]
    site.sync("suppliers")
    new = "GB987654321"
    refusal = {"errors": {"tax_id": [f"Tax ID {new} is not valid in GB"]}}
    route = {"system": "coupa", "route": "PUT /api/suppliers/{id:int}"}
    site.sandbox.post("/faults", [{**route, "kind": "status", "status": 400, "body": refusal}])
    site.books.upsert("F0101", {"AN8": 4343, "TAX": new})
    assert outcome(site.sync("suppliers")["suppliers"], ANVIL) == "refused"
    assert "…4321 is not valid" in site.exception("suppliers").message
    site.sandbox.post("/faults", {"replace": True, "rules": []})
    site.spend.set("suppliers", site.spend.supplier(4343)["id"], tax_id="GB555555555")
    site.replay("suppliers")
    assert outcome(site.sync("suppliers")["suppliers"], ANVIL) == "conflict"
    files = [path for path in site.folder.rglob("*") if path.is_file()]
    everything = b"".join(path.read_bytes() for path in files)
    for number in (TAX, new, "GB555555555"):
        assert number[:-4].encode() not in everything
        assert number not in json.dumps(plan.as_json())
    assert b"ledger.sqlite" in b" ".join(path.name.encode() for path in files)


def test_a_tax_number_that_changes_before_its_last_four_is_noticed(testbed: Site) -> None:
    """Given a supplier in Coupa
    when a digit at the beginning of its tax number is corrected in JD Edwards, then Coupa gets the right one."""
    testbed.books.upsert("F0101", {"AN8": 4343, "TAX": "GB923456789"})
    assert outcome(testbed.sync("suppliers")["suppliers"], ANVIL) == "updated"
    assert testbed.spend.supplier(4343)["tax-id"] == "GB923456789"


def test_a_field_that_changed_in_both_systems_is_a_conflict(testbed: Site) -> None:
    """Given a supplier whose name a Coupa user changed
    when the name changes in JD Edwards too
    then the document is in conflict, Coupa keeps its name, and a person is told both."""
    testbed.spend.set("suppliers", testbed.spend.supplier(4343)["id"], name="Anvil Group")
    testbed.books.upsert("F0101", {"AN8": 4343, "ALPH": "Anvil Holdings"})
    assert outcome(testbed.sync("suppliers")["suppliers"], ANVIL) == "conflict"
    reported = testbed.exception("suppliers")
    assert (reported.reason, reported.field) == ("changed_on_both_sides", "name")
    assert "Anvil Group" in reported.value
    assert testbed.spend.supplier(4343)["name"] == "Anvil Group"


def test_where_jde_wins_a_change_in_both_systems_is_settled_for_jde(testbed: Site) -> None:
    """Given a site that lets JD Edwards win
    when a name changes in both systems, then Coupa gets JD Edwards' name."""
    testbed.configure("suppliers", on_conflict="source")
    testbed.spend.set("suppliers", testbed.spend.supplier(4343)["id"], name="Anvil Group")
    testbed.books.upsert("F0101", {"AN8": 4343, "ALPH": "Anvil Holdings"})
    assert outcome(testbed.sync("suppliers")["suppliers"], ANVIL) == "updated"
    assert testbed.spend.supplier(4343)["name"] == "Anvil Holdings"


def test_changes_of_different_fields_in_both_systems_are_no_conflict(testbed: Site) -> None:
    """Given a supplier to which a Coupa user gave a website, which is Coupa's own
    when its e-mail changes in JD Edwards, then the e-mail is sent and the website stays."""
    testbed.spend.set("suppliers", testbed.spend.supplier(4343)["id"], website="https://anvil.example")
    testbed.books.upsert("F01151", {"AN8": 4343, "IDLN": 0, "RCK7": 1, "ETP": "E", "EMAL": "new@anvil.example"})
    assert outcome(testbed.sync("suppliers")["suppliers"], ANVIL) == "updated"
    held = testbed.spend.supplier(4343)
    assert (held["website"], held["primary-contact"]["email"]) == ("https://anvil.example", "new@anvil.example")


def test_a_plan_shows_what_would_be_sent_and_sends_nothing(testbed: Site) -> None:
    """Given a changed e-mail and a new supplier
    when a plan is asked for
    then it holds both requests with each change, and neither Coupa nor the ledger changed."""
    testbed.books.upsert("F01151", {"AN8": 4343, "IDLN": 0, "RCK7": 1, "ETP": "E", "EMAL": "new@anvil.example"})
    testbed.books.supplier(5001, "Cobalt Ltd")
    before = testbed.spend.all("suppliers")
    report = testbed.sync("suppliers", mode="plan")["suppliers"]
    plan = planned(report)
    assert plan[ANVIL].request == {"primary-contact": {"email": "new@anvil.example"}}
    assert plan[ANVIL].changes == [{"field": "email", "from": "ap@s4343.example", "to": "new@anvil.example"}]
    assert plan["F0401:5001"].request["name"] == "Cobalt Ltd"
    assert (report.writes, testbed.spend.all("suppliers")) == (0, before)
    assert outcomes(testbed.sync("suppliers")["suppliers"]) == {"created": 1, "updated": 1, "unchanged": 1}


def test_a_supplier_whose_rows_have_no_date_is_found_by_the_sweep_alone(testbed: Site) -> None:
    """Given a supplier that a data conversion wrote without audit dates
    when the days are synced, it is not seen; when the sweep looks at all keys, it is created."""
    for table in ("F0101", "F0401"):
        row = {"AN8": 5001, "ALPH": "Conversions Ltd", "AT1": "V"} if table == "F0101" else {"AN8": 5001, "TRAP": "N30"}
        testbed.books.upsert(table, row, undated=True)
    assert outcomes(testbed.sync("suppliers")["suppliers"]) == {"unchanged": 2}
    assert testbed.sweep("suppliers").missed == ["F0401:5001"]
    assert testbed.spend.supplier(5001)["name"] == "Conversions Ltd"


def test_a_supplier_that_was_deleted_in_jde_is_told_once_and_can_be_dismissed(testbed: Site) -> None:
    """Given a delivered supplier that JD Edwards deleted for good
    when the sweep runs, then a person is told; nothing is done in Coupa;
    once dismissed, later sweeps are silent."""
    testbed.books.delete("F0401", {"AN8": 4344})
    assert testbed.sweep("suppliers").deleted == [BOLT]
    assert testbed.exception("suppliers").reason == "deleted_in_source"
    testbed.sweep("suppliers")
    testbed.dismiss(testbed.exception("suppliers").id)
    assert testbed.sweep("suppliers").deleted == []
    assert not testbed.exceptions("suppliers")
    assert testbed.spend.supplier(4344)["status"] == "active"


def test_a_held_supplier_that_was_deleted_in_jde_needs_nobody_any_more(testbed: Site) -> None:
    """Given a supplier that is held, and is then deleted in JD Edwards
    when the sweep runs, then its exception is closed."""
    testbed.books.supplier(5001, "Sparks & Co", terms="X99")
    testbed.sync("suppliers")
    assert testbed.exceptions("suppliers")
    testbed.books.delete("F0401", {"AN8": 5001})
    assert testbed.sweep("suppliers").dropped == ["F0401:5001"]
    assert not testbed.exceptions("suppliers")


def test_of_several_addresses_the_one_in_force_today_counts(testbed: Site) -> None:
    """Given a supplier with an old, a current and a future address
    when it is synced, then Coupa has the current one."""
    testbed.books.supplier(5001, "Moved & Moved")
    for begins, street in ((date(2025, 6, 1), "2 Current Road"), (date(2027, 1, 1), "3 Later Lane")):
        testbed.books.upsert("F0116", {"AN8": 5001, "EFTB": begins.isoformat(), "ADD1": street, "CTR": "GB"})
    testbed.sync("suppliers")
    assert testbed.spend.supplier(5001)["primary-address"]["street1"] == "2 Current Road"
