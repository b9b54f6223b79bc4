"""Acts of JDE's payables clerks on vouchers and payments (docs/sandbox.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from connector_sandbox.jde.acting import MATCH_PROGRAM
from connector_sandbox.jde.commands import Act
from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.matching import Matching
from connector_sandbox.jde.payables import Payables, VoucherKey
from connector_sandbox.jde.payments import WITHOUT_VOUCHER, Order, Payments, Share
from connector_sandbox.jde.special_vouchers import RETAINED, Paper, SpecialVouchers
from connector_sandbox.jde.voiding import Voiding

CLERK, PROGRAM = "APCLERK", "EP0411"
"""USER and PID of what the clerks do."""


def _pay_voucher(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    amount = command.amount
    if amount is None and command.foreign is None and command.discount:
        amount = _payments(environment).open_amount(command.voucher) - command.discount
    share = Share(amount, command.foreign, command.discount)
    order = Order(command.voucher, items={command.item: share}) if command.item else Order(command.voucher, share)
    return {"PYID": _payments(environment).record(order, day, number=command.number)}


def _payment_run(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    return {"PYID": _payments(environment).run(day, command.company)}


def _void_payment(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    payments = _payments(environment)
    payment = command.payment or payments.numbered(command.number)
    done = _voiding(environment).payment(payment, day, vouchers=command.with_vouchers)
    return {"PYID": payment, **done}


def _void_voucher(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    warnings = _voiding(environment).voucher(command.voucher, day)
    return {"DOC": command.document, "warnings": [f"{warning.code} {warning.text}" for warning in warnings]}


def _delete_voucher(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    _payables(environment).delete_voucher(command.voucher)
    return {"DOC": command.document}


def _reverse_match(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    posted = Matching(environment, CLERK, MATCH_PROGRAM).reverse(command.voucher, day)
    return {"DOC": command.document, "posted": posted}


def _set_pay_status(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    _payables(environment).set_pay_status(command.voucher, command.status, [command.item] if command.item else [])
    return {"DOC": command.document}


def _change_voucher(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    _payables(environment).change_voucher(command.voucher, command.item or "001", _amount(command))
    return {"DOC": command.document}


def _post_batch(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    payables = _payables(environment)
    kind, number = (command.batch_type, command.batch) if command.batch else payables.batch_of(command.voucher)
    paid = environment.database["F0413"].where(ICUT=kind, ICU=number)
    # a batch of payments alone has no pay items of its own
    rows = payables.post_batch(kind, number) if not paid or kind == WITHOUT_VOUCHER else 0
    for payment in paid:
        rows += _payments(environment).post(int(str(environment.database["F0413"].value(payment, "PYID"))))
    return {"ICU": number, "rows": rows}


def _post_payment(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    payments = _payments(environment)
    payment = command.payment or payments.numbered(command.number)
    return {"PYID": payment, "rows": payments.post(payment, failed=command.failed)}


def _speed_status_change(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    named = [(each.voucher, each.item) for each in command.vouchers] or [(command.voucher, command.item)]
    unknown = sorted(set(command.set) - {"PST", "DDJ", "PYE", "GLBA", "PYIN", "AC07"})
    if unknown or not command.set:
        raise ValueError(f"speed_status_change cannot set {', '.join(unknown) or 'nothing'}")
    return {"changed": _payables(environment).speed_status_change(named, command.set)}


def _split_voucher(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    special = _special(environment)
    return {"SFX": special.split(command.voucher, command.item or "001", command.amounts)}


def _withhold_voucher(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    special = _special(environment)
    return {"SFX": special.withhold(command.voucher, command.item or "001", _amount(command))}


def _retain_voucher(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    special = _special(environment)
    return {"SFX": special.split(command.voucher, command.item or "001", [_amount(command)], {"PST": RETAINED})}


def _enter_prepayment(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    return _shown(_special(environment).prepay(_paper(command), day, waiting=command.status or "H"))


def _enter_recurring(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    special = _special(environment)
    return _shown(special.enter_recurring(_paper(command), day, frequency=command.frequency, times=command.times))


def _recycle_voucher(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    return _shown(SpecialVouchers(environment, CLERK, "R048101").recycle(command.voucher, day))


def _enter_logged(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    return _shown(_special(environment).log(_paper(command), day))


def _redistribute_voucher(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    lines = [(line.account, line.amount) for line in command.lines]
    SpecialVouchers(environment, CLERK, "P042002").redistribute(command.voucher, lines, day)
    return {"DOC": command.document}


def _pay_without_voucher(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    special = SpecialVouchers(environment, CLERK, "P0413M")
    key, payment = special.pay_without_voucher(_paper(command), day, number=command.number)
    return {**_shown(key), "PYID": payment}


def _paper(command: Act) -> Paper:
    amount = _amount(command)
    return Paper(command.company, command.supplier, command.invoice, amount, command.account, command.remark)


def _amount(command: Act) -> Decimal:
    if command.amount is None:
        raise ValueError(f"{command.act} needs an amount")
    return command.amount


def _shown(key: VoucherKey) -> dict[str, Any]:
    return {"KCO": key.company, "DCT": key.type, "DOC": key.number}


def _payables(environment: Environment) -> Payables:
    return Payables(environment, CLERK, PROGRAM)


def _payments(environment: Environment) -> Payments:
    return Payments(environment, CLERK, PROGRAM)


def _voiding(environment: Environment) -> Voiding:
    return Voiding(environment, CLERK, PROGRAM)


def _special(environment: Environment) -> SpecialVouchers:
    return SpecialVouchers(environment, CLERK, PROGRAM)


LEDGER_ACTS: dict[str, Callable[[Environment, Act, date], dict[str, Any]]] = {
    "pay_voucher": _pay_voucher,
    "payment_run": _payment_run,
    "void_payment": _void_payment,
    "void_voucher": _void_voucher,
    "delete_voucher": _delete_voucher,
    "reverse_match": _reverse_match,
    "set_pay_status": _set_pay_status,
    "speed_status_change": _speed_status_change,
    "change_voucher": _change_voucher,
    "split_voucher": _split_voucher,
    "withhold_voucher": _withhold_voucher,
    "retain_voucher": _retain_voucher,
    "post_batch": _post_batch,
    "post_payment": _post_payment,
    "enter_prepayment": _enter_prepayment,
    "enter_recurring": _enter_recurring,
    "recycle_voucher": _recycle_voucher,
    "enter_logged": _enter_logged,
    "redistribute_voucher": _redistribute_voucher,
    "pay_without_voucher": _pay_without_voucher,
}
"""Act -> what it does, on a day; the answer to the command."""
