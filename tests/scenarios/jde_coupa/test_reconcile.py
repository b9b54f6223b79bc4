"""Both systems read anew: each kind of difference, as it is told when nothing explains it, and what explains it."""

from __future__ import annotations

from typing import Any

import pytest
from scenario_books import Entry
from scenario_site import NAME, Site, outcomes

from connector_assets.engine.reconciling import Comparison, compare

INVOICES = f"{NAME}/invoices"


@pytest.fixture
def voucher(testbed: Site) -> Entry:
    """A voucher of 150 pounds, in Coupa as a draft."""
    entry = testbed.books.voucher(costs=(("30.5010", "100.00"), ("40.5010", "50.00")))
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    assert reported(testbed) == {}
    return entry


def reconciled(site: Site, flow: str = "invoices") -> Comparison:
    with site.context() as context:
        return compare(site._flow(context, flow))


def reported(site: Site, flow: str = "invoices") -> dict[str, str | None]:
    """Kind, or `<kind> <field>`, -> the reason of the exception or the rule that explains it."""
    reasons = {each.id: each.reason for each in site.exceptions(flow)}
    return {
        f"{each.kind} {each.field}".strip(): reasons.get(str(each.explained_by), each.explained_by)
        for each in reconciled(site, flow).differences
    }


def correct(site: Site, entry: Entry, *, line: str = "60.00", total: str = "160.00") -> None:
    """A clerk in JD Edwards changes the second line and the total."""
    site.books.line(entry, 2, "40.5010", line)
    site.books.change_items(entry, total)


def set_in_coupa(site: Site, **values: Any) -> None:
    """A user of Coupa changes the invoice."""
    site.spend.set("invoices", site.spend.invoice("INV-4711")["id"], **values)


# -- what is explained stands apart ------------------------------------------------------------------------------------


def test_each_group_of_differences_is_told_with_its_money(testbed: Site, voucher: Entry) -> None:
    """Given a voucher that nobody has synced yet, one that is held, and one that was voided before it was ever sent
    when both systems are compared, then the first is unexplained and stands first; the held one is its exception's
    and the void one its rule's, each with its amount."""
    held = testbed.books.voucher(2, costs=(("30.5010", "70.00"),))
    testbed.books.line(held, 1, "30.9999", "70.00")
    gone = testbed.books.voucher(3, costs=(("30.5010", "30.00"),))
    testbed.books.void(gone)
    testbed.sync("invoices")
    new = testbed.books.voucher(4, costs=(("30.5010", "40.00"),))
    found = reconciled(testbed)
    assert [(each.key, each.group) for each in found.in_order()] == [
        (new.document, "unexplained"),
        (held.document, "exception"),
        (gone.document, "rule"),
    ]
    reported = {group: side.as_json()["amounts"] for group, side in found.summary().items()}
    assert (reported["unexplained"], reported["exception"]) == ({"GBP": "40.00"}, {"GBP": "70.00"})


# -- missing in the target --------------------------------------------------------------------------------------------


def test_a_voucher_that_nobody_has_synced_yet_is_missing_and_one_that_is_held_is_explained(testbed: Site) -> None:
    """Given a new voucher on an account that is not in the chart
    when both systems are compared before it was ever synced, nothing explains that Coupa lacks it;
    when it was synced and held, its exception does; when the clerk has mended it, it is to be synced again."""
    entry = testbed.books.voucher()
    testbed.books.line(entry, 1, "30.9999", "100.00")
    assert reported(testbed) == {"missing_in_target": None}
    testbed.sync("invoices")
    assert reported(testbed) == {"missing_in_target": "account_not_found"}
    testbed.books.line(entry, 1, "30.5010", "100.00")
    assert reported(testbed) == {"missing_in_target": None}
    testbed.sync("invoices")
    assert reported(testbed) == {}


