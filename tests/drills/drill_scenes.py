"""Where a case begins: a variant of a flow with something to deliver, everything before it already in agreement."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from drill_clock import TODAY, YESTERDAY
from drill_place import Acts, ForeignRecord
from drill_process import Process
from drill_site import Site, State, digest
from drill_testbeds import PLACES
from drill_truth import Truth
from drill_variants import Variant
from pandera.errors import SchemaErrors
from pandera.pandas import DataFrameSchema

from connector_assets.engine import plans
from connector_assets.engine.approval import Approval
from connector_assets.engine.checks import examine
from connector_assets.engine.context import Integration
from connector_assets.engine.flow import Assembly, Flow, Frames
from connector_assets.engine.pipeline import Mapped, Pipeline
from connector_assets.engine.report import FlowReport
from connector_assets.engine.task import DeliveryPolicy, policy_of
from connector_assets.pairs.registry import all_flows
from connector_assets.run_setup import integration_of
from connector_resources.connections import Settings

FIRST, LATER = "first", "later"
# two slices of most scenes, so that there is something between two slices too
SLICE = 3
# between two steps of the preparation
PAUSE = 600.0
# of `FrameChecks`
SCHEMAS = ("document_shape", "document_rows", "line_shape", "line_rows")
Keys = Mapping[str, date | None]


@dataclass
class Memory:
    """What need not be worked out again for each of a thousand runs, since it depends on nothing but its arguments:
    the documents that a content of the source makes, and what the checks find in a frame."""

    keys: dict[Any, Keys] = field(default_factory=dict)
    assemblies: dict[Any, bytes] = field(default_factory=dict)
    found: dict[str, SchemaErrors | None] = field(default_factory=dict)


class Remembering:
    """A schema that looks at a frame once: what it found in it, it says again. `whose` it is, tells it from others."""

    def __init__(self, schema: DataFrameSchema, whose: tuple[str, ...], known: dict[str, SchemaErrors | None]) -> None:
        self.name, self.metadata = schema.name, schema.metadata
        self._schema, self._whose, self._known = schema, whose, known

    def validate(self, frame: pd.DataFrame, *, lazy: bool) -> None:
        """Raise what is wrong with the frame."""
        # when it was read is another instant each time, and nothing that a check asks for
        columns = [(name, list(frame[name])) for name in frame.columns if name != "read_at"]
        name = digest(pickle.dumps((self._whose, columns)))
        if name not in self._known:
            try:
                self._schema.validate(frame, lazy=lazy)
                self._known[name] = None
            except SchemaErrors as failed:
                self._known[name] = failed
        if (found := self._known[name]) is not None:
            raise found.with_traceback(None)


class QuickPipeline(Pipeline):
    """The pipeline, with a memory for the checks."""

    def __init__(self, flow: Flow, policy: DeliveryPolicy, memory: Memory) -> None:
        super().__init__(flow, policy)
        self._memory = memory

    def check(self, frames: Frames, assembly: Assembly | None = None) -> Mapped:
        resolved = self.flow.resolve(frames)
        checks: Any = self.flow.checks
        own = self.flow.full_name, repr(self.flow.settings)
        schemas = {each: getattr(checks, each) for each in SCHEMAS}
        remembering = {
            each: Remembering(schema, (*own, each), self._memory.found) for each, schema in schemas.items() if schema
        }
        return Mapped(resolved, examine(replace(checks, **remembering), resolved.documents, resolved.lines), assembly)


@dataclass
class Scene:
    """A variant with something to deliver. `mapped` is what a reading of the source found, `version` what the source
    held then, `older` what was delivered before; `foreign_records` are records of the target that are none of ours.
    `ends` are the ends of runs in which nothing goes wrong, by what the source did meanwhile."""

    variant: Variant
    situation: str
    state: State
    mapped: Mapped
    version: str
    older: Mapped | None = None
    foreign_records: tuple[ForeignRecord, ...] = ()
    ends: dict[Any, Truth] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`jde_coupa/invoices submit=true / later`."""
        return f"{self.variant.name} / {self.situation}"


