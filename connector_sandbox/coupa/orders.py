"""What a purchase order computes and insists on, and how invoices move its lines (coupa section 3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connector_sandbox.coupa.instance import Change, Instance
from connector_sandbox.coupa.order_shapes import BY_AMOUNT, BY_QUANTITY, EXTERNAL
from connector_sandbox.coupa.schema import Record, copied, with_places

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)
_SHUT = ("soft_closed", "cancelled", "closed")
_TERMS = ("supplier", "supplier-site", "currency", "order-lines", "ship-to-address", "payment-term")
"""What cannot change any more once an order is closed or cancelled."""
_REVISED_BY = ("type", "price", "quantity", "item")
"""What of a line raises the version of its order when it changes; accounts and texts do not."""
_OURS = frozenset({"order-lines", "custom-fields", "exported"})
_NOT_BILLED = ("new", "draft", "invalid", "rejected", "abandoned", "voided")
"""Statuses of invoices that take nothing from the order they are for."""


def check_order(instance: Instance, change: Change) -> None:
    """Complete an order that is created or changed, and say what is wrong with it."""
    record, before = change.record, change.before
    if not change.privileged:
        _check_kind(change)
        _check_parties(instance, change)
        if before is not None and before["status"] in _SHUT and (altered := change.alters(*_TERMS)):
            change.messages.append(f"Order cannot be changed in status {before['status']}: {', '.join(altered)}")
    _check_version(change)
    _check_lines(instance, change)
    if change.messages:
        return
    lines = record["order-lines"]
    if record["currency"] is None and lines:
        record["currency"] = lines[0]["currency"]
    for line in lines:
        _compute(instance, line)
    if before is None:
        record["version"] = record["version"] or 1
        _begin(instance, change)
    elif _revised(before, record):
        _revise(instance, change)
    elif not change.privileged:
        _keep_the_mark(instance, change)
    _stamp_lines(instance, change)


def remember_revision(instance: Instance, order: Record) -> None:
    """Keep an order's version in the history of its versions."""
    kept = ("po-number", "version", "internal-revision", "status", "change-type")
    total = order_total(order)
    revision = instance.create(
        "purchase_order_revisions",
        {},
        preset={**{key: order[key] for key in kept}, "order-header": order["id"], "total": total},
    )
    # should the change be refused after all, there was no such version
    instance.newborn.append(("purchase_order_revisions", revision["id"]))


def order_total(order: Record) -> Decimal:
    """The sum of an order's lines that are not cancelled."""
    totals = (line["total"] for line in order["order-lines"] if line["status"] != "cancelled")
    return sum((total or _ZERO for total in totals), Decimal("0.00"))


def move_order_lines(instance: Instance, before: Record | None, after: Record | None) -> None:
    """A submitted or approved invoice is on the order lines that it is for; a dead one is so no more."""
    moved: dict[int, list[Decimal]] = {}
    for invoice, sign in ((before, -1), (after, 1)):
        for number, quantity, amount in _billed(invoice):
            sums = moved.setdefault(number, [_ZERO, _ZERO])
            sums[0] += sign * quantity
            sums[1] += sign * amount
    for number, (quantity, amount) in moved.items():
        view = instance.tables["purchase_order_lines"].rows.get(number)
        if view is None or (quantity == amount == _ZERO):
            continue
        order = copied(instance.record("purchase_orders", view["order-header"]))
        line = next(each for each in order["order-lines"] if each["id"] == number)
        line["invoiced"] = with_places(line["invoiced"] + quantity, 1)
        line["total-invoiced"] = with_places(line["total-invoiced"] + amount, 2)
        instance.touch("purchase_orders", order)


def _billed(invoice: Record | None) -> Iterator[tuple[int, Decimal, Decimal]]:
    """(order line, quantity, amount) of an invoice that counts; a credit note gives back."""
    if invoice is None or invoice["status"] in _NOT_BILLED:
        return
    for line in invoice["invoice-lines"]:
        if line["order-line-id"] is None:
            continue
        amount = line["total"] or _ZERO
        quantity = line["quantity"] or _ZERO if line["type"] == "InvoiceQuantityLine" else amount
        if invoice["is-credit-note"]:
            quantity, amount = -abs(quantity), -abs(amount)
        yield line["order-line-id"], quantity, amount


def _check_kind(change: Change) -> None:
    """Only external orders are made by the API, and of those of Coupa's own it changes next to nothing."""
    record, before = change.record, change.before
    if before is None:
        if record["type"] != EXTERNAL or "type" not in change.sent:
            change.messages.append(f"Type must be {EXTERNAL}: other orders are born in Coupa.")
        return
    record["type"] = before["type"]
    if before["type"] != EXTERNAL:
        altered = change.alters(*(key for key in record if key not in _OURS), "order-lines")
        if altered:
            change.messages.append(f"Only external orders can be changed: {', '.join(altered)}")


def _check_parties(instance: Instance, change: Change) -> None:
    record = change.record
    tables = instance.tables
    supplier = tables["suppliers"].rows.get(record["supplier"])
    if supplier is not None and change.alters("supplier") and supplier["status"] != "active":
        change.messages.append("Supplier must be active")
    address = tables["addresses"].rows.get(record["ship-to-address"])
    if address is not None and change.alters("ship-to-address") and not _takes_deliveries(address):
        change.messages.append("Invalid Ship-To Address")
    user = tables["users"].rows.get(record["ship-to-user"])
    if user is not None and change.alters("ship-to-user") and not user["active"]:
        change.messages.append("Ship to user must be active")


