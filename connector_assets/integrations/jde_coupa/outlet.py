"""Where a voucher goes in Coupa: the target side of the invoices flow, one class a mode."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import Any

from connector_assets.delivery.document import Decision, Document, Target
from connector_assets.delivery.workbench import Workbench
from connector_assets.integrations.jde_coupa.charts import Chart
from connector_resources.ledger import Delivery, Intent


class Outlet(ABC):
    """`settings` are the invoices flow's; `chart` is Coupa's chart of accounts, found on first use."""

    entity: str
    # whether a document that was never sent is looked for before it is created
    looks_first: bool = False

    def __init__(self, bench: Workbench, settings: Any, chart: Callable[[], Chart]) -> None:
        self.bench = bench
        self.settings = settings
        self.chart = chart

    @property
    def coupa(self) -> Any:
        """Coupa's client, opened on first use."""
        return self.bench.client("coupa")

    @abstractmethod
    def holds_any(self) -> bool:
        """Whether Coupa already holds documents of this kind."""

    @abstractmethod
    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        """Look up by natural key."""

    @abstractmethod
    def read(self, ids: Collection[str]) -> dict[str, Target]:
        """Targets by id."""

    @abstractmethod
    def all(self) -> list[Target]:
        """Every document of this kind."""

    @abstractmethod
    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        """What to do next."""

    def doubted(self, known: Delivery, intents: Sequence[Intent], target: Target) -> str | None:
        """What a stage may still say after calls for another content (`Flow.doubted`)."""
        return None
