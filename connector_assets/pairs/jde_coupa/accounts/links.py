"""Which account of Coupa a distribution line goes to, through the links of the accounts flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from connector_assets.documents.jde.keys import account_key
from connector_assets.engine.checks import records
from connector_assets.engine.references import number_of
from connector_assets.pairs.jde_coupa.accounts.charts import Chart, DynamicChart
from connector_assets.pairs.jde_coupa.accounts.flow import Accounts

COLUMNS = {"MCU": "unit", "OBJ": "object", "SUB": "subsidiary"}
# of mapped lines: the account whose company has no chart in Coupa
CHARTLESS, CHARTLESS_STATE = {"chartless": "str?"}, "chartless"
Line = Mapping[str, Any]
# id and code in Coupa; an account of a dynamic chart has no id before its first use
Reference = tuple[str | None, str | None]


class AccountLinks:
    """In a static chart a line's account is linked as a whole, in a dynamic one each of its segments' values is. Which
    chart that is says the company of the account."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.ledger = accounts.context.ledger

    def resolve(self, lines: pd.DataFrame) -> pd.DataFrame:
        """Fill `account_id`, `account_code`, `account_state` and `chartless` of mapped lines."""
        rows = records(lines)
        needed = [self._keys(row) for row in rows]
        links = self.ledger.links.of(self.accounts.full_name, {key for keys in needed for key in keys})
        found = [self._refer(row, keys, links) for row, keys in zip(rows, needed, strict=True)]
        charts = [self.chart(row) for row in rows]
        states = [_state(*each) for each in zip(rows, found, charts, strict=True)]
        lines["account_id"] = _column(lines, [id for id, _ in found])
        lines["account_code"] = _column(lines, [code for _, code in found])
        lines["account_state"] = _column(lines, states)
        chartless = [state == CHARTLESS_STATE for state in states]
        lines["chartless"] = _column(
            lines, [row["account"] if no else None for row, no in zip(rows, chartless, strict=True)]
        )
        return lines

    def missing(self, row: Line) -> str | None:
        """The document key of the accounts flow that a line waits for first; None where nothing could help it."""
        keys = self._keys(row)
        links = self.ledger.links.of(self.accounts.full_name, keys)
        return next((key for key in keys if key not in links), None)

    def referred(self, lines: Sequence[Line]) -> set[tuple[str, str]]:
        """What of the accounts flow these lines were mapped by, for `Flow.refers_to`; those of a dynamic chart hold no
        id of it."""
        return {(self.accounts.name, key) for row in lines for key in self._keys(row)}

    def chart(self, row: Line) -> Chart | None:
        """The chart that a line's account is in; None where its company has none."""
        return self.accounts.charts.of(row["account_company"])

    def account(self, row: Line, code: str | None) -> dict[str, Any]:
        """How a body names the account of a resolved line: by its id; in a dynamic chart by code and segments, since a
        segment may itself hold a hyphen."""
        chart = self.chart(row)
        if not isinstance(chart, DynamicChart):
            return {"id": number_of(row["account_id"])}
        parts = [row[COLUMNS[segment]] or "" for segment in chart.settings.segments]
        segments = {f"segment-{place}": value for place, value in enumerate(parts, 1) if value}
        return {"code": code, "account-type": {"name": chart.name}, **segments}

    def _keys(self, row: Line) -> list[str]:
        """What of the accounts flow must be linked for this line."""
        chart = self.chart(row)
        if not isinstance(chart, DynamicChart):
            return [account_key(row["aid"])] if row["aid"] and chart is not None else []
        above = chart.settings.depends_on
        values = _values(chart, row)
        held = dict(values)
        return [
            self.accounts.value_key(chart, name, value, held.get(above[name], "") if name in above else None)
            for name, value in values
        ]

    def _refer(self, row: Line, keys: Sequence[str], links: Mapping[str, Any]) -> Reference:
        chart = self.chart(row)
        if chart is None or not keys or any(key not in links for key in keys):
            return None, None
        if chart.dynamic:
            return None, "-".join(value for _, value in _values(chart, row))
        return chart.record_id(links[keys[0]].target_id), links[keys[0]].target_label


def _values(chart: Chart, row: Line) -> list[tuple[str, str]]:
    return [(segment, row[COLUMNS[segment]]) for segment in chart.settings.segments if row[COLUMNS[segment]]]


def _state(row: Line, reference: Reference, chart: Chart | None) -> str:
    if not row["account_exists"]:
        return "account_not_found"
    if not row["account_postable"]:
        return "account_not_postable"
    if chart is None:
        return CHARTLESS_STATE
    return "linked" if any(reference) else "account_not_linked"


def _column(lines: pd.DataFrame, values: Sequence[Any]) -> pd.Series:
    return pd.Series(values, index=lines.index, dtype=object)