class Workshop:
    """Prepares the scenes of one kind, and runs flows in them."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.place = PLACES[kind]
        self.site = Site(self.place.world(), self.place.options)
        self.testbed = self.place.testbed(self.site)
        self.memory = Memory()
        self._beginning = self._begin()
        self._grounds: dict[tuple[str, str], State] = {}
        self._landed: dict[tuple[str, str], State] = {}
        self._scenes: dict[tuple[Variant, str], Scene] = {}
        self._integrations: dict[Variant, Integration] = {}
        # whether everything waits for an approval, whatever the settings say
        self.asks = False
        # whether two calls are under way at once
        self.pairs = False

    def close(self) -> None:
        """Forget everything."""
        self.site.close()

    def acts(self, variant: Variant) -> Acts:
        """What people do about the variant's flow."""
        return self.place.acts[variant.flow]

    # -- scenes ---------------------------------------------------------------------------------------------------

    def scene(self, variant: Variant, situation: str) -> Scene:
        """The scene, made when it is first asked for."""
        if (variant, situation) not in self._scenes:
            make = self._first if situation == FIRST else self._later
            self._scenes[variant, situation] = make(variant)
        return self._scenes[variant, situation]

    def _begin(self) -> State:
        for acts in self.place.acts.values():
            acts.begin(self.testbed)
        return self.site.keep()

    def _ground(self, variant: Variant) -> State:
        """Every flow before the variant's has been delivered, as usual."""
        names = [flow.name for flow in all_flows()[self.kind]]
        place = names.index(variant.flow)
        if place == 0:
            return replace(self._beginning, switches=self.place.switches.get(variant.site, {}))
        before = Variant(self.kind, names[place - 1], variant.site)
        if (variant.site, variant.flow) not in self._grounds:
            self._deliver(self.scene(before, FIRST))
            self.site.time.pass_by(PAUSE)
            self.acts(variant).opens(self.testbed)
            self._grounds[variant.site, variant.flow] = self.site.keep()
        return self._grounds[variant.site, variant.flow]

    def _first(self, variant: Variant) -> Scene:
        """What a source is read into is the same for all variants: it is read once."""
        landed = self._landed.get((variant.site, variant.flow))
        self.site.put_back(landed or self._ground(variant))
        scene = self._read(variant, FIRST, land=landed is None)
        self._landed.setdefault((variant.site, variant.flow), scene.state)
        return scene

    def _later(self, variant: Variant) -> Scene:
        first = self.scene(variant, FIRST)
        older: Mapped | None = first.mapped
        if not self._deliver(first).writes:
            # where nothing is created there is nothing to go on from: the site was another one before
            self._deliver(self.scene(variant.usual, FIRST))
            older = None
        self.site.time.pass_by(PAUSE)
        foreign_records = self.acts(variant).foreign_record(self.testbed)
        self.acts(variant).go_on(self.testbed)
        self.site.time.pass_by(PAUSE)
        return self._read(variant, LATER, older, *foreign_records)

    def _read(
        self,
        variant: Variant,
        situation: str,
        older: Mapped | None = None,
        *foreign_records: ForeignRecord,
        land: bool = True,
    ) -> Scene:
        """Read the source as a run does, up to the delivery."""
        flow, pipeline = self.flow(variant, Process())
        mapped = self._map(variant, flow, pipeline, days=True, land=land, remember=True)
        flow.context.close()
        state = self.site.keep()
        version = digest(state.contents[self.source(variant)])
        return Scene(variant, situation, state, mapped, version, older, foreign_records)

    def _deliver(self, scene: Scene) -> FlowReport:
        self.site.put_back(scene.state)
        flow, pipeline = self.flow(scene.variant, Process())
        report = pipeline.deliver(scene.mapped)
        if report.unfinished():
            raise AssertionError(f"{scene.name} cannot be prepared: {report.sentence()}")
        flow.context.close()
        return report

    # -- runs -----------------------------------------------------------------------------------------------------

    def flow(self, variant: Variant, process: Process) -> tuple[Flow, QuickPipeline]:
        """The flow of a new run in a process."""
        flow = variant.flow_class(self.site.context(self.integration(variant), process))
        if self.asks:
            flow.approval = Approval()
        workers = 2 if self.pairs else 1
        return flow, QuickPipeline(flow, replace(policy_of(flow), slice_size=SLICE, workers=workers), self.memory)

    def run(self, scene: Scene, process: Process, *, days: bool, whole: bool = False) -> FlowReport:
        """One run as a schedule starts it: what is due, and with `days` what changed in them. The source is really read
        with `whole`, and where it changed since the scene began."""
        flow, pipeline = self.flow(scene.variant, process)
        version = self.site.version(self.source(scene.variant))
        # what another case has read of this content is known; what is read as a whole only must be landed here too
        known = flow.partitioned and (scene.variant, version) in self.memory.keys
        land = whole or (version != scene.version and days and not known)
        mapped = self._map(scene.variant, flow, pipeline, days=days, land=land, remember=not whole)
        report = pipeline.deliver(mapped)
        flow.context.close()
        return report

    def deliver(
        self, scene: Scene, process: Process, mapped: Mapped | None = None, *, patient: bool = True
    ) -> FlowReport:
        """The writing half of a run: of the frames that the scene begins with, or of others. One that is not `patient`
        waits for nothing."""
        flow, pipeline = self.flow(scene.variant, process)
        if not patient:
            pipeline.policy = replace(pipeline.policy, wait_for_outcomes=False)
        report = pipeline.deliver(mapped or scene.mapped)
        flow.context.close()
        return report

    def plan(self, scene: Scene) -> str:
        """Plan what the scene begins with; the plan's id. What the plan would only link is left to a sync."""
        flow, pipeline = self.flow(scene.variant, Process())
        pipeline.deliver(scene.mapped, mode="plan")
        flow.context.close()
        return flow.context.run

    def apply(self, scene: Scene, process: Process, plan: str) -> FlowReport:
        """Send what a plan says, and that alone."""
        flow, pipeline = self.flow(scene.variant, process)
        planned = plans.load(flow.context.ledger, plan).flows[flow.full_name]
        report = pipeline.deliver(scene.mapped, plan=planned.calls(plan))
        flow.context.close()
        return report

    def map(self, scene: Scene, process: Process) -> Mapped:
        """The reading half of a run."""
        flow, pipeline = self.flow(scene.variant, process)
        mapped = self._map(scene.variant, flow, pipeline, days=True, land=True, remember=False)
        flow.context.close()
        return mapped

    def _map(
        self, variant: Variant, flow: Flow, pipeline: Pipeline, *, days: bool, land: bool, remember: bool
    ) -> Mapped:
        if land:
            pipeline.land(YESTERDAY, TODAY)
        changed = self._changed(variant, pipeline) if remember else pipeline.changed_keys
        if not flow.partitioned:
            keys: Keys = flow.all_keys()
        else:
            keys = pipeline.due_keys() | (changed(YESTERDAY, TODAY) if days else {})
        if remember:
            flow.assemble = self._remembered(variant, flow.assemble)  # type: ignore[method-assign]
        return pipeline.map(keys)

    def _changed(self, variant: Variant, pipeline: Pipeline) -> Callable[[date, date], Keys]:
        def changed(first: date, last: date) -> Keys:
            name = (variant, self.site.version(self.source(variant)))
            known = self.memory.keys.get(name)
            if known is None:
                known = pipeline.changed_keys(first, last)
                if name[1] == self.site.version(self.source(variant)):
                    self.memory.keys[name] = known
            return known

        return changed

    def _remembered(self, variant: Variant, assemble: Callable[[Keys], Assembly]) -> Callable[[Keys], Assembly]:
        today = self.site.clock.now().date()

        def assembled(keys: Keys) -> Assembly:
            name = (variant, self.site.version(self.source(variant)), today, tuple(sorted(keys.items())))
            known = self.memory.assemblies.get(name)
            if known is None:
                known = pickle.dumps(assemble(keys))
                if name[1] == self.site.version(self.source(variant)):
                    self.memory.assemblies[name] = known
            found: Assembly = pickle.loads(known)
            return found

        return assembled

    # -- settings -------------------------------------------------------------------------------------------------

    def source(self, variant: Variant) -> str:
        """The system that the variant's flow reads."""
        return self.integration(variant).connections[variant.flow_class.source_role].system

    def target(self, variant: Variant) -> str:
        """The system that it writes to."""
        return self.integration(variant).connections[variant.flow_class.target_role].system

    def integration(self, variant: Variant) -> Integration:
        """The integration under the variant's settings."""
        if variant not in self._integrations:
            text = {
                "start_date": YESTERDAY.isoformat(),
                "connections": self._connections(),
                "integrations": {self.kind: {"kind": self.kind, "flows": variant.flows}},
            }
            settings = Settings.parse(json.dumps(text), Path("connections.yaml"))
            if settings.broken:
                raise AssertionError(f"{variant.name}: {settings.broken}")
            self._integrations[variant] = integration_of(settings, self.kind)
        return self._integrations[variant]

    def _connections(self) -> dict[str, dict[str, Any]]:
        """The table's connections, asking for every scope that the sandbox grants."""
        made = {}
        for name, connection in self.place.connections.items():
            granted = self.site.systems[connection["system"]].credentials().get("scope")
            made[name] = dict(connection) | ({"scopes": granted.split()} if granted else {})
        return made
