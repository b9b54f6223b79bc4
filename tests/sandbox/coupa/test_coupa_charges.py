"""Discounts, charges and credit notes: what is in the totals (coupa sections 3.4.2, 3.4.3 and 3.4.5)."""

from __future__ import annotations

from typing import Any

import pytest
from coupa_caller import Coupa, invoice, line

from connector_sandbox.testing import Sandbox

FREIGHT = {"type": "InvoiceShippingCharge", "total": "12.00"}
LESS = ("gross-total-less-discount", "net-total-less-discount", "total-taxes-less-discount", "amount-due-less-discount")


def test_a_discount_lowers_no_total_but_those_that_say_so(stocked: Coupa) -> None:
    """The figures of the vendor's create example, with what it sends of its own computing."""
    taxes = [{"type": "TaxLine", "rate": "8.0", "amount": "0.80"}]
    sent = {
        "line-level-taxation": True,
        "invoice-lines": [line("10.00", **{"tax-lines": taxes, "total": "10.00"})],
        "invoice-charges": [
            {"type": f"Invoice{kind}Charge", "total": "0.00", "line-num": place}
            for place, kind in enumerate(("Shipping", "Handling", "Misc"), 1)
        ],
        "discount-amount": "0.27",
        "supplier-total": "10.80",
        "advance-payment-received-amount": "10.0",
        "gross-total": "99.00",
        "net-due-date": "2030-01-01",
        "customer-accounting-tax": "1.00",
    }
    made = stocked.invoice(**sent)
    assert made["supplier-total"] == made["total-with-taxes"] == made["gross-total"] == made["amount-due"] == "10.80"
    assert [made[name] for name in LESS] == ["10.53", "9.75", "0.78", "10.53"]
    assert made["net-due-date"] is None
    assert stocked.put("invoices/1/submit")["status"] == "pending_approval"


def test_by_option_a_discount_lowers_the_totals(stocked: Coupa, sandbox: Sandbox) -> None:
    sandbox.post("/options", {"coupa": {"discounts_lower_totals": True}})
    made = stocked.invoice(**{"discount-amount": "2.00"})
    assert made["gross-total"] == made["amount-due"] == made["gross-total-less-discount"] == "98.00"


def test_a_percentage_and_by_option_the_rate_of_the_term_make_a_discount(stocked: Coupa, sandbox: Sandbox) -> None:
    stocked.post("payment_terms", {"code": "2/10", "days-for-discount-payment": 10, "discount-rate": "2"})
    term = {"payment-term": {"code": "2/10"}}
    assert stocked.invoice("A", **{"discount-percent": "5"})["gross-total-less-discount"] == "95.00"
    assert stocked.invoice("B", **term)["gross-total-less-discount"] == "100.00"
    sandbox.post("/options", {"coupa": {"term_discounts": True}})
    assert stocked.invoice("C", **term)["gross-total-less-discount"] == "98.00"


def test_every_invoice_has_all_three_charges_unless_the_option_says_otherwise(stocked: Coupa, sandbox: Sandbox) -> None:
    charges = stocked.invoice()["invoice-charges"]
    assert [(each["type"], each["line-num"], each["total"], each["account"]) for each in charges] == [
        ("InvoiceShippingCharge", 1, "0.00", None),
        ("InvoiceHandlingCharge", 2, "0.00", None),
        ("InvoiceMiscCharge", 3, "0.00", None),
    ]
    sandbox.post("/options", {"coupa": {"zero_charges": False}})
    assert stocked.invoice("B")["invoice-charges"] == []
    # an approved invoice from before the option can be paid all the same
    stocked.put("invoices/2/submit")
    stocked.put("invoices/2/bypass_approvals")
    sandbox.post("/options", {"coupa": {"zero_charges": True}})
    assert stocked.put("invoices/2", {"payments": [{"amount-paid": "100"}]})["invoice-charges"] == []


def test_a_charge_keeps_its_account_allocations_and_taxes_and_counts_in_the_totals(stocked: Coupa) -> None:
    other = stocked.account("39284", "9271")["id"]
    split = [{"account": {"id": 1}, "pct": "25"}, {"account": {"id": other}, "pct": "75"}]
    handling = {"type": "InvoiceHandlingCharge", "total": "4.00", "account-allocations": split}
    taxes = [{"rate": "20", "taxable-amount": "12.00"}]
    freight = {**FREIGHT, "account": {"code": "39284-9271"}, "tax-lines": taxes, "description": "by sea"}
    sent = {"line-level-taxation": True, "invoice-lines": [line("100.00")], "invoice-charges": [freight, handling]}
    stocked.invoice(**sent)
    made = stocked.get("invoices/1")
    first, second, third = made["invoice-charges"]
    assert (first["account"]["code"], first["total"], first["description"]) == ("39284-9271", "12.00", "by sea")
    assert [(tax["amount"], tax["rate"], tax["taxable-amount"]) for tax in first["tax-lines"]] == [
        ("2.40", "20.0", "12.00")
    ]
    assert [(each["account"]["id"], each["amount"]) for each in second["account-allocations"]] == [
        (1, "1.00"),
        (other, "3.00"),
    ]
    assert (third["type"], third["total"]) == ("InvoiceMiscCharge", "0.00")
    assert (made["tax-amount"], made["gross-total"], made["total-with-taxes"]) == ("2.40", "118.40", "118.40")
    changed = stocked.put("invoices/1", {"invoice-charges": [{"id": first["id"], "total": "20.00"}]})
    assert [each["total"] for each in changed["invoice-charges"]] == ["20.00", "4.00", "0.00"]
    added = stocked.put(
        "invoices/1", {"invoice-charges": [{"type": "InvoiceMiscCharge", "total": "1", "account": {"id": 1}}]}
    )
    assert [(each["line-num"], each["total"]) for each in added["invoice-charges"]] == [
        (1, "20.00"),
        (2, "4.00"),
        (3, "1.00"),
    ]


