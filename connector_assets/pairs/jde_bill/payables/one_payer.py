"""Which pay items both JD Edwards and BILL could pay now: of bills and credits that came from JDE, and of vouchers that
BILL pays by a bill which originates there, or by that of their order.

JDE's rows are read by key in their present state, and BILL's record where one must be checked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from connector_assets.documents.jde.keys import Row, by, voucher_key, voucher_parts
from connector_assets.documents.jde.orders.vouchers import order_of, orders_of, vouchers_of
from connector_assets.documents.jde.voucher_entry.origins import voucher_id
from connector_assets.documents.jde.vouchers.handing_over import jde_pays, payment_run_of, rows_of
from connector_assets.documents.jde.vouchers.pay_item_texts import pay_item_words
from connector_assets.documents.jde.vouchers.pay_items import item_key, voucher_of
from connector_assets.engine.flow import Flow
from connector_assets.pairs.jde_bill.approved_bills.marks import ORIGIN_FLOW, origins
from connector_assets.pairs.jde_bill.purchase_order_bills.billed import OrderBills, order_named
from connector_assets.pairs.jde_bill.purchase_order_bills.paid_up import paid_up


def sent_and_selectable(flow: Flow, keys: Collection[str] | None) -> dict[str, str]:
    """Document key -> in words what is open of the pay items of its record that JDE's payment run selects, or pays
    while BILL's record has not been taken out of reach."""
    ledger, name = flow.context.ledger, flow.full_name
    links = (
        {link.source_key: link for link in ledger.links.all(flow=name)} if keys is None else ledger.links.of(name, keys)
    )
    known = ledger.deliveries.load(name, list(links))
    covers = {key: {key, *((known[key].content or {}).get("items", ()) if key in known else ())} for key in links}
    rows = _by_item(flow, {item for items in covers.values() for item in items})
    run = payment_run_of(flow.context)
    to_check = {}
    for key, items in covers.items():
        found = [row for item in sorted(items) for row in rows.get(item, ()) if jde_pays(run, row)]
        if found:
            to_check[key] = found
    targets = flow.read([links[key].target_id for key in to_check])
    both = {}
    for key, found in to_check.items():
        target = targets.get(links[key].target_id)
        if target is None or target.content["void"]:
            continue
        # what JDE pays while BILL pays it too is reported as `already_scheduled`
        wrong = [row for row in found if run.selectable(row) or target.raw.untouched]
        if wrong:
            record = f"{flow.target_entity} {target.id} of {target.content['total']}, {target.status or '?'}"
            both[key] = f"{'; '.join(map(pay_item_words, wrong))}; {record}"
    return both


def paid_otherwise_and_selectable(flow: Flow, keys: Collection[str] | None) -> dict[str, str]:
    """The same of vouchers that BILL pays by a bill that is not theirs alone: one that originates in BILL, or that of
    the order that they are for."""
    orders = OrderBills(flow.context)
    named = _from_bill(flow) | _ordered(flow, orders) if keys is None else {voucher_of(key) for key in keys}
    rows = _rows(flow, named)
    billed = orders.billed(orders_of(row for own in rows.values() for row in own)) if orders.used else set()
    # what is left above a bill that is paid is JDE's to pay
    billed -= paid_up(orders, billed) if billed else set()
    run = payment_run_of(flow.context)
    both = {}
    from_bill = origins(flow.context).of_rows([row for own in rows.values() for row in own])
    for item, own in rows.items():
        wrong = [row for row in own if jde_pays(run, row)]
        origin = from_bill.get(voucher_id(wrong[0])) if wrong else None
        if origin is not None:
            both[item] = f"{'; '.join(map(pay_item_words, wrong))}; bill {origin[0]} was born in BILL, which pays it"
        elif wrong and (order := order_of(wrong[0])) is not None and order in billed:
            both[item] = (
                f"{'; '.join(map(pay_item_words, wrong))}; BILL pays it by the bill of order {order[1]} {order[2]}"
            )
    return both


def _from_bill(flow: Flow) -> set[str]:
    """The vouchers that the flow of approved bills is linked to."""
    links = flow.context.ledger.links.all(flow=f"{flow.context.integration.name}/{ORIGIN_FLOW}")
    # of one that is still in the batch files there is no voucher
    return {
        f"F0411:{link.target_id}" for link in links if link.target_entity == "F0411" and link.target_id.count("/") == 2
    }


def _ordered(flow: Flow, orders: OrderBills) -> set[str]:
    """The vouchers of orders that are bills."""
    if not orders.used:
        return set()
    linked = [order_named(link.source_key) for link in flow.context.ledger.links.all(flow=orders.full_name)]
    found = vouchers_of(flow.context.reader("jde"), linked) if linked else {}
    return {voucher_key(row) for own in found.values() for row in own}


def _by_item(flow: Flow, items: Iterable[str]) -> Mapping[str, list[Row]]:
    return _rows(flow, {voucher_of(item) for item in items})


def _rows(flow: Flow, vouchers: Collection[str]) -> Mapping[str, list[Row]]:
    """Pay item key -> its rows of F0411 as they are now, of these vouchers."""
    rows = rows_of(flow.context, {voucher_parts(voucher) for voucher in vouchers})
    return by(({**row, "": item_key(voucher_key(row), row["SFX"])} for row in rows), "")
