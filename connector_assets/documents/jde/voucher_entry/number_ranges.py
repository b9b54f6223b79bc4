"""The ranges of document numbers that a site keeps for us in JD Edwards: no two flows share a number, and `ping` names
other users of a range."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import Any

from connector_assets.documents.jde.keys import text
from connector_assets.documents.jde.voucher_entry.marks import MarkRules
from connector_assets.documents.jde.voucher_entry.origins import voucher_id
from connector_assets.engine.flow import Flow, read_settings
from connector_resources.connections import IntegrationSettings, Settings
from connector_resources.connections.jde import JdeConnection
from connector_resources.errors import UnusableInput
from connector_resources.jde.query import all_of, between, gt, lt, one_of

# next numbers that come so near to a range will soon give numbers of it
NEAR = 1000
# a range of which less than this part is left wants a further one
LEFT = 10
# so many pay items of a range are looked at, and so many vouchers told by name
LOOKED_AT, SHOWN = 2000, 5

Flows = Iterable[tuple[IntegrationSettings, type[Flow]]]


def check_ranges(settings: Settings, integration: str, flows: Flows) -> None:
    """Raise UnusableInput where a flow of this integration gives numbers that a flow of any of the home's integrations
    gives too, under a document type that both have, in the same JD Edwards. `flows` are those of all integrations."""
    ranges = [(found.name, flow.name, rules, _books(settings, found)) for found, flow, rules in _preset(flows)]
    for place, (name, flow, rules, books) in enumerate(ranges):
        for other_name, other_flow, other, other_books in ranges[:place]:
            if integration not in (name, other_name) or books != other_books:
                continue
            types = sorted({*rules.document_types} & {*other.document_types})
            first, last = max(rules.preset_first, other.preset_first), min(rules.preset_last, other.preset_last)
            if types and first <= last:
                raise UnusableInput(
                    f"connections.yaml: {other_name}/{other_flow} and {name}/{flow} both give the document numbers "
                    f"{first} to {last} of {' and '.join(types)}: give each a range (preset_first, preset_last) or "
                    "document types of its own"
                )


def _preset(flows: Flows) -> list[tuple[IntegrationSettings, type[Flow], MarkRules[Any]]]:
    found = []
    for integration, flow in flows:
        if issubclass(flow.Settings, MarkRules):
            try:
                rules = read_settings(flow.Settings, integration, flow.name)
            except UnusableInput:
                # it is told of its own integration, which gives no numbers before it is corrected
                continue
            if isinstance(rules, MarkRules) and rules.voucher_key == "preset_document":
                found.append((integration, flow, rules))
    return found


def _books(settings: Settings, integration: IntegrationSettings) -> tuple[str, str]:
    """Which JD Edwards it is: two connections may lead to one."""
    connection = settings.connections.get(integration.connections["jde"])
    if not isinstance(connection, JdeConnection):
        return integration.connections["jde"], ""
    return connection.url.casefold(), connection.environment or ""


def strange(jde: Any, rules: MarkRules[Any], known: Callable[[Collection[str]], Collection[str]]) -> str:
    """The vouchers in the range that are not of this flow, in words; '' where there is none among the highest numbers.
    `known` says which of these vouchers are known."""
    where = all_of(_types(rules), between("DOC", rules.preset_first, rules.preset_last))
    columns = ["DOC", "DCT", "KCO", "SFX", "SFXE", "TORG"]
    pages = jde.browse("F0411", columns=columns, where=where, order_by=["-DOC"])
    users = {
        voucher_id(row): text(row["TORG"]) or "?" for row in islice((r for page in pages for r in page), LOOKED_AT)
    }
    found = sorted(users.keys() - {*known([*users])})
    if not found:
        return ""
    named = ", ".join(f"{each} (entered by {users[each]})" for each in found[:SHOWN])
    return (
        f"{len(found)} vouchers have numbers of {rules.preset_first} to {rules.preset_last} and are not known here: "
        f"{named}{', …' if len(found) > SHOWN else ''}; keep JD Edwards' next numbers and its clerks out of that "
        "range, name them in `not_ours`, and after a lost ledger sync once with --adopt"
    )


def ahead_of_next_numbers(jde: Any, rules: MarkRules[Any]) -> str:
    """Why JD Edwards' next numbers will soon come into the range, in words; '' where nothing says so. Which sheet or
    service shows the next number is not established: the highest of the same types outside of the range stands for it.
    """

    def highest(where: Any) -> int | None:
        found = jde.aggregate("F0411", [("MAX", "DOC")], where=all_of(_types(rules), where))
        return next((int(each["DOC_MAX"]) for each in found if each["DOC_MAX"] is not None), None)

    below = highest(lt("DOC", rules.preset_first))
    if below is None or rules.preset_first - below > NEAR or highest(gt("DOC", rules.preset_last)) is not None:
        return ""
    return (
        f"vouchers of JD Edwards' own numbers have come to {below}, and ours begin with {rules.preset_first}: set JD "
        "Edwards' next numbers beyond our range, or have another range kept for us and set preset_first and preset_last"
    )


def left(rules: MarkRules[Any], next_: int) -> tuple[str, str]:
    """(problem, note) about how many numbers are left, where `next_` is the first that was not given."""
    free, size = max(0, rules.preset_last - next_ + 1), rules.preset_last - rules.preset_first + 1
    shown = f"{free} document numbers of ours are left of {rules.preset_first} to {rules.preset_last}"
    if free * LEFT >= size:
        return "", shown
    return f"{shown}: have a further range kept for us in JD Edwards, and set preset_first and preset_last", ""


def _types(rules: MarkRules[Any]) -> Any:
    return one_of("DCT", [*rules.document_types])
