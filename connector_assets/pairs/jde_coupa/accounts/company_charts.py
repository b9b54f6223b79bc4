"""Which chart of accounts of Coupa belongs to which company: one for all companies of JD Edwards, or one by company."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Document, Target
from connector_assets.pairs.jde_coupa.accounts.charts import Chart, DynamicChart, StaticChart
from connector_assets.pairs.jde_coupa.accounts.settings import AccountSettings
from connector_resources.errors import UnusableInput

# in links, before the id of what is of the kind that is not the usual chart's
PREFIXES = {False: "accounts/", True: "lookup_values/"}


class Charts:
    """The charts of one site, found in Coupa by their names. Raises UnusableInput where one is not there."""

    def __init__(self, context: RunContext, settings: AccountSettings) -> None:
        self._context, self._settings = context, settings
        rows = [row for row in context.reader("coupa").snapshot("account_types") if row.get("active") is not False]
        self._kinds = {str(row["name"]): bool(row.get("dynamic_flag")) for row in rows}
        usual = settings.chart
        if usual is None and not settings.charts:
            if len(self._kinds) != 1:
                raise self._unusable("chart")
            usual = next(iter(self._kinds))
        for setting, name in (("chart", usual), *((f"charts.{each}", own) for each, own in settings.charts.items())):
            if name is not None and name not in self._kinds:
                raise self._unusable(setting)
        names = dict.fromkeys(name for name in (usual, *dict(sorted(settings.charts.items())).values()) if name)
        kinds = {self._kinds[name] for name in names}
        self._plain = self._kinds[usual] if usual is not None else False not in kinds
        self._by_name = {name: self._chart(name, named=name != usual) for name in names}
        self.usual = self._by_name[usual] if usual is not None else None

    def _unusable(self, setting: str) -> UnusableInput:
        shown = ", ".join(sorted(self._kinds)) or "none"
        where = f"integrations.{self._context.integration.name}.flows.accounts.{setting}"
        return UnusableInput(f"connections.yaml: {where}: name one of Coupa's account types: {shown}")

    def _chart(self, name: str, *, named: bool) -> Chart:
        dynamic = self._kinds[name]
        layout = self._settings.layouts.get(name, self._settings)
        prefix = "" if dynamic is self._plain else PREFIXES[dynamic]
        return (DynamicChart if dynamic else StaticChart)(self._context, layout, name, named=named, prefix=prefix)

    @property
    def all(self) -> Sequence[Chart]:
        """The usual chart first, then those of companies."""
        return list(self._by_name.values())

    def of(self, company: str | None) -> Chart | None:
        """The chart of a company; None where none is set for it."""
        own = self._settings.charts.get(company or "")
        return self._by_name[own] if own is not None else self.usual

    def named(self, name: str | None) -> Chart | None:
        """A chart by its name; without one the usual one, or the only one."""
        if name is None:
            return self.usual or (self.all[0] if len(self._by_name) == 1 else None)
        return self._by_name.get(name)

    @cached_property
    def static_prefix(self) -> str:
        """What the ids of accounts begin with in links."""
        return "" if not self._plain else PREFIXES[False]

    # -- what the flow of accounts asks of its target --------------------------------------------------------------

    def holds_any(self) -> bool:
        """Whether one of the charts already holds anything."""
        return any(chart.holds_any() for chart in self.all)

    def chart_of(self, document: Document) -> Chart:
        """The chart that a document of the accounts flow goes into."""
        chart = self.named(document.content.get("chart"))
        assert chart is not None  # its content was made by these charts
        return chart

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        """Look documents up by natural key, each in its chart."""
        found: dict[str, list[Target]] = {}
        for chart in self.all:
            if own := [document for document in documents if self.chart_of(document) is chart]:
                found |= chart.find(own)
        return found

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        """Targets by the ids of links. What charts share is of the first of them."""
        found: dict[str, Target] = {}
        for chart in self.all:
            if left := [id for id in ids if id not in found and chart.own([id])]:
                found = chart.read(left) | found
        return found

    def targets(self) -> list[Target]:
        """Everything that the charts hold, once."""
        held: dict[str, Target] = {}
        for chart in self.all:
            for target in chart.all():
                held.setdefault(target.id, target)
        return list(held.values())
