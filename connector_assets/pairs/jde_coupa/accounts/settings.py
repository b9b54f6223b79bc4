"""What a site decides about its charts of accounts in Coupa (coupa section 3.2.1)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connector_assets.documents.jde.accounts.master import NOT_POSTABLE

Segment = Literal["MCU", "OBJ", "SUB"]


class Layout(BaseModel):
    """How a chart is built."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    segments: tuple[Segment, ...] = Field(
        default=("MCU", "OBJ", "SUB"), description="which JDE column is segment 1, 2, … of the chart"
    )
    lookups: dict[Segment, str] = Field(
        default={"MCU": "Cost centre", "OBJ": "Object", "SUB": "Subsidiary"},
        description="dynamic charts: the Coupa lookup of each column",
    )
    depends_on: dict[Segment, Segment] = Field(
        default={},
        description="dynamic charts: a segment whose values are the children of another one's in Coupa, as SUB: OBJ",
    )

    @model_validator(mode="after")
    def _parents_are_roots(self) -> Self:
        for child, parent in self.depends_on.items():
            if child == parent or parent in self.depends_on or not {child, parent} <= set(self.segments):
                raise ValueError(
                    f"depends_on: {child} cannot depend on {parent}: name another segment that depends on none"
                )
        return self


class AccountSettings(Layout):
    """What a site decides about its charts; `segments`, `lookups` and `depends_on` are of all that have no layout."""

    mode: Literal["accounts", "validate_only"] = Field(
        default="accounts", description="create and update in Coupa, or only link what it holds"
    )
    chart: str | None = Field(
        default=None,
        description="name of Coupa's account type, for all companies that `charts` does not name; null: the only "
        "active one, and with `charts` none",
    )
    charts: dict[str, str] = Field(
        default={}, description='company (F0010.CO) -> name of its own account type, as "00200": JDE UK'
    )
    layouts: dict[str, Layout] = Field(
        default={}, description="account type -> segments, lookups and depends_on, where they are other ones there"
    )
    unique_name: str = Field(
        default="{name} ({value})",
        description="dynamic charts: the name of values whose descriptions repeat; of name and value",
    )
    not_postable: tuple[str, ...] = Field(
        default=NOT_POSTABLE,
        description="posting edit codes (F0901.PEC) of accounts that are not sent",
    )
    on_conflict: Literal["hold", "source"] = Field(default="source", description="when a field changed in both systems")

    def layout_of(self, company: str) -> Layout:
        """How the chart of a company is built."""
        return self.layouts.get(self.charts.get(company, self.chart) or "", self)

    @field_validator("unique_name")
    @classmethod
    def _tells_values_apart(cls, rule: str) -> str:
        try:
            written = {rule.format(name="n", value=value) for value in "12"}
        except (KeyError, IndexError, ValueError):
            raise ValueError("must be made of {name} and {value}") from None
        if len(written) == 1:
            raise ValueError("must hold {value}: it distinguishes the values")
        return rule

    @model_validator(mode="after")
    def _layouts_are_of_charts(self) -> Self:
        if unknown := sorted(self.layouts.keys() - {self.chart, *self.charts.values()}):
            raise ValueError(f"layouts: {', '.join(unknown)}: name charts of `chart` or `charts`")
        return self
