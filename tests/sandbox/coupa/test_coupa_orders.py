"""Purchase orders: external ones come in by the API, change, are issued, closed, cancelled and invoiced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from coupa_caller import WORLD, Coupa, invoice, line, order, order_line

from connector_sandbox.testing import Sandbox, running


def refusal(*messages: str) -> dict[str, list[str]]:
    return {"order_header": list(messages)}


def billed(order_line_id: int, quantity: str, price: str = "2.50") -> dict[str, Any]:
    """A line of an invoice for a line of an order."""
    more = {"type": "InvoiceQuantityLine", "quantity": quantity, "order-line-id": order_line_id}
    return line(price, **more)


def test_an_external_order_is_created_as_a_draft_and_issued_by_a_second_call(stocked: Coupa) -> None:
    made = stocked.order()
    assert (made["type"], made["po-number"], made["version"]) == ("ExternalOrderHeader", "100234-OP-00001", 1)
    assert (made["status"], made["transmission-status"], made["exported"]) == ("draft", "created", False)
    assert made["supplier"]["number"] == "4343" and made["ship-to-user"]["login"] == "erp_receiver"
    assert made["ship-to-address"]["location-code"] == "M30"
    [first] = made["order-lines"]
    assert (first["line-num"], first["quantity"], first["price"], first["total"]) == ("1", "10.0", "2.50", "25.00")
    assert (first["uom"]["code"], first["account"]["code"]) == ("EA", "39284-9270")
    assert (first["received"], first["invoiced"], first["total-invoiced"]) == ("0.0", "0.0", "0.00")
    issued = stocked.put(f"purchase_orders/{made['id']}/issue")
    assert (issued["status"], issued["transmission-status"]) == ("issued", "created")
    assert stocked.refused("PUT", f"purchase_orders/{made['id']}/issue") == refusal(
        "OrderHeader cannot be issued in status issued."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"po-number": None}, "PO number can't be blank"),
        ({"po-number": "JDE-00100234-OP-00001"}, "PO number is too long (maximum is 20 characters)"),
        ({"supplier": None}, "Supplier can't be blank"),
        (
            {"supplier": {"number": "1"}},
            'Unable to find valid Supplier record for supplier with keys {"number"=>"1"}. '
            'Possible keys are ["id", "number", "name"]. Please verify your xml.',
        ),
        ({"ship-to-user": None}, "Ship to user can't be blank"),
        (
            {"ship-to-user": {"login": "nobody"}},
            'Unable to find valid User record for ship_to_user with keys {"login"=>"nobody"}. '
            'Possible keys are ["id", "login", "email"]. Please verify your xml.',
        ),
        ({"ship-to-address": None}, "Ship to address can't be blank"),
        (
            {"ship-to-address": {"location-code": "X"}},
            'Unable to find valid Address record for ship_to_address with keys {"location_code"=>"X"}. '
            'Possible keys are ["id", "name", "location_code"]. Please verify your xml.',
        ),
        ({"order-lines": []}, "Order lines can't be blank"),
        ({"type": "OrderHeader"}, "Type must be ExternalOrderHeader: other orders are born in Coupa."),
        ({"order-lines": [order_line(description=None)]}, "Line 1: Description can't be blank"),
        ({"order-lines": [order_line(price=None)]}, "Line 1: Price can't be blank"),
        ({"order-lines": [order_line(quantity=None)]}, "Line 1: Quantity can't be blank"),
        ({"order-lines": [order_line(currency=None)]}, "Line 1: Currency can't be blank"),
        ({"order-lines": [order_line(account=None)]}, "Line 1: Account can't be blank"),
        ({"order-lines": [order_line(type="OrderAmountLine")]}, "Line 1: an amount line has no quantity"),
        ({"order-lines": [order_line(), order_line()]}, "Line num 1 has already been taken"),
        (
            {"order-lines": [order_line(uom={"code": "ZZ"})]},
            'Unable to find valid Uom record for uom with keys {"code"=>"ZZ"}. '
            'Possible keys are ["id", "code", "name"]. Please verify your xml.',
        ),
    ],
)
def test_what_an_order_needs(stocked: Coupa, changes: dict[str, Any], message: str) -> None:
    assert message in stocked.refused("POST", "purchase_orders", order(**changes))["order_header"]


def test_lines_without_a_number_get_the_next_one(stocked: Coupa) -> None:
    made = stocked.order(**{"order-lines": [order_line("7"), order_line("7", **{"line-num": None})]})
    assert [each["line-num"] for each in made["order-lines"]] == ["7", "8"]


def test_two_orders_cannot_share_a_number_and_the_supplier_has_to_be_active(stocked: Coupa) -> None:
    stocked.order()
    assert stocked.refused("POST", "purchase_orders", order()) == refusal("PO number has already been taken")
    stocked.put("suppliers/1", {"status": "inactive"})
    assert stocked.refused("POST", "purchase_orders", order("2")) == refusal("Supplier must be active")


def test_an_address_that_takes_no_deliveries_is_refused(stocked: Coupa, sandbox: Sandbox) -> None:
    place = {"street1": "1 Hall Square", "city": "Northmoor", "country": {"code": "GB"}}
    for code, more in (("BILL", {"type": "bill-to"}), ("OLD", {"active": False})):
        stocked.post("addresses", {**place, "location-code": code, **more})
        body = order(**{"ship-to-address": {"location-code": code}})
        assert stocked.refused("POST", "purchase_orders", body) == refusal("Invalid Ship-To Address")


def test_quantity_price_and_lines_raise_the_version_and_accounts_do_not(stocked: Coupa) -> None:
    made = stocked.issued()
    path = f"purchase_orders/{made['id']}"
    stocked.put(f"{path}?exported=true")
    other = stocked.account("39284", "9271")["id"]
    moved = stocked.put(path, {"order-lines": [{"line-num": "1", "account": {"id": other}}]})
    assert (moved["version"], moved["exported"], moved["status"]) == (1, True, "issued")
    more = stocked.put(path, {"order-lines": [{"id": made["order-lines"][0]["id"], "quantity": "12"}]})
    assert (more["version"], more["exported"]) == (2, False)
    assert (more["order-lines"][0]["total"], more["order-lines"][0]["version"]) == ("30.00", 2)
    added = stocked.put(path, {"order-lines": [order_line("2", price="4")]})
    assert [(each["line-num"], each["total"], each["version"]) for each in added["order-lines"]] == [
        ("1", "30.00", 2),
        ("2", "40.00", 3),
    ]
    gone = stocked.put(path, {"order-lines": [{"line-num": "1", "_delete": True}]})
    assert ([each["line-num"] for each in gone["order-lines"]], gone["version"]) == (["2"], 4)
    revisions = stocked.get("purchase_order_revisions", **{"order-header[po-number]": "100234-OP-00001"})
    assert [(each["version"], each["total"]) for each in revisions] == [
        (1, "25.00"), (2, "30.00"), (3, "70.00"), (4, "40.00"),
    ]  # fmt: skip
    assert stocked.refused("PUT", path, {"version": 3}) == refusal("Version must be greater than or equal to 4")


def test_an_update_that_changes_nothing_leaves_version_and_stamp(stocked: Coupa, sandbox: Sandbox) -> None:
    made = stocked.issued()
    sandbox.post("/clock", {"advance": 60})
    same = stocked.put(f"purchase_orders/{made['id']}", {"order-lines": [{"line-num": "1", "quantity": 10}]})
    assert (same["version"], same["updated-at"]) == (1, made["updated-at"])


def test_close_is_final_unless_the_instance_closes_softly_first(stocked: Coupa, sandbox: Sandbox) -> None:
    first = f"purchase_orders/{stocked.issued('A')['id']}"
    assert stocked.put(f"{first}/close")["status"] == "closed"
    sandbox.post("/options", {"coupa": {"soft_close": True}})
    second = f"purchase_orders/{stocked.issued('B')['id']}"
    assert stocked.put(f"{second}/close")["status"] == "soft_closed"
    assert stocked.refused("PUT", f"{second}/reopen") == refusal("Reason insight can't be blank")
    reopened = stocked.put(f"{second}/reopen", {"reason-insight-code": "LATE", "reason-insight-event-comment": "more"})
    assert reopened["status"] == "issued"
    for status in ("soft_closed", "closed"):
        assert stocked.put(second, {"_close": True})["status"] == status
    assert stocked.refused("PUT", f"{second}/reopen", {"reason-insight-id": 1}) == refusal(
        "OrderHeader cannot be reopened in status closed."
    )
    assert stocked.refused("PUT", second, {"order-lines": [{"line-num": "1", "price": "3"}]}) == refusal(
        "Order cannot be changed in status closed: order-lines"
    )


def test_a_cancelled_order_is_found_under_either_spelling(stocked: Coupa) -> None:
    stocked.put(f"purchase_orders/{stocked.issued('A')['id']}/cancel")
    cancelled = stocked.put(f"purchase_orders/{stocked.order('B')['id']}", {"_cancel": True})
    assert (cancelled["status"], cancelled["order-lines"][0]["status"]) == ("cancelled", "cancelled")
    stocked.issued("C")
    for spelling in ("cancelled", "canceled"):
        assert [each["po-number"] for each in stocked.get("purchase_orders", status=spelling)] == ["A", "B"]
    assert len(stocked.get("purchase_orders", **{"status[in]": "issued,canceled"})) == 3


def test_an_invoice_moves_the_lines_of_its_order_until_it_is_void(stocked: Coupa) -> None:
    made = stocked.issued()
    number = made["order-lines"][0]["id"]
    path = f"purchase_orders/{made['id']}"
    billing = stocked.invoice(**{"invoice-lines": [billed(number, "4")]})
    [linked] = billing["invoice-lines"]
    assert (linked["order-line-id"], linked["po-number"], linked["order-line-num"]) == (number, "100234-OP-00001", "1")
    assert stocked.get(path)["order-lines"][0]["invoiced"] == "0.0"
    stocked.put(f"invoices/{billing['id']}/submit")
    stocked.put(f"invoices/{billing['id']}/bypass_approvals")
    [moved] = stocked.get("purchase_order_lines", **{"order-header[po-number]": "100234-OP-00001"})
    assert (moved["invoiced"], moved["total-invoiced"], moved["order-header"]["po-number"]) == (
        "4.0", "10.00", "100234-OP-00001",
    )  # fmt: skip
    assert stocked.refused("PUT", f"{path}/cancel") == refusal("OrderHeader cannot be cancelled: it has been invoiced.")
    assert stocked.refused("PUT", path, {"order-lines": [{"id": number, "_delete": True}, order_line("2")]}) == refusal(
        "Line 1: it is invoiced and cannot be deleted"
    )
    credit = {"is-credit-note": True, "original-invoice-number": "INV-1", "original-invoice-date": "2024-06-01"}
    stocked.approved("CN-1", **credit, **{"invoice-lines": [billed(number, "1")]})
    assert stocked.get(f"purchase_order_lines/{number}")["total-invoiced"] == "7.50"
    for each in stocked.get("invoices"):
        stocked.put(f"invoices/{each['id']}/void")
    assert stocked.get(f"purchase_order_lines/{number}")["total-invoiced"] == "0.00"
    assert stocked.put(f"{path}/cancel")["status"] == "cancelled"


def test_an_invoice_for_no_order_line_is_refused(stocked: Coupa) -> None:
    [message] = stocked.refused("POST", "invoices", invoice(**{"invoice-lines": [line(**{"order-line-id": 99})]}))[
        "invoice_header"
    ]
    assert message.startswith('Unable to find valid OrderLine record for order_line with keys {"id"=>99}.')


def test_single_lines_close_reopen_and_go(stocked: Coupa) -> None:
    made = stocked.issued(**{"order-lines": [order_line("1"), order_line("2")]})
    first, second = (f"purchase_order_lines/{each['id']}" for each in made["order-lines"])
    assert stocked.put(f"{first}/soft_close_for_invoicing")["status"] == "soft_closed_for_invoicing"
    assert stocked.ask("PUT", f"{first}/reopen_for_receiving").status_code == 400
    assert stocked.put(f"{first}/reopen_for_invoicing")["status"] == "created"
    assert stocked.ask("DELETE", second).status_code == 200
    assert stocked.ask("GET", second).status_code == 404
    assert [each["line-num"] for each in stocked.get(f"purchase_orders/{made['id']}")["order-lines"]] == ["1"]
    assert stocked.ask("DELETE", first).status_code == 400


@pytest.mark.parametrize("status", [400, 403, 404])
def test_an_instance_without_the_feature_refuses_external_orders(stocked: Coupa, sandbox: Sandbox, status: int) -> None:
    made = stocked.order()
    sandbox.post("/options", {"coupa": {"external_orders": False, "external_orders_refusal": status}})
    for method, path in (("POST", "purchase_orders"), ("PUT", f"purchase_orders/{made['id']}")):
        answer = stocked.ask(method, path, order("2"))
        assert answer.status_code == status
    assert stocked.get("purchase_orders")[0]["po-number"] == "100234-OP-00001"


def test_an_order_born_in_coupa_is_read_and_not_edited(stocked: Coupa, sandbox: Sandbox) -> None:
    body = {key: value for key, value in order("COUPA-1").items() if key != "type"}
    command = {"system": "coupa", "entity": "purchase_orders", "create": {**body, "status": "issued"}}
    number = sandbox.post("/rows", command)["id"]
    [shown] = stocked.get("purchase_orders", type="OrderHeader")
    assert (shown["id"], shown["status"]) == (number, "issued")
    assert stocked.refused("PUT", f"purchase_orders/{number}", {"ship-to-attention": "Gate 2"}) == refusal(
        "Only external orders can be changed: ship-to-attention"
    )
    held = sandbox.get("/state")["coupa"]["purchase_orders"]
    assert held == {
        "count": 1,
        "totals": {"GBP": "25.00"},
        "by_status": {"issued": {"count": 1, "totals": {"GBP": "25.00"}}},
    }


def test_holds_keep_an_order_out_of_force(stocked: Coupa) -> None:
    made = f"purchase_orders/{stocked.order()['id']}"
    stocked.put("suppliers/1", {"buyer-hold": True})
    assert stocked.put(f"{made}/issue")["status"] == "buyer_hold"
    assert stocked.put(f"{made}/release_from_buyer_hold")["status"] == "issued"
    stocked.put("suppliers/1", {"buyer-hold": False, "on-hold": True})
    assert stocked.put(f"purchase_orders/{stocked.order('B')['id']}/issue")["status"] == "supplier_hold"


def test_the_api_of_orders_needs_its_own_scopes(stocked: Coupa, sandbox: Sandbox) -> None:
    reader = Coupa(sandbox.url("coupa"), sandbox.get("/credentials")["coupa"], "core.purchase_order.read")
    assert reader.get("purchase_orders") == []
    assert reader.ask("POST", "purchase_orders", order()).status_code == 403


def test_a_lost_answer_to_a_create_leaves_one_order_to_be_found(stocked: Coupa, sandbox: Sandbox) -> None:
    rule = {
        "system": "coupa",
        "route": "POST /api/purchase_orders",
        "calls": [1],
        "kind": "status_after",
        "status": 502,
    }
    sandbox.post("/faults", [rule])
    assert stocked.ask("POST", "purchase_orders", order()).status_code == 502
    [found] = stocked.get("purchase_orders", **{"po-number": "100234-OP-00001"})
    assert found["status"] == "draft"


def test_orders_and_what_is_invoiced_of_them_survive_a_restart(tmp_path: Path) -> None:
    with running(world={"coupa": WORLD}, only=["coupa"], limits=False, state=tmp_path) as sandbox:
        coupa = Coupa(sandbox.url("coupa"), sandbox.get("/credentials")["coupa"])
        coupa.supplier()
        coupa.account("39284", "9270")
        made = coupa.issued()
        coupa.approved(**{"invoice-lines": [billed(made["order-lines"][0]["id"], "4")]})
        names = ("purchase_orders", "purchase_order_lines", "purchase_order_revisions")
        remembered = {name: coupa.get(name) for name in names}
    with running(world={}, only=["coupa"], limits=False, state=tmp_path) as sandbox:
        coupa = Coupa(sandbox.url("coupa"), sandbox.get("/credentials")["coupa"])
        assert {name: coupa.get(name) for name in remembered} == remembered
        coupa.put("invoices/1/void")
        assert coupa.get("purchase_order_lines")[0]["total-invoiced"] == "0.00"


def test_an_invoice_line_finds_its_order_line_by_the_orders_number_and_its_own(stocked: Coupa) -> None:
    order = stocked.issued()
    own = order["order-lines"][0]["id"]
    by_number = {"po-number": order["po-number"], "order-line-num": "1"}

    def linked(number: str, **more: Any) -> tuple[Any, ...]:
        made = stocked.invoice(number, **{"invoice-lines": [line(**more)]})["invoice-lines"][0]
        return tuple(made[key] for key in ("order-line-id", "po-number", "order-header-num", "order-line-num"))

    expected = (own, "100234-OP-00001", 100234, "1")
    assert linked("A", **by_number) == expected
    assert linked("B", **{"order-line-id": str(own)}) == expected
    # the id wins over numbers that say otherwise, and numbers that lead nowhere leave the line unbacked
    assert linked("C", **{**by_number, "order-line-num": "9", "order-line-id": own}) == expected
    assert linked("D", **{**by_number, "order-line-num": "9"}) == (None, None, None, None)
