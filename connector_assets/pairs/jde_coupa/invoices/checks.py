"""The checks of a mapped voucher before it is written (coupa section 3.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connector_assets.documents.jde.vouchers import posting, withholding
from connector_assets.engine.checks import (
    FrameChecks,
    at_most,
    mapped_columns,
    reason,
    required,
    row_schema,
    shape_schema,
)


def voucher_checks(
    columns: Mapping[str, str],
    line_columns: Mapping[str, str],
    waits_for: Callable[[str, Mapping[str, Any]], str | None],
) -> FrameChecks:
    """The checks of the two frames; `waits_for` names what a held row waits for."""
    return FrameChecks(
        document_shape=shape_schema("invoices", mapped_columns(columns), unique=["key"]),
        document_rows=row_schema(
            "invoices",
            {
                "number": [required(), at_most(40)],
                "chartless": [reason("chart_not_set", lambda companies: companies.isna())],
                "invoice_date": [required()],
                "currency": [required()],
                "currency_known": [reason("currency_unknown", lambda known: known.astype(bool))],
                "supplier_id": [reason("supplier_not_linked", lambda ids: ids.notna())],
                "term_code": [
                    reason(
                        "payment_term_not_mapped",
                        lambda codes: codes.map(lambda code: code != "").astype(bool),
                    )
                ],
                "distribution": [
                    reason("prepayment", lambda states: states != "prepayment"),
                    reason("distribution_missing", lambda states: states != "missing"),
                    reason("distribution_does_not_agree", lambda states: states != "differs"),
                    reason("tax_not_explained", lambda states: states != "unproved"),
                ],
                "payee_state": [
                    reason("payee_changed", lambda states: states != "changed"),
                    reason("factored", lambda states: states != "factored"),
                ],
                "remit_unmapped": [reason("remit_to_not_mapped", lambda keys: keys.isna())],
                "held_duplicate": [reason("possible_duplicate", lambda keys: keys.isna())],
                "taxed": [reason(withholding.WITHHOLDING, lambda shown: shown.isna())],
                "late_batch": [reason(posting.NOT_POSTED, lambda batches: batches.isna())],
                "unaccounted": [reason("own_voucher_unknown", lambda shown: shown.isna())],
                "sendable": [reason("not_approved_for_payment", lambda can: can.astype(bool))],
                "not_handed": [reason("not_handed_over", lambda shown: shown.isna())],
                "unpaid": [reason("settled_without_payment", lambda shown: shown.isna())],
            },
        ),
        line_shape=shape_schema("invoice lines", {"key": "str"} | dict(line_columns), unique=["key", "line"]),
        line_rows=row_schema(
            "invoice lines",
            {
                "chartless": [reason("chart_not_set", lambda accounts: accounts.isna())],
                "account_state": [
                    reason("account_not_found", lambda states: states != "account_not_found"),
                    reason("account_not_postable", lambda states: states != "account_not_postable"),
                    reason("account_not_linked", lambda states: states != "account_not_linked"),
                ],
                "description": [at_most(1550)],
            },
        ),
        shows={
            "supplier_not_linked": "supplier",
            "payee_changed": "payee",
            "factored": "payee",
            "payment_term_not_mapped": "term",
            "currency_unknown": "currency",
            "distribution_does_not_agree": "gap",
            "tax_not_explained": "tax_unproved",
            "possible_duplicate": "held_duplicate",
            "not_approved_for_payment": "pay_status",
            "account_not_found": "account",
            "account_not_postable": "account",
            "account_not_linked": "account",
            "chart_not_set": "chartless",
        },
        names={
            "supplier_id": "supplier",
            "payee_state": "payee",
            "remit_unmapped": "supplier and payee",
            "term_code": "payment_term",
            "currency_known": "currency",
            "account_state": "account",
            "chartless": "company",
            "held_duplicate": "number",
            "taxed": "pay_status",
            "late_batch": "batch",
            "unaccounted": "voucher",
            "sendable": "pay_status",
            "not_handed": "pay_status",
            "unpaid": "pay_status",
        },
        waits_for=waits_for,
    )