def test_an_invoice_that_disappeared_is_explained_by_nothing_but_that(testbed: Site, voucher: Entry) -> None:
    """Given an invoice that disappeared from Coupa
    when its voucher is held for a distribution that does not agree, that does not explain why it is gone;
    when the sync has told that it is missing, that does."""
    testbed.spend.delete("invoices", testbed.spend.invoice("INV-4711")["id"])
    assert reported(testbed) == {"missing_in_target": None}
    testbed.books.line(voucher, 2, "40.5010", "60.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    assert reported(testbed) == {"missing_in_target": None}
    correct(testbed, voucher)
    testbed.sync("invoices")
    assert reported(testbed) == {"missing_in_target": "missing_in_target"}


# -- missing in the source --------------------------------------------------------------------------------------------


def test_a_voucher_that_was_deleted_is_missing_until_the_sweep_has_told_it(testbed: Site, voucher: Entry) -> None:
    """Given an invoice in Coupa whose voucher JD Edwards deleted for good
    when both are compared nothing explains it; after the sweep its exception does, and once dismissed the dismissal."""
    key = {"DOC": voucher.doc, "DCT": voucher.kind, "KCO": voucher.company, "SFX": "001", "SFXE": 0}
    testbed.books.delete("F0411", key)
    assert reported(testbed) == {"missing_in_source": None}
    testbed.sweep("invoices")
    assert reported(testbed) == {"missing_in_source": "deleted_in_source"}
    testbed.dismiss(testbed.exception("invoices").id)
    assert reported(testbed) == {"missing_in_source": "rule:dismissed"}


# -- duplicates -------------------------------------------------------------------------------------------------------


def test_an_invoice_that_was_copied_key_and_all_is_a_duplicate_that_only_its_key_explains(
    testbed: Site, voucher: Entry
) -> None:
    """Given an invoice that a Coupa user copied with our key in it
    when the voucher is held for another reason, that does not explain that there are two;
    when a look-up has met both and held it as `natural_key_taken`, that does."""
    fields = ("invoice-date", "supplier", "currency", "account-type", "line-level-taxation", "internal-note")
    copied = {name: testbed.spend.invoice("INV-4711")[name] for name in fields}
    lines = [{"description": "Works", "price": "150.00", "type": "InvoiceAmountLine"}]
    testbed.spend.create("invoices", {**copied, "invoice-number": "INV-4711-COPY", "invoice-lines": lines})
    assert reported(testbed) == {"duplicate_in_target": None}
    assert reconciled(testbed).target.as_json()["amounts"] == {"GBP": "300.00"}
    testbed.books.line(voucher, 2, "40.5010", "60.00")
    testbed.sync("invoices")
    assert reported(testbed)["duplicate_in_target"] is None
    testbed.books.line(voucher, 2, "40.5010", "50.00")
    testbed.sync("invoices")
    testbed.spend.set("invoices", testbed.spend.invoice("INV-4711-COPY")["id"], invoice_number="INV-4711")
    testbed.ledger.links.remove(INVOICES, voucher.document, "clerk", testbed.clock.now())
    testbed.sync("invoices", mode="adopt")
    assert testbed.exception("invoices").reason == "natural_key_taken"
    assert reported(testbed)["duplicate_in_target"] == "natural_key_taken"


# -- fields -----------------------------------------------------------------------------------------------------------


def test_a_date_that_a_user_of_coupa_changed_is_explained_when_it_has_become_a_conflict(
    testbed: Site, voucher: Entry
) -> None:
    """Given a draft whose date a Coupa user changed
    when both are compared nothing explains it, though we agreed once;
    when the voucher changes too, the conflict names the date, and explains that the lines and the total wait."""
    set_in_coupa(testbed, invoice_date="2026-02-25T00:00:00+00:00")
    assert reported(testbed) == {"field date": None}
    correct(testbed, voucher)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"conflict": 1}
    assert reported(testbed) == dict.fromkeys(("field date", "field lines", "amount amount"), "changed_on_both_sides")


def test_a_key_that_was_emptied_in_coupa_is_told_and_the_invoice_is_still_ours(testbed: Site, voucher: Entry) -> None:
    """Given an invoice whose internal note a Coupa user emptied, and one that was never ours
    when both are compared, then the first is still its voucher's, by the link, and its key is the difference;
    the other is counted as foreign and is no difference."""
    fields = ("invoice-date", "supplier", "currency", "account-type", "line-level-taxation")
    paper = {name: testbed.spend.invoice("INV-4711")[name] for name in fields}
    testbed.spend.create("invoices", {**paper, "invoice-number": "PAPER-1"})
    set_in_coupa(testbed, internal_note="")
    assert reported(testbed) == {"field key": None}
    found = reconciled(testbed)
    assert (found.foreign, found.source.documents, found.target.documents) == (1, 1, 1)


# -- amounts ----------------------------------------------------------------------------------------------------------


