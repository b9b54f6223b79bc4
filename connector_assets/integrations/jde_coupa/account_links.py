"""Which account of Coupa a distribution line goes to, through the links of the accounts flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from connector_assets.delivery.checks import records
from connector_assets.integrations.from_jde.keys import account_key
from connector_assets.integrations.jde_coupa.accounts import Accounts, value_key

COLUMNS = {"MCU": "unit", "OBJ": "object", "SUB": "subsidiary"}
Line = Mapping[str, Any]
# id and code in Coupa; an account of a dynamic chart has no id before its first use
Reference = tuple[str | None, str | None]


class AccountLinks:
    """In a static chart a line's account is linked as a whole, in a dynamic one each of its segments' values is."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.ledger = accounts.bench.ledger

    def resolve(self, lines: pd.DataFrame) -> pd.DataFrame:
        """Fill `account_id`, `account_code` and `account_state` of mapped lines."""
        rows = records(lines)
        needed = [self._keys(row) for row in rows]
        links = self.ledger.links.of(self.accounts.full_name, {key for keys in needed for key in keys})
        found = [self._refer(row, keys, links) for row, keys in zip(rows, needed, strict=True)]
        states = [_state(row, reference) for row, reference in zip(rows, found, strict=True)]
        lines["account_id"] = _column(lines, [id for id, _ in found])
        lines["account_code"] = _column(lines, [code for _, code in found])
        lines["account_state"] = _column(lines, states)
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

    def _keys(self, row: Line) -> list[str]:
        """What of the accounts flow must be linked for this line."""
        if not self.accounts.chart.dynamic:
            return [account_key(row["aid"])] if row["aid"] else []
        above = self.accounts.settings.depends_on
        values = self._values(row)
        held = dict(values)
        return [value_key(name, value, held.get(above[name], "") if name in above else None) for name, value in values]

    def _values(self, row: Line) -> list[tuple[str, str]]:
        segments = self.accounts.settings.segments
        return [(segment, row[COLUMNS[segment]]) for segment in segments if row[COLUMNS[segment]]]

    def _refer(self, row: Line, keys: Sequence[str], links: Mapping[str, Any]) -> Reference:
        if not keys or any(key not in links for key in keys):
            return None, None
        if self.accounts.chart.dynamic:
            return None, "-".join(value for _, value in self._values(row))
        return links[keys[0]].target_id, links[keys[0]].target_label


def _state(row: Line, reference: Reference) -> str:
    if not row["account_exists"]:
        return "account_not_found"
    if not row["account_postable"]:
        return "account_not_postable"
    return "linked" if any(reference) else "account_not_linked"


def _column(lines: pd.DataFrame, values: Sequence[Any]) -> pd.Series:
    return pd.Series(values, index=lines.index, dtype=object)
