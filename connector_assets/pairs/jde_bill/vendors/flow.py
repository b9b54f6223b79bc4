"""`jde_bill/vendors`: payable JDE suppliers (F0401, F0101, F0116, F0115, F01151) to BILL vendors.

**Natural key.** BILL has no field for another system's key; `shortName` carries `JDE <AN8>` (bill section 3.1). It can
neither be searched nor is it unique, so all vendors are read once a run and compared here (see `vendors/matching.py`):
a vendor that is no other supplier's is this one's by our link, our marker, its tax number, its name. What is not clear
waits for a person as `vendor_ambiguous`.

**Currencies.** A vendor has one currency for all its bills. With `other_currencies: second_vendor` a supplier has a
vendor more for each other currency in which it has open vouchers (F0411), key `F0401:<AN8>/<CUR>`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from connector_assets.documents.jde.keys import chunks
from connector_assets.documents.jde.suppliers import bank_accounts
from connector_assets.documents.jde.suppliers import reading as jde
from connector_assets.engine.bank_accounts import unwatched
from connector_assets.engine.checks import (
    FrameChecks,
    at_most,
    filled,
    mapped_columns,
    reason,
    required,
    row_schema,
    shape_schema,
)
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Bulk, Decision, Document, FieldChange, Hold, Step, Target, differences
from connector_assets.engine.flow import Assembly, Flow, Frames, Source
from connector_assets.engine.merge import converge, mark
from connector_assets.engine.watermarks import begins_empty
from connector_assets.pairs.jde_bill.vendors import accounts
from connector_assets.pairs.jde_bill.vendors.finding import Finder
from connector_assets.pairs.jde_bill.vendors.mapping import COLUMNS, VendorMapping
from connector_assets.pairs.jde_bill.vendors.matching import same_name
from connector_assets.pairs.jde_bill.vendors.records import (
    ACTIVE,
    body_of,
    creation,
    observe,
    sending,
    sending_many,
    settled,
    shown,
)
from connector_assets.pairs.jde_bill.vendors.settings import FLOW, ON_HOLD, VendorSettings, parts_of
from connector_assets.systems.bill.records import record_of
from connector_assets.systems.records import DAY, RECORD
from connector_resources.bill import BillClient, Vendor
from connector_resources.ledger import Delivery, NewLink, Origin, Problem
from connector_resources.ledger.progress import Progress

PAGE = 100


class Vendors(Flow):
    """JDE suppliers to BILL vendors."""

    name = FLOW
    title = "Payable suppliers of JD Edwards as BILL vendors"
    sources = (
        *(Source("jde", table) for table in jde.TABLES),
        Source("jde", "F0411"),
        Source("jde", "F0010", daily=False),
        Source("bill", "vendors"),
    )
    master_data = True
    source_role, source_entity = "jde", "F0401"
    target_role, target_entity = "bill", "vendors"
    party_column = "name"
    natural_key = "shortName"
    lookup_fields = ("short_name", "name")
    document_columns: ClassVar[Mapping[str, str]] = COLUMNS
    Settings = VendorSettings

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        # documents whose vendor somebody changed in BILL, as this run has read it
        self._moved: set[str] = set()
        # short name -> tax number of the vendors that this run creates
        self._tax_ids: dict[str, str | None] = {}

    @property
    def lookup_before_create(self) -> bool:  # type: ignore[override]
        """BILL may hold the supplier already, and refuses no second one for sure."""
        return not begins_empty(self)

    @cached_property
    def _mapping(self) -> VendorMapping:
        return VendorMapping(self.context, self.full_name, self.settings)

    @cached_property
    def _finder(self) -> Finder:
        return Finder(self.context, self.full_name, self.settings)

    @property
    def _client(self) -> BillClient:
        client: BillClient = self.context.client("bill", BillClient)
        return client

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        return self._moved_in_bill(rows) if entity == self.target_entity else self._mapping.changed_keys(entity, rows)

    def all_keys(self) -> dict[str, date | None]:
        return self._mapping.all_keys()

    def _moved_in_bill(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """The linked vendors that are not as they were left: what we did ourselves comes back as it was left."""
        links = self.context.ledger.links.by_target(self.full_name, self.target_entity, [row["id"] for row in rows])
        known = self.context.ledger.deliveries.load(self.full_name, [link.source_key for link in links.values()])
        days: dict[str, date | None] = {}
        for row in rows:
            link = links.get(row["id"])
            left = known[link.source_key].content if link and link.source_key in known else None
            if link is None or left is None:
                continue
            if observe(record_of("vendors", row[RECORD]), self.context.landing.seal).content != left:
                days[link.source_key] = row[DAY]
        self._moved.update(days)
        return days

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        assembly = self._mapping.assemble(keys)
        for row in assembly.documents:
            row["moved"] = row["key"] in self._moved
        return assembly

    def moved(self, row: Mapping[str, Any]) -> bool:
        return bool(row["moved"])

    def resolve(self, frames: Frames) -> Frames:
        return Frames(self._mapping.resolve(frames.documents.copy()), frames.lines)

    @property
    def checks(self) -> FrameChecks:
        return FrameChecks(
            document_shape=shape_schema(FLOW, mapped_columns(COLUMNS), unique=["key"]),
            document_rows=row_schema(
                FLOW,
                {
                    "name": [required(), at_most(100), reason("not_unique", _unique)],
                    "short_name": [at_most(40)],
                    "bill_currency": [required()],
                    "iso_country": [reason("country_not_mapped", lambda codes: codes.map(lambda code: code != ""))],
                    "address_gap": [reason("address_missing", lambda gaps: ~filled(gaps))],
                },
            ),
            shows={"country_not_mapped": "country"},
            names={"iso_country": "country", "address_gap": "address"},
            waits_for=lambda why, row: f"countries:{row['country']}" if why == "country_not_mapped" else None,
        )

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        more = [row[name] for name in ("street2", "street3", "street4") if row[name]]
        return {
            "name": row["name"],
            "short_name": row["short_name"],
            "status": row["status"],
            "email": row["email"],
            "phone": jde.joined(row["phone_area"], row["phone_number"]),
            "bill_currency": row["bill_currency"],
            "account_type": self.settings.account_types.get(row["tax_code"] or "", "BUSINESS"),
            "address": {
                "line1": row["street1"],
                "line2": ", ".join(more) or None,
                "city": row["city"],
                "state": row["state"],
                "zip": row["postal_code"],
                "country": row["iso_country"],
            },
            "tax_id": shown(row["tax_id"], self.context.landing.seal),
            "tax_id_type": self._tax_id_type(row),
            "track_1099": row["tax_code"] in self.settings.track_1099 if self.settings.track_1099 else None,
        }

    def _tax_id_type(self, row: Mapping[str, Any]) -> str | None:
        """EIN or SSN: numbers of the US alone are of these types."""
        if not row["tax_id"] or row["iso_country"] != "US":
            return None
        found: str | None = self.settings.tax_id_types.get(row["tax_code"] or "")
        return found

    # -- the target side ------------------------------------------------------------------------------------------

    def holds_any(self) -> bool:
        return bool(self._client.vendors.holds_any())

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        found = self._finder.find(documents)
        seal = self.context.landing.seal
        return {key: [observe(vendor, seal) for vendor in vendors] for key, vendors in found.items()}

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        return self._finder.disagreements(document.key, target.id)

    def taken(self, document: Document, hits: Sequence[Target], why: str) -> Problem:
        return self._finder.problem_of(document.key, why) or super().taken(document, hits, why)

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        held = (vendor for part in chunks(ids, PAGE) for vendor in self._client.vendors.by_ids(part))
        return {str(vendor.id): observe(vendor, self.context.landing.seal) for vendor in held}

    def link(self, document: Document, target: Target, origin: Origin) -> NewLink:
        currency = target.content.get("bill_currency")
        attributes = {"bill_currency": currency, **({ON_HOLD: True} if self._is_held(document.key, origin) else {})}
        return replace(super().link(document, target, origin), attributes=attributes)

    def _is_held(self, key: str, origin: Origin) -> bool:
        """Whether a vendor waits for AP: it was created while new ones wait, and was not linked. It stays as it was."""
        if self.settings.new_suppliers != "on_hold":
            return False
        before = self.context.ledger.links.of(self.full_name, [key]).get(key)
        return origin == "created" if before is None else bool(before.attributes.get(ON_HOLD))

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        if known.target_id is None and (lost := self._finder.lost(document.key)) is not None:
            return Hold((lost,))
        accepted, sent = known.progress.accepted, known.progress.noted
        wanted = settled(document.content, target, sent) if target else document.content
        # what BILL accepted was the content as JDE has it, whatever it keeps in the place of some of it
        stage = mark(wanted) if accepted == mark(document.content) else None
        return converge(
            wanted,
            replace(known, stage=stage),
            target,
            create=lambda: self._create(document),
            update=lambda current, changes: self._change(document, current, changes, sent),
            source_wins=self.settings.on_conflict == "source",
            moved=document.moved,
        )

    def _create(self, document: Document) -> Step:
        vendors, seal = self._client.vendors, self.context.landing.seal
        self._tax_ids[document.content["short_name"]] = document.facts["row"]["tax_id"]
        return Step(
            name="create",
            body=creation(document),
            send=self._sending(document, vendors.create),
            outcome="created",
            progress=self._progress(document),
            changes=differences({}, document.content),
            bulk=Bulk("create", vendors.BULK, sending_many(vendors.create_many, self._tax_ids, seal)),
        )

    def _change(self, document: Document, target: Target, changes: tuple[FieldChange, ...], sent: str) -> Step:
        vendors, status = self._client.vendors, [each for each in changes if each.field == "status"]
        if status:
            # one call for the status alone; what else differs of a vendor that is in use again follows
            restores = document.content["status"] == ACTIVE
            move = vendors.restore if restores else vendors.archive
            return Step(
                name="restore" if restores else "archive",
                body={},
                send=self._sending(document, lambda _: move(target.id)),
                outcome="updated",
                progress=None if restores else Progress(mark(document.content), noted=sent),
                changes=tuple(status),
            )
        return Step(
            name="update",
            body=body_of(document, {change.field for change in changes}, target.content),
            send=self._sending(
                document, lambda body: vendors.update(target.id, body, unless=self._unless(target, changes))
            ),
            outcome="updated",
            progress=self._progress(document, None if any(each.field == "tax_id" for each in changes) else sent),
            changes=changes,
        )

    def _unless(self, target: Target, changes: Sequence[FieldChange]) -> Callable[[Vendor], str | None]:
        """Why a vendor is not changed after all: a person gave one of these fields another value meanwhile."""

        def unless(now: Vendor) -> str | None:
            held = observe(now, self.context.landing.seal)
            # what a list does not show, it may tell of one vendor alone, who has not changed for that
            moved = held.version != target.version
            changed_there = [
                each.field
                for each in changes
                if held.content.get(each.field) not in (each.before, each.after) and (each.before or moved)
            ]
            return (
                f"a person changed it in BILL since it was read: {', '.join(changed_there)}" if changed_there else None
            )

        return unless

    def _sending(self, document: Document, send: Any) -> Any:
        return sending(send, document.facts["row"]["tax_id"], self.context.landing.seal)

    @staticmethod
    def _progress(document: Document, sent: str | None = None) -> Progress:
        """What BILL is known to have accepted: the content's mark, and the tax number that was sent."""
        tax_id = document.content["tax_id"] or "" if sent is None else sent
        return Progress(mark(document.content), noted=tax_id)

    def watched(self) -> Sequence[Source]:
        return bank_accounts.watched(self.settings)

    def look_at_accounts(self, *, whole: bool) -> list[str]:
        if self.settings.bank_accounts == "off":
            return []
        links = self.context.ledger.links.all(flow=self.full_name)
        suppliers = {number: link.source_key for link in links if (number := _main(link.source_key)) is not None}
        changed = bank_accounts.look(self, suppliers, self._paid_by, whole=whole)
        return sorted({*changed, *accounts.look(self, whole=whole)})

    @property
    def _paid_by(self) -> str:
        """The column of F0411 that says whose vendor a bill is for."""
        to_supplier = self.context.integration.settings.flows.get("bills", {}).get("paid_to") == "supplier"
        return "AN8" if to_supplier else "PYE"

    def startup_notes(self) -> list[str]:
        notes = bank_accounts.notes(self.context, self.settings, self.full_name)
        unseen = unwatched(self.context.ledger, self.full_name, accounts.ENTITY)
        return [*notes, *([f"{self.full_name}: bank accounts in BILL are not watched: {unseen}"] if unseen else [])]

    def targets(self) -> list[Target]:
        return [observe(vendor, self.context.landing.seal) for vendor in self._client.vendors.all()]

    def key_of(self, target: Target) -> str | None:
        key: str | None = self.settings.key_in(target.content["short_name"])
        return key

    def in_force(self, target: Target) -> bool:
        """Nobody pays an archived vendor."""
        return target.status == ACTIVE

    def known_as(self, target: Target) -> Hashable:
        return same_name(target.content["name"]), target.content["bill_currency"]


def _main(key: str) -> int | None:
    """The address number of a supplier's first vendor; None for that of another currency."""
    number, currency = parts_of(key)
    return number if currency is None else None


def _unique(names: pd.Series) -> pd.Series:
    folded = names.map(lambda name: name.casefold() if name else None)
    return ~(folded.duplicated(keep=False) & folded.notna())
