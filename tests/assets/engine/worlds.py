"""Everything that outlives a run, what a run needs, and a process that dies where it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from fakes import WINDOW, FakeFlow, FakeTarget, Record
from landing_places import landing_store

from connector_assets.engine.context import Integration, RunContext
from connector_assets.engine.document import Document
from connector_assets.engine.engine import Engine
from connector_assets.engine.reasons import problem
from connector_assets.engine.report import Result
from connector_assets.engine.task import DeliveryPolicy
from connector_resources.clock import ManualClock
from connector_resources.connections import IntegrationSettings
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.connections.jde import JdeConnection
from connector_resources.ledger import Delivery, Ledger

PACE = DeliveryPolicy(
    slice_size=3,
    workers=1,
    lease_seconds=15,
    effect_window=WINDOW,
    send_within=5,
    tries=3,
    backoff_seconds=0.5,
    backoff_cap_seconds=2,
    patience_seconds=300,
)


class Crash(BaseException):
    """The process is gone: nothing of it runs any more, handlers included."""


# -- documents and benches --------------------------------------------------------------------------------------------


def bill(key: str, clock: ManualClock, **more: Any) -> Document:
    """A document as the source has it now. `held` is a reason, the rest as in a source row."""
    held = more.pop("held", None)
    ignored = more.pop("ignored", None)
    amount = Decimal(more.pop("amount", "10.00"))
    content = {
        "key": key,
        "number": f"N-{key}",
        "name": "Bill",
        "date": "2026-03-01",
        "currency": "GBP",
        "amount": f"{amount:.2f}",
        "until": "draft",
        "paid": None,
    } | more
    return Document(
        key=key,
        content=content,
        read_at=clock.now(),
        day=date(2026, 3, 1),
        amount=amount,
        currency=content["currency"],
        ignored=ignored,
        problems=(problem(held, "name", "x"),) if held else (),
    )


def context(
    ledger: Any, clock: ManualClock, run: str, *, name: str = "pair", landing: Path | None = None
) -> RunContext:
    """The tools of one run, without clients."""

    def nothing(*_: Any) -> Any:
        raise AssertionError("no client in these tests")

    connections = {
        "jde": JdeConnection(name="jde", url="http://jde.invalid/jderest"),
        "coupa": CoupaConnection(name="coupa", url="http://coupa.invalid"),
    }
    settings = IntegrationSettings(name=name, kind="jde_coupa")
    return RunContext(
        integration=Integration(name, "jde_coupa", dict(connections), settings),
        ledger=ledger,
        landing=landing_store(landing, ledger) if landing else None,  # type: ignore[arg-type]
        open_client=nothing,
        open_reader=nothing,
        start_date=date(2026, 1, 1),
        run=run,
        clock=clock,
    )


@dataclass
class World:
    """A ledger, a target and a clock that outlive the processes which work on them."""

    ledger: Ledger
    clock: ManualClock
    target: FakeTarget
    name: str = "pair"
    policy: DeliveryPolicy = PACE
    runs: int = 0

    @property
    def flow_name(self) -> str:
        """The flow's name in the ledger."""
        return f"{self.name}/bills"

    def flow(self, *, ledger: Any = None, target: Any = None, **more: Any) -> FakeFlow:
        """A flow of a new run."""
        self.runs += 1
        run = f"{self.name}-run{self.runs}"
        return FakeFlow(context(ledger or self.ledger, self.clock, run, name=self.name), target or self.target, **more)

    def engine(self, flow: FakeFlow | None = None, **policy: Any) -> Engine:
        """The engine of a new run."""
        flow = flow or self.flow()
        return Engine(flow, replace(self.policy, **policy), owner=flow.context.run)

    def deliver(self, documents: Sequence[Document], **policy: Any) -> dict[str, str]:
        """One run: key -> outcome, each exactly once."""
        return outcomes(self.engine(**policy).deliver(documents), documents)

    def known(self, key: str) -> Delivery:
        """What the ledger knows of a document."""
        return self.ledger.deliveries.load(self.flow_name, [key])[key]

    def copies(self, key: str) -> list[Record]:
        """What the target holds of a document."""
        self.target.arrive()
        return [record for record in self.target.records.values() if record.values["key"] == key]

    def reasons(self, key: str) -> list[str]:
        """The reasons of a document's open exceptions."""
        return [row.reason for row in self.ledger.exceptions.open(flow=self.flow_name) if row.key == key]


def outcomes(results: Iterable[Result], documents: Sequence[Document]) -> dict[str, str]:
    """Key -> outcome; fails unless every document has exactly one."""
    found = [(result.key, result.outcome) for result in results]
    assert sorted(key for key, _ in found) == sorted(document.key for document in documents)
    return dict(found)


# -- a process that dies ----------------------------------------------------------------------------------------------

# verbs of the ledger that leave nothing behind; a crash around them is one around their neighbours
READS = frozenset({"load", "of", "by_target", "all", "unfinished", "counts", "due", "waiting", "get", "keys", "open_"})
GROUPS = ("deliveries", "intents", "links", "exceptions", "audit", "flows", "reports", "landing", "watermarks")


class Process:
    """Counts the durable boundaries that its ledger and target cross, and dies at one of them, for good."""

    def __init__(self, ledger: Ledger, target: FakeTarget, dies_at: int | None = None) -> None:
        self.dies_at = dies_at
        self.crossed: list[str] = []
        self.dead = False
        self._lock = threading.Lock()
        self.ledger = _Watched(ledger, self, "ledger", GROUPS)
        self.target = _Watched(target, self, "target", ())

    def cross(self, what: str) -> None:
        """A boundary."""
        with self._lock:
            if self.dead:
                raise Crash(what)
            self.crossed.append(what)
            if len(self.crossed) - 1 == self.dies_at:
                self.dead = True
                raise Crash(what)

    def alive(self) -> None:
        """Nothing happens to, or by, the dead."""
        if self.dead:
            raise Crash


class _Watched:
    def __init__(self, real: Any, process: Process, name: str, groups: tuple[str, ...]) -> None:
        self._real, self._process, self._name, self._groups = real, process, name, groups

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        if name in self._groups:
            return _Watched(value, self._process, f"{self._name}.{name}", ())
        if not callable(value):
            return value
        reads = name in READS or (self._name == "target" and name in ("find", "arrive"))

        def call(*args: Any, **kwargs: Any) -> Any:
            what = f"{self._name}.{name}"
            if reads:
                self._process.alive()
                return value(*args, **kwargs)
            self._process.cross(f"before {what}")
            try:
                return value(*args, **kwargs)
            finally:
                self._process.cross(f"after {what}")

        return call
