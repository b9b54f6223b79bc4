"""`jde_coupa/approvals`: Coupa's approvals of invoices that came from JD Edwards, as pay status of their vouchers.

A voucher waits on a status that JDE's payment run does not select. Once its invoice is approved in Coupa, it is set to
the approved status. Nothing is ever created: the document is Coupa's invoice, its record the voucher that it came from.

**Natural key.** The voucher's company, type and number, which the invoice carries (or is linked to by the invoices
flow). A pay status that is neither waiting nor approved is somebody's decision in JDE, and the document is held.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from connector_assets.documents.jde.keys import VOUCHER_KEY, by, text, voucher_key, voucher_parts
from connector_assets.documents.jde.vouchers.handing_over import PAY_STATUS, rows_of
from connector_assets.documents.jde.vouchers.pay_item_texts import IN_PAYMENT, PAID
from connector_assets.engine.checks import (
    FrameChecks,
    computed,
    frame,
    mapped_columns,
    records,
    row_schema,
    shape_schema,
)
from connector_assets.engine.document import Decision, Do, Document, Done, FieldChange, Hold, NeedTarget, Step, Target
from connector_assets.engine.flow import Assembly, Flow, Frames, Source, read_settings
from connector_assets.engine.reasons import problem
from connector_assets.pairs.jde_coupa.invoices.flow import ORIGINATES_IN_COUPA, Invoices
from connector_assets.pairs.jde_coupa.mark_and_payer import coupa_pays
from connector_assets.pairs.jde_coupa.origin import voucher_key_on
from connector_resources.coupa.models import Invoice
from connector_resources.errors import OutcomeUnknown, SystemProblem
from connector_resources.jde import JdeClient
from connector_resources.ledger import Delivery

UNDECIDED = "not_decided"
COUPA_PAYS = "Coupa Pay pays these vouchers, and an approval would release them to JD Edwards' payment run"


class ApprovalSettings(BaseModel):
    """What a site decides about approvals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    statuses: tuple[str, ...] = Field(default=("approved",), description="Coupa statuses that approve a voucher")
    rejected_statuses: tuple[str, ...] = Field(
        default=("rejected", "disputed"), description="Coupa statuses that put a voucher on `hold_status`"
    )
    approved_status: str = Field(default="A", max_length=1, description="F0411.PST of an approved voucher")
    waiting_statuses: tuple[str, ...] = Field(
        default=("H",), description="F0411.PST of vouchers that wait for Coupa's approvers"
    )
    elsewhere_statuses: tuple[str, ...] = Field(
        default=(), description="F0411.PST of vouchers that another system pays: they are left as they are"
    )
    hold_status: str | None = Field(
        default=None, max_length=1, description="F0411.PST of a rejected one; null: nothing is done about those"
    )


