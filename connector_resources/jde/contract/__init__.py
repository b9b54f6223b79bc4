"""The orchestrations that a site builds for us, as one definition: what each is sent, does and answers.

The page docs/orchestrations.md is generated from it (`python -m connector_resources.jde.contract`), `ping` holds the
site's orchestrations against it, and nothing is sent that it does not declare.
"""

from __future__ import annotations

from collections.abc import Mapping

from connector_resources.jde.contract.check import problems, too_long
from connector_resources.jde.contract.model import Act, Input, Output, Step
from connector_resources.jde.contract.page import example, page
from connector_resources.jde.contract.payments import JOURNAL, RECORD
from connector_resources.jde.contract.payments import VOID as PAYMENT_VOID
from connector_resources.jde.contract.selftest import SELF_TEST
from connector_resources.jde.contract.vouchers import (
    BATCH_ADD,
    BATCH_RUN,
    BATCH_STATUS,
    ENTER,
    MATCH,
    MATCH_REVERSE,
    PAY_STATUS,
    VOID,
)

ACTS: Mapping[str, Act] = {
    act.name: act
    for act in (
        ENTER,
        BATCH_ADD,
        BATCH_RUN,
        BATCH_STATUS,
        MATCH,
        VOID,
        MATCH_REVERSE,
        PAY_STATUS,
        RECORD,
        PAYMENT_VOID,
        JOURNAL,
        SELF_TEST,
    )
}

_VOUCHERS_IN = "`approved_invoices` of `jde_coupa`, `approved_bills` of `jde_bill`"
_PAYMENTS_IN = "`payments_to_jde` of `jde_coupa`, `payments` of `jde_bill`"
# who calls each act
FLOWS: Mapping[str, str] = {
    "voucher_enter": f"{_VOUCHERS_IN}, mode `direct`",
    "voucher_batch_add": f"{_VOUCHERS_IN}, mode `batch`",
    "voucher_batch_run": f"{_VOUCHERS_IN}, mode `batch`; left out where the site runs the batch by itself",
    "voucher_batch_status": f"{_VOUCHERS_IN}, mode `batch`; may be left out",
    "voucher_match": "`approved_invoices` of `jde_coupa`, for invoices of JDE's orders",
    "voucher_void": _VOUCHERS_IN,
    "voucher_match_reverse": "`approved_invoices` of `jde_coupa`, for vouchers that procurement made",
    "voucher_pay_status": "`approvals` and `invoices` of `jde_coupa`, `bills` of `jde_bill`",
    "payment_record": _PAYMENTS_IN,
    "payment_void": _PAYMENTS_IN,
    "payment_journal": "`payments` of `jde_bill`, mode `journal`",
    "self_test": "every connection that is written to; may be left out",
}


def orchestrations_page() -> str:
    """The page docs/orchestrations.md as the definition says it."""
    return page(ACTS, FLOWS)


__all__ = ["ACTS", "FLOWS", "Act", "Input", "Output", "Step", "example", "orchestrations_page", "problems", "too_long"]
