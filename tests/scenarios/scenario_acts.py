"""The orchestrations that the sandbox's customer has built, as a site names them for our acts."""

from __future__ import annotations

from typing import Any

# act -> the site's orchestration; a voucher that is entered at once answers with its number
ORCHESTRATIONS: dict[str, dict[str, Any]] = {
    "voucher_batch_add": {"name": "ML_VoucherBatchAdd"},
    "voucher_batch_run": {"name": "ML_VoucherBatchRun"},
    "voucher_batch_status": {"name": "ML_VoucherBatchStatus"},
    "voucher_enter": {"name": "ML_VoucherEnter", "key_output": "DocumentNumber"},
    "voucher_match": {"name": "ML_VoucherMatch", "key_output": "DocumentNumber"},
    "voucher_void": {"name": "ML_VoucherVoid"},
    "voucher_match_reverse": {"name": "ML_VoucherMatchReverse"},
    "voucher_pay_status": {"name": "ML_VoucherPayStatus"},
    "payment_record": {"name": "ML_PaymentRecord", "key_output": "PaymentID"},
    "payment_void": {"name": "ML_PaymentVoid", "key_output": "PaymentID"},
    "payment_journal": {"name": "ML_JournalAdd", "key_output": "JournalNumber"},
}
