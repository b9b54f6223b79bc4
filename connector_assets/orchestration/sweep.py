"""The nightly comparison of all keys: what the days missed, and what was deleted in the source.

Day filters are coarse and audit dates are not reliable: rows come without a usable date, are changed without a change
of the date, or are deleted. The sweep reads every key of a flow's source. It delivers documents that the ledger has
never seen or that have no date. It reads again those of which something is still to be paid, since a program may have
changed them and not their date. It raises an exception for delivered documents whose source record is gone, and forgets
those that were never delivered. It also reads the target's records: two of one document are an exception (see
`engine.duplicates`), and so is what both systems could pay (see `engine.one_payer`) and a payment or voucher of ours
that somebody deleted in the target.

A change, without a change of date, in a row of what is paid, or of a master record, is not found by its key: if that
happens, read its days again. Documents before the start date (see `engine.start_date`) are read once, for their
amounts; later sweeps count them as the ledger has them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

import dagster as dg

from connector_assets.engine.duplicates import REASON, report_duplicates
from connector_assets.engine.flow import Flow
from connector_assets.engine.one_payer import report_payers
from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.reasons import problem
from connector_assets.engine.replaying import land_reference_data
from connector_assets.engine.report import FlowReport, Result
from connector_assets.engine.start_date import BEFORE_START_DATE
from connector_assets.engine.task import policy_of
from connector_assets.orchestration.flow_assets import clients_of, run_context_of
from connector_assets.orchestration.metadata import held_table, report_metadata
from connector_assets.orchestration.source_assets import as_dagster_failure
from connector_resources.connections import IntegrationSettings
from connector_resources.ledger import Change, Delivery, NewEvent, Problem, State
from connector_resources.unreadable import set_aside


@dataclass
class Sweep:
    """What a sweep found: `missed` were looked at now, `before` are those that the start date leaves alone; gone in the
    source are `deleted`, which a person must see to in the target, and `dropped`, which never got there. Of
    `duplicates` the target holds more than one record, which nobody knew; of `single` no longer. `in_both` can be paid
    by both systems, which nobody knew."""

    report: FlowReport
    keys: int
    missed: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    single: list[str] = field(default_factory=list)
    in_both: list[str] = field(default_factory=list)


def sweep(flow: Flow) -> Sweep:
    """Compare all keys of a flow's source with the ledger, and bring them into agreement."""
    ledger = flow.context.ledger
    land_reference_data(flow)
    pipeline = Pipeline(flow, policy_of(flow))
    keys = pipeline.all_keys()
    # first, so that nothing more is sent for what is there twice
    listed = flow.targets()
    reported = report_duplicates(flow, keys, listed)
    lost = [*_lost(flow, {each.id for each in listed}), *flow.changed_there(listed)] if flow.notices_lost else []
    if lost:
        flow.look_again(lost)
    # what is payable in both is delivered as well: it may be handed over again
    payers = report_payers(flow).opened
    flow.look_at_accounts(whole=True)
    known = set(ledger.deliveries.keys(flow.full_name))
    left = _left_before(flow, keys)
    # what has no date, or one that is still to come, is never in a day: only the sweep sees it change
    today = flow.context.today(flow.source_role)
    keys = {key: None if day is not None and day > today else day for key, day in keys.items()}
    missed = {key: day for key, day in keys.items() if key not in known or day is None}
    # since the start date was moved, or because a day was never read
    missed |= {key: day for key in left if (day := keys[key]) is not None and day >= flow.context.start_date}
    linked = {link.source_key: link.target_id for link in ledger.links.all(flow=flow.full_name)}
    waiting = [*ledger.deliveries.waiting(flow.full_name), *_linked_by_hand(flow, linked)]
    missed |= {key: keys[key] for key in (*waiting, *payers, *lost, *_held(flow, reported.closed)) if key in keys}
    before_it = {
        key: each
        for key, each in ledger.deliveries.load(flow.full_name, list(flow.left_open())).items()
        # what was marked as seen is nobody's concern
        if key in keys and key not in missed and key not in left and each.state != "baseline"
    }
    again = {key: keys[key] for key in before_it}
    mapped = pipeline.map(missed | again)
    # what is read of one document may bring others with it
    read = missed.keys() | again.keys() | set(mapped.frames.documents["key"])
    report = pipeline.deliver(mapped, standing=[_standing(each) for key, each in left.items() if key not in read])
    linked |= {link.source_key: link.target_id for link in ledger.links.all(flow=flow.full_name)}
    before = {key for key, result in report.results.items() if result.rule == BEFORE_START_DATE}
    moved = {key for key, each in before_it.items() if _moved(each, report.results.get(key))}
    found = sorted((missed.keys() | moved) - before)
    if pipeline.unreadable.met:
        # what was not found may be what could not be read: nothing is known to be gone
        return Sweep(report, len(keys), found, sorted(before), [], [], reported.opened, reported.closed, payers)
    deleted = _report_deleted(flow, linked.keys() - keys.keys())
    dropped = _drop(flow, known - linked.keys() - keys.keys())
    return Sweep(report, len(keys), found, sorted(before), deleted, dropped, reported.opened, reported.closed, payers)


