"""What clients that others wrote send to Coupa, and what they expect of its answers, told again here."""

from __future__ import annotations

import base64
import json

import pytest
import requests
from coupa_caller import Coupa

from connector_sandbox.testing import Sandbox

PAGE = 50


def test_a_client_may_say_who_it_is_by_basic_login(sandbox: Sandbox) -> None:
    """Some send id and secret in the form, some as HTTP's own login; both read how long the token lives."""
    known = sandbox.get("/credentials")["coupa"]
    form = {"grant_type": "client_credentials", "scope": known["scope"]}
    basic = base64.b64encode(f"{known['client_id']}:{known['client_secret']}".encode()).decode()
    in_form = {name: known[name] for name in ("client_id", "client_secret")}
    for headers, more in (({"Authorization": f"Basic {basic}"}, {}), ({}, in_form)):
        token = requests.post(f"{sandbox.url('coupa')}/oauth2/token", form | more, headers=headers, timeout=10).json()
        assert token["access_token"] and isinstance(token["expires_in"], int)


def test_the_key_of_old_is_dead(sandbox: Sandbox) -> None:
    headers = {"X-COUPA-API-KEY": "key", "Accept": "application/xml"}
    assert requests.get(f"{sandbox.url('coupa')}/api/invoices", headers=headers, timeout=10).status_code == 401


def test_a_client_pages_until_a_page_is_short(stocked: Coupa) -> None:
    """A public extractor counts its offset from 1, and so never sees the first record: offsets are from 0."""
    for number in range(PAGE + 2):
        stocked.invoice(f"INV-{number}")
    since = {"limit": PAGE, "updated_at[gt]": "2024-01-01T00:00:00+00:00"}
    pages = [stocked.get("invoices", offset=offset, **since) for offset in (0, PAGE)]
    assert [len(each) for each in pages] == [PAGE, 2]
    assert len({each["id"] for page in pages for each in page}) == PAGE + 2
    assert stocked.get("invoices", offset=1, **since)[0]["id"] == pages[0][1]["id"]


@pytest.mark.parametrize(
    "query",
    [
        {"exported": "false", "status": "approved", "invoice-lines[account][account-type][name]": "JDE"},
        {"status[in]": "approved,voided", "exported": "false"},
        {"invoice-date[gt]": "2024-05-01T00:00:00Z", "invoice-date[lt]": "2024-07-01T00:00:00Z", "offset": "0"},
        {"updated-at[gt_or_eq]": "2024-05-01T00:00:00Z", "order_by": "created_at"},
        {"supplier[id][in]": "1,2"},
        {"format": "json", "status": "approved"},
    ],
)
def test_a_client_asks_for_approved_invoices_in_its_own_way(stocked: Coupa, query: dict[str, str]) -> None:
    approved = stocked.approved("INV-9")
    assert [each["id"] for each in stocked.get("invoices", **query)] == [approved["id"]]


@pytest.mark.parametrize("names", [["invoice_number", "total_with_taxes"], ["invoice-number", "total-with-taxes"]])
def test_fields_are_chosen_in_either_spelling(stocked: Coupa, names: list[str]) -> None:
    """One client's guide writes hyphens in `fields`; the answer has hyphens whatever was asked for."""
    stocked.invoice("INV-9")
    chosen = json.dumps([*names, {"supplier": ["name"]}])
    assert stocked.get("invoices", fields=chosen) == [
        {"invoice-number": "INV-9", "total-with-taxes": "100.00", "supplier": {"name": "Anvil & Sons"}}
    ]


def test_an_answer_has_the_types_that_an_extractor_declares(stocked: Coupa) -> None:
    """Numbers for ids and counters, texts for amounts, booleans that are booleans."""
    stocked.approved("INV-9", **{"payment-term": {"code": "Net 30"}} if stocked.get("payment_terms") else {})
    [invoice] = stocked.get("invoices", **{"invoice-number": "INV-9"})
    assert isinstance(invoice["id"], int) and isinstance(invoice["lock-version-key"], int)
    for name in ("gross-total", "total-with-taxes", "tax-amount"):
        assert isinstance(invoice[name], str)
    for name in ("line-level-taxation", "paid", "exported", "canceled"):
        assert isinstance(invoice[name], bool)
    [line] = invoice["invoice-lines"]
    assert isinstance(line["line-num"], int) and isinstance(line["price"], str)
    assert {"account-allocations", "tax-lines", "order-line-id", "po-number", "order-header-num"} <= line.keys()


def test_a_loader_sends_what_is_only_answered_and_ids_of_charts(stocked: Coupa) -> None:
    """A public loader sends the order's numbers empty, a status, and the chart by its id: none of it is in the way."""
    [chart] = [each for each in stocked.get("account_types") if each["name"] == "JDE"]
    [account] = stocked.get("accounts")
    line = {
        "type": "InvoiceAmountLine",
        "line-num": 1,
        "description": "Works",
        "price": "10.00",
        "po-number": "",
        "order-header-num": 0,
        "order-line-num": "1",
        "account": {"id": account["id"]},
    }
    made = stocked.invoice(
        "L-1", **{"account-type": {"id": chart["id"]}, "status": "approved", "invoice-lines": [line]}
    )
    assert (made["status"], made["gross-total"]) == ("draft", "10.00")


def test_a_supplier_is_answered_with_the_associations_of_recorded_ones(coupa: Coupa) -> None:
    """Terms, goods and address each with their keys, and rates as JSON numbers, unlike amounts."""
    coupa.post("payment_terms", {"code": "2/10 Net 30", "days-for-discount-payment": 10, "discount-rate": 2.0})
    coupa.post("shipping_terms", {"code": "FOB"})
    coupa.post("commodities", {"name": "Laptops"})
    named = {
        "payment-term": {"code": "2/10 Net 30"},
        "shipping-term": {"code": "FOB"},
        "commodity": {"name": "Laptops"},
    }
    [supplier] = [coupa.supplier(**named)]
    assert (supplier["shipping-term"]["code"], supplier["commodity"]["name"]) == ("FOB", "Laptops")
    assert supplier["payment-term"]["discount-rate"] == 2.0
    assert isinstance(supplier["payment-term"]["discount-rate"], float)
    assert {"primary-address", "remit-to-addresses", "supplier-sites", "content-groups", "on-hold"} <= supplier.keys()
