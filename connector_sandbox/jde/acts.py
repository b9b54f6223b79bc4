"""The control verb `rows`: what JDE's own users do while nobody looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.payables import Payables, VoucherKey

_USER, _PROGRAM = "APCLERK", "EP0411"


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
    payment: int = msgspec.field(name="PYID", default=0)
    number: int = 0
    date: date | None = None
    amount: Decimal | None = None
    status: str = msgspec.field(name="PST", default="")


def carry_out(environment: Environment, command: Mapping[str, Any]) -> dict[str, Any]:
    """Do it, and say what was done. ValueError, in one line, when it cannot be done."""
    wanted = {key: value for key, value in command.items() if key != "system"}
    try:
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
        data.delete(row)
        deleted += 1
    return {"inserted": inserted, "updated": updated, "deleted": deleted}


def _perform(environment: Environment, command: _Act) -> dict[str, Any]:
    payables = Payables(environment, _USER, _PROGRAM)
    key = VoucherKey(command.company, command.type, command.document)
    day = command.date or environment.today()
    if command.act == "pay_voucher":
        return {"PYID": payables.pay(key, day, command.number, command.amount)}
    if command.act == "void_payment":
        payment = command.payment or payables.payment_numbered(command.number)
        payables.void_payment(payment, day)
        return {"PYID": payment}
    if command.act == "void_voucher":
        payables.void_voucher(key, day)
        return {"DOC": command.document}
    if command.act == "set_pay_status":
        payables.set_pay_status(key, command.status)
        return {"DOC": command.document}
    raise ValueError(f"no act {command.act!r}: pay_voucher, void_payment, void_voucher, set_pay_status")
