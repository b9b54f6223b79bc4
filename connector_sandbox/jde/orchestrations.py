"""The orchestrations that this sandbox's customer has built: names and inputs are the customer's (jde-ais section 3.4).

Another site has others under other names: a client takes names and inputs from its settings and checks them by
discovery.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from connector_sandbox.jde.acting import BusinessError
from connector_sandbox.jde.dataservice import DataService
from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.payables import Payables, VoucherKey
from connector_sandbox.jde.query import Reader
from connector_sandbox.jde.reports import Reports
from connector_sandbox.jde.sessions import Session
from connector_sandbox.jde.store import DuplicateKeyError
from connector_sandbox.jde.vouchers import VoucherEntry

InputType = Literal["String", "Numeric", "Date"]


class Inputs:
    """What a caller passed, read as the orchestration's input types; names are matched literally."""

    def __init__(self, values: Mapping[str, Any], reader: Reader) -> None:
        self._values = values
        self._reader = reader

    def text(self, name: str) -> str:
        value = self._values.get(name)
        return "" if value is None else str(value).strip()

    def number(self, name: str) -> Decimal:
        """A number, 0 when missing; BusinessError when it is none."""
        try:
            return Decimal(self.text(name) or "0")
        except InvalidOperation:
            raise BusinessError("0024", f"{name}: {self.text(name)!r} is not a number", name) from None

    def whole(self, name: str) -> int:
        return int(self.number(name))

    def day(self, name: str) -> date | None:
        """A date in the login user's own pattern: another pattern is read as another date (section 8, 2)."""
        text = self.text(name)
        return self._reader.pattern.read(text) if text else None

    def rows(self, name: str) -> list[Inputs]:
        """The rows of a detail input."""
        return [Inputs(row, self._reader) for row in self._values.get(name) or ()]


@dataclass(frozen=True, slots=True)
class Desk:
    """What an orchestration works with."""

    environment: Environment
    reports: Reports
    data: DataService
    session: Session
    reader: Reader

    @property
    def user(self) -> str:
        return self.session.user.name

    @property
    def payables(self) -> Payables:
        return Payables(self.environment, self.user, "ORCH")


@dataclass(frozen=True, slots=True)
class Result:
    """What came out: the outputs, and the warnings that did not stop it."""

    outputs: dict[str, Any]
    warnings: Sequence[BusinessError] = ()


@dataclass(frozen=True, slots=True)
class Orchestration:
    """One orchestration as its designer defined it."""

    name: str
    description: str
    run: Callable[[Desk, Inputs], Result]
    inputs: Mapping[str, InputType]
    outputs: Sequence[str]
    form: str
    """The form or service its step drives, e.g. `P0411_W0411A`."""
    step: Literal["formRequest", "customServiceRequest", "reportRequest", "dataRequest"] = "formRequest"
    details: Mapping[str, Mapping[str, InputType]] = field(default_factory=dict)
    writes: bool = True


_KEY: dict[str, InputType] = {"DocumentNumber": "Numeric", "DocumentType": "String", "DocumentCompany": "String"}

_VOUCHER: dict[str, InputType] = {
    "Supplier": "Numeric",
    "InvoiceNumber": "String",
    "InvoiceDate": "Date",
    "GLDate": "Date",
    "Company": "String",
    "Currency": "String",
    "CurrencyMode": "String",
    "ExchangeRate": "Numeric",
    "PaymentTerms": "String",
    "Remark": "String",
    "Reference": "String",
}
_PAY_ITEMS: dict[str, InputType] = {
    "GrossAmount": "Numeric",
    "TaxableAmount": "Numeric",
    "TaxAmount": "Numeric",
    "ForeignAmount": "Numeric",
    "ForeignTax": "Numeric",
    "TaxRateArea": "String",
    "TaxExplanation": "String",
    "DueDate": "Date",
    "PayStatus": "String",
    "PONumber": "String",
    "POType": "String",
    "POCompany": "String",
}
_DISTRIBUTION: dict[str, InputType] = {
    "Account": "String",
    "Amount": "Numeric",
    "ForeignAmount": "Numeric",
    "Explanation": "String",
    "Subledger": "String",
    "SubledgerType": "String",
}


def _key(inputs: Inputs) -> VoucherKey:
    return VoucherKey(
        inputs.text("DocumentCompany"), inputs.text("DocumentType") or "PV", inputs.whole("DocumentNumber")
    )


def _header(inputs: Inputs) -> dict[str, Any]:
    return {
        "AN8": inputs.whole("Supplier"),
        "VINV": inputs.text("InvoiceNumber"),
        "DIVJ": inputs.day("InvoiceDate"),
        "DGJ": inputs.day("GLDate"),
        "CO": inputs.text("Company"),
        "CRCD": inputs.text("Currency"),
        "CRRM": inputs.text("CurrencyMode") or "D",
        "CRR": inputs.number("ExchangeRate"),
        "PTC": inputs.text("PaymentTerms"),
        "RMK": inputs.text("Remark"),
        "VR01": inputs.text("Reference"),
    }


