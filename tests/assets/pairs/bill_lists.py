"""Two systems in memory for the flows that keep BILL's lists: rows of JDE's tables, and BILL's classifications.

town = Town(ledger, clock, folder)
town.account("10001", "30", "5010", name="Grounds")
town.sync("chart_of_accounts")
town.bill.accounts.records
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from landing_places import landing_store

from connector_assets.engine.context import Integration, RunContext
from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.report import FlowReport
from connector_assets.engine.task import DeliveryPolicy
from connector_assets.pairs.registry import flow_class
from connector_resources.bill import ChartOfAccount, Classification
from connector_resources.clock import ManualClock
from connector_resources.connections import IntegrationSettings
from connector_resources.connections.bill import BillConnection
from connector_resources.connections.jde import JdeConnection
from connector_resources.errors import OutcomeUnknown, Refused
from connector_resources.ledger import Ledger

NAME = "jde_bill"
LISTS = {
    "chart_of_accounts": "accounts",
    "departments": "departments",
    "locations": "locations",
    "accounting_classes": "accounting_classes",
}


class FakeList:
    """One of BILL's lists. `sent` are the calls that change something; `lose` says what the next create comes to."""

    BULK = 50

    def __init__(self, prefix: str, model: type[Any], clock: ManualClock) -> None:
        self.prefix, self.model, self.clock = prefix, model, clock
        self.records: dict[str, dict[str, Any]] = {}
        self.sent: list[tuple[str, Any]] = []
        self.lose: str | None = None
        self.whole = 0

    def put(self, **body: Any) -> str:
        """What a user of BILL enters, under BILL's own names."""
        id = f"{self.prefix}{len(self.records):017d}"
        self.records[id] = {"id": id, "archived": False, "updatedTime": self.clock.now(), **body}
        return id

    def one(self, **wanted: Any) -> dict[str, Any]:
        """The only record that has these values."""
        [found] = [each for each in self.records.values() if all(each.get(k) == v for k, v in wanted.items())]
        return found

    # -- the client's interface -----------------------------------------------------------------------------------

    def all(self, filters: Any = None, sort: Any = None) -> Iterable[Any]:
        self.whole += 1
        return [self.model.model_validate(each) for each in self.records.values()]

    def by_ids(self, ids: Collection[str]) -> Iterable[Any]:
        return [self.model.model_validate(self.records[id]) for id in ids if id in self.records]

    def get(self, id: str) -> Any:
        return self._record(id)

    def holds_any(self) -> bool:
        return bool(self.records)

    def create(self, body: Mapping[str, Any]) -> Any:
        self.sent.append(("create", dict(body)))
        lose, self.lose = self.lose, None
        if lose == "before":
            raise OutcomeUnknown("the connection broke")
        if any(each["name"] == body["name"] for each in self.records.values()):
            raise Refused("a record of this name exists already", status=422)
        id = self.put(**body)
        if lose == "after":
            raise OutcomeUnknown("the connection broke")
        return self._record(id)

    def create_many(self, bodies: Collection[Mapping[str, Any]]) -> list[Any]:
        return [self.create(body) for body in bodies]

    def update(self, id: str, body: Mapping[str, Any]) -> Any:
        self.sent.append(("update", dict(body)))
        return self._change(id, body)

    def archive(self, id: str) -> Any:
        self.sent.append(("archive", id))
        return self._change(id, {"archived": True})

    def restore(self, id: str) -> Any:
        self.sent.append(("restore", id))
        return self._change(id, {"archived": False})

    def _change(self, id: str, body: Mapping[str, Any]) -> Any:
        self.records[id] |= {**body, "updatedTime": self.clock.now()}
        return self._record(id)

    def _record(self, id: str) -> Any:
        return self.model.model_validate(self.records[id])


class FakeBill:
    """BILL's lists as the client has them."""

    def __init__(self, clock: ManualClock) -> None:
        self.calls = SimpleNamespace(read=0, write=0)
        self.accounts = FakeList("0ca", ChartOfAccount, clock)
        self.departments = FakeList("0de", Classification, clock)
        self.locations = FakeList("loc", Classification, clock)
        self.accounting_classes = FakeList("cls", Classification, clock)

    def close(self) -> None:
        """Nothing is open."""


class _Reader:
    """Rows as a landed snapshot of this run has them."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self.tables = tables

    def land_snapshot(self, entity: str) -> None:
        """Nothing is landed: `snapshot` is asked once a run."""

    def snapshot(self, entity: str) -> list[dict[str, Any]]:
        return list(self.tables[entity])

    def unreadable_of_snapshot(self, entity: str) -> list[Any]:
        return []


@dataclass
class LocalTestbed:
    """What outlives a run: both systems, the ledger, the settings of the flows."""

    ledger: Ledger
    clock: ManualClock
    folder: Path
    flows: dict[str, dict[str, Any]] = field(default_factory=dict)
    tables: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {"F0901": {}, "F0006": {}})

    def __post_init__(self) -> None:
        self.bill = FakeBill(self.clock)

    # -- JD Edwards -----------------------------------------------------------------------------------------------

    def account(
        self, aid: str, unit: str, objekt: str, sub: str = "", *, name: str = "Works", posting: str = ""
    ) -> str:
        """An account, new or changed; its key."""
        row = {"AID": aid, "MCU": unit, "OBJ": objekt, "SUB": sub, "DL01": name, "PEC": posting, "CO": "00001"}
        self.tables["F0901"][aid] = row
        return f"F0901:{aid}"

    def unit(self, number: str, name: str, *, kind: str = "") -> str:
        """A business unit, new or changed; its key."""
        self.tables["F0006"][number] = {"MCU": number.rjust(12), "DL01": name, "STYL": kind, "CO": "00001"}
        return f"F0006:{number}"

    # -- runs -----------------------------------------------------------------------------------------------------

    def context(self) -> RunContext:
        """The tools of a new run, which sees both systems as they are now."""
        jde = _Reader({name: [dict(row) for row in rows.values()] for name, rows in self.tables.items()})
        bill = _Reader({entity: self._seen(resource) for entity, resource in LISTS.items()})
        connections: dict[str, Any] = {
            "jde": JdeConnection(name="jde", url="http://jde.invalid/jderest"),
            "bill": BillConnection(name="bill", url="http://bill.invalid/connect"),
        }
        settings = IntegrationSettings(name=NAME, kind=NAME, flows=self.flows)
        return RunContext(
            integration=Integration(NAME, NAME, connections, settings),
            ledger=self.ledger,
            landing=landing_store(self.folder, self.ledger),
            open_client=lambda connection: self.bill,
            open_reader=lambda context, role: {"jde": jde, "bill": bill}[role],  # type: ignore[return-value]
            start_date=date(2026, 1, 1),
            run=uuid4().hex,
            clock=self.clock,
        )

    def _seen(self, resource: str) -> list[dict[str, Any]]:
        names = ("id", "name", "number", "type", "short_name", "description", "archived")
        return [{name: getattr(record, name, None) for name in names} for record in getattr(self.bill, resource).all()]

    def sync(self, flow: str, *, mode: str = "apply", context: RunContext | None = None, **policy: Any) -> FlowReport:
        """One run of a flow."""
        made = flow_class(NAME, flow)(context or self.context())
        pipeline = Pipeline(made, replace(DeliveryPolicy(workers=1, effect_window=20.0), **policy))
        return pipeline.deliver(pipeline.map(made.all_keys()), mode=mode)


def outcomes(report: FlowReport) -> dict[str, int]:
    """The outcomes that occurred, with their numbers."""
    return {name: number for name, number in report.outcomes().items() if number}