def test_a_penny_that_coupa_moved_is_not_explained_by_what_holds_the_voucher(testbed: Site, voucher: Entry) -> None:
    """Given a draft whose tax a Coupa user raised by a penny
    when both are compared nothing explains it;
    when the voucher's distribution no longer agrees, that explains that the changed lines were not sent, and not the
    penny."""
    set_in_coupa(testbed, tax_amount="0.01")
    assert reported(testbed)["amount tax"] is None
    testbed.books.line(voucher, 2, "40.5010", "60.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    found = reported(testbed)
    assert (found["field lines"], found["amount tax"]) == ("distribution_does_not_agree", None)


def test_an_amount_that_was_corrected_in_jde_is_explained_as_long_as_it_is_held(testbed: Site, voucher: Entry) -> None:
    """Given a delivered voucher whose amount was corrected to terms that Coupa does not know
    when both are compared before the sync nothing explains the amount; while it is held for its terms they do;
    when the terms are mapped and it is synced, both sides agree."""
    correct(testbed, voucher)
    testbed.books.change_items(voucher, "160.00", PTC="D10")
    assert reported(testbed)["amount amount"] is None
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    assert reported(testbed)["amount amount"] == "payment_term_not_mapped"
    testbed.map_term("D10", "2/10N30")
    testbed.sync("invoices")
    assert reported(testbed) == {}


def test_a_total_that_coupa_computed_otherwise_is_explained_by_its_exception(testbed: Site) -> None:
    """Given a Coupa whose pounds have no pence
    when a voucher with pence was sent, then the difference is explained by `total_differs`, lines and all."""
    testbed.spend.set("currencies", testbed.spend.one("currencies", code="GBP")["id"], decimals=0)
    testbed.configure("invoices", submit=True)
    testbed.books.voucher(costs=(("30.5010", "100.40"),))
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    found = reported(testbed)
    assert set(found.values()) == {"total_differs"} and "amount amount" in found


def test_where_invoices_are_born_in_coupa_their_amounts_are_compared_all_the_same(testbed: Site) -> None:
    """Given a site that only updates payments, and an invoice of Coupa linked by hand that is a penny off
    when both are compared, then the penny is told, though the flow would never touch it; key and lines are not."""
    testbed.books.voucher(1)
    testbed.sync("invoices")
    fields = ("invoice-date", "supplier", "currency", "account-type", "line-level-taxation")
    paper = {name: testbed.spend.invoice("INV-1")[name] for name in fields}
    line = {"description": "Theirs", "price": "100.01", "type": "InvoiceAmountLine"}
    number = testbed.spend.create("invoices", {**paper, "invoice-number": "PAPER-1", "invoice-lines": [line]})
    testbed.configure("invoices", mode="payment_update_only")
    entry = testbed.books.voucher(2, invoice="PAPER-1")
    testbed.link("invoices", entry.document, "invoices", number)
    testbed.sync("invoices")
    assert reported(testbed) == {"amount amount": None}


# -- states -----------------------------------------------------------------------------------------------------------


def test_a_void_on_either_side_is_a_difference_until_it_is_carried_over_or_told(testbed: Site, voucher: Entry) -> None:
    """Given a voucher voided in JD Edwards, when both are compared before the sync that is told, and after it nothing;
    given an invoice abandoned in Coupa, that is told, and explained once the changed voucher has met it."""
    second = testbed.books.voucher(4712)
    testbed.sync("invoices")
    testbed.books.void(second)
    assert reported(testbed) == {"status void": None}
    testbed.sync("invoices")
    assert reported(testbed) == {}
    set_in_coupa(testbed, status="abandoned")
    assert reported(testbed) == {"status void": None}
    correct(testbed, voucher)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"conflict": 1, "unchanged": 1}
    assert reported(testbed) == {"status void": "voided_in_target"}


def test_a_payment_that_waits_for_an_approval_is_explained_by_the_waiting(testbed: Site, voucher: Entry) -> None:
    """Given a paid voucher whose invoice is not approved in Coupa yet
    when both are compared, then payment and status only wait; when it is approved and synced, both sides agree."""
    testbed.books.pay(voucher)
    testbed.sync("invoices")
    assert reported(testbed) == dict.fromkeys(("field payments", "status paid"), "rule:waiting")
    testbed.spend.approve("INV-4711")
    testbed.sync("invoices")
    assert reported(testbed) == {}


def test_a_supplier_that_was_made_inactive_in_coupa_is_told(testbed: Site) -> None:
    """Given a supplier that a Coupa user made inactive, when both are compared, then its status differs, unexplained;
    when the supplier's name changes in JD Edwards too, the conflict explains both."""
    testbed.spend.set("suppliers", testbed.spend.supplier(4343)["id"], status="inactive")
    assert reported(testbed, "suppliers") == {"status status": None}
    testbed.books.supplier(4343, "Anvil, Sons & Daughters", tax_id="GB123456789")
    assert outcomes(testbed.sync("suppliers")["suppliers"])["conflict"] == 1
    assert reported(testbed, "suppliers") == dict.fromkeys(("field name", "status status"), "changed_on_both_sides")
