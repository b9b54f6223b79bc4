"""Charts of accounts: segments, codes, and the accounts of a dynamic chart, which come into being (coupa
section 3.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector_sandbox.coupa.errors import no_such_reference
from connector_sandbox.coupa.instance import Change, Instance
from connector_sandbox.coupa.master import ACCOUNT, SEGMENTS
from connector_sandbox.coupa.references import Given, NoSuchReferenceError
from connector_sandbox.coupa.schema import Record

_CONFIGURED = "segment-setup"
"""Kept with an account type, and not a field of the API: [{"label", "lookup": id or None, "required"}]."""


def check_account_type(instance: Instance, change: Change) -> None:
    """Take over the setup of the segments, which only the customer's administrator can give.

    It comes as `segments`: [{"name": "Cost Center", "lookup": "Cost Centers", "required": true}], in order.
    """
    if not change.privileged or "segments" not in change.sent:
        return
    setup = []
    for segment in change.sent["segments"] or ():
        lookup = segment.get("lookup")
        if lookup is not None:
            name = lookup if isinstance(lookup, Mapping) else {"name": lookup}
            lookup = instance.references.resolve("lookups", "lookup", name)
        setup.append({"label": segment["name"], "lookup": lookup, "required": segment.get("required", True)})
    change.record[_CONFIGURED] = setup


def check_account(instance: Instance, change: Change) -> None:
    """Segments as the chart has them, the code computed from them, and no loading of a dynamic chart."""
    record = change.record
    chart = instance.tables["account_types"].rows.get(record["account-type"])
    if chart is None:
        return
    record["account-type-id"] = chart["id"]
    record["code"] = code_of(record)
    if chart["dynamic-flag"] and change.before is None and not change.privileged:
        change.messages.append(
            f"Accounts of the dynamic chart {chart['name']} cannot be created: they come into being on first use."
        )
        return
    change.messages += segment_problems(instance, chart, record)


def check_lookup_value(instance: Instance, change: Change) -> None:
    """The read-only path, depth and number of children."""
    record = change.record
    parent = instance.tables["lookup_values"].rows.get(record["parent"])
    own = record["external-ref-num"] or record["name"]
    record["depth"] = 0 if parent is None else parent["depth"] + 1
    record["external-ref-code"] = own if parent is None else f"{parent['external-ref-code']}-{own}"
    children = instance.tables["lookup_values"].find(("parent",), (record["id"],))
    record["children-count"] = len(children)
    if parent is not None and change.alters("parent"):
        siblings = instance.tables["lookup_values"].find(("parent",), (parent["id"],)) - {record["id"]}
        instance.put("lookup_values", {**parent, "children-count": len(siblings) + 1})


def code_of(account: Mapping[str, Any]) -> str:
    """The code of an account: its segments joined with a hyphen."""
    return "-".join(str(account[segment]) for segment in SEGMENTS if account.get(segment) not in (None, ""))


def segment_problems(instance: Instance, chart: Record, account: Mapping[str, Any]) -> list[str]:
    """What is wrong with an account's segments, in the vendor's words where they are known."""
    setup = chart.get(_CONFIGURED)
    if setup is None:
        return [] if code_of(account) else ["Segment 1 can't be blank"]
    problems = []
    for number, segment in enumerate(SEGMENTS, 1):
        value = account.get(segment)
        known = setup[number - 1] if number <= len(setup) else None
        if value in (None, ""):
            if known is not None and known["required"]:
                problems.append(f"Segment {number} - {known['label']} can't be blank")
        elif known is None:
            problems.append(f"Segment {number} is not part of the chart {chart['name']}")
        elif known["lookup"] is not None and not _offered(instance, known["lookup"], str(value)):
            problems.append(f"Segment {number} - {known['label']} is not included in the list")
    return problems


class Accounts:
    """Finds the account that a body means, and lets it come into being in a dynamic chart."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def resolve(self, attribute: str, given: Given, chart: int | None) -> int:
        """The id of an account given by code, by segments, or by both; NoSuchReferenceError when there is
        none.
        """
        instance = self._instance
        if "account-type" in given:
            chart = instance.references.resolve("account_types", "account-type", given["account-type"])
        row = None if chart is None else instance.tables["account_types"].rows[chart]
        segments = {name: str(given[name]) for name in SEGMENTS if given.get(name) not in (None, "")}
        code = given.get("code")
        if row is not None and (segments or code):
            number = self._find(row, segments, code)
            if number is None and row["dynamic-flag"]:
                number = self._come_into_being(row, segments, code)
            if number is not None:
                return number
        shown = {key: value for key, value in given.items() if not isinstance(value, Mapping)}
        raise NoSuchReferenceError(no_such_reference(ACCOUNT.model, attribute, shown, ACCOUNT.keys))

    def _find(self, chart: Record, segments: Mapping[str, str], code: Any) -> int | None:
        table = self._instance.tables["accounts"]
        if segments:
            key = (chart["id"], *(segments.get(name) for name in SEGMENTS))
            found = table.find(("account-type", *SEGMENTS), key)
        else:
            found = table.find(("code",), (code,)) & table.find(("account-type",), (chart["id"],))
        # Segments that hold hyphens make codes ambiguous: the first account wins (coupa section 3.2).
        return min(found) if found else None

    def _come_into_being(self, chart: Record, segments: Mapping[str, str], code: Any) -> int | None:
        if not segments:
            segments = dict(zip(SEGMENTS, str(code).split("-"), strict=False))
        if segment_problems(self._instance, chart, segments) or not code_of(segments):
            return None
        body = {**segments, "account-type": {"id": chart["id"]}, "name": code_of(segments)}
        number: int = self._instance.create("accounts", body, privileged=True)["id"]
        self._instance.newborn.append(("accounts", number))
        return number


def _offered(instance: Instance, lookup: int, value: str) -> bool:
    table = instance.tables["lookup_values"]
    same = table.find(("external-ref-num",), (value,))
    return any(table.rows[n]["lookup"] == lookup and table.rows[n]["active"] for n in same)