def _takes_deliveries(address: Record) -> bool:
    return bool(address["active"]) and str(address["type"] or "").startswith("ship-to")


def _check_version(change: Change) -> None:
    sent, before = change.record["version"], change.before
    if before is None or "version" not in change.sent or change.privileged:
        return
    if sent is None:
        change.record["version"] = before["version"]
    elif sent < before["version"]:
        change.messages.append(f"Version must be greater than or equal to {before['version']}")


def _check_lines(instance: Instance, change: Change) -> None:
    lines = change.record["order-lines"]
    if not lines and not change.privileged:
        change.messages.append("Order lines can't be blank")
    _number(lines)
    numbers = [line["line-num"] for line in lines]
    change.messages += [f"Line num {n} has already been taken" for n in dict.fromkeys(numbers) if numbers.count(n) > 1]
    kept = {line["id"] for line in lines}
    for line in (change.before or {}).get("order-lines", ()):
        if line["id"] not in kept and (line["invoiced"] or line["total-invoiced"]):
            change.messages.append(f"Line {line['line-num']}: it is invoiced and cannot be deleted")
    if not change.privileged:
        for line in lines:
            change.messages += _line_problems(instance, line)


def _number(lines: list[Record]) -> None:
    taken = [int(line["line-num"]) for line in lines if str(line["line-num"] or "").isdecimal()]
    following = max(taken, default=0)
    for line in lines:
        if line["line-num"] in (None, ""):
            following += 1
            line["line-num"] = str(following)


def _line_problems(instance: Instance, line: Record) -> list[str]:
    where = f"Line {line['line-num']}:"
    wanted = ["description", "price", "currency"]
    if line["type"] == BY_QUANTITY:
        wanted.append("quantity")
    problems = [f"{where} {key.capitalize()} can't be blank" for key in wanted if line[key] in (None, "")]
    if line["type"] == BY_AMOUNT and line["quantity"] is not None:
        problems.append(f"{where} an amount line has no quantity")
    allocations = line["account-allocations"]
    if line["account"] is None and not allocations:
        problems.append(f"{where} Account can't be blank")
    elif line["account"] is not None and allocations:
        problems.append(f"{where} give either an account or account allocations")
    elif any(each["account"] is None or each["pct"] is None for each in allocations):
        problems.append(f"{where} an account allocation needs account and pct")
    elif allocations and sum(each["pct"] for each in allocations) != _HUNDRED:
        problems.append(f"{where} account allocations must add up to 100 percent")
    return problems + _account_problems(instance, line, where)


def _account_problems(instance: Instance, line: Record, where: str) -> list[str]:
    rows = instance.tables["accounts"].rows
    named = [line["account"], *(each["account"] for each in line["account-allocations"])]
    found = [rows[number] for number in named if number is not None]
    return [f"{where} Account {account['code']} is not active" for account in found if not account["active"]]


def _compute(instance: Instance, line: Record) -> None:
    currency = instance.tables["currencies"].rows.get(line["currency"])
    places = 2 if currency is None or currency["decimals"] is None else currency["decimals"]
    price = line["price"] or _ZERO
    total = price * (line["quantity"] or _ZERO) if line["type"] == BY_QUANTITY else price
    line["total"] = with_places(total, places, places)
    if line["account-type"] is None and line["account"] is not None:
        line["account-type"] = instance.tables["accounts"].rows[line["account"]]["account-type"]
    for each in line["account-allocations"]:
        each["amount"] = with_places(line["total"] * (each["pct"] or _ZERO) / _HUNDRED, places, places)


def _begin(instance: Instance, change: Change) -> None:
    record = change.record
    for line in record["order-lines"]:
        line["version"] = record["version"]
    if not change.privileged:
        record["status"] = instance.options.external_order_status
        record["exported"] = False
    remember_revision(instance, record)


def _revised(before: Record, after: Record) -> bool:
    """Whether suppliers have to hear of it: other quantities, prices or items, or other lines."""
    was = {line["id"]: line for line in before["order-lines"]}
    now = {line["id"]: line for line in after["order-lines"]}
    return was.keys() != now.keys() or any(_terms_differ(was[number], line) for number, line in now.items())


def _terms_differ(before: Record, after: Record) -> bool:
    return any(before[key] != after[key] for key in _REVISED_BY)


def _revise(instance: Instance, change: Change) -> None:
    record = change.record
    was = {line["id"]: line for line in (change.before or {})["order-lines"]}
    previous = (change.before or {})["version"]
    # A version that was sent is taken as it is, if it is a new one.
    record["version"] = max(record["version"] or 0, previous + 1)
    record["internal-revision"] = (record["internal-revision"] or 0) + 1
    record["exported"] = False
    record["change-type"] = "revision"
    for line in record["order-lines"]:
        if line["id"] not in was or _terms_differ(was[line["id"]], line):
            line["version"] = record["version"]
    remember_revision(instance, record)


def _stamp_lines(instance: Instance, change: Change) -> None:
    was = {line["id"]: line for line in (change.before or {}).get("order-lines", ())}
    for line in change.record["order-lines"]:
        line["order-header-id"] = change.record["id"]
        if line != was.get(line["id"]):
            line["created-at"] = line["created-at"] or instance.now()
            line["updated-at"] = instance.now()


def _keep_the_mark(instance: Instance, change: Change) -> None:
    """`exported` goes on by the API; only a new version takes it off (coupa section 3.7)."""
    if (change.before or {})["exported"]:
        change.record["exported"] = True
    elif change.record["exported"]:
        change.record["last-exported-at"] = instance.now()