def test_the_tax_of_a_charge_counts_beside_a_tax_of_the_header(stocked: Coupa) -> None:
    freight = {**FREIGHT, "account": {"id": 1}, "tax-lines": [{"amount": "2.40"}]}
    made = stocked.invoice(**{"tax-amount": "20.00", "invoice-charges": [freight]})
    assert (made["tax-amount"], made["gross-total"]) == ("20.00", "134.40")


@pytest.mark.parametrize(
    ("charge", "message"),
    [
        (FREIGHT, "Charge 1: Account can't be blank"),
        ({"total": "1", "account": {"id": 1}}, "Charge 1: Type can't be blank"),
        ({"type": "InvoiceMiscCharge", "account": {"id": 1}}, "Charge 1: Total can't be blank"),
        (
            {**FREIGHT, "account-allocations": [{"account": {"id": 1}, "pct": "50"}]},
            "Charge 1: account allocations must add up to 100 percent",
        ),
        (
            {"type": "Freight", "total": "1"},
            "Type must be one of InvoiceShippingCharge, InvoiceHandlingCharge, InvoiceMiscCharge.",
        ),
    ],
)
def test_what_a_charge_needs(stocked: Coupa, charge: dict[str, Any], message: str) -> None:
    refused = stocked.refused("POST", "invoices", invoice(**{"invoice-charges": [charge]}))["invoice_header"]
    assert message in refused


def test_the_headers_amounts_count_where_no_charge_does_and_mirror_the_charges_by_option(
    stocked: Coupa, sandbox: Sandbox
) -> None:
    assert stocked.invoice("A")["shipping-amount"] == "0.00"
    header = {"shipping-amount": "5.00"}
    assert stocked.invoice("B", **header)["gross-total"] == "105.00"
    both = {**header, "invoice-charges": [{**FREIGHT, "account": {"id": 1}}]}
    made = stocked.invoice("C", **both)
    assert (made["gross-total"], made["shipping-amount"]) == ("112.00", "5.00")
    sandbox.post("/options", {"coupa": {"charges_in_header": True}})
    assert stocked.invoice("D", **both)["shipping-amount"] == "12.00"


@pytest.mark.parametrize(("sign", "figure"), [("positive", "{}"), ("negative", "-{}")])
def test_a_credit_note_answers_with_either_sign(stocked: Coupa, sandbox: Sandbox, sign: str, figure: str) -> None:
    sandbox.post("/options", {"coupa": {"credit_notes": sign}})
    sent = {
        "is-credit-note": "true",
        "original-invoice-number": "A",
        "original-invoice-date": "2024-06-01",
        "invoice-lines": [line("10.00"), line("-2.00")],
        "tax-amount": "1.60",
        "invoice-charges": [{**FREIGHT, "account": {"id": 1}}],
    }
    stocked.invoice("CR", **sent)
    for _ in range(2):
        made = stocked.get("invoices/1")
        assert (made["document-type"], made["is-credit-note"]) == ("Credit Note", True)
        assert made["gross-total"] == made["total-with-taxes"] == made["amount-due"] == figure.format("21.60")
        assert (made["tax-amount"], made["invoice-charges"][0]["total"]) == (
            figure.format("1.60"),
            figure.format("12.00"),
        )
        # the same again when it is computed anew
        stocked.put("invoices/1", {"invoice-number": "CR-2", "discount-percent": "0"})
    assert [each["price"] for each in made["invoice-lines"]] == ["10.00", "-2.00"]


def test_a_negative_invoice_keeps_its_sign_whatever_the_option_says(stocked: Coupa, sandbox: Sandbox) -> None:
    sandbox.post("/options", {"coupa": {"credit_notes": "negative"}})
    made = stocked.invoice(**{"invoice-lines": [line("-11.32")]})
    assert (made["document-type"], made["gross-total"], made["invoice-lines"][0]["total"]) == (
        "Invoice",
        "-11.32",
        "-11.32",
    )
    stocked.supplier("Beta", "5")
    credit = {"is-credit-note": True, "original-invoice-number": "A", "original-invoice-date": "2024-06-01"}
    assert stocked.invoice("B", **credit, **{"invoice-lines": [line("-5.00")]})["gross-total"] == "-5.00"


def test_a_control_total_of_nothing_is_none(stocked: Coupa) -> None:
    stocked.invoice(**{"supplier-total": "0.00"})
    assert stocked.put("invoices/1/submit")["status"] == "pending_approval"
