"""Why the record that a document refers to is not linked, and what to do about it.

A document that names a supplier, an account or a business unit waits for its link (`Problem.waits_for`). The ledger
knows whether the flow of that record ignores it, holds it, is delivering it, or has never read it. Only the record's
system knows whether it exists at all (`System.absent`); it is asked if the ledger knows nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from connector_assets.engine.reasons import problem
from connector_resources import catalogue
from connector_resources.errors import ConnectorError
from connector_resources.ledger import Delivery, ExceptionRow, Ledger, Problem
from connector_resources.ledger.foreseen import ForeseenLinks
from connector_resources.ledger.releasing import split_name

if TYPE_CHECKING:
    from connector_assets.engine.flow import Flow

LINK = "link:"
NOT_LINKED = frozenset({"supplier_not_linked", "account_not_linked", "department_not_linked"})
# said by a person, or once and for all
SAID = ("dismissed", "rejected", "before_baseline")
# what the document itself can do about it
OTHERWISE = "or correct the document in its own system"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a record is not linked, in words that follow a colon, and the steps that help."""

    why: str
    fix: str


def causes(ledger: Ledger, names: Iterable[str]) -> dict[str, Cause]:
    """Why the records behind these names ('link:<flow>:<key>') are not linked, as far as the ledger knows. A few
    queries for each flow, whatever the number of names."""
    wanted: dict[str, dict[str, str]] = {}
    for name in names:
        if name.startswith(LINK):
            source, key = split_name(name)
            wanted.setdefault(source.removeprefix(LINK), {})[key] = name
    found: dict[str, Cause] = {}
    # of a plan: what its earlier flows would make of them
    planned = ledger.links.left if isinstance(ledger.links, ForeseenLinks) else {}
    for flow, keys in wanted.items():
        known = ledger.deliveries.load(flow, list(keys))
        links = ledger.links.of(flow, list(keys))
        held: dict[str, ExceptionRow] = {}
        for each in ledger.exceptions.of_documents(flow, list(keys)):
            held.setdefault(each.key, each)
        staged = ledger.staged.of(flow, [key for key, each in known.items() if each.state == "staged"])
        for key, name in keys.items():
            if key in links:
                found[name] = Cause("it is linked by now", "replay")
            elif key in held:
                found[name] = _held(flow, key, held[key])
            elif key in staged:
                waits = f"`connector approvals show {staged[key].id}`"
                found[name] = Cause(f"{flow} waits for an approval of it", f"decide about it: {waits}")
            elif (flow, key) in planned:
                found[name] = _planned(flow, key, planned[flow, key])
            elif key in known:
                found[name] = _known(flow, key, known[key])
    return found


def advised(flow: Flow, problems: Mapping[str, Sequence[Problem]]) -> dict[str, list[Problem]]:
    """The problems by document key, with the names of their documents; of those that wait for a link, the cause."""
    names = {
        each.waits_for
        for own in problems.values()
        for each in own
        if each.reason in NOT_LINKED and (each.waits_for or "").startswith(LINK)
    }
    wanted = {name for name in names if name is not None}
    known_causes = causes(flow.context.ledger, wanted) if wanted else {}
    known_causes |= _never_read(flow, wanted - known_causes.keys())
    return {
        key: [
            _with_causes(each, [known_causes[each.waits_for]]).of(flow.full_name, key)
            if each.waits_for in known_causes and each.reason in NOT_LINKED
            else each.of(flow.full_name, key)
            for each in own
        ]
        for key, own in problems.items()
    }


def explained_again(row: ExceptionRow, causes_known: Mapping[str, Cause]) -> ExceptionRow:
    """An open exception with what the ledger knows by now of the records that it waits for, by `causes`."""
    found = [causes_known[name] for name in row.waits_for if name in causes_known] if row.reason in NOT_LINKED else []
    if not found:
        # the integration's name stood in brackets in what an earlier version wrote
        return replace(row, fix=row.fix.replace("<integration>", row.flow.partition("/")[0]))
    now = _with_causes(problem(row.reason, row.field, row.value), found)
    return replace(row, message=now.message, fix=now.fix)


