"""`jde_bill/chart_of_accounts`: the JDE chart of accounts (F0901) as BILL's, one account for each that takes postings.

**Natural key.** `account.number` is the account as JDE writes it, `MCU.OBJ[.SUB]`, a string whose leading zeros stay.
It is unique in JDE (F0901 is unique by MCU, OBJ and SUB) and, as far as is known, in BILL.

**Names.** BILL wants them unique, JDE does not: accounts that would share one have their number added.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connector_assets.documents.jde.accounts.master import NOT_POSTABLE, account_number, postable
from connector_assets.documents.jde.keys import account_key, text
from connector_assets.engine.checks import FrameChecks, mapped_columns, required, row_schema, shape_schema
from connector_assets.engine.document import Document, FieldChange, Target
from connector_assets.engine.flow import Source
from connector_assets.engine.wording import check_wording
from connector_assets.pairs.jde_bill.reference_list import ListSettings, ReferenceList, common, repeated
from connector_resources.bill import BillClient

AccountType = Literal[
    "UNSPECIFIED",
    "ACCOUNTS_PAYABLE",
    "ACCOUNTS_RECEIVABLE",
    "BANK",
    "COST_OF_GOODS_SOLD",
    "CREDIT_CARD",
    "EQUITY",
    "EXPENSE",
    "FIXED_ASSET",
    "INCOME",
    "LONG_TERM_LIABILITY",
    "OTHER_ASSET",
    "OTHER_CURRENT_ASSET",
    "OTHER_CURRENT_LIABILITY",
    "OTHER_EXPENSE",
    "OTHER_INCOME",
    "NON_POSTING",
]


# columns of F0901 that a name may have in it
COLUMNS = ("MCU", "OBJ", "SUB", "DL01")


class TypeRange(BaseModel):
    """The type of the accounts whose object (F0901.OBJ) is within a range: `{from: "5000", to: "5999", type: EXPENSE}`.

    A bound covers everything that begins with it: "5999" has 599901 within.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: str = Field(alias="from", min_length=1, description="the lowest object")
    last: str = Field(alias="to", min_length=1, description="the highest object")
    type: AccountType = Field(description="BILL's type of these accounts")

    def covers(self, objekt: str) -> bool:
        """Whether an object is within."""
        return self.first <= objekt[: len(self.first)] and objekt[: len(self.last)] <= self.last


class ChartSettings(ListSettings):
    """What a site decides about its chart."""

    mode: Literal["accounts", "validate_only"] = Field(
        default="accounts", description="create and update in BILL, or only link what it holds"
    )
    name: str = Field(
        default="{number} {DL01}",
        min_length=1,
        description="how an account is called: number, MCU, OBJ, SUB, DL01 (its description)",
    )
    unique_name: str = Field(
        default="{name} ({number})", description="how accounts are called that would share a name otherwise"
    )
    description: str | None = Field(default="{DL01}", description="its description; null: left to BILL")
    account_types: tuple[TypeRange, ...] = Field(
        default=(), description="BILL's type by object, the first range that fits"
    )
    default_type: AccountType = Field(
        default="UNSPECIFIED", description="type of a new account that is in no range; it is left to BILL afterwards"
    )
    not_postable: tuple[str, ...] = Field(
        default=NOT_POSTABLE, description="posting edit codes (F0901.PEC) of accounts that are not sent"
    )

    @field_validator("name", "description")
    @classmethod
    def _says_what_there_is(cls, wording: str | None) -> str | None:
        return None if wording is None else check_wording(wording, ("number", *COLUMNS))

    @field_validator("unique_name")
    @classmethod
    def _tells_apart(cls, wording: str) -> str:
        return check_wording(wording, ("name", "number"), needed=("number",))


class ChartOfAccounts(ReferenceList):
    """The JDE chart of accounts to BILL."""

    name = "chart_of_accounts"
    title = "Chart of accounts of JD Edwards in BILL"
    sources = (Source("jde", "F0901", daily=False), Source("bill", "chart_of_accounts", daily=False))
    source_entity = "F0901"
    target_entity = "chart_of_accounts"
    natural_key = "account number"
    lookup_fields = ("number",)
    document_columns: ClassVar[Mapping[str, str]] = {
        "number": "str?",
        "name": "str?",
        "description": "str?",
        "type": "str?",
        "wanted": "bool",
        "moved": "bool",
    }
    Settings = ChartSettings
    shown_as = "number"
    missing_reason = "account_missing_in_target"
    left_to_bill = ("type", "description")
    unused_rule = "not_postable"
    snapshot = "chart_of_accounts"

    @property
    def validates(self) -> bool:
        return bool(self.settings.mode == "validate_only")

    @property
    def resource(self) -> Any:
        return self.context.client("bill", BillClient).accounts

    # -- the source side ------------------------------------------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        return self._rows

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        found = sorted(self.context.reader("jde").snapshot("F0901"), key=lambda row: row["AID"])
        rows = [self._row(row) for row in found]
        shared = repeated(rows, "name")
        for row in rows:
            if row["name"] and row["name"].casefold() in shared:
                row["name"] = self.settings.unique_name.format(name=row["name"], number=row["number"])
        return rows

    def _row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        number = account_number(row)
        words = {column: text(row.get(column)) or "" for column in COLUMNS} | {"number": number}
        description = self.settings.description
        return {
            **common(account_key(row["AID"])),
            "number": number or None,
            "name": text(self.settings.name.format(**words)),
            "description": text(description.format(**words)) if description is not None else None,
            "type": next((each.type for each in self.settings.account_types if each.covers(words["OBJ"])), None),
            "wanted": postable(row, self.settings.not_postable),
        }

    @property
    def checks(self) -> FrameChecks:
        return FrameChecks(
            document_shape=shape_schema("accounts", mapped_columns(self.document_columns), unique=["key"]),
            document_rows=row_schema("accounts", {"number": [required()], "name": [required()]}),
        )

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "number": row["number"],
            "name": row["name"],
            "description": row["description"] or "",
            "type": row["type"] or "",
            "active": row["wanted"],
        }

    # -- the target side ------------------------------------------------------------------------------------------

    def observe(self, record: Any) -> dict[str, Any]:
        return {
            "number": record.number or "",
            "name": record.name or "",
            "description": record.description or "",
            "type": record.type or "",
            "active": record.archived is not True,
        }

    def name_of(self, content: Mapping[str, Any]) -> str | None:
        return self._keys_by_number.get(content["number"]) if content["number"] else None

    @cached_property
    def _keys_by_number(self) -> dict[str, str]:
        return {row["number"]: row["key"] for row in self._rows if row["number"]}

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        ours, theirs = document.content["number"], target.content["number"]
        return () if ours == theirs else (FieldChange("number", theirs, ours),)

    def body(self, content: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
        body: dict[str, Any] = {name: content[name] for name in ("name", "description") if name in fields}
        if {"number", "type"} & set(fields):
            # both parts, for whether BILL keeps the one that is not named is not established
            body["account"] = {"type": content["type"] or self.settings.default_type, "number": content["number"]}
        return body
