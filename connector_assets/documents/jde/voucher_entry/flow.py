"""What the flows share that enter vouchers for documents which originate in the other system.

**Natural key.** The document's id with a revision, written into the voucher as its mark and, in a batch, as the
transaction number (F0411Z1.EDTN). A voucher of that supplier and number without our mark is not ours to adopt: the
document is held as `natural_key_taken`. The batch files refuse a second row of one key. For a voucher that is entered
at once no such refusal is established, so a look-up that finds nothing waits for the effect window. **Origin.** A
document that came from JDE never becomes a voucher (`born_in_jde`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from connector_assets.documents.jde.currencies import is_foreign
from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, by, day_of, is_void, standing, text, voucher_parts
from connector_assets.documents.jde.orchestrations import lacking_inputs
from connector_assets.documents.jde.periods import Periods, periods_of
from connector_assets.documents.jde.voucher_entry import discounts, form_1099
from connector_assets.documents.jde.voucher_entry.enrichment import RATES, VoucherEnrichment
from connector_assets.documents.jde.voucher_entry.identity import MARK, known_by, origins_of
from connector_assets.documents.jde.voucher_entry.origins import MarkedOrigins, Origin, Origins
from connector_assets.documents.jde.voucher_entry.payees import PAYEE, Payees, left_with, payees_of
from connector_assets.documents.jde.voucher_entry.records import Held, VoucherRecords, follower, in_force
from connector_assets.documents.jde.voucher_entry.taxation import TAXED, taxed_as
from connector_assets.documents.jde.voucher_entry.writer import (
    AFTER_THE_FIRST,
    BATCH_RUN,
    FIRST,
    MATCH,
    VOID,
    After,
    BatchVouchers,
    DirectVouchers,
    VoucherWriter,
    asked_for,
    done,
)
from connector_assets.documents.jde.vouchers.handing_over import payment_run_of, rows_of
from connector_assets.documents.jde.vouchers.pay_item_texts import pay_item_words
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.documents.jde.vouchers.taxes import charged
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Decision, Document, FieldChange, Target, differences
from connector_assets.engine.flow import Assembly, Flow, Frames
from connector_assets.engine.money import amount_text
from connector_resources.errors import NotAllowed, NotFound, Unavailable
from connector_resources.ledger import Delivery, Intent

ZERO = Decimal("0.00")


class Vouchers(Flow):
    """Documents of the other system to vouchers of JDE. Keys are `<source_entity>:<id>`."""

    optional = True
    carries_money = True
    amounts_of = "jde"
    notices_lost = True
    gl_column = "gl_date"
    target_role, target_entity = "jde", "F0411"
    lookup_before_create = True
    ignored_until: ClassVar[Mapping[str, str]] = {AFTER_THE_FIRST: FIRST}
    # how the contents call the document's id; the mapped rows call it `<source>_id`
    source: ClassVar[str]
    # the other system as people call it
    origin_system: ClassVar[str]
    # the columns of mapped rows and lines that say why one is held -> the reason, and how a person calls the field
    holds: ClassVar[Mapping[str, tuple[str, str]]]
    line_holds: ClassVar[Mapping[str, tuple[str, str]]]

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        # documents whose voucher a clerk has voided or changed, as this run has read it
        self._touched: set[str] = set()

    @property
    def id_column(self) -> str:
        """The column of the mapped rows that is the document's id."""
        return f"{self.source}_id"

    @cached_property
    def vouchers(self) -> VoucherRecords:
        """The vouchers of JDE that are ours."""
        return VoucherRecords(self.context, self.origins, self.settings, self.source)

    @cached_property
    def origins(self) -> Origins:
        """Which of them are ours, and of which document."""
        return origins_of(self.context, self.full_name, self.source_entity, self.settings)

    @cached_property
    def periods(self) -> Periods:
        """The open periods of JDE's companies."""
        return periods_of(self.context, self.settings)

    @cached_property
    def writer(self) -> VoucherWriter:
        """How vouchers are made, by the mode."""
        kind = DirectVouchers if self.settings.mode == "direct" else BatchVouchers
        # the periods are read only when a day is asked for
        return kind(
            self.vouchers,
            self.settings,
            lambda company, dated: self.periods.reversal_day(company, dated),
            self.payees,
            self.after_voucher,
        )

    @property
    def payees(self) -> Payees:
        """Who is to be paid by the vouchers."""
        return Payees(self.origin_system, self.other_pays)

    @property
    def after_voucher(self) -> After:
        """What is done once a voucher is as it shall be: its discount and its 1099 codes are read back; a flow may do
        more."""
        return lambda *seen: discounts.read_back(*seen) or form_1099.differing_codes(*seen)

    def key(self, id: Any) -> str:
        """The document key of an id: `invoices:4835`."""
        return f"{self.source_entity}:{id}"

    def id(self, key: str) -> Any:
        """The id in a document key."""
        return self.settings.id_of(key.partition(":")[2])

    @cached_property
    def payer_trouble(self) -> str:
        """Why nobody, or both systems, would pay the vouchers, in words; '' where one does. What JDE's payment run
        selects is said in `payment_run` of its connection."""
        trouble: str = self.settings.payer_problem
        run, status = payment_run_of(self.context), self.settings.new_status
        if trouble or run.payment_instruments or run.bank_accounts:
            return trouble
        selects = status in run.pay_statuses
        if self.other_pays and selects:
            return f"{self.origin_system} pays, but `payment_run` of JD Edwards' connection selects pay status {status}"
        if not self.other_pays and not selects:
            return f"JD Edwards pays, but `payment_run` of its connection does not select pay status {status}"
        return ""

    @property
    def other_pays(self) -> bool:
        """Whether the other system pays the vouchers; JDE's run then must never select them."""
        return bool(self.settings.new_status == self.settings.unpayable_status)

    @property
    def lost_reason(self) -> str:  # type: ignore[override]
        """Where the other system pays, it would pay what JDE does not owe any more."""
        return "deleted_in_target" if self.other_pays else "missing_in_target"

    # -- the source side ------------------------------------------------------------------------------------------

    @abstractmethod
    def mapped(self, key: str, day: date | None, record: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The row of a document and its lines, as far as the document itself tells."""

    @abstractmethod
    def blank(self, key: str, day: date | None, status: str) -> dict[str, Any]:
        """A mapped row of which nothing is known but its key."""

    @abstractmethod
    def enrichment(self) -> VoucherEnrichment:
        """What fills the mapped rows."""

    def complete(self, documents: list[dict[str, Any]], lines: list[dict[str, Any]]) -> None:
        """Read what else the rows need; nothing, unless a flow says otherwise."""

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """Documents that changed, and those whose voucher is not as we left it."""
        if entity == self.target_entity:
            return self._undone(rows)
        return {self.key(row["id"]): row["updated_on"] for row in rows}

    def _undone(self, items: Sequence[Row]) -> dict[str, date | None]:
        """The documents of vouchers (rows of F0411) that a clerk has voided or changed since we last saw them."""
        vouchers = {"/".join(map(str, key)): own for key, own in by(without_audit_rows(items), *VOUCHER_KEY).items()}
        links = self.context.ledger.links.by_target(self.full_name, self.target_entity, list(vouchers))
        known = self.context.ledger.deliveries.load(self.full_name, [link.source_key for link in links.values()])
        days: dict[str, date | None] = {}
        run = payment_run_of(self.context)
        of = self.origins.of_rows([row for items in vouchers.values() for row in items])
        for id, link in links.items():
            own, left = vouchers[id], known[link.source_key].content if link.source_key in known else None
            # of what a person was told of, also that it is as it was
            said = left is not None and known[link.source_key].state in ("held", "conflict")
            if left is not None and (said or self._differs(own, left, of.get(id))):
                self._touched.add(link.source_key)
                days[link.source_key] = day_of(own)
            elif self.other_pays and any(run.selectable(row) or row.get("AAP") != row.get("AG") for row in own):
                # it is reported by `payable_in_both`, which looks at what a run has in hand, or has paid
                days[link.source_key] = day_of(own)
        return days

    def _differs(self, items: Sequence[Row], left: Mapping[str, Any], origin: Origin | None) -> bool:
        """Whether some pay items of a voucher say that it is another one than it was left; its amount may only seem so,
        where not all of them changed."""
        head, foreign = items[0], is_foreign(items[0])
        gross = sum((row.get("ACR" if foreign else "AG") or ZERO for row in standing(items)), ZERO)
        seen = {
            self.source: str(origin[0]) if origin else None,
            "number": text(head.get("VINV")),
            "supplier": str(head["AN8"]),
            "amount": amount_text(gross),
            "tax": amount_text(charged(standing(items), self.settings.tax_rules, foreign=foreign)),
            "void": is_void(items),
            PAYEE: payees_of(items),
            TAXED: taxed_as(items),
        }
        # who was paid before that was remembered is the supplier; how it was taxed is not known
        before = {PAYEE: left.get("supplier"), TAXED: seen[TAXED], **left}
        return any(before.get(name) != value for name, value in seen.items())

    def moved(self, row: Mapping[str, Any]) -> bool:
        return bool(row["touched"])

    def look_again(self, keys: Collection[str]) -> None:
        self._touched |= set(keys)

    def changed_there(self, listed: Sequence[Target]) -> list[str]:
        """Also what no row shows that changed, such as a pay item that a clerk deleted."""
        held = {key: each for each in listed if (key := self.key_of(each)) is not None}
        known = self.context.ledger.deliveries.load(self.full_name, list(held))
        return [key for key, left in known.items() if _left_otherwise(left, held[key])]

    def all_keys(self) -> dict[str, date | None]:
        """Also those that JDE or our memory has a voucher of, and the source no longer a document."""
        gone = [self.key(each) for each in self.vouchers.ids()]
        gone += [link.source_key for link in self.context.ledger.links.all(flow=self.full_name)]
        keys: dict[str, date | None] = dict.fromkeys(gone)
        for rows in self.context.reader(self.source_role).all_rows(self.source_entity, ["id", "updated_on"]):
            keys |= self.changed_keys(self.source_entity, rows)
        return keys

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        reader: Any = self.context.reader(self.source_role)
        rows = reader.complete(self.source_entity, ["id"], [(self.id(key),) for key in keys])
        made = Assembly(rows=len(rows), rows_in_documents=len(rows))
        for row in rows:
            key = self.key(row["id"])
            document, lines = self.mapped(key, keys[key], reader.record(self.source_entity, row))
            made.documents.append(document)
            made.lines += [] if document["void"] else lines
        there = {row["key"] for row in made.documents}
        made.documents += self._gone({key: day for key, day in keys.items() if key not in there})
        self.complete(made.documents, made.lines)
        for row in made.documents:
            row["touched"] = row["key"] in self._touched
        self._look_in_jde(made.documents)
        return made

    def _gone(self, keys: Mapping[str, date | None]) -> list[dict[str, Any]]:
        """Documents that the source no longer has. Many at once are rather a login that sees less than before."""
        known = self.context.ledger.deliveries.load(self.full_name, list(keys))
        fresh = [key for key in keys if key not in known or not (known[key].content or {}).get("void")]
        many = str(len(fresh)) if len(fresh) > self.settings.most_deleted else None
        if many is None:
            for key in fresh:
                self._must_be_gone(key)
        return [
            self.blank(key, day, "deleted") | {"void": True, "many_gone": many if key in fresh else None}
            for key, day in keys.items()
        ]

    def _must_be_gone(self, key: str) -> None:
        """A voucher is voided only where the document is not there either when it is asked for by itself. Raises
        Unavailable otherwise: a list may be cut short on its way, or come from a copy that lags behind."""
        name = self.context.connection(self.source_role).name
        try:
            getattr(self.context.client(self.source_role), self.source_entity).get(self.id(key))
        except NotFound:
            # that a 404 is the vendor's own is not always to be seen, but the list says the same
            return
        raise Unavailable(f"a list of {name} left out {key}, which is there", connection=name)

    def _look_in_jde(self, documents: Sequence[dict[str, Any]]) -> None:
        """Which suppliers exist, and which documents without a right to a voucher had one: its first revision stays."""
        jde, rules = self.context.reader("jde"), self.settings
        numbers = {int(row["supplier"]) for row in documents if (row["supplier"] or "").isdigit()}
        there = {row["AN8"] for row in jde.complete("F0401", ["AN8"], [(each,) for each in sorted(numbers)])}
        void = [row[self.id_column] for row in documents if row["void"]]
        held = {id for id, own in self.origins.vouchers(jde, void).items() if own} if void else set()
        rows = jde.complete("F0411Z1", ["EDTN"], [(rules.transaction(each, 1),) for each in void])
        held |= {read[0] for row in rows if (read := rules.read_transaction(row["EDTN"]))}
        lost = {row[self.id_column]: self._said(row) for row in documents if row["void"]}
        held |= self.vouchers.claimed({id: said for id, said in lost.items() if id not in held}, {}).keys()
        for row in documents:
            row["supplier_exists"] = (row["supplier"] or "").isdigit() and int(row["supplier"]) in there
            row["in_jde"] = row[self.id_column] in held

    def _said(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What a mapped row says that its voucher would say too."""
        gone = row["currency"] is None or row["amount"] is None
        return {
            "supplier": row["supplier"] if (row["supplier"] or "").isdigit() else None,
            "number": row["number"],
            "amount": None if gone else amount_text(row["amount"]),
            "date": row["invoice_date"].isoformat() if row["invoice_date"] else None,
            "currency": row["currency"],
            "type": None if gone else self._type(negative=row["amount"] < 0),
        }

    def _type(self, *, negative: bool) -> str:
        """The document type (F0411.DCT) of a voucher of that sign."""
        kind: str = self.settings.credit_type if negative else self.settings.document_type
        return kind

    def resolve(self, frames: Frames) -> Frames:
        return self.enrichment().resolve(frames)

    def waits_for(self, why: str, row: Mapping[str, Any]) -> str | None:
        """What a held row waits for; None where it waits for a person."""
        return f"{RATES}:{row['unmapped_rate']}" if why == "exchange_rate_not_mapped" else None

    # -- the target side ------------------------------------------------------------------------------------------

    def holds_any(self) -> bool:
        return self.vouchers.any()

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        ids = {document.key: self.writer.id_of(document) for document in documents}
        held = self.vouchers.of(set(ids.values()))
        unknown = [each for each in documents if all(own.unseen for own in held.get(ids[each.key], ()))]
        wanted = {ids[each.key]: self._wanted(each.content) for each in unknown}
        # without our memory a clerk under our login may have entered it: only a person lets it be taken
        held |= self.vouchers.claimed(wanted, held, by_user=self.adopting)
        hits = {}
        for key, id in ids.items():
            revisions = held.get(id, [])
            # two in force are one too many, whichever is the newer
            found = [each for each in revisions if not each.void] or revisions[-1:]
            hits[key] = [self.vouchers.target(each) for each in found]
        strange = [document for document in documents if not hits[document.key] and not document.content["void"]]
        return {key: found for key, found in (hits | self._foreign_records(strange)).items() if found}

    def _wanted(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """What a document's content says that its voucher would say too."""
        names = ("supplier", "number", "amount", "date", "currency")
        kind = None if content["amount"] is None else self._type(negative=_is_credit(content))
        return {**{name: content[name] for name in names}, "type": kind}

    def _foreign_records(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        """Vouchers of the same supplier and number that somebody entered in JDE: it would be paid twice. What may be
        ours counts too where others are sent beside each other; of those that are void the writer is reported."""
        names = {
            document.key: (int(document.content["supplier"]), document.content["number"])
            for document in documents
            if document.content["supplier"] and document.content["number"]
        }
        held = self.vouchers.numbered(set(names.values()))
        wanted = {self.writer.id_of(each): self._wanted(each.content) for each in documents}
        perhaps = self.vouchers.maybe_ours(wanted, (each for own in held.values() for each in own))
        self.writer.voided.update({id: perhaps[id].id if id in perhaps and perhaps[id].void else None for id in wanted})
        if self.settings.duplicates == "send":
            own = {document.key: perhaps.get(self.writer.id_of(document)) for document in documents}
            return {key: [self.vouchers.target(each)] for key, each in own.items() if each and not each.void}
        credits = {document.key: _is_credit(document.content) for document in documents}
        return {
            key: [
                self.vouchers.target(each)
                for each in held.get(name, ())
                # a credit with the number of its invoice is no second invoice
                if not each.void and (each.total("AG", "ACR") < 0) == credits[key]
            ][:1]
            for key, name in names.items()
        }

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        found = {id: self.vouchers.target(held) for id, held in self.vouchers.by_ids(ids).items()}
        return found | self._taken_back({id for id in ids if id not in found})

    def _taken_back(self, ids: Collection[str]) -> dict[str, Target]:
        """Those of these vouchers, which JDE holds no more, that we took back: one that was not posted is deleted by
        that (jde-ais section 15). It counts as void, until what followed it is there."""
        ledger, name = self.context.ledger, self.full_name
        links = ledger.links.by_target(name, self.target_entity, sorted(ids)) if ids else {}
        keys = [link.source_key for link in links.values()]
        known, open_calls = ledger.deliveries.load(name, keys), ledger.intents.unfinished(name, keys)
        found = {}
        for id, link in links.items():
            left, calls = known.get(link.source_key), open_calls.get(link.source_key, ())
            meant = any(intent.step == "void" for intent in calls)
            if left is None or left.content is None or not (meant or done(left) == "void"):
                continue
            source = self.settings.id_of(left.content[self.source])
            others = self.vouchers.of([source]).get(source, [])
            if (next_one := follower(others, id, {asked_for(each) for each in calls})) is not None:
                found[id] = self.vouchers.target(next_one)
                continue
            # what was made is gone, and its number is not given again; or it is twice there, and a person says which
            newest = max((each.revision for each in others), default=1)
            twice = in_force(others) if len(in_force(others)) > 1 else ()
            held = Held(id, source, max(newest, self.origins.newest_made(source)), (), others=twice)
            found[id] = Target(id, {**left.content, "void": True}, "void", left.content["number"] or "", raw=held)
        return found

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        return self.writer.decide(document, known, target)

    def awaits_first(self) -> bool:
        return self.origins.awaits_first()

    def goes_alone(self, left: Collection[str]) -> bool:
        return self.origins.goes_alone(left)

    def shows_effect(self, intents: Sequence[Intent], target: Target) -> bool:
        return self.writer.shows_effect(intents, target)

    def payable_in_both(self, keys: Collection[str] | None) -> Mapping[str, str] | None:
        """Where the other system pays: vouchers that JDE's own payment run selects all the same."""
        if not self.other_pays:
            return None
        owners = self.owners(keys)
        run = payment_run_of(self.context)
        rows = rows_of(self.context, {voucher_parts(id) for id in owners})
        found = by([row for row in rows if run.selectable(row)], *VOUCHER_KEY)
        return {
            owners["/".join(map(str, key))]: f"{'; '.join(map(pay_item_words, own))}; {self.origin_system} pays it"
            for key, own in found.items()
        }

    def owners(self, keys: Collection[str] | None) -> dict[str, str]:
        """Voucher -> the document that it was made of, of these documents (None: of all)."""
        ledger, name = self.context.ledger, self.full_name
        links = ledger.links.all(flow=name) if keys is None else ledger.links.of(name, keys).values()
        # of one that is still in the batch files there is no voucher
        return {link.target_id: link.source_key for link in links if not link.target_id.startswith("Z/")}

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        ours, theirs = document.content, target.content
        # one whose supplier is not known is held for that
        whose = ("supplier",) if ours["supplier"] else ()
        names = (self.source,) if ours["amount"] is None else (self.source, *whose, "amount", "date", "currency")
        # a void takes the amount off a voucher, or leaves it there
        names = tuple(name for name in names if not (name == "amount" and theirs["void"]))
        found = [FieldChange(name, theirs[name], ours[name]) for name in names if theirs[name] != ours[name]]
        return (*found, *self._payee_gap(document, theirs))

    def comparable(self, document: Document, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """The payee of the voucher is reported with its supplier."""
        gap = self._payee_gap(document, content)
        return {**content, "supplier": f"{content['supplier']}, payee {gap[0].before}"} if gap else content

    def _payee_gap(self, document: Document, theirs: Mapping[str, Any]) -> tuple[FieldChange, ...]:
        """The payee of a voucher of the document's supplier who is neither to be paid nor JDE's own of before."""
        supplier = document.content["supplier"]
        if PAYEE not in theirs or theirs["supplier"] != supplier or theirs["void"] or document.content["void"]:
            return ()
        wanted = self.payees.wanted(document)
        if wanted is None and theirs[PAYEE] != supplier:
            known = self.context.ledger.deliveries.load(self.full_name, [document.key]).get(document.key)
            wanted = left_with((known.content if known else None) or {}, theirs)
        return (FieldChange(PAYEE, theirs[PAYEE], wanted),) if wanted not in (None, theirs[PAYEE]) else ()

    def distrust(self, document: Document, target: Target) -> NotAllowed | None:
        if target.content[self.source] == document.content[self.source] or not isinstance(self.origins, MarkedOrigins):
            return None
        column = self.settings.mark_column
        return NotAllowed(
            f"{self.full_name}: JD Edwards did not keep our mark in {column} of voucher {target.id}; without it a lost "
            f"answer could not be looked up, and the voucher would be sent back to {self.origin_system}",
            fix=f"let the orchestration write its input for {column}, or set mark_column to another column",
            connection=self.context.connection("jde").name,
        )

    def targets(self) -> list[Target]:
        """The newest revision of each document, every other one that is in force, and what our void deleted."""
        found = [
            self.vouchers.target(held)
            for revisions in self.vouchers.all().values()
            for held in revisions
            if held is revisions[-1] or not held.void
        ]
        there = {each.id for each in found}
        gone = self._taken_back(self.owners(None).keys() - there).values()
        return [*found, *(each for each in gone if each.id not in there)]

    def key_of(self, target: Target) -> str | None:
        id = target.content[self.source]
        return self.key(id) if id else None

    def known_as(self, target: Target) -> Hashable:
        number = target.content["number"]
        return (target.content["supplier"], number, _is_credit(target.content)) if number else None

    def foreign_records(self, targets: Collection[Target]) -> list[Target]:
        """Vouchers of the same supplier and number that somebody entered in JDE beside ours."""
        if self.settings.duplicates == "send":
            return []
        names = {
            (int(each.content["supplier"]), each.content["number"])
            for each in targets
            if each.content["number"] and self.in_force(each)
        }
        found = self.vouchers.numbered(names) if names else {}
        there = [held for own in found.values() for held in own if not held.void]
        return [self.vouchers.target(held) for held in there if held.source is None]

    def startup_notes(self) -> list[str]:
        known = known_by(self.context, self.full_name, self.source_entity, self.settings)
        shown = f"vouchers are known by {known.key}: {known.why}"
        if known.key == MARK:
            shown += (
                f"; JD Edwards' batch processor drops {self.settings.mark_column}: see that the first voucher keeps "
                "its mark there, or set voucher_key: supplier_invoice, which finds those with a mark too"
            )
        return [shown, *self.origins.startup_notes()]

    def startup_problems(self) -> list[str]:
        settings = self.settings
        acts = [*self.writer.acts, VOID, *([BATCH_RUN] if settings.mode == "batch" else [])]
        name = self.context.connection("jde").name
        missing = [act for act in acts if not self.writer.configured(act)]
        problems = [f"set orchestrations.{act} of the connection {name}" for act in missing]
        makes = [act for act in (*self.writer.acts, MATCH) if self.writer.configured(act)]
        needed = dict.fromkeys(makes, self.origins.INPUTS) if self.origins.INPUTS else {}
        return problems + lacking_inputs(self.context, needed) + self.origins.startup_problems()


def _left_otherwise(left: Delivery, target: Target) -> bool:
    """Whether a voucher shows something else than when it was settled; what was not remembered then counts as it is."""
    if left.state != "settled" or left.target_id != target.id or left.content is None:
        return False
    now = {name: value for name, value in target.content.items() if name in left.content}
    return bool(differences({name: left.content[name] for name in now}, now))


def _is_credit(content: Mapping[str, Any]) -> bool:
    return (content["amount"] or "").startswith("-")