def _with_causes(base: Problem, found: Sequence[Cause]) -> Problem:
    whys, fixes = dict.fromkeys(each.why for each in found), dict.fromkeys(each.fix for each in found)
    return replace(base, message=f"{base.message}: {'; '.join(whys)}", fix="; ".join(fixes))


def _by_hand(flow: str, key: str) -> str:
    return f"or link it by hand: `connector links set {flow} {key} ID`, where ID is its id in the target"


def _held(flow: str, key: str, exception: ExceptionRow) -> Cause:
    why = f"{flow} holds it, {exception.reason}: {exception.message}"
    return Cause(why, f"correct that first: `connector exceptions show {exception.id}`; {_by_hand(flow, key)}")


def _planned(flow: str, key: str, why: str | Problem) -> Cause:
    if isinstance(why, str):
        return _ignored(flow, key, why)
    because = f"{flow} holds it, {why.reason}: {why.message}"
    return Cause(because, f"correct that first: {why.of(flow, key).fix}; {_by_hand(flow, key)}")


def _known(flow: str, key: str, known: Delivery) -> Cause:
    if known.state == "ignored":
        rule = known.outcome
        if rule in ("dismissed", "rejected"):
            return Cause(
                f"a person has {rule} it in {flow}",
                f"change it in the source, which has it looked at again; {_by_hand(flow, key)}",
            )
        return _ignored(flow, key, rule)
    if known.state == "baseline":
        return Cause(
            f"{flow} marked it as seen and never sent it",
            f"change it in the source, which sends it; {_by_hand(flow, key)}",
        )
    return Cause(f"{flow} is delivering it ({known.state.replace('_', ' ')})", f"send it: `connector sync {flow}`")


def _ignored(flow: str, key: str, rule: str) -> Cause:
    why, fix = _ignoring_rules().get(
        rule, ("", f"change what the rule {rule} looks at, in the source or in the settings")
    )
    because = f"{flow} ignores it by the rule {rule}{f': {why}' if why else ''}"
    return Cause(because, f"{fix}; then `connector sync {flow} --key {key}`; {OTHERWISE}; {_by_hand(flow, key)}")


@cache
def _ignoring_rules() -> Mapping[str, tuple[str, str]]:
    owners: list[Any] = list(catalogue.systems().values())
    return {rule: words for owner in owners for rule, words in owner.ignoring_rules().items()}


def _never_read(flow: Flow, names: Collection[str]) -> dict[str, Cause]:
    """Of records of which the ledger knows nothing: whether their system has them."""
    keys = {name: split_name(name) for name in names}
    absent = _absent(flow, {key for _, key in keys.values()})
    found = {}
    for name, (source, key) in keys.items():
        brings = source.removeprefix(LINK)
        reads = f"`connector sync {brings} --key {key}`"
        if key in absent:
            why, fix = absent[key]
            found[name] = Cause(why, f"{fix}; then {reads}")
        else:
            found[name] = Cause(
                f"{brings} has not read it yet: it last changed before the days that were synced",
                f"read it: {reads}; {_by_hand(brings, key)}",
            )
    return found


def _absent(flow: Flow, keys: Collection[str]) -> dict[str, tuple[str, str]]:
    """Those of the records that their system does not have. One that cannot be asked is left out: what an exception
    says is no reason to end a run."""
    systems: Mapping[str, Any] = catalogue.systems()
    found: dict[str, tuple[str, str]] = {}
    for role, connection in flow.context.integration.connections.items():
        system = systems[connection.system]
        own = [key for key in keys if key.partition(":")[0] in system.entities]
        with suppress(ConnectorError):
            found |= system.absent(flow.context.reader(role), own) if own else {}
    return found
