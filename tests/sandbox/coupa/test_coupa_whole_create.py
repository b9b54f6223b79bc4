"""A whole invoice, sent as the vendor's create example does: in XML, with what Coupa computes itself (section 3.4)."""

from __future__ import annotations

from typing import Any

import pytest
from coupa_caller import Coupa

from connector_sandbox.testing import Sandbox

XML = {"Accept": "application/json", "Content-Type": "application/xml"}
WHOLE = """<?xml version="1.0" encoding="UTF-8"?>
<invoice-header>
  <invoice-number>FV/11/2025</invoice-number>
  <invoice-date>2025-11-06T00:00:00-08:00</invoice-date>
  <delivery-date>2025-11-06T00:00:00-08:00</delivery-date>
  <pre-payment-date>2025-10-01</pre-payment-date>
  <status>approved</status>
  <line-level-taxation>true</line-level-taxation>
  <is-credit-note>false</is-credit-note>
  <discount-amount>0.27</discount-amount>
  <advance-payment-received-amount>10.0</advance-payment-received-amount>
  <supplier-total>10.80</supplier-total>
  <total-with-taxes>999.00</total-with-taxes>
  <gross-total>999.00</gross-total>
  <amount-due>999.00</amount-due>
  <net-due-date>2031-01-01T00:00:00-08:00</net-due-date>
  <customer-accounting-tax>0.00</customer-accounting-tax>
  <payment-notes></payment-notes>
  <internal-note nil="true"/>
  <supplier><id>1</id></supplier>
  <currency><code>GBP</code></currency>
  <account-type><id>1</id></account-type>
  <payment-term><code>NET 120</code></payment-term>
  <invoice-lines>
    <invoice-line>
      <type>InvoiceQuantityLine</type><line-num>1</line-num><description>Bolts</description>
      <price>10.00</price><quantity>1</quantity><total>999</total>
      <po-number>100234-OP-00001</po-number><order-line-num>1</order-line-num>
      <uom><code>EA</code></uom><external-src-ref>L-1</external-src-ref>
      <account><code>39284-9270</code></account>
      <tax-lines><tax-line><type>TaxLine</type><rate>8.0</rate><amount>0.80</amount></tax-line></tax-lines>
    </invoice-line>
  </invoice-lines>
  <invoice-charges>
    <invoice-charge><type>InvoiceShippingCharge</type><line-num>1</line-num><total>0.00</total></invoice-charge>
    <invoice-charge><type>InvoiceHandlingCharge</type><line-num>2</line-num><total>0.00</total></invoice-charge>
    <invoice-charge><type>InvoiceMiscCharge</type><line-num>3</line-num><total>0.00</total></invoice-charge>
  </invoice-charges>
</invoice-header>"""


@pytest.fixture
def polish(stocked: Coupa, sandbox: Sandbox) -> Coupa:
    """An instance with the term and the order of the example."""
    sandbox.post("/options", {"coupa": {"time_zone": "America/Los_Angeles", "content_headers": "lax"}})
    stocked.post("payment_terms", {"code": "NET 120", "days-for-net-payment": 120})
    stocked.issued()
    return stocked


def test_a_whole_invoice_is_created_and_what_is_computed_is_computed_anew(polish: Coupa) -> None:
    answer = polish.session.post(f"{polish.url}/api/invoices", WHOLE.encode(), headers=XML, timeout=10)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert made == polish.get(f"invoices/{made['id']}")
    assert (made["status"], made["invoice-number"], made["document-type"]) == ("draft", "FV/11/2025", "Invoice")
    assert [made[name] for name in ("gross-total", "total-with-taxes", "amount-due", "supplier-total")] == ["10.80"] * 4
    assert made["gross-total-less-discount"] == "10.53"
    assert made["invoice-date"] == made["delivery-date"] == "2025-11-06T00:00:00-08:00"
    assert made["pre-payment-date"] == "2025-10-01T00:00:00-07:00"
    assert made["net-due-date"] == "2026-03-06T23:59:59-08:00"
    assert (made["payment-notes"], made["internal-note"]) == (None, None)
    [line] = made["invoice-lines"]
    assert (line["total"], line["order-line-num"], line["external-src-ref"]) == ("10.00", "1", "L-1")
    assert (line["tax-lines"][0]["rate"], line["account"]["code"]) == ("8.0", "39284-9270")
    assert [each["total"] for each in made["invoice-charges"]] == ["0.00"] * 3
    assert polish.put(f"invoices/{made['id']}/submit")["status"] == "pending_approval"


def test_external_orders_are_listed_by_type_whether_the_feature_is_on_or_not(polish: Coupa, sandbox: Sandbox) -> None:
    """What a client may learn from without sending an order: none of them says that the feature is off."""
    for on in (True, False):
        sandbox.post("/options", {"coupa": {"external_orders": on}})
        found = polish.get("purchase_orders", type="ExternalOrderHeader", limit=1)
        assert [each["type"] for each in found] == ["ExternalOrderHeader"]
