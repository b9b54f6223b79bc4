"""Orchestrations of the batch files: add rows, run the report, ask what came of it (jde-ais sections 3.4 to 3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector_sandbox.jde.acting import BusinessError
from connector_sandbox.jde.orchestrating import Inputs, Orchestration, OrchestrationContext, Result
from connector_sandbox.jde.store import DuplicateKeyError
from connector_sandbox.jde.voucher_inputs import DISTRIBUTION, PAY_ITEMS, REQUIRED, VOUCHER, journal, pay_items


def _add_batch_rows(context: OrchestrationContext, inputs: Inputs) -> Result:
    """F0411Z1 rows, then F0911Z1 rows: two steps, of which the first stays when the second fails (section 3.4)."""
    batch, number = inputs.text("BatchNumber"), inputs.text("TransactionNumber")
    if not batch or not number:
        raise BusinessError("0003", "Blanks Invalid: BatchNumber and TransactionNumber are required", "EDBT")
    if context.reports.attempted(batch):
        raise BusinessError("0058", f"Batch {batch} was processed already, nothing can be added", "EDBT")
    items, lines = pay_items(inputs), journal(inputs)
    if not items:
        raise BusinessError("0003", "Blanks Invalid: PayItems are required", "EDLN")
    waiting = context.environment.options.unprocessed_flag
    control = {
        "EDUS": context.user,
        "EDBT": batch,
        "EDTN": number,
        "EDSP": waiting,
        "EDTC": "A",
        "EDTR": "V",
        "EDER": "B",
    }
    for table, records in (("F0411Z1", items), ("F0911Z1", lines)):
        for line, record in enumerate(records, start=1):
            _insert(context, table, {**record, **control, "EDLN": line})
    return Result({"BatchNumber": batch, "TransactionNumber": number, "RowsAdded": len(items) + len(lines)})


def _insert(context: OrchestrationContext, table: str, values: Mapping[str, Any]) -> None:
    try:
        context.environment.insert(table, values, user=context.user, program="ORCH")
    except DuplicateKeyError as error:
        raise BusinessError("0011", f"Duplicate Key: {error}", "EDTN") from None
    except ValueError as error:
        raise BusinessError("0024", str(error)) from None


def _run_batch(context: OrchestrationContext, inputs: Inputs) -> Result:
    final = inputs.text("Mode").lower() != "proof"
    job = context.reports.submit("R04110ZA", inputs.text("BatchNumber"), final=final, user=context.user)
    return Result({"JobNumber": job["jobNumber"], "JobStatus": job["jobStatus"]})


def _batch_status(context: OrchestrationContext, inputs: Inputs) -> Result:
    data = context.environment.database["F0411Z1"]
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
                "Message": context.reports.message((user, batch, number)),
            }
        )
    return Result({"Transactions": transactions})


BATCHES = (
    Orchestration(
        "ML_VoucherBatchAdd",
        "Adds one voucher to the batch files F0411Z1 and F0911Z1",
        _add_batch_rows,
        {"BatchNumber": "String", "TransactionNumber": "String", **VOUCHER},
        ("BatchNumber", "TransactionNumber", "RowsAdded"),
        "P0411Z1_W0411Z1B",
        "customServiceRequest",
        {"PayItems": PAY_ITEMS, "Distribution": DISTRIBUTION},
        required=("BatchNumber", "TransactionNumber", *REQUIRED),
    ),
    Orchestration(
        "ML_VoucherBatchRun",
        "Submits R04110ZA for one batch; Mode is final or proof",
        _run_batch,
        {"BatchNumber": "String", "Mode": "String"},
        ("JobNumber", "JobStatus"),
        "R04110ZA",
        "reportRequest",
        required=("BatchNumber", "Mode"),
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
        required=("BatchNumber",),
    ),
)
