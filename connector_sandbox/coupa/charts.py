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

    It comes as `segments`: [{"name": "Cost Center", "lookup": "Cost Centers", "required": true}], in order. A segment
    whose values are children of another one's has that one's number: {"depends-on": 2} (coupa section 3.2.1).
    """
    if not change.privileged or "segments" not in change.sent:
        return
    setup = []
    for segment in change.sent["segments"] or ():
        lookup = segment.get("lookup")
        if lookup is not None:
            name = lookup if isinstance(lookup, Mapping) else {"name": lookup}
            lookup = instance.references.resolve("lookups", "lookup", name)
        known = {"label": segment["name"], "lookup": lookup, "required": segment.get("required", True)}
        setup.append({**known, "depends-on": segment.get("depends-on", segment.get("depends_on"))})
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
    """The parent, by its id too, and the read-only path, depth and number of children."""
    record = change.record
    rows = instance.tables["lookup_values"].rows
    if "parent-id" in change.sent and "parent" not in change.sent:
        number = record["parent-id"]
        if number is not None and number not in rows:
            change.messages.append(no_such_reference("LookupValue", "parent", {"id": number}, ("id",)))
            return
        record["parent"] = number
    record["parent-id"] = record["parent"]
    record |= _place(instance, record, rows.get(record["parent"]))
    record["children-count"] = len(instance.tables["lookup_values"].find(("parent",), (record["id"],)))


def follow_lookup_value(instance: Instance, before: Record | None, after: Record | None) -> None:
    """Counts of lists and parents, and the paths of the children."""
    table = instance.tables["lookup_values"]
    for lookup in {row["lookup"] for row in (before, after) if row is not None}:
        _recount(instance, "lookups", lookup, "values-count", len(table.find(("lookup",), (lookup,))))
    for parent in {row["parent"] for row in (before, after) if row is not None and row["parent"] is not None}:
        _recount(instance, "lookup_values", parent, "children-count", len(table.find(("parent",), (parent,))))
    if before is None or after is None or before["external-ref-code"] == after["external-ref-code"]:
        return
    for number in sorted(table.find(("parent",), (after["id"],))):
        child = table.rows[number]
        instance.put("lookup_values", {**child, **_place(instance, child, after)})


def _place(instance: Instance, record: Record, parent: Record | None) -> Record:
    """Where a value stands: its depth, and the numbers from the root down. A value without one shows its name."""
    own = record["external-ref-num"] or record["name"]
    if parent is None:
        return {"depth": 0, "external-ref-code": own}
    path = f"{parent['external-ref-code']}{instance.options.lookup_separator}{own}"
    return {"depth": parent["depth"] + 1, "external-ref-code": path}


def _recount(instance: Instance, name: str, number: int, field: str, count: int) -> None:
    row = instance.tables[name].rows.get(number)
    if row is not None and row.get(field) != count:
        instance.put(name, {**row, field: count})


def code_of(account: Mapping[str, Any]) -> str:
    """The code of an account: its segments joined with a hyphen."""
    return "-".join(str(account[segment]) for segment in SEGMENTS if account.get(segment) not in (None, ""))


def segment_problems(instance: Instance, chart: Record, account: Mapping[str, Any]) -> list[str]:
    """What is wrong with an account's segments, in the vendor's words where they are known."""
    setup = chart.get(_CONFIGURED)
    if setup is None:
        return [] if code_of(account) else ["Segment 1 can't be blank"]
    problems = []
    offered: dict[int, set[int]] = {}
    for number, segment in enumerate(SEGMENTS, 1):
        value = account.get(segment)
        known = setup[number - 1] if number <= len(setup) else None
        if value in (None, ""):
            if known is not None and known["required"]:
                problems.append(f"Segment {number} - {known['label']} can't be blank")
        elif known is None:
            problems.append(f"Segment {number} is not part of the chart {chart['name']}")
        elif known["lookup"] is not None:
            offered[number] = _offered(instance, chart, known, str(value), offered)
            if not offered[number]:
                problems.append(f"Segment {number} - {known['label']} is not included in the list")
    return problems or _broken_rules(instance, chart, account)


def _offered(
    instance: Instance, chart: Record, known: Mapping[str, Any], value: str, above: Mapping[int, set[int]]
) -> set[int]:
    """The values of a segment's list that are meant: of this chart, and below the value that the segment depends on."""
    table = instance.tables["lookup_values"]
    found = [*table.find(("external-ref-num",), (value,))]
    found += [n for n in table.find(("name",), (value,)) if table.rows[n]["external-ref-num"] is None]
    rows = {number: table.rows[number] for number in found}
    lookup, parents = known["lookup"], above.get(known.get("depends-on") or 0)
    has_levels = any(each["lookup"] == lookup and each.get("depends-on") for each in chart[_CONFIGURED])
    return {
        number
        for number, row in rows.items()
        if row["lookup"] == lookup and row["active"] and row["account-type"] in (None, chart["id"])
        if (row["parent"] in (parents or ()) if known.get("depends-on") else not has_levels or row["parent"] is None)
    }


def _broken_rules(instance: Instance, chart: Record, account: Mapping[str, Any]) -> list[str]:
    """The messages of the account validation rules of a dynamic chart that an account breaks (coupa section 3.2.1)."""
    if not chart["dynamic-flag"]:
        return []
    forbids = instance.options.account_rules == "forbid"
    return [
        rule["error-message"]
        for rule in instance.tables["account_validation_rules"].rows.values()
        if rule["active"] and rule["account-type"] in (None, chart["id"])
        if _matches(instance, rule, account) is forbids
    ]


def _matches(instance: Instance, rule: Record, account: Mapping[str, Any]) -> bool:
    """Whether every segment that a rule names is as it says. One that names none matches nothing."""
    tests = []
    for segment in SEGMENTS:
        low, high, condition = (rule[f"{segment}-{end}"] for end in ("min", "max", "condition"))
        value = str(account.get(segment) or "")
        if condition == "blank_value":
            tests.append(not value)
        if low is not None or high is not None:
            keys = [_rank(instance, each) for each in (low or "", value, high if high is not None else value)]
            tests.append(bool(value) and keys[0] <= keys[1] <= keys[2])
    return bool(tests) and all(tests)


def _rank(instance: Instance, value: str) -> tuple[int, str]:
    """What a value of a range is compared by; a text that is no number comes after all numbers."""
    if instance.options.account_rule_ranges == "text" or not value:
        return (0, value)
    return (int(value), "") if value.isdecimal() else (10**30, value)


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
        if broken := _broken_rules(self._instance, chart, segments):
            raise NoSuchReferenceError("; ".join(broken))
        if segment_problems(self._instance, chart, segments) or not code_of(segments):
            return None
        body = {**segments, "account-type": {"id": chart["id"]}, "name": code_of(segments)}
        number: int = self._instance.create("accounts", body, privileged=True)["id"]
        self._instance.newborn.append(("accounts", number))
        return number