def _lost(flow: Flow, listed: Collection[str]) -> list[str]:
    """Settled documents whose record the target holds no more: what somebody deletes there leaves no row that changed.
    None, where something could not be read."""
    ledger = flow.context.ledger
    linked = ledger.links.of(flow.full_name, list(ledger.deliveries.keys(flow.full_name, ["settled"])))
    ids = {key: link.target_id for key, link in linked.items() if link.target_id not in listed}
    with set_aside() as unreadable:
        there = flow.read(set(ids.values())) if ids else {}
    return [] if unreadable else [key for key, id in ids.items() if id not in there]


def _left_before(flow: Flow, keys: Collection[str]) -> dict[str, Delivery]:
    """Those of the keys that an earlier look has left alone because of the start date."""
    deliveries = flow.context.ledger.deliveries
    ignored = [key for key in deliveries.keys(flow.full_name, ["ignored"]) if key in keys]
    known = deliveries.load(flow.full_name, ignored)
    return {key: each for key, each in known.items() if each.outcome == BEFORE_START_DATE}


def _standing(known: Delivery) -> Result:
    """What the ledger says of a document of before, which is not read again."""
    day = date.fromisoformat(known.partition) if known.partition else None
    return Result(known.key, "ignored", day, known.amount, known.currency, BEFORE_START_DATE)


def _moved(known: Delivery, result: Result | None) -> bool:
    """Whether a document that nothing told of had changed all the same."""
    if result is None or result.outcome == "unchanged":
        return False
    if result.outcome == "ignored":
        return (known.state, known.outcome) != ("ignored", result.rule)
    return known.state != result.outcome


def _held(flow: Flow, keys: Collection[str]) -> list[str]:
    """Those of these documents that something kept from being sent."""
    known = flow.context.ledger.deliveries.load(flow.full_name, keys)
    return [key for key, each in known.items() if each.state == "held"]


def _linked_by_hand(flow: Flow, linked: Mapping[str, str]) -> list[str]:
    """Documents whose link a person set, or changed, since they were last looked at: whatever stood of them counts no
    more."""
    known = flow.context.ledger.deliveries.load(flow.full_name, list(linked))
    return [key for key, target in linked.items() if key in known and known[key].target_id != target]


def _report_deleted(flow: Flow, gone: Collection[str]) -> list[str]:
    """Hold the delivered documents whose source record is gone, until a person has dismissed them."""
    reported = {
        each.key for each in flow.context.ledger.exceptions.open(flow=flow.full_name, reason="deleted_in_source")
    }
    known = flow.context.ledger.deliveries.load(flow.full_name, gone)
    dismissed = {key for key, each in known.items() if each.state == "ignored" and each.outcome == "dismissed"}
    deleted = sorted(set(gone) - dismissed)
    _record(flow, [key for key in deleted if key not in reported], "held", "held", [problem("deleted_in_source")])
    return deleted


def _drop(flow: Flow, gone: Collection[str]) -> list[str]:
    """Leave documents alone that were never delivered and whose source record is gone: nobody can correct them."""
    ledger = flow.context.ledger
    known = ledger.deliveries.load(flow.full_name, gone)
    # what may be in the target by a call of unknown outcome is still to be looked up
    unknown = ledger.intents.unfinished(flow.full_name, gone)
    dropped = sorted(key for key, each in known.items() if each.state != "ignored" and not unknown.get(key))
    _record(flow, dropped, "ignored", "deleted_in_source", [])
    return dropped


def _record(flow: Flow, keys: Collection[str], state: State, outcome: str, problems: list[Problem]) -> None:
    changes = [
        Change(
            flow=flow.full_name,
            key=key,
            state=state,
            outcome=outcome,
            run=flow.context.run,
            problems=problems,
            waiting=None,
            due_at=None,
            events=[NewEvent(event=state, detail={"reasons": ["deleted_in_source"]})],
        )
        for key in keys
    ]
    flow.context.ledger.record(changes, flow.context.now())


def sweep_asset(flow: type[Flow], integration: IntegrationSettings) -> dg.AssetsDefinition:
    """`<integration>/<flow>/swept`: unpartitioned, outside the integration's job."""

    @dg.asset(
        key=dg.AssetKey([integration.name, flow.name, "swept"]),
        group_name=integration.name,
        kinds={"sweep"},
        owners=["team:finance-integration"],
        description=f"{flow.title}: all keys compared, for rows without a usable date, deletions and duplicates.",
        required_resource_keys=clients_of(integration),
    )
    def swept(context: dg.AssetExecutionContext) -> None:
        with (
            as_dagster_failure(),
            run_context_of(context, integration) as run_context,
        ):
            found = sweep(flow(run_context))
            twice = run_context.ledger.exceptions.open(found.report.flow, reason=REASON)
        context.add_asset_metadata(
            {
                "keys": found.keys,
                "missed": len(found.missed),
                "before_start_date": len(found.before),
                "deleted": len(found.deleted),
                "dropped": len(found.dropped),
                "doubles": len(found.duplicates),
                "single again": len(found.single),
                "payable in both": len(found.in_both),
                **report_metadata(found.report),
                **({"there twice": held_table({each.key: [each] for each in twice})} if twice else {}),
            }
        )

    return swept