class Approvals(Flow):
    """Coupa's approvals to pay statuses of JDE."""

    name = "approvals"
    title = "Approvals of Coupa as pay statuses of vouchers of JD Edwards"
    sources = (Source("coupa", "invoices"),)
    after = ("invoices",)
    optional = True
    source_role, source_entity = "coupa", "invoices"
    target_role, target_entity = "jde", "F0411"
    natural_key = "voucher key"
    lookup_fields = ("voucher",)
    needs_opening = False
    lookup_before_create = True
    document_columns: ClassVar[Mapping[str, str]] = {
        "invoice_id": "int",
        "number": "str?",
        "status": "str",
        "voucher": "str?",
        "wanted": "str?",
    }
    Settings = ApprovalSettings

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        return {f"invoices:{row['id']}": row["updated_on"] for row in rows}

    def all_keys(self) -> dict[str, date | None]:
        keys: dict[str, date | None] = {}
        for rows in self.context.reader("coupa").all_rows("invoices", ["id", "updated_on"]):
            keys |= self.changed_keys("invoices", rows)
        return keys

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        reader: Any = self.context.reader("coupa")
        rows = reader.complete("invoices", ["id"], [(int(key.partition(":")[2]),) for key in keys])
        made = Assembly(rows=len(rows), rows_in_documents=len(rows))
        for row in rows:
            invoice: Invoice = reader.record("invoices", row)
            key = f"invoices:{invoice.id}"
            made.documents.append(
                {
                    "key": key,
                    "day": keys[key],
                    "ignored": None,
                    "amount": None,
                    "currency": None,
                    "invoice_id": invoice.id,
                    "number": invoice.invoice_number,
                    "status": invoice.status or "",
                    "voucher": voucher_key_on(invoice, self._key_field),
                    "wanted": self._wanted(invoice.status or ""),
                }
            )
        return made

    @cached_property
    def _key_field(self) -> str | None:
        own: Any = read_settings(Invoices.Settings, self.context.integration.settings, Invoices.name)
        field: str | None = own.key_custom_field
        return field

    def _wanted(self, status: str) -> str | None:
        if status in self.settings.statuses:
            return str(self.settings.approved_status)
        return self.settings.hold_status if status in self.settings.rejected_statuses else None

    def resolve(self, frames: Frames) -> Frames:
        documents = records(frames.documents)
        name = f"{self.context.integration.name}/{Invoices.name}"
        links = self.context.ledger.links.by_target(name, "invoices", [str(row["invoice_id"]) for row in documents])
        for row in documents:
            link = links.get(str(row["invoice_id"]))
            # the link was made when the voucher was sent; what stands on the invoice anybody may have changed
            row["voucher"] = link.source_key.removeprefix("F0411:") if link else row["voucher"]
        found = frame(documents, mapped_columns(self.document_columns))
        found["ignored"] = computed(found, _rule)
        return Frames(found, frames.lines)

    @property
    def checks(self) -> FrameChecks:
        return FrameChecks(
            document_shape=shape_schema("approvals", mapped_columns(self.document_columns), unique=["key"]),
            document_rows=row_schema("approvals", {}),
        )

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {"voucher": row["voucher"], "wanted": row["wanted"]}

    # -- the target side ------------------------------------------------------------------------------------------

    def holds_any(self) -> bool:
        return False

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        held = self.read([document.content["voucher"] for document in documents])
        hits = {document.key: held.get(document.content["voucher"]) for document in documents}
        return {key: [found] for key, found in hits.items() if found is not None}

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        keys = [voucher_parts(id) for id in set(ids)]
        rows = rows_of(self.context, set(keys))
        return {id: _observe(id, items) for items in by(rows, *VOUCHER_KEY).values() if (id := _id(items))}

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        if known.target_id is None:
            return Hold((problem("voucher_not_linked", "voucher", document.facts["row"]["number"]),))
        if known.state == "settled" and known.content_hash == document.hash and not known.released:
            return Done()
        if target is None:
            return NeedTarget()
        wanted, now = document.content["wanted"], set(target.content["pay_statuses"])
        if now <= {wanted, *self.settings.elsewhere_statuses}:
            # void, paid, as it shall be, or another system's to pay
            return Done()
        approved = self.settings.approved_status
        if wanted == approved and now <= IN_PAYMENT | {approved}:
            return Done()
        if wanted == approved and coupa_pays(self.context.integration.settings):
            return Hold((problem("another_payer", "pay_status", COUPA_PAYS),))
        movable = {approved, *self.settings.waiting_statuses}
        if not now <= movable:
            return Hold((problem("pay_status_differs", "pay_status", ",".join(sorted(now))),))
        if PAY_STATUS not in self._orchestrations:
            return Hold((problem("orchestration_not_configured", "orchestration", PAY_STATUS),))
        company, kind, number = voucher_parts(target.id)
        return Do(
            Step(
                name="pay_status",
                body={
                    "DocumentCompany": company,
                    "DocumentType": kind,
                    "DocumentNumber": number,
                    "PayStatus": wanted,
                },
                send=lambda sent: self._set(target.id, sent),
                outcome="updated",
                changes=(FieldChange("pay_status", ",".join(sorted(now)), wanted),),
            )
        )

    def _set(self, id: str, body: Mapping[str, Any]) -> Target:
        self.context.client("jde", JdeClient).orchestrations.call(PAY_STATUS, body)
        try:
            return self.read([id])[id]
        except (SystemProblem, KeyError) as error:
            raise OutcomeUnknown(f"{PAY_STATUS} was called, and voucher {id} could not be read: {error}") from error

    @property
    def _orchestrations(self) -> Mapping[str, Any]:
        connection: Any = self.context.connection("jde")
        found: Mapping[str, Any] = connection.orchestrations
        return found

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        return ()

    def targets(self) -> list[Target]:
        return list(self.read(list(self._invoices)).values())

    def key_of(self, target: Target) -> str | None:
        return self._invoices.get(target.id)

    @cached_property
    def _invoices(self) -> dict[str, str]:
        """Voucher -> the document key of the invoice that came from it, of all that Coupa holds."""
        reader: Any = self.context.reader("coupa")
        found = {}
        for rows in reader.all_rows("invoices", ["id", "record"]):
            for row in rows:
                voucher = voucher_key_on(reader.record("invoices", row), self._key_field)
                if voucher is not None:
                    found[voucher] = f"invoices:{row['id']}"
        return found

    def startup_problems(self) -> list[str]:
        name = self.context.connection("jde").name
        if coupa_pays(self.context.integration.settings):
            return [f"leave {self.name} out of connections.yaml: {COUPA_PAYS}"]
        known = PAY_STATUS in self._orchestrations
        return [] if known else [f"set orchestrations.{PAY_STATUS} of the connection {name}"]


def _rule(row: Mapping[str, Any]) -> str | None:
    if row["voucher"] is None:
        return ORIGINATES_IN_COUPA
    return None if row["wanted"] is not None else UNDECIDED


def _id(items: Sequence[Mapping[str, Any]]) -> str:
    return voucher_key(items[0]).removeprefix("F0411:")


def _observe(id: str, items: Sequence[Mapping[str, Any]]) -> Target:
    """A voucher by the pay statuses of what is not paid of it; none where all is paid or void."""
    left = {text(row.get("PST")) or "?" for row in items if text(row.get("VOD")) != "V"} - {PAID}
    content = {"voucher": id, "pay_statuses": sorted(left)}
    return Target(id, content, status=",".join(sorted(left)), label=text(items[0].get("VINV")) or "")
