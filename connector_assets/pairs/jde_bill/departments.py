"""`jde_bill/departments`: JDE business units (F0006) as departments, locations or accounting classes of BILL.

**Natural key.** The business unit (MCU), which begins the record's name and is its short name: unique in JDE by its
primary key. A record of BILL counts as the unit's if either says so.

An operator who keeps several units in one record says so in the mapping `departments` (unit -> name, short
name or id of the record): such a unit gets no record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from connector_assets.documents.jde.keys import text
from connector_assets.engine.checks import FrameChecks, at_most, mapped_columns, required, row_schema, shape_schema
from connector_assets.engine.document import Document, FieldChange, Target
from connector_assets.engine.flow import Source
from connector_assets.engine.wording import check_wording
from connector_assets.pairs.jde_bill.reference_list import ListSettings, ReferenceList, common
from connector_resources.bill import BillClient

UnitsAs = Literal["departments", "locations", "accounting_classes"]
MAPPING = "departments"
# columns of F0006 that a name may have in it
COLUMNS = ("MCU", "DL01", "DL02", "DL03", "DL04")
_UNIT = "{MCU}"


class DepartmentSettings(ListSettings):
    """What a site decides about business units."""

    mode: Literal["departments", "validate_only"] = Field(
        default="departments", description="create and update in BILL, or only link what it holds"
    )
    units_as: UnitsAs = Field(
        default="departments", alias="as", description="departments, locations or accounting_classes"
    )
    unit_types: tuple[str, ...] | None = Field(
        default=None, description="types of business units (F0006.STYL) that are sent; null: all"
    )
    name: str = Field(
        default="{MCU} {DL01}",
        description="how a unit is called: {MCU}, what parts it from the rest, then DL01 to DL04",
    )
    short_name: str | None = Field(default=_UNIT, description="its short name; null: left to BILL")

    @field_validator("name")
    @classmethod
    def _begins_with_the_unit(cls, name: str) -> str:
        rest = name.removeprefix(_UNIT)
        if rest == name or rest.startswith("{") or (rest and rest[0].isalnum()):
            raise ValueError("must be {MCU}, alone or with a space or sign after it: by it the unit is known again")
        return check_wording(name, COLUMNS)

    @field_validator("short_name")
    @classmethod
    def _tells_apart(cls, short_name: str | None) -> str | None:
        return None if short_name is None else check_wording(short_name, COLUMNS, needed=("MCU",))


class Departments(ReferenceList):
    """JDE business units to BILL."""

    name = "departments"
    title = "Business units of JD Edwards in BILL"
    sources = (
        Source("jde", "F0006", daily=False),
        Source("bill", "departments", daily=False),
        Source("bill", "locations", daily=False),
        Source("bill", "accounting_classes", daily=False),
    )
    source_entity = "F0006"
    natural_key = "business unit"
    lookup_fields = ("unit",)
    document_columns: ClassVar[Mapping[str, str]] = {
        "unit": "str?",
        "name": "str?",
        "short_name": "str?",
        "wanted": "bool",
        "moved": "bool",
    }
    Settings = DepartmentSettings
    shown_as = "unit"
    missing_reason = "department_missing_in_target"
    left_to_bill = ("short_name",)
    unused_rule = "unit_type"

    @property
    def target_entity(self) -> str:  # type: ignore[override]
        return str(self.settings.units_as)

    @property
    def validates(self) -> bool:
        return bool(self.settings.mode == "validate_only")

    @property
    def resource(self) -> Any:
        return getattr(self.context.client("bill", BillClient), self.target_entity)

    @property
    def snapshot(self) -> str:
        return self.target_entity

    # -- the source side ------------------------------------------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        return self._rows

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        units = self.context.reader("jde").snapshot("F0006")
        return [self._row(row) for row in sorted(units, key=lambda row: row["MCU"])]

    def _row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        unit = text(row["MCU"]) or ""
        words = {column: text(row.get(column)) or "" for column in COLUMNS}
        types, short_name = self.settings.unit_types, self.settings.short_name
        return {
            **common(unit_key(unit)),
            "unit": unit or None,
            "name": text(self.settings.name.format(**words)),
            "short_name": text(short_name.format(**words)) if short_name is not None else None,
            "wanted": types is None or (text(row.get("STYL")) or "") in types,
        }

    def rule(self, row: Mapping[str, Any]) -> str | None:
        return super().rule(row) or ("mapped_by_hand" if row["unit"] in self.mapped else None)

    @property
    def mapped(self) -> dict[str, str]:
        """Unit -> the record that an operator chose for it."""
        return self.context.ledger.mappings.table(self.context.integration.name, MAPPING)

    @property
    def checks(self) -> FrameChecks:
        return FrameChecks(
            document_shape=shape_schema("departments", mapped_columns(self.document_columns), unique=["key"]),
            document_rows=row_schema(
                "departments", {"unit": [required()], "name": [required()], "short_name": [at_most(40)]}
            ),
        )

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "unit": row["unit"],
            "name": row["name"],
            "short_name": row["short_name"] or "",
            "active": row["wanted"],
        }

    # -- the target side ------------------------------------------------------------------------------------------

    def observe(self, record: Any) -> dict[str, Any]:
        name, short_name = record.name or "", record.short_name or ""
        return {
            "unit": self._unit_of(name, short_name),
            "name": name,
            "short_name": short_name,
            "active": record.archived is not True,
        }

    def _unit_of(self, name: str, short_name: str) -> str | None:
        """The unit that a record is of, if it is of one of JDE's: the one of its short name before that of its name."""
        by_short_name = self._units_by_short_name.get(short_name) if short_name else None
        begin = name.partition(self._parting)[0] if self._parting else name
        return by_short_name or (begin if unit_key(begin) in self._keys else None)

    @cached_property
    def _parting(self) -> str:
        """What parts the unit from the rest of a name; '' where nothing follows it."""
        return str(self.settings.name).removeprefix(_UNIT).partition("{")[0]

    @cached_property
    def _keys(self) -> set[str]:
        return {row["key"] for row in self._rows}

    @cached_property
    def _units_by_short_name(self) -> dict[str, str]:
        if self.settings.short_name is None:
            return {}
        return {row["short_name"]: row["unit"] for row in self._rows if row["short_name"]}

    def name_of(self, content: Mapping[str, Any]) -> str | None:
        return unit_key(content["unit"]) if content["unit"] else None

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        ours, theirs = document.content["unit"], target.content["unit"]
        return () if ours == theirs else (FieldChange("unit", theirs, ours),)

    def body(self, content: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
        spelt = {"name": "name", "short_name": "shortName"}
        return {theirs: content[ours] for ours, theirs in spelt.items() if ours in fields}


def unit_key(unit: str) -> str:
    """The document key of a business unit: `F0006:30`."""
    return f"F0006:{unit}"
