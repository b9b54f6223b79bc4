"""`jde_coupa/suppliers`: payable JDE suppliers (F0401, F0101, F0116, F0115, F01151) to Coupa suppliers.

**Natural key.** Coupa's `number` is the JDE address number AN8: unique in JDE by its primary key and unique in Coupa by
its own rule (coupa section 6), so Coupa itself refuses a second one. A hit under our number counts only if its name is
one that this supplier may bear; otherwise the document is held as `natural_key_taken`.

**Names.** Coupa wants them unique, JDE does not. The supplier that already bears the name in Coupa by our link keeps
it, else the lowest payable address number of that name; the others are named by the setting `unique_name`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Literal

import pandas as pd
from pydantic import ConfigDict, Field

from connector_assets.documents.jde.keys import number_of
from connector_assets.documents.jde.suppliers import bank_accounts
from connector_assets.documents.jde.suppliers import reading as jde
from connector_assets.documents.jde.suppliers.names import bearers_in_target, unique_names
from connector_assets.engine.checks import (
    FrameChecks,
    at_most,
    computed,
    mapped_columns,
    reason,
    records,
    required,
    row_schema,
    shape_schema,
)
from connector_assets.engine.document import Decision, Document, FieldChange, Step, Target, differences
from connector_assets.engine.flow import Assembly, Flow, Frames, Source
from connector_assets.engine.merge import converge, taken
from connector_assets.engine.tax_numbers import masked
from connector_assets.engine.watermarks import begins_empty
from connector_assets.pairs.jde_coupa.paging import by_ids
from connector_assets.pairs.jde_coupa.suppliers.records import address_of, body_of, observe, sending, settled, stripped
from connector_assets.pairs.jde_coupa.terms import resolve_terms
from connector_resources.coupa.client import CoupaClient
from connector_resources.coupa.models import Supplier
from connector_resources.ledger import Delivery


class SupplierSettings(bank_accounts.BankSettings):
    """What a site decides about suppliers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    payable_types: tuple[str, ...] = Field(
        default=("V",), description="search types (F0101.AT1) that are suppliers; others are ignored"
    )
    unique_name: str = Field(default="{name} ({number})", description="how a second supplier of one name is called")
    po_method: str = Field(default="prompt", description="po-method and po-change-method of new suppliers")
    invoice_matching_level: str = Field(default="none", description="2-way, 3-way, 3-way-direct or none")
    payment_method: str = Field(default="invoice", description="payment-method of new suppliers")
    new_suppliers: Literal["active", "on_hold"] = Field(
        default="active",
        description="on_hold: a supplier that is made in Coupa is put on hold there (`on-hold`), until a person in "
        "Coupa takes that off",
    )
    on_conflict: Literal["hold", "source"] = Field(
        default="hold", description="when a field changed in both systems: hold it, or let JDE win"
    )


