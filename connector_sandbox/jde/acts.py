"""The control verb `rows`: what JDE's own users do while nobody looks. The acts are listed in docs/sandbox.md.

Acts on vouchers name their document by KCO, DCT (PV) and DOC, and one pay item by SFX; payments by PYID or number;
orders by KCOO, DCTO (OP), DOCO and, where they are about one line, LNID. Without a date, today is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.matching import Matching
from connector_sandbox.jde.orders import OrderKey, Orders
from connector_sandbox.jde.payables import Payables, VoucherKey
from connector_sandbox.jde.payments import Order, Payments, Share
from connector_sandbox.jde.periods import Periods
from connector_sandbox.jde.reports import Reports

_USER, _PROGRAM = "APCLERK", "EP0411"
_BUYER, _ORDER_PROGRAM = "BUYER", "EP4310"


class _Rows(msgspec.Struct, forbid_unknown_fields=True):
    """{"table": "F0411", "upsert": [{alias: value}], "delete": [{key alias: value}]}."""

    table: str
    upsert: list[dict[str, Any]] = []
    delete: list[dict[str, Any]] = []


class _Act(msgspec.Struct, forbid_unknown_fields=True):
    """{"act": "pay_voucher", "KCO": "00001", "DCT": "PV", "DOC": 4711, "date": "2016-06-30", "number": 5001}."""

    act: str
    company: str = msgspec.field(name="KCO", default="")
    type: str = msgspec.field(name="DCT", default="PV")
    document: int = msgspec.field(name="DOC", default=0)
    item: str = msgspec.field(name="SFX", default="")
    payment: int = msgspec.field(name="PYID", default=0)
    number: int = 0
    batch_type: str = msgspec.field(name="ICUT", default="V")
    batch: int = msgspec.field(name="ICU", default=0)
    group: str = msgspec.field(name="EDBT", default="")
    date: date | None = None
    amount: Decimal | None = None
    foreign: Decimal | None = None
    discount: Decimal = Decimal(0)
    status: str = msgspec.field(name="PST", default="")
    order_company: str = msgspec.field(name="KCOO", default="")
    order_type: str = msgspec.field(name="DCTO", default="OP")
    order: int = msgspec.field(name="DOCO", default=0)
    order_suffix: str = msgspec.field(name="SFXO", default="000")
    line: Decimal = msgspec.field(name="LNID", default=Decimal(0))
    quantity: Decimal | None = None
    price: Decimal | None = None
    hold: str = msgspec.field(name="HOLD", default="")

    @property
    def voucher(self) -> VoucherKey:
        return VoucherKey(self.company, self.type, self.document)

    @property
    def purchase(self) -> OrderKey:
        return OrderKey(self.order_company, self.order_type, self.order, self.order_suffix)


def carry_out(environment: Environment, reports: Reports, command: Mapping[str, Any]) -> dict[str, Any]:
    """Do it, and say what was done. ValueError, in one line, when it cannot be done."""
    wanted = {key: value for key, value in command.items() if key != "system"}
    try:
        if wanted.get("act") == "run_batch":
            return _run_batch(reports, msgspec.convert(wanted, _Act, strict=False))
        if "act" in wanted:
            return _perform(environment, msgspec.convert(wanted, _Act, strict=False))
        return _write(environment, msgspec.convert(wanted, _Rows))
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _write(environment: Environment, command: _Rows) -> dict[str, Any]:
    if command.table not in environment.database.tables:
        raise ValueError(f"no such table: {command.table}")
    data = environment.database[command.table]
    inserted = updated = deleted = 0
    for values in command.upsert:
        row = data.get(values)
        if row is None:
            environment.insert(command.table, values, user=_USER, program=_PROGRAM)
            inserted += 1
        else:
            environment.update(command.table, row, values, user=_USER, program=_PROGRAM)
            updated += 1
    for values in command.delete:
        row = data.get(values)
        if row is None:
            raise ValueError(f"{command.table}: no row {values} to delete")
        environment.delete(command.table, row)
        deleted += 1
    return {"inserted": inserted, "updated": updated, "deleted": deleted}


def _perform(environment: Environment, command: _Act) -> dict[str, Any]:
    act = _ACTS.get(command.act)
    if act is None:
        raise ValueError(f"no act {command.act!r}: {', '.join((*_ACTS, 'run_batch'))}")
    return act(environment, command, command.date or environment.today())


def _pay_voucher(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    amount = command.amount
    if amount is None and command.foreign is None and command.discount:
        amount = _payments(environment).open_amount(command.voucher) - command.discount
    share = Share(amount, command.foreign, command.discount)
    order = Order(command.voucher, items={command.item: share}) if command.item else Order(command.voucher, share)
    return {"PYID": _payments(environment).record(order, day, number=command.number)}


def _payment_run(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    return {"PYID": _payments(environment).run(day, command.company)}


def _void_payment(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    payments = _payments(environment)
    payment = command.payment or payments.numbered(command.number)
    payments.void(payment, day)
    return {"PYID": payment}


def _void_voucher(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    Matching(environment, _USER, _PROGRAM).void(command.voucher, day)
    return {"DOC": command.document}


def _set_pay_status(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    _payables(environment).set_pay_status(command.voucher, command.status, [command.item] if command.item else [])
    return {"DOC": command.document}


def _change_voucher(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    if command.amount is None:
        raise ValueError("change_voucher needs an amount")
    _payables(environment).change_voucher(command.voucher, command.item or "001", command.amount)
    return {"DOC": command.document}


def _post_batch(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    payables = _payables(environment)
    kind, number = (command.batch_type, command.batch) if command.batch else payables.batch_of(command.voucher)
    return {"ICU": number, "rows": payables.post_batch(kind, number)}


def _run_batch(reports: Reports, command: _Act) -> dict[str, Any]:
    job = reports.submit("R04110ZA", command.group, final=True, user=_USER)
    return {"job": job["jobNumber"], "status": job["jobStatus"]}


def _receive_order(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    orders = _orders(environment)
    document = orders.receive(command.purchase, command.line, command.quantity, day, command.amount)
    return {"DOC": document}


def _reverse_receipt(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    return {"DOC": _orders(environment).reverse_receipt(command.purchase, command.line, command.number, day)}


def _cancel_order_line(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    _orders(environment).cancel_line(command.purchase, command.line)
    return {"DOCO": command.order}


def _close_order(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    orders = _orders(environment)
    orders.header(command.purchase)
    return {"DOCO": command.order, "closed": orders.close(command.purchase)}


def _change_order_line(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    _orders(environment).change_line(command.purchase, command.line, command.quantity, command.price)
    return {"DOCO": command.order}


def _hold_order(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    _orders(environment).hold(command.purchase, command.hold)
    return {"DOCO": command.order}


def _payables(environment: Environment) -> Payables:
    return Payables(environment, _USER, _PROGRAM)


def _payments(environment: Environment) -> Payments:
    return Payments(environment, _USER, _PROGRAM)


def _close_period(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    return Periods(environment, _USER, "P0010").close(command.company)


def _purge_outbound(environment: Environment, command: _Act, day: date) -> dict[str, Any]:
    return {"purged": environment.log.purge()}


def _orders(environment: Environment) -> Orders:
    return Orders(environment, _BUYER, _ORDER_PROGRAM)


_ACTS: dict[str, Callable[[Environment, _Act, date], dict[str, Any]]] = {
    "pay_voucher": _pay_voucher,
    "payment_run": _payment_run,
    "void_payment": _void_payment,
    "void_voucher": _void_voucher,
    "set_pay_status": _set_pay_status,
    "change_voucher": _change_voucher,
    "post_batch": _post_batch,
    "close_period": _close_period,
    "purge_outbound": _purge_outbound,
    "receive_order": _receive_order,
    "reverse_receipt": _reverse_receipt,
    "cancel_order_line": _cancel_order_line,
    "close_order": _close_order,
    "change_order_line": _change_order_line,
    "hold_order": _hold_order,
}