def _pay_items(inputs: Inputs) -> list[dict[str, Any]]:
    return [
        {
            **_header(inputs),
            "AG": item.number("GrossAmount"),
            "ATXA": item.number("TaxableAmount"),
            "STAM": item.number("TaxAmount"),
            "ACR": item.number("ForeignAmount"),
            "CTAM": item.number("ForeignTax"),
            "TXA1": item.text("TaxRateArea"),
            "EXR1": item.text("TaxExplanation"),
            "DDJ": item.day("DueDate"),
            "PST": item.text("PayStatus"),
            "PO": item.text("PONumber"),
            "PDCT": item.text("POType"),
            "PKCO": item.text("POCompany"),
        }
        for item in inputs.rows("PayItems")
    ]


def _journal(inputs: Inputs) -> list[dict[str, Any]]:
    header = _header(inputs)
    shared = {alias: header[alias] for alias in ("AN8", "VINV", "DGJ", "CO", "CRCD", "CRRM", "CRR")}
    return [
        {
            **shared,
            "ANI": line.text("Account"),
            "AA": line.number("Amount"),
            "ACR": line.number("ForeignAmount"),
            "EXR": line.text("Explanation"),
            "SBL": line.text("Subledger"),
            "SBLT": line.text("SubledgerType"),
            "LT": "AA",
        }
        for line in inputs.rows("Distribution")
    ]


def _add_batch_rows(desk: Desk, inputs: Inputs) -> Result:
    """F0411Z1 rows, then F0911Z1 rows: two steps, of which the first stays when the second fails (section 3.4)."""
    batch, number = inputs.text("BatchNumber"), inputs.text("TransactionNumber")
    if not batch or not number:
        raise BusinessError("0003", "Blanks Invalid: BatchNumber and TransactionNumber are required", "EDBT")
    if desk.reports.attempted(batch):
        raise BusinessError("0058", f"Batch {batch} was processed already, nothing can be added", "EDBT")
    items, lines = _pay_items(inputs), _journal(inputs)
    if not items:
        raise BusinessError("0003", "Blanks Invalid: PayItems are required", "EDLN")
    control = {"EDUS": desk.user, "EDBT": batch, "EDTN": number, "EDSP": "0", "EDTC": "A", "EDTR": "V", "EDER": "B"}
    for table, records in (("F0411Z1", items), ("F0911Z1", lines)):
        for line, record in enumerate(records, start=1):
            _insert(desk, table, {**record, **control, "EDLN": line})
    return Result({"BatchNumber": batch, "TransactionNumber": number, "RowsAdded": len(items) + len(lines)})


def _insert(desk: Desk, table: str, values: Mapping[str, Any]) -> None:
    try:
        desk.environment.insert(table, values, user=desk.user, program="ORCH")
    except DuplicateKeyError as error:
        raise BusinessError("0011", f"Duplicate Key: {error}", "EDTN") from None
    except ValueError as error:
        raise BusinessError("0024", str(error)) from None


def _run_batch(desk: Desk, inputs: Inputs) -> Result:
    final = inputs.text("Mode").lower() != "proof"
    job = desk.reports.submit("R04110ZA", inputs.text("BatchNumber"), final=final, user=desk.user)
    return Result({"JobNumber": job["jobNumber"], "JobStatus": job["jobStatus"]})


def _batch_status(desk: Desk, inputs: Inputs) -> Result:
    data = desk.environment.database["F0411Z1"]
    transactions = []
    for row in data.where(EDBT=inputs.text("BatchNumber"), EDLN=1):
        record = data.record(row)
        user, batch, number = (str(record.get(alias, "")) for alias in ("EDUS", "EDBT", "EDTN"))
        transactions.append(
            {
                "TransactionNumber": number,
                "Processed": record.get("EDSP", ""),
                "DocumentNumber": record.get("DOC", 0),
                "DocumentType": record.get("DCT", ""),
                "DocumentCompany": record.get("KCO", ""),
                "Message": desk.reports.message((user, batch, number)),
            }
        )
    return Result({"Transactions": transactions})


def _enter_voucher(desk: Desk, inputs: Inputs) -> Result:
    entry = VoucherEntry(desk.environment, desk.user, "EP0411")
    items, lines = _pay_items(inputs), _journal(inputs)
    if not items:
        raise BusinessError("0003", "Blanks Invalid: PayItems are required", "AG")
    warnings = entry.check(items, lines)
    batch = desk.environment.database.next_number("ICU", ("F0411", "ICU"), ("F0911", "ICU"))
    try:
        key = entry.write(items, lines, batch)
    except ValueError as error:
        raise BusinessError("0024", str(error)) from None
    outputs = {"DocumentNumber": key.number, "DocumentType": key.type, "DocumentCompany": key.company}
    return Result({**outputs, "BatchNumber": batch}, warnings)


def _void_voucher(desk: Desk, inputs: Inputs) -> Result:
    key = _key(inputs)
    desk.payables.void_voucher(key, inputs.day("GLDate") or desk.reader.today)
    return Result({"DocumentNumber": key.number, "VoidFlag": "V"})


