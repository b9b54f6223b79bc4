"""The control verb `rows`: what JDE's own users do while nobody looks. The acts are listed in docs/sandbox.md.

Acts on vouchers name their document by KCO, DCT (PV) and DOC, and one pay item by SFX; payments by PYID or number;
orders by KCOO, DCTO (OP), DOCO and, where they are about one line, LNID. Without a date, today is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import msgspec

from connector_sandbox.jde.commands import Act, Rows
from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.ledger_acts import CLERK, LEDGER_ACTS, PROGRAM
from connector_sandbox.jde.orders import Orders
from connector_sandbox.jde.periods import Periods
from connector_sandbox.jde.reports import Reports

_BUYER, _ORDER_PROGRAM = "BUYER", "EP4310"


def carry_out(environment: Environment, reports: Reports, command: Mapping[str, Any]) -> dict[str, Any]:
    """Do it, and say what was done. ValueError, in one line, when it cannot be done."""
    wanted = {key: value for key, value in command.items() if key != "system"}
    try:
        if wanted.get("act") == "run_batch":
            return _run_batch(reports, msgspec.convert(wanted, Act, strict=False))
        if "act" in wanted:
            return _perform(environment, msgspec.convert(wanted, Act, strict=False))
        return _write(environment, msgspec.convert(wanted, Rows))
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _write(environment: Environment, command: Rows) -> dict[str, Any]:
    if command.table not in environment.database.tables:
        raise ValueError(f"no such table: {command.table}")
    data = environment.database[command.table]
    inserted = updated = deleted = 0
    for values in command.upsert:
        row = data.get(values)
        if row is None:
            environment.insert(command.table, values, user=CLERK, program=PROGRAM)
            inserted += 1
        else:
            environment.update(command.table, row, values, user=CLERK, program=PROGRAM)
            updated += 1
    for values in command.delete:
        row = data.get(values)
        if row is None:
            raise ValueError(f"{command.table}: no row {values} to delete")
        environment.delete(command.table, row)
        deleted += 1
    return {"inserted": inserted, "updated": updated, "deleted": deleted}


def _perform(environment: Environment, command: Act) -> dict[str, Any]:
    act = _ACTS.get(command.act)
    if act is None:
        raise ValueError(f"no act {command.act!r}: {', '.join((*_ACTS, 'run_batch'))}")
    return act(environment, command, command.date or environment.today())


def _run_batch(reports: Reports, command: Act) -> dict[str, Any]:
    job = reports.submit("R04110ZA", command.group, final=True, user=CLERK)
    return {"job": job["jobNumber"], "status": job["jobStatus"]}


def _receive_order(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    orders = _orders(environment)
    document = orders.receive(command.purchase, command.line, command.quantity, day, command.amount)
    return {"DOC": document}


def _reverse_receipt(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    return {"DOC": _orders(environment).reverse_receipt(command.purchase, command.line, command.number, day)}


def _cancel_order_line(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    _orders(environment).cancel_line(command.purchase, command.line)
    return {"DOCO": command.order}


def _close_order(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    orders = _orders(environment)
    orders.header(command.purchase)
    return {"DOCO": command.order, "closed": orders.close(command.purchase)}


def _change_order_line(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    _orders(environment).change_line(command.purchase, command.line, command.quantity, command.price)
    return {"DOCO": command.order}


def _hold_order(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    _orders(environment).hold(command.purchase, command.hold)
    return {"DOCO": command.order}


def _close_period(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    return Periods(environment, CLERK, "P0010").close(command.company)


def _purge_outbound(environment: Environment, command: Act, day: date) -> dict[str, Any]:
    return {"purged": environment.log.purge()}


def _orders(environment: Environment) -> Orders:
    return Orders(environment, _BUYER, _ORDER_PROGRAM)


_ACTS: dict[str, Callable[[Environment, Act, date], dict[str, Any]]] = {
    **LEDGER_ACTS,
    "close_period": _close_period,
    "purge_outbound": _purge_outbound,
    "receive_order": _receive_order,
    "reverse_receipt": _reverse_receipt,
    "cancel_order_line": _cancel_order_line,
    "close_order": _close_order,
    "change_order_line": _change_order_line,
    "hold_order": _hold_order,
}
