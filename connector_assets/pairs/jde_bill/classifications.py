"""What a line of a bill is booked to in BILL: its account, and its business unit's record, through the links of the
flows `chart_of_accounts` and `departments`.

    frames.lines = Classified(context).resolve(frames.lines)      # fills the columns COLUMNS
    line_rows = row_schema("bill lines", {**CHECKS, ...})       # with these checks of them
    FrameChecks(shows=SHOWS, names=NAMES, waits_for=classified.waits_for)
    body["classifications"] = classified.body(line)             # BILL's names of the ids

The lines are those of `documents/jde` (columns `aid`, `account`, `unit`, `account_exists`, `account_postable`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

import pandas as pd

from connector_assets.documents.jde.keys import account_key
from connector_assets.engine.checks import reason, records
from connector_assets.engine.context import RunContext
from connector_assets.pairs.jde_bill.chart_of_accounts import ChartOfAccounts
from connector_assets.pairs.jde_bill.departments import MAPPING, Departments, unit_key
from connector_assets.pairs.jde_bill.reference_list import ReferenceList
from connector_resources.ledger.foreseen import ForeseenLinks

Line = Mapping[str, Any]
# what a flow whose lines are resolved here reads besides its own
SOURCES = tuple(dict.fromkeys((*ChartOfAccounts.sources, *Departments.sources)))
LINKED = "linked"
# the columns of a mapped line that are filled here; before, ids are None and states ''
COLUMNS = {
    "chart_of_account_id": "str?",
    "account_state": "str",
    "department_id": "str?",
    "department_state": "str",
}
UNFILLED: Mapping[str, Any] = {
    "chart_of_account_id": None,
    "account_state": "",
    "department_id": None,
    "department_state": "",
}
CHECKS = {
    "account_state": [
        reason("account_not_found", lambda states: states != "account_not_found"),
        reason("account_not_postable", lambda states: states != "account_not_postable"),
        reason("account_not_linked", lambda states: states != "account_not_linked"),
        reason("archived_in_target", lambda states: states != "archived_in_target"),
    ],
    "department_state": [
        reason("department_not_linked", lambda states: states != "department_not_linked"),
        reason("archived_in_target", lambda states: states != "archived_in_target"),
    ],
}
SHOWS = {
    "account_not_found": "account",
    "account_not_postable": "account",
    "account_not_linked": "account",
    "archived_in_target": "account",
    "department_not_linked": "unit",
}
NAMES = {"account_state": "account", "department_state": "department"}
# which classification of a line a unit's record is (bill section 3.2)
SPELT = {"departments": "departmentId", "locations": "locationId", "accounting_classes": "accountingClassId"}


def troubles(lines: pd.DataFrame) -> dict[str, str]:
    """Document key -> the first reason for which one of its lines is held."""
    states = [(row["key"], row[name]) for row in records(lines) for name in NAMES]
    return {key: state for key, state in reversed(states) if state != LINKED}


class Classified:
    """Lines of JDE and their records in BILL. One a run: what BILL's lists hold is read once."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.accounts = ChartOfAccounts(context)
        self.units = Departments(context)

    def resolve(self, lines: pd.DataFrame) -> pd.DataFrame:
        """Fill COLUMNS of mapped lines."""
        lines, rows = lines.copy(), records(lines)
        accounts = self._ids(self.accounts, {account_key(row["aid"]) for row in rows if row["aid"]})
        units = self._ids(self.units, {unit_key(row["unit"]) for row in rows if row["unit"]})
        found = [(self._account(row, accounts), self._unit(row, units)) for row in rows]
        columns = zip(*((*account, *unit) for account, unit in found), strict=True) if found else ((),) * len(COLUMNS)
        for name, values in zip(COLUMNS, columns, strict=True):
            lines[name] = pd.Series(list(values), index=lines.index, dtype=object)
        return lines

    def waits_for(self, why: str, row: Line) -> str | None:
        """What a line that is held for `why` waits for; None where it waits for a person."""
        if why == "account_not_linked":
            return f"link:{self.accounts.full_name}:{account_key(row['aid'])}"
        if why == "department_not_linked":
            mapped = row["unit"] in self.units.mapped
            return f"{MAPPING}:{row['unit']}" if mapped else f"link:{self.units.full_name}:{unit_key(row['unit'])}"
        return None

    def referred(self, lines: Sequence[Line]) -> set[tuple[str, str]]:
        """What of both lists these lines were mapped by, for `Flow.refers_to`."""
        accounts = {(self.accounts.name, account_key(row["aid"])) for row in lines if row["aid"]}
        return accounts | {(self.units.name, unit_key(row["unit"])) for row in lines if row["unit"]}

    @cached_property
    def owned(self) -> tuple[str, ...]:
        """The classifications of a line that are ours, under BILL's names."""
        return ("chartOfAccountId", SPELT[self.units.snapshot])

    def body(self, line: Line) -> dict[str, str]:
        """`classifications` of a bill's line: the ids that are known, under BILL's names."""
        ids = zip(self.owned, (line["chart_of_account_id"], line["department_id"]), strict=True)
        return {name: id for name, id in ids if id}

    def _account(self, row: Line, linked: Mapping[str, str]) -> tuple[str | None, str]:
        id = linked.get(account_key(row["aid"])) if row["aid"] else None
        if not row["account_exists"]:
            return id, "account_not_found"
        if not row["account_postable"]:
            return id, "account_not_postable"
        if id is None:
            return None, "account_not_linked"
        return id, "archived_in_target" if id in self._archived_accounts else LINKED

    def _unit(self, row: Line, linked: Mapping[str, str]) -> tuple[str | None, str]:
        """A unit that is not to be in BILL, by the flow's own rule, is on no line there."""
        unit = row["unit"]
        if not unit:
            return None, LINKED
        chosen = self._mapped.get(unit)
        id = self._named.get(chosen) if chosen is not None else linked.get(unit_key(unit))
        if id is None and chosen is None and unit_key(unit) in self._unused_units:
            return None, LINKED
        if id is None:
            return None, "department_not_linked"
        return id, "archived_in_target" if id in self._archived_units else LINKED

    def _ids(self, flow: ReferenceList, keys: Collection[str]) -> dict[str, str]:
        links = self.context.ledger.links.of(flow.full_name, list(keys))
        return {key: link.target_id for key, link in links.items()}

    # -- what BILL's lists hold -----------------------------------------------------------------------------------

    @cached_property
    def _mapped(self) -> dict[str, str]:
        return self.units.mapped

    @cached_property
    def _named(self) -> dict[str, str]:
        """Name, short name or id of a unit's record -> its id; the id goes before the short name, and that before the
        name."""
        rows = self.context.reader("bill").snapshot(self.units.snapshot)
        return {row[by]: row["id"] for by in ("name", "short_name", "id") for row in rows if row[by]}

    @cached_property
    def _unused_units(self) -> set[str]:
        return {row["key"] for row in self.units.rows() if not row["wanted"]}

    @cached_property
    def _archived_accounts(self) -> set[str]:
        return self._archived(self.accounts)

    @cached_property
    def _archived_units(self) -> set[str]:
        return self._archived(self.units)

    def _archived(self, flow: ReferenceList) -> set[str]:
        """Ids of archived records, less those that this run's own flow has put right after the list was read."""
        archived = {row["id"] for row in self.context.reader("bill").snapshot(flow.snapshot) if row["archived"]}
        if isinstance(self.context.ledger.links, ForeseenLinks):
            return archived - self.context.ledger.links.restored(flow.full_name)
        if flow.full_name not in {report.flow for report in self.context.ledger.reports.of(self.context.run)}:
            return archived
        links = self.context.ledger.links.by_target(flow.full_name, flow.target_entity, list(archived))
        keys = {link.source_key: id for id, link in links.items()}
        known = self.context.ledger.deliveries.load(flow.full_name, list(keys))
        return archived - {
            keys[key] for key, each in known.items() if each.state == "settled" and (each.content or {}).get("active")
        }