def _set_pay_status(desk: Desk, inputs: Inputs) -> Result:
    key = _key(inputs)
    desk.payables.set_pay_status(key, inputs.text("PayStatus"))
    return Result({"DocumentNumber": key.number, "PayStatus": inputs.text("PayStatus")})


def _record_payment(desk: Desk, inputs: Inputs) -> Result:
    amount = inputs.number("Amount") or None
    day = inputs.day("PaymentDate") or desk.reader.today
    payment = desk.payables.pay(_key(inputs), day, inputs.whole("PaymentNumber"), amount)
    data = desk.environment.database["F0413"]
    row = data.get({"PYID": payment})
    assert row is not None
    return Result({"PaymentID": payment, "PaymentNumber": data.value(row, "DOCM"), "Amount": data.value(row, "PAAP")})


def _void_payment(desk: Desk, inputs: Inputs) -> Result:
    payment = inputs.whole("PaymentID")
    desk.payables.void_payment(payment, inputs.day("VoidDate") or desk.reader.today)
    return Result({"PaymentID": payment})


def _find_account(desk: Desk, inputs: Inputs) -> Result:
    """Has no output mapping: the service's own answer comes out. One input's name ends with a blank."""
    conditions = [
        {"controlId": f"F0901.{alias}", "operator": "EQUAL", "value": [{"content": inputs.text(name)}]}
        for alias, name in (("MCU", "BusinessUnit "), ("OBJ", "ObjectAccount"), ("SUB", "Subsidiary"))
        if inputs.text(name)
    ]
    request = {
        "targetName": "F0901",
        "targetType": "table",
        "dataServiceType": "BROWSE",
        "returnControlIDs": "F0901.AID|F0901.MCU|F0901.OBJ|F0901.SUB|F0901.DL01|F0901.PEC",
        "query": {"condition": conditions},
    }
    return Result({"ServiceRequest1": desk.data.answer(request, desk.session, 2)})


_ALL = (
    Orchestration(
        "ML_VoucherBatchAdd",
        "Adds one voucher to the batch files F0411Z1 and F0911Z1",
        _add_batch_rows,
        {"BatchNumber": "String", "TransactionNumber": "String", **_VOUCHER},
        ("BatchNumber", "TransactionNumber", "RowsAdded"),
        "P0411Z1_W0411Z1B",
        "customServiceRequest",
        {"PayItems": _PAY_ITEMS, "Distribution": _DISTRIBUTION},
    ),
    Orchestration(
        "ML_VoucherBatchRun",
        "Submits R04110ZA for one batch; Mode is final or proof",
        _run_batch,
        {"BatchNumber": "String", "Mode": "String"},
        ("JobNumber", "JobStatus"),
        "R04110ZA",
        "reportRequest",
    ),
    Orchestration(
        "ML_VoucherBatchStatus",
        "What became of the transactions of one batch, with the work center's messages",
        _batch_status,
        {"BatchNumber": "String"},
        ("Transactions",),
        "DATABROWSE_F0411Z1",
        "dataRequest",
        writes=False,
    ),
    Orchestration(
        "ML_VoucherEnter",
        "Enters one voucher with its distribution at once",
        _enter_voucher,
        _VOUCHER,
        ("DocumentNumber", "DocumentType", "DocumentCompany", "BatchNumber"),
        "P0411_W0411A",
        details={"PayItems": _PAY_ITEMS, "Distribution": _DISTRIBUTION},
    ),
    Orchestration(
        "ML_VoucherVoid",
        "Voids an unpaid voucher",
        _void_voucher,
        {**_KEY, "GLDate": "Date"},
        ("DocumentNumber", "VoidFlag"),
        "P0411_W0411G",
    ),
    Orchestration(
        "ML_VoucherPayStatus",
        "Sets the pay status of a voucher's open pay items",
        _set_pay_status,
        {**_KEY, "PayStatus": "String"},
        ("DocumentNumber", "PayStatus"),
        "P0411_W0411A",
    ),
    Orchestration(
        "ML_PaymentRecord",
        "Records a manual payment of a voucher, of what is open unless an amount is given",
        _record_payment,
        {**_KEY, "PaymentDate": "Date", "PaymentNumber": "Numeric", "Amount": "Numeric"},
        ("PaymentID", "PaymentNumber", "Amount"),
        "P0413M_W0413MA",
    ),
    Orchestration(
        "ML_PaymentVoid",
        "Voids a payment and opens its vouchers again",
        _void_payment,
        {"PaymentID": "Numeric", "VoidDate": "Date"},
        ("PaymentID",),
        "P0413M_W0413MD",
    ),
    Orchestration(
        "ML_AccountFind",
        "Accounts of a business unit",
        _find_account,
        {"BusinessUnit ": "String", "ObjectAccount": "String", "Subsidiary": "String"},
        ("ServiceRequest1",),
        "DATABROWSE_F0901",
        "dataRequest",
        writes=False,
    ),
)

ORCHESTRATIONS: dict[str, Orchestration] = {item.name: item for item in _ALL}
