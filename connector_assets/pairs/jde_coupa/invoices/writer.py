"""Where a voucher goes in Coupa: the target side of the invoices flow, one class a mode."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

from connector_assets.documents.jde.vouchers.posting import awaits_posting
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Decision, Document, Done, Hold, Ignore, Target
from connector_assets.engine.flow import Flow
from connector_assets.pairs.jde_coupa.accounts.links import AccountLinks
from connector_assets.pairs.jde_coupa.mark_and_payer import coupa_pays
from connector_resources.coupa.client import CoupaClient
from connector_resources.ledger import Delivery, Intent
from connector_resources.ledger.progress import Progress


class Writer(ABC):
    """`settings` are the invoices flow's; `accounts` leads to Coupa's charts of accounts, on first use."""

    entity: str
    # whether a document that was never sent is looked for before it is created
    lookup_before_create: bool = False

    def __init__(self, context: RunContext, settings: Any, accounts: Callable[[], AccountLinks]) -> None:
        self.context = context
        self.settings = settings
        self.accounts = accounts

    @property
    def pays(self) -> bool:
        """Whether Coupa Pay pays, as the site has it."""
        return self.entity == "external_payables" or coupa_pays(self.context.integration.settings)

    def chart(self, document: Document) -> str:
        """The name of the chart of accounts of the company that a document is of."""
        chart = self.accounts().accounts.charts.of(document.facts["row"]["company"])
        assert chart is not None  # else the checks hold it
        return chart.name

    @property
    def coupa(self) -> Any:
        """Coupa's client, opened on first use."""
        return self.context.client("coupa", CoupaClient)

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

    @abstractmethod
    def is_over(self, target: Target) -> bool:
        """Whether nobody will pay a document any more: it is void."""

    @abstractmethod
    def payable(self, target: Target, *, coupa_pays: bool) -> str:
        """In words what Coupa Pay can pay of a document, or will once it is approved; '' where it can pay nothing."""

    def made_before(self, keys: Collection[str]) -> set[str]:
        """Which of these documents, that we know nothing of, Coupa has all the same, where nothing else looks for them
        before they are created."""
        return set()

    def undone(self, flow: Flow, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """The documents whose invoice (landed rows of Coupa's) a person has voided or taken payments off, each with
        the day; none where vouchers are no invoices."""
        return {}

    def undone_between(self, flow: Flow, first: date, last: date) -> dict[str, date | None]:
        """The same of records that no source tells the changes of: Coupa is asked for them."""
        return {}

    def awaits_posting(self, document: Document, *, sent: bool) -> Done | Hold | Ignore | None:
        """What is decided where an invoice of an unposted voucher would be made, or grow; None where it is posted."""
        row = document.facts["row"]
        if row["unposted"] is None:
            return None
        return awaits_posting(row, self.settings, self.context.today("jde"), sent=sent)

    def progress_after_unknown(self, known: Delivery, intents: Sequence[Intent], target: Target) -> Progress | None:
        """What a stage may still say after calls for another content (`Flow.progress_after_unknown`)."""
        return None
