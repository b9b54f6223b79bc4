"""The slower look at all keys: what the days missed, and what was deleted in the source.

Day filters are coarse and audit dates are not reliable: rows come without a usable date, rows are changed without
touching it, rows are deleted. The sweep reads every key of a flow's source, delivers those that the ledger has never
seen or that carry no date, raises an exception for delivered documents whose source record is gone, and lets those go
that were never delivered. It reads the target's records, too: two of one document are an exception (see `doubles`).
A row that was changed without touching its date is not found by its key: where that
happens, read its days again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import dagster as dg

from connector_assets.clients import resource_key
from connector_assets.delivery.flow import Flow
from connector_assets.delivery.pipeline import Pipeline
from connector_assets.delivery.reasons import problem
from connector_assets.delivery.report import FlowReport
from connector_assets.doubles import REASON, tell_doubles
from connector_assets.integrations.metadata import held_table, report_metadata
from connector_assets.opening import pace_of, workbench
from connector_assets.replaying import land_reference_data
from connector_assets.sources.assets import told
from connector_resources.connections import IntegrationSettings
from connector_resources.home import Home
from connector_resources.ledger import Change, NewEvent, Problem, State


@dataclass
class Sweep:
    """What a sweep found: `missed` were looked at now; gone in the source are `deleted`, which a person must see to in
    the target, and `dropped`, which never got there. Of `doubles` the target holds more than one record, which nobody
    knew; of `single` no longer."""

    report: FlowReport
    keys: int
    missed: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    doubles: list[str] = field(default_factory=list)
    single: list[str] = field(default_factory=list)


def sweep(flow: Flow) -> Sweep:
    """Compare all keys of a flow's source with the ledger, and bring them into agreement."""
    ledger = flow.bench.ledger
    land_reference_data(flow)
    keys = flow.all_keys()
    # first, so that nothing more is sent for what is there twice
    told = tell_doubles(flow, keys)
    known = set(ledger.deliveries.keys(flow.full_name))
    # what has no date is never in a day, so only the sweep sees it change
    missed = {key: day for key, day in keys.items() if key not in known or day is None}
    linked = {link.source_key: link.target_id for link in ledger.links.all(flow=flow.full_name)}
    waiting = [*ledger.deliveries.waiting(flow.full_name), *_linked_by_hand(flow, linked)]
    missed |= {key: keys[key] for key in (*waiting, *_held(flow, told.closed)) if key in keys}
    pipeline = Pipeline(flow, pace_of(flow))
    report = pipeline.deliver(pipeline.map(missed))
    linked |= {link.source_key: link.target_id for link in ledger.links.all(flow=flow.full_name)}
    deleted = _tell_deleted(flow, linked.keys() - keys.keys())
    dropped = _drop(flow, known - linked.keys() - keys.keys())
    return Sweep(report, len(keys), sorted(missed), deleted, dropped, told.opened, told.closed)


def _held(flow: Flow, keys: Collection[str]) -> list[str]:
    """Those of these documents that something kept from being sent."""
    known = flow.bench.ledger.deliveries.load(flow.full_name, keys)
    return [key for key, each in known.items() if each.state == "held"]


def _linked_by_hand(flow: Flow, linked: Mapping[str, str]) -> list[str]:
    """Documents whose link a person set, or changed, since they were last looked at: whatever stood of them counts no
    more."""
    known = flow.bench.ledger.deliveries.load(flow.full_name, list(linked))
    return [key for key, target in linked.items() if key in known and known[key].target_id != target]


def _tell_deleted(flow: Flow, gone: Collection[str]) -> list[str]:
    """Hold the delivered documents whose source record is gone, until a person has dismissed them."""
    told = {each.key for each in flow.bench.ledger.exceptions.open(flow=flow.full_name, reason="deleted_in_source")}
    known = flow.bench.ledger.deliveries.load(flow.full_name, gone)
    dismissed = {key for key, each in known.items() if each.state == "ignored" and each.outcome == "dismissed"}
    deleted = sorted(set(gone) - dismissed)
    _record(flow, [key for key in deleted if key not in told], "held", "held", [problem("deleted_in_source")])
    return deleted


def _drop(flow: Flow, gone: Collection[str]) -> list[str]:
    """Leave documents alone that were never delivered and whose source record is gone: nobody can mend them."""
    ledger = flow.bench.ledger
    known = ledger.deliveries.load(flow.full_name, gone)
    # what may be in the target by a call of unknown outcome is still to be looked up
    doubtful = ledger.intents.unfinished(flow.full_name, gone)
    dropped = sorted(key for key, each in known.items() if each.state != "ignored" and not doubtful.get(key))
    _record(flow, dropped, "ignored", "deleted_in_source", [])
    return dropped


def _record(flow: Flow, keys: Collection[str], state: State, outcome: str, problems: list[Problem]) -> None:
    changes = [
        Change(
            flow=flow.full_name,
            key=key,
            state=state,
            outcome=outcome,
            run=flow.bench.run,
            problems=problems,
            waiting=None,
            due_at=None,
            events=[NewEvent(event=state, detail={"reasons": ["deleted_in_source"]})],
        )
        for key in keys
    ]
    flow.bench.ledger.record(changes, flow.bench.now())


def sweep_asset(flow: type[Flow], integration: IntegrationSettings) -> dg.AssetsDefinition:
    """`<integration>/<flow>/swept`: unpartitioned, outside the integration's job."""
    resources = {name: resource_key(name) for name in integration.connections.values()}

    @dg.asset(
        key=dg.AssetKey([integration.name, flow.name, "swept"]),
        group_name=integration.name,
        kinds={"sweep"},
        owners=["team:finance-integration"],
        description=f"{flow.title}: all keys compared, for rows without a usable date, deletions and doubles.",
        required_resource_keys=set(resources.values()),
    )
    def swept(context: dg.AssetExecutionContext) -> None:
        with (
            told(),
            workbench(
                Home.locate(),
                integration.name,
                context.run_id,
                client=lambda each: getattr(context.resources, resources[each.name]).client(each),
            ) as bench,
        ):
            found = sweep(flow(bench))
            twice = bench.ledger.exceptions.open(found.report.flow, reason=REASON)
        context.add_asset_metadata(
            {
                "keys": found.keys,
                "missed": len(found.missed),
                "deleted": len(found.deleted),
                "dropped": len(found.dropped),
                "doubles": len(found.doubles),
                "single again": len(found.single),
                **report_metadata(found.report),
                **({"there twice": held_table({each.key: [each] for each in twice})} if twice else {}),
            }
        )

    return swept
