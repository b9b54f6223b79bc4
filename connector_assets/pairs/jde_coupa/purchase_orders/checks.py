"""The checks of a mapped purchase order before it is written (coupa section 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from connector_assets.engine.checks import (
    FrameChecks,
    at_most,
    mapped_columns,
    reason,
    required,
    row_schema,
    shape_schema,
)


def order_checks(
    columns: Mapping[str, str],
    line_columns: Mapping[str, str],
    waits_for: Callable[[str, Mapping[str, Any]], str | None],
) -> FrameChecks:
    """The checks of the two frames; `waits_for` names what a held row waits for."""
    return FrameChecks(
        document_shape=shape_schema("purchase orders", mapped_columns(columns), unique=["key"]),
        document_rows=row_schema(
            "purchase orders",
            {
                "number": [at_most(20)],
                "number_free": [reason("not_unique", lambda free: free.astype(bool))],
                "currency": [required()],
                "currency_known": [reason("currency_unknown", lambda known: known.astype(bool))],
                "supplier_id": [reason("supplier_not_linked", lambda ids: ids.notna())],
                "term_code": [reason("payment_term_not_mapped", _mapped)],
                "ship_to": [reason("ship_to_not_mapped", lambda places: places.notna())],
                "on_hold": [reason("order_on_hold", lambda codes: codes.isna())],
            },
        ),
        line_shape=shape_schema("order lines", {"key": "str"} | dict(line_columns), unique=["key", "line"]),
        line_rows=row_schema(
            "order lines",
            {
                "chartless": [reason("chart_not_set", lambda accounts: accounts.isna())],
                "account_state": [
                    reason("account_not_found", lambda states: states != "account_not_found"),
                    reason("account_not_postable", lambda states: states != "account_not_postable"),
                    reason("account_not_linked", lambda states: states != "account_not_linked"),
                ],
                "uom_code": [reason("unit_not_mapped", _mapped)],
                "gap": [reason("extended_amount_differs", lambda gaps: gaps.map(lambda gap: not gap).astype(bool))],
            },
        ),
        shows={
            "not_unique": "number",
            "supplier_not_linked": "supplier",
            "payment_term_not_mapped": "term",
            "currency_unknown": "currency",
            "ship_to_not_mapped": "ship_to_number",
            "account_not_found": "account",
            "account_not_postable": "account",
            "account_not_linked": "account",
            "chart_not_set": "chartless",
            "unit_not_mapped": "unit_of_measure",
        },
        names={
            "number_free": "number",
            "supplier_id": "supplier",
            "term_code": "payment_term",
            "currency_known": "currency",
            "on_hold": "status",
            "account_state": "account",
            "chartless": "company",
            "uom_code": "uom",
            "gap": "amount",
        },
        waits_for=waits_for,
    )


def _mapped(codes: pd.Series) -> pd.Series:
    """False for '', which stands for what cannot be known."""
    return codes.map(lambda code: code != "").astype(bool)
