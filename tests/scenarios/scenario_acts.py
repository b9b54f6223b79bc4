"""The orchestrations that the sandbox's customer has built, as a site names them for our acts."""

from __future__ import annotations

from typing import Any

# inputs that its designer has beside those of the contract, with defaults
_OWN_ITEM = [f"PayItems.PO{each}" for each in ("Number", "Type", "Company", "Suffix", "Line")]
_OWN_LINE = ["Distribution.Subledger", "Distribution.SubledgerType"]
# act -> the site's orchestration; a voucher that is entered at once answers with its number
_NAMED: dict[str, dict[str, Any]] = {
    "voucher_batch_add": {"name": "ML_VoucherBatchAdd", "own_inputs": [*_OWN_ITEM, *_OWN_LINE]},
    "voucher_batch_run": {"name": "ML_VoucherBatchRun"},
    "voucher_batch_status": {"name": "ML_VoucherBatchStatus"},
    "voucher_enter": {
        "name": "ML_VoucherEnter",
        "key_output": "DocumentNumber",
        "own_inputs": [*_OWN_ITEM, *_OWN_LINE],
    },
    "voucher_match": {
        "name": "ML_VoucherMatch",
        "key_output": "DocumentNumber",
        "own_inputs": ["Lines.POSuffix", *_OWN_LINE],
    },
    "voucher_void": {"name": "ML_VoucherVoid"},
    "voucher_match_reverse": {"name": "ML_VoucherMatchReverse"},
    "voucher_pay_status": {"name": "ML_VoucherPayStatus"},
    "payment_record": {
        "name": "ML_PaymentRecord",
        "key_output": "PaymentID",
        "own_inputs": ["PayItems.ItemDiscount"],
    },
    "payment_void": {"name": "ML_PaymentVoid", "key_output": "PaymentID"},
    "payment_journal": {"name": "ML_JournalAdd", "key_output": "JournalNumber"},
}
# built as the contract says: dates as yyyy-MM-dd
ORCHESTRATIONS: dict[str, dict[str, Any]] = {act: {**named, "date_format": "iso"} for act, named in _NAMED.items()}
