"""`make switches`: every scenario at sites that do otherwise what the vendors' pages leave open.

Each site here is a set of the sandbox's switches (docs/sandbox.md) that are as they are not by default; together the
sites of a system turn each switch to each of its other values. A scenario that is about the default itself is marked
`@pytest.mark.as_delivered("jde.unposted_void")`, and keeps that one. What has scenarios of its own in both positions,
and needs a setting of the connection with it (decimal commas, date formats, hidden tables, names of inputs), is none of
these.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
EVERY = "*"
BOTH = ("jde_coupa", "jde_bill")

# site -> the folders of scenarios, and system.switch -> value
SITES: Mapping[str, tuple[tuple[str, ...], Mapping[str, Any]]] = {
    "everything is kept": (
        BOTH,
        {
            "jde.batch_reference": "kept",
            "jde.entry_reference": "kept",
            "jde.user_fields": "kept",
            "jde.write_back": True,
            "jde.changed_rows": "opposite",
            "jde.void_clears_gross": False,
            "jde.orchestration_errors": {EVERY: "body"},
            "jde.discovered_arrays": "inputs",
            "jde.superfluous_inputs": "refused",
            "jde.timestamp_style": "classic",
        },
    ),
    "nothing is kept": (
        BOTH,
        {
            "jde.purge_processed": True,
            "jde.unprocessed_flag": "",
            "jde.changed_rows": "replaced",
            "jde.unposted_void": "voided",
            "jde.posting_moves_date": True,
            "jde.terms_compute": False,
            "jde.orchestration_errors": {EVERY: "continue"},
            "jde.discovered_arrays": "hidden",
            "jde.matched_void": "warn",
            "jde.recurring_invoice": "blank",
            "jde.invalid_token_status": 403,
        },
    ),
    # no site drops the remark and purges the rows of a batch: then nothing but our user is left of a voucher, the first
    # one waits for a person, and most scenarios end there. Scenarios by the ways of scenario_keys say what follows
    "payments vanish": (
        BOTH,
        {
            "jde.batch_remark": "dropped",
            "jde.duplicate_invoices": "silent",
            "jde.matched_void": "silent",
            "jde.reversal_extension": "R",
            "jde.speed_status_moves_date": False,
            "jde.void_payment_lines": False,
            "jde.void_clears_payment": False,
            "jde.reference_schema": False,
            "jde.abort_message": "text",
            "jde.discovered_arrays": "subinputs",
            "jde.discovered_entry": "example",
            "jde.unknown_target": "200",
            "jde.voucher_1099": "dropped",
        },
    ),
    "doubles are refused": (
        BOTH,
        {
            "jde.duplicate_invoices": "error",
            "jde.unposted_payment_void": "deleted",
            "jde.payment_batch_types": {},
            "jde.entry_warnings": "again",
            "jde.auto_post": True,
            "jde.moving_pages": True,
            "jde.repeated_link": "same_page",
            "jde.warned": {EVERY: "Remark is long"},
            "jde.required_inputs": False,
            "jde.voucher_1099": "supplier",
            "jde.duplicate_payment_numbers": "error",
        },
    ),
    "warnings stop": (
        BOTH,
        {
            "jde.entry_warnings": "not_made",
            # a type that nobody asks for; W would contradict them, since these payments do not make their vouchers
            "jde.payment_batch_types": {"PK": "C", "PN": "C", "PT": "C"},
            "jde.warned": {EVERY: "Remark is long"},
            "jde.warning_status": "SUCCESS",
            "jde.input_format": "JDE Standard",
            "jde.db_fetch_limit": 50,
            "jde.repeated_link": "next_page",
            "jde.date_pattern": "MM/dd/yyyy",
        },
    ),
    "an instance in California": (
        ("jde_coupa",),
        {
            "coupa.time_zone": "America/Los_Angeles",
            "coupa.invoice_time": "12:00:00",
            "coupa.due_time": "00:00:00",
            "coupa.answers_as_text": True,
            "coupa.empty_lists": "not_found",
            "coupa.payments_shown": "wrapped",
            "coupa.supplier_create": "strict",
            "coupa.credit_notes": "negative",
            "coupa.export_moves_updated_at": False,
            "coupa.pay_payee_number": True,
        },
    ),
    "totals less discount": (
        ("jde_coupa",),
        {
            "coupa.zero_charges": False,
            "coupa.charges_in_header": True,
            "coupa.discounts_lower_totals": True,
            "coupa.string_ids": False,
            "coupa.payments_shown": "single",
            "coupa.payables_return": "all",
            "coupa.pay_payee": "once",
            "coupa.external_order_status": "issued",
            "coupa.dates_placed": "utc",
            "coupa.legacy_address_answers": True,
            "coupa.unique_payable_references": True,
        },
    ),
    "terms of Coupa": (
        ("jde_coupa",),
        {
            "coupa.term_discounts": True,
            "coupa.payable_payees": ["payable-detail.supplier-id"],
            "coupa.payable_payee_required": True,
            "coupa.external_order_status": "buyer_hold",
            "coupa.soft_close": True,
            "coupa.unique_invoice_drafts": True,
            "coupa.ui_edit_resets_exported": True,
            "coupa.content_headers": "strict",
            "coupa.return_none_status": 200,
        },
    ),
    "an older organization": (
        ("jde_bill",),
        {
            "bill.missing_status": 422,
            "bill.missing_code": "BDC_1120",
            "bill.unknown_reference": "BDC_1205",
            "bill.bulk_others": False,
            "bill.number_types": "strings",
            "bill.approver_order": "decimal",
            "bill.time_suffix": "Z",
            "bill.put_omits": "keeps",
            "bill.bank_account_created": 201,
            "bill.approval_after_change": "all_again",
            "bill.lists_archived": "exclude",
            "bill.limit_status": 429,
        },
    ),
    "a patient organization": (
        ("jde_bill",),
        {
            "bill.archived_references": "accept",
            "bill.empty_page_every": 3,
            "bill.record_status": False,
            "bill.partially_paid": "PARTIAL",
            "bill.paid_from": "CLEARED",
            "bill.payment_amount": "gross",
            "bill.recorded_single_status": "UNDEFINED",
            "bill.tax_id": "masked",
            "bill.approval_after_change": "nobody",
            "bill.patch_needs_payment_term": True,
            "bill.bank_account_state": "",
            "bill.bank_account_numbers": "clear",
            "bill.invoice_number_scope": "organization",
        },
    ),
}


def main(names: list[str]) -> int:
    """Run the scenarios of these sites, all if none is named; the number of sites at which one fails."""
    if unknown := [name for name in names if name not in SITES]:
        print(f"there is no site {unknown[0]!r}; there are: {'; '.join(SITES)}", file=sys.stderr)
        return 2
    failed = []
    for name in names or SITES:
        folders, switches = SITES[name]
        print(f"--- {name}", flush=True)
        command = [sys.executable, "-m", "pytest", "-n", "3", "--dist", "worksteal"]
        command += [f"--switch={switch}={json.dumps(value)}" for switch, value in switches.items()]
        began = time.monotonic()
        done = subprocess.run([*command, *(str(HERE / "scenarios" / each) for each in folders)], check=False)
        print(f"--- {name}: {'failed' if done.returncode else 'passed'}, {time.monotonic() - began:.0f} s", flush=True)
        failed += [name] if done.returncode else []
    print(f"switches: {len(failed)} sites failed{': ' if failed else ''}{'; '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