class Suppliers(Flow):
    """JDE suppliers to Coupa suppliers."""

    name = "suppliers"
    title = "Payable suppliers of JD Edwards as Coupa suppliers"
    sources = (
        *(Source("jde", table) for table in jde.TABLES),
        Source("coupa", "payment_terms", daily=False),
    )
    master_data = True
    source_role, source_entity = "jde", "F0401"
    target_role, target_entity = "coupa", "suppliers"
    party_column = "name"
    natural_key = "number"
    lookup_fields = ("number", "name")
    document_columns: ClassVar[Mapping[str, str]] = {
        **jde.COLUMNS,
        "name": "str?",
        "status": "str",
        "term_code": "str?",
    }
    Settings = SupplierSettings

    @property
    def lookup_before_create(self) -> bool:  # type: ignore[override]
        """A supplier that someone entered in Coupa meanwhile is linked, not refused: a page of numbers a call."""
        return not begins_empty(self)

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        return jde.changed_suppliers(rows)

    def all_keys(self) -> dict[str, date | None]:
        return jde.all_suppliers(self.context.reader("jde"), self.context.today("jde"))

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        reader, today = self.context.reader("jde"), self.context.today("jde")
        assembly = jde.assemble_suppliers(reader, keys, self.settings.payable_types, today)
        for row in assembly.documents:
            row |= {"name": None, "status": "active", "term_code": None}
        return assembly

    def resolve(self, frames: Frames) -> Frames:
        documents = frames.documents.copy()
        links = self.context.ledger.links.of(self.full_name, list(documents["key"]))
        # one that is not payable any more is made inactive where we delivered it, and left alone elsewhere
        documents["status"] = computed(documents, lambda row: "active" if row["payable"] else "inactive")
        documents["ignored"] = computed(
            documents, lambda row: None if row["payable"] or row["key"] in links else "not_payable_type"
        )
        documents["name"] = pd.Series(self._names(documents), index=documents.index, dtype=object)
        documents["term_code"] = resolve_terms(self.context, documents["term"])
        return Frames(documents, frames.lines)

    def _names(self, documents: pd.DataFrame) -> list[str | None]:
        rows = records(documents)
        bearers = bearers_in_target(self.context.ledger, self.full_name) if rows else {}
        return unique_names(rows, bearers, self.settings.unique_name)

    @property
    def checks(self) -> FrameChecks:
        short = [at_most(255)]
        return FrameChecks(
            document_shape=shape_schema("suppliers", mapped_columns(self.document_columns), unique=["key"]),
            document_rows=row_schema(
                "suppliers",
                {
                    "name": [required(), at_most(100), reason("not_unique", _unique)],
                    "term_code": [reason("payment_term_not_mapped", lambda codes: codes.map(lambda code: code != ""))],
                    **{f"street{n}": short for n in range(1, 5)},
                },
            ),
            shows={"payment_term_not_mapped": "term"},
            names={"term_code": "payment_term"},
            waits_for=lambda why, row: f"payment_terms:{row['term']}" if why == "payment_term_not_mapped" else None,
        )

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "number": str(row["number"]),
            "name": row["name"],
            "status": row["status"],
            "tax_id": masked(row["tax_id"], self.context.landing.seal),
            "payment_term": row["term_code"],
            "address": address_of(row),
            "email": row["email"],
            "phone": jde.joined(row["phone_area"], row["phone_number"]),
        }

    # -- the target side ------------------------------------------------------------------------------------------

    def holds_any(self) -> bool:
        return bool(self.context.client("coupa", CoupaClient).suppliers.holds_any())

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        numbers = [document.content["number"] for document in documents]
        found = self.context.client("coupa", CoupaClient).suppliers.by_numbers(numbers)
        return {f"F0401:{number}": [self._observe(supplier)] for number, supplier in found.items()}

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        found = by_ids(self.context.client("coupa", CoupaClient).suppliers, ids)
        return {str(supplier.id): self._observe(supplier) for supplier in found}

    def _observe(self, supplier: Supplier) -> Target:
        return observe(supplier, self.context.landing.seal)

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        return converge(
            settled(document.content, target.content) if target else document.content,
            known,
            target,
            create=lambda: self._create(document),
            update=lambda current, changes: self._update(document, current, changes),
            source_wins=self.settings.on_conflict == "source",
        )

    def _create(self, document: Document) -> Step:
        content = document.content
        body = {
            "po-method": self.settings.po_method,
            "po-change-method": self.settings.po_method,
            "invoice-matching-level": self.settings.invoice_matching_level,
            "payment-method": self.settings.payment_method,
            # not a field that is kept in agreement: who releases the supplier in Coupa has the last word
            **({"on-hold": True} if self.settings.new_suppliers == "on_hold" else {}),
            **stripped(body_of(document, set(content))),
        }
        suppliers = self.context.client("coupa", CoupaClient).suppliers
        return Step(
            name="create",
            body=body,
            send=sending(suppliers.create, document.facts["row"]["tax_id"], self.context.landing.seal),
            outcome="created",
            progress=taken(content),
            refuses_second=True,
            changes=differences({}, content),
        )

    def _update(self, document: Document, target: Target, changes: tuple[FieldChange, ...]) -> Step:
        suppliers, tax_id = self.context.client("coupa", CoupaClient).suppliers, document.facts["row"]["tax_id"]
        return Step(
            name="update",
            body=body_of(document, {change.field for change in changes}),
            send=sending(lambda sent: suppliers.update(int(target.id), sent), tax_id, self.context.landing.seal),
            outcome="updated",
            progress=taken(document.content),
            changes=changes,
        )

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        row = document.facts["row"]
        theirs = str(target.content["name"] or "").casefold()
        may_bear = {
            row["alph"],
            document.content["name"],
            self.settings.unique_name.format(name=row["alph"], number=row["number"]),
        }
        if theirs in {str(name).casefold() for name in may_bear}:
            return ()
        return (FieldChange("name", target.content["name"], document.content["name"]),)

    def watched(self) -> Sequence[Source]:
        return bank_accounts.watched(self.settings)

    def look_at_accounts(self, *, whole: bool) -> list[str]:
        if self.settings.bank_accounts == "off":
            return []
        links = self.context.ledger.links.all(flow=self.full_name)
        suppliers = {number_of(link.source_key): link.source_key for link in links}
        return bank_accounts.look(self, suppliers, "PYE", whole=whole)

    def startup_notes(self) -> list[str]:
        return bank_accounts.notes(self.context, self.settings, self.full_name)

    def targets(self) -> list[Target]:
        return [self._observe(supplier) for supplier in self.context.client("coupa", CoupaClient).suppliers.all()]

    def key_of(self, target: Target) -> str | None:
        number = str(target.content["number"] or "")
        return f"F0401:{number}" if number.isdigit() else None


def _unique(names: pd.Series) -> pd.Series:
    folded = names.map(lambda name: name.casefold() if name else None)
    return ~(folded.duplicated(keep=False) & folded.notna())
