"""Orchestrations on one voucher: enter, void, change its pay status (jde-ais sections 3.4 and 3.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector_sandbox.jde.acting import MATCH_PROGRAM, BusinessError
from connector_sandbox.jde.matching import Matching, Wanted
from connector_sandbox.jde.orchestrating import (
    KEY,
    KEY_REQUIRED,
    Inputs,
    InputType,
    Orchestration,
    OrchestrationContext,
    Result,
    rows_required,
    voucher_key,
)
from connector_sandbox.jde.orders import OrderKey
from connector_sandbox.jde.payables import VoucherKey
from connector_sandbox.jde.voucher_inputs import DISTRIBUTION, PAY_ITEMS, REQUIRED, VOUCHER, header, journal, pay_items
from connector_sandbox.jde.vouchers import VoucherEntry, carried

_MATCHED: dict[str, InputType] = {
    **VOUCHER,
    "PayStatus": "String",
    "Flag1099": "String",
    "Code1099": "String",
    "DueDate": "Date",
    "TaxAmount": "Numeric",
    "ForeignTax": "Numeric",
    "TaxRateArea": "String",
    "TaxExplanation": "String",
}
_ORDER_LINES: dict[str, InputType] = {
    "POCompany": "String",
    "PONumber": "Numeric",
    "POType": "String",
    "POSuffix": "String",
    "POLine": "Numeric",
    "Quantity": "Numeric",
    "Amount": "Numeric",
    "ForeignAmount": "Numeric",
}


# What a call gives that entered no voucher.
_NOTHING = VoucherKey("", "", 0)


def _enter_voucher(context: OrchestrationContext, inputs: Inputs) -> Result:
    entry = VoucherEntry(context.environment, context.user, "EP0411")
    options = context.environment.options
    items = [carried(options, item, batch=False) for item in pay_items(inputs)]
    items, lines = entry.complete(items, journal(inputs))
    if not items:
        raise BusinessError("0003", "Blanks Invalid: PayItems are required", "AG")
    warnings = entry.check(items, lines)
    if _stands(context, inputs, warnings):
        return _entered(_NOTHING, 0, warnings)
    batch = context.environment.database.next_number("ICU", ("F0411", "ICU"), ("F0911", "ICU"))
    try:
        key = entry.write(items, lines, batch)
    except ValueError as error:
        raise BusinessError("0024", str(error)) from None
    return _entered(key, batch, warnings)


def _match_voucher(context: OrchestrationContext, inputs: Inputs) -> Result:
    document: dict[str, Any] = {
        **carried(context.environment.options, header(inputs), batch=False),
        "PST": inputs.text("PayStatus"),
        "TNN": inputs.text("Flag1099"),
        "AC07": inputs.text("Code1099"),
        "DDJ": inputs.day("DueDate"),
        "TXA1": inputs.text("TaxRateArea"),
        "EXR1": inputs.text("TaxExplanation"),
    }
    wanted = [_wanted(document["CO"], line) for line in inputs.rows("Lines")]
    # In the one-row form the amount of the order line looks like one of a distribution line.
    others = [line for line in journal(inputs) if line["ANI"]]
    taxes = {"STAM": inputs.number("TaxAmount"), "CTAM": inputs.number("ForeignTax")}
    matching = Matching(context.environment, context.user, MATCH_PROGRAM)
    try:
        drafted = matching.draft(document, wanted, taxes, others)
        if _stands(context, inputs, drafted.warnings):
            return _entered(_NOTHING, 0, drafted.warnings)
        key, batch = matching.enter(drafted)
    except BusinessError:
        raise
    except ValueError as error:
        raise BusinessError("0024", str(error)) from None
    return _entered(key, batch, drafted.warnings)


def _stands(context: OrchestrationContext, inputs: Inputs, warnings: Sequence[BusinessError]) -> bool:
    """Whether the form stands on its first OK because of warnings, and nothing is written (switch entry_warnings)."""
    policy = context.environment.options.entry_warnings
    if not warnings or policy == "made":
        return False
    call, warned = f"{context.user} {inputs.shown}", context.environment.warned
    if policy == "again" and call in warned:
        warned.remove(call)
        return False
    warned.add(call)
    return True


def _wanted(company: str, line: Inputs) -> Wanted:
    order = OrderKey(
        line.text("POCompany") or company,
        line.text("POType") or "OP",
        line.whole("PONumber"),
        line.text("POSuffix") or "000",
    )
    amounts = (line.number(name) for name in ("Quantity", "Amount", "ForeignAmount"))
    return Wanted(order, line.number("POLine"), *amounts)


def _entered(key: VoucherKey, batch: int, warnings: Sequence[BusinessError]) -> Result:
    outputs = {"DocumentNumber": key.number, "DocumentType": key.type, "DocumentCompany": key.company}
    return Result({**outputs, "LedgerBatch": batch}, warnings)


def _void_voucher(context: OrchestrationContext, inputs: Inputs) -> Result:
    key = voucher_key(inputs)
    warnings = context.voiding.voucher(key, inputs.day("GLDate") or context.reader.today)
    return Result({"DocumentNumber": key.number, "VoidFlag": "V"}, warnings)


def _reverse_match(context: OrchestrationContext, inputs: Inputs) -> Result:
    key = voucher_key(inputs)
    Matching(context.environment, context.user, MATCH_PROGRAM).reverse(
        key, inputs.day("GLDate") or context.reader.today
    )
    return Result({"DocumentNumber": key.number})


def _set_pay_status(context: OrchestrationContext, inputs: Inputs) -> Result:
    key = voucher_key(inputs)
    items = [f"{row.whole('PayItem'):03d}" for row in inputs.rows("PayItems")]
    context.payables.set_pay_status(key, inputs.text("PayStatus"), items)
    return Result({"DocumentNumber": key.number, "PayStatus": inputs.text("PayStatus")})


VOUCHERS = (
    Orchestration(
        "ML_VoucherEnter",
        "Enters one voucher with its distribution at once",
        _enter_voucher,
        VOUCHER,
        ("DocumentNumber", "DocumentType", "DocumentCompany", "LedgerBatch"),
        "P0411_W0411A",
        details={"PayItems": PAY_ITEMS, "Distribution": DISTRIBUTION},
        required=REQUIRED,
    ),
    Orchestration(
        "ML_VoucherMatch",
        "Vouchers order lines that are received, or need no receipt",
        _match_voucher,
        _MATCHED,
        ("DocumentNumber", "DocumentType", "DocumentCompany", "LedgerBatch"),
        "P0411_W0411A",
        details={"Lines": _ORDER_LINES, "Distribution": DISTRIBUTION},
        required=(
            *(name for name in REQUIRED if not name.startswith("PayItems")),
            *("PayStatus", "Lines"),
            *rows_required("Lines", "POCompany", "PONumber", "POType", "POLine", "Quantity"),
        ),
    ),
    Orchestration(
        "ML_VoucherVoid",
        "Voids an unpaid voucher",
        _void_voucher,
        {**KEY, "GLDate": "Date"},
        ("DocumentNumber", "VoidFlag"),
        "P0411_W0411G",
        required=(*KEY_REQUIRED, "GLDate"),
    ),
    Orchestration(
        "ML_VoucherMatchReverse",
        "Takes back an unpaid voucher that procurement made, and opens its order lines again",
        _reverse_match,
        {**KEY, "GLDate": "Date"},
        ("DocumentNumber",),
        "P4314",
        required=(*KEY_REQUIRED, "GLDate"),
    ),
    Orchestration(
        "ML_VoucherPayStatus",
        "Sets the pay status of a voucher's open pay items, or of those alone that are named",
        _set_pay_status,
        {**KEY, "PayStatus": "String"},
        ("DocumentNumber", "PayStatus"),
        "P0411S_W0411SA",
        details={"PayItems": {"PayItem": "String"}},
        required=(*KEY_REQUIRED, "PayStatus", *rows_required("PayItems", "PayItem")),
    ),
)
