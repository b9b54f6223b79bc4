"""What is done about the voucher of a document that originates elsewhere: made, run, voided, made again.

JDE's batch files only add (jde-ais section 3.6), and a voucher is never changed from outside: what changed is voided
and made again under the next revision. The revision comes from what JDE holds, so that an empty memory gives the same
number.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connector_assets.documents.jde.keys import text, voucher_parts
from connector_assets.documents.jde.voucher_entry.bodies import match_body, voucher_body
from connector_assets.documents.jde.voucher_entry.comparison import BATCH_ADD
from connector_assets.documents.jde.voucher_entry.discounts import carried
from connector_assets.documents.jde.voucher_entry.payees import PAYEE, Payees, state_of
from connector_assets.documents.jde.voucher_entry.records import IN_BATCH, Held, VoucherRecords, void_rows
from connector_assets.documents.jde.voucher_entry.taxation import TAXED, retaxed
from connector_assets.documents.jde.vouchers.withholding import WITHHELD
from connector_assets.engine.document import (
    Decision,
    Do,
    Document,
    Done,
    FieldChange,
    Hold,
    Ignore,
    NeedTarget,
    Step,
    Target,
    differences,
)
from connector_assets.engine.merge import mark, taken
from connector_assets.engine.reasons import problem
from connector_assets.engine.words import beside
from connector_resources.errors import OutcomeUnknown, SystemProblem
from connector_resources.ledger import Delivery, Intent, Problem
from connector_resources.ledger.progress import Progress

NOT_APPROVED = "not_approved"
# another document goes first, and its voucher is not known yet
AFTER_THE_FIRST = "after_first_voucher"
FIRST = "the first voucher, which shows how vouchers of ours are known"
WAITS = "the batch run in JD Edwards"
ENTER, BATCH_RUN, VOID = "voucher_enter", "voucher_batch_run", "voucher_void"
MATCH, REVERSE = "voucher_match", "voucher_match_reverse"
# of a content, what is looked at by steps and checks of its own
NOT_CARRIED = frozenset({"void", PAYEE, TAXED, "remit_to"})
# what a person may leave as a clerk of JDE changed it: nobody is paid more, less or somebody else by it
ACCEPTABLE = frozenset({"number", "date", "tax", "lines", TAXED})
# pay statuses (F0411.PST) of what is retained and withheld, whoever pays (jde-ais section 15)
KEPT_BACK = frozenset({"R", WITHHELD})
# of vouchers that a person is informed of, so many by name
MOST_SHOWN = 5
# what is done once a voucher is as it shall be, beside it; None: nothing more
After = Callable[[Document, Delivery, Target], Decision | None]


def base_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the voucher carries; a batch row does not show its distribution."""
    return {name: value for name, value in content.items() if name not in NOT_CARRIED}


class VoucherWriter(ABC):
    """One way to make vouchers. `settings` are the flow's; `void_day` gives the G/L date that takes a voucher back,
    `payees` says who is to be paid."""

    acts: tuple[str, ...]

    def __init__(
        self,
        records: VoucherRecords,
        settings: Any,
        void_day: Callable[[str, date], date | None],
        payees: Payees,
        after: After = lambda document, known, target: None,
    ) -> None:
        self.records = records
        self.settings = settings
        self.void_day = void_day
        self.payees = payees
        self.after = after
        # of documents that were looked for, the void voucher that may have been theirs
        self.voided: dict[Any, str | None] = {}

    def configured(self, act: str) -> bool:
        """Whether the site has an orchestration for this act."""
        connection: Any = self.records.context.connection("jde")
        return act in connection.orchestrations

    def missing(self, document: Document) -> str | None:
        """The act that this document needs and the site lacks."""
        return next((act for act in self.acts if not self.configured(act)), None)

    # -- deciding -------------------------------------------------------------------------------------------------

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        """What to do next."""
        decision = self._decide(document, known, target)
        if isinstance(decision, Done) and decision.waiting is None and target is not None:
            return self.after(document, known, target) or decision
        return decision

    def _decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        void = document.content["void"]
        if known.target_id is None:
            return Ignore(NOT_APPROVED) if void else self._first(document, known)
        settled = known.state == "settled" and known.content_hash == document.hash
        if settled and not (known.waiting or known.released or document.moved):
            return Done()
        if target is None:
            return NeedTarget()
        held: Held = target.raw
        if held.source is None:
            return Hold((problem("mark_missing", self.settings.mark_column, held.id),))
        if held.others:
            in_force = [*held.others, *([] if held.void else [held.id])]
            several = f"vouchers in force: {', '.join(in_force)}; linked: {held.id}"
            return Hold((problem("natural_key_taken", "key", several),))
        if held.in_batch:
            return self._in_batch(document, known, held)
        if held.void:
            return Done() if void else self._again(document, known, held)
        if void:
            return self._paid_though_void(document, held) if held.paid else self._void(known, held)
        shown = self.payees.trouble(document, known, held.id, target.content, held.rows)
        return shown or self._agree(document, known, target)

    def _agree(self, document: Document, known: Delivery, target: Target) -> Decision:
        """Bring a voucher in force into agreement, unless JDE has accepted this very content before."""
        wanted = base_of(document.content)
        there = carried(wanted, base_of(target.content), known)
        agreed = base_of(known.content) if known.content is not None else there
        foreign_changes = [
            each
            for each in differences(agreed, there)
            if each.field in agreed and there.get(each.field) != wanted.get(each.field)
        ]
        foreign_changes += retaxed(known.content or {}, target.content)
        # of a row of the batch files it was not told what the voucher would be
        seen = known.content is not None and "lines" in known.content
        if accepted(known) == mark(wanted):
            meant = known.released and all(each.field in ACCEPTABLE for each in foreign_changes)
            if meant or not (seen and foreign_changes):
                return _of_another_total(wanted, there) or Done()
        changes = differences(there, wanted)
        if not (changes or foreign_changes):
            return Done()
        if foreign_changes:
            found = [self._strange(each, target) for each in foreign_changes]
            return Hold(tuple(found), conflict=any(each.reason != "payee_changed" for each in found))
        moved = next((each for each in changes if each.field == "supplier"), None)
        if self.settings.on_change == "hold":
            decision: Decision = Hold((problem("changed_after_delivery", (moved or changes[0]).field, target.id),))
        else:
            # what cannot be made again is not voided
            kept_back = self._kept_back(known, target.raw)
            decision = self._unready(document) or kept_back or self._void(known, target.raw, changes)
        if moved is None or not isinstance(decision, Hold):
            return decision
        # JDE goes on to owe it to the old supplier
        why = ", ".join(f"{each.reason} {each.value}".strip() for each in decision.problems)
        return Hold((self.payees.supplier(target.id, moved.before, moved.after, target.raw.rows, why),))

    def _strange(self, change: FieldChange, target: Target) -> Problem:
        """What somebody changed in JDE."""
        if change.field == "supplier":
            return self.payees.supplier(target.id, change.after, change.before, target.raw.rows)
        return problem("voucher_changed", change.field, f"{target.id}, {change.in_words}")

    def _again(self, document: Document, known: Delivery, held: Held) -> Decision:
        """A voucher that we voided is followed by the next revision; one that somebody else voided is theirs."""
        if done(known) == "void":
            return self._make(document, held.revision + 1)
        if self.settings.new_status == self.settings.unpayable_status:
            # the other system goes on to pay what is owed no more by JDE's books
            return Hold((problem("undone_in_target", "voucher", held.id),), conflict=True)
        return Hold((problem("voided_in_target", "void", held.id),), conflict=True)

    def _in_batch(self, document: Document, known: Delivery, held: Held) -> Decision:
        if held.unseen:
            return Hold((problem("voucher_not_recognised", "voucher", held.id),), again=True)
        if held.message:
            return Hold((problem("batch_rejected", "batch", held.message),))
        if document.content["void"] or not self.configured(BATCH_RUN):
            # what is in the batch files cannot be taken out again: once it is a voucher, it can be voided
            return Done(waiting=WAITS)
        now = self.records.context.clock.now()
        if (asked_at := run_asked_at(known)) is not None:
            # a second run beside one that only waits for its turn could make two vouchers: a person lets it go
            if now - asked_at < timedelta(hours=self.settings.batch_run_hours):
                return Done(waiting=WAITS)
            if not known.released:
                shown = f"{held.id}, {asked_at.isoformat(timespec='seconds')}"
                return Hold((problem("batch_not_run", "batch", shown),))
        _, batch, _ = held.id.split("/")
        return Do(
            Step(
                name="run",
                body={"BatchNumber": batch, "Mode": "final"},
                send=lambda sent: self._sent(BATCH_RUN, sent, held.source),
                outcome="updated",
                progress=known.progress.after(f"run {int(now.timestamp())}"),
                changes=(FieldChange("batch", "waiting", "run"),),
            )
        )

    def _void(self, known: Delivery, held: Held, changes: tuple[FieldChange, ...] = ()) -> Decision:
        """Void it, dated in the open period; what is paid stays."""
        if held.paid:
            return Hold((problem("voucher_already_paid", "voucher", held.id),))
        if held.procured is None:
            return NeedTarget()
        # what procurement made is reversed there (P4314): a void in A/P would leave its order vouchered
        act, lacking = (REVERSE, "match_reverse_not_configured") if held.procured else (VOID, "void_not_configured")
        if not self.configured(act):
            return Hold((problem(lacking, "voucher", held.id),))
        day = self.void_day(str(held.rows[0].get("CO") or ""), held.rows[0]["DGJ"])
        if day is None:
            return Hold((problem("period_closed", "gl_date", f"no day is open to void {held.id}"),))
        company, kind, number = voucher_parts(held.id)
        return Do(
            Step(
                name="void",
                body={"DocumentCompany": company, "DocumentType": kind, "DocumentNumber": number, "GLDate": day},
                send=lambda sent: self._taken_back(act, sent, held),
                outcome="updated",
                progress=known.progress.after("void"),
                changes=(*changes, FieldChange("void", False, True)),
            )
        )

    def _kept_back(self, known: Delivery, held: Held) -> Hold | None:
        """Why no other voucher may take the place of this one: a clerk holds it or part of it, retained or withheld
        something of it, and the next one would be payable. What is paid is reported by the void."""
        new = self.settings.new_status
        # where the other system pays, a hold is what vouchers have in any case
        others = KEPT_BACK if new == self.settings.unpayable_status else None
        open_ = [(row["SFX"], text(row["PST"])) for row in held.rows if row["AAP"]]
        kept = [f"{item} on {state}" for item, state in open_ if state != new and (others is None or state in others)]
        if not kept or held.paid or known.released:
            return None
        shown = f"{held.id}, pay item {', '.join(kept)}; new vouchers are on {new}"
        return Hold((problem("kept_back_in_jde", "pay_status", shown),))

    def _paid_though_void(self, document: Document, held: Held) -> Hold:
        """The document has no right to a voucher any more, and money has left for it, or is about to."""
        what = f"{self.records.source} {self.settings.ended(document.facts['row']['status'])}"
        return Hold((problem("paid_though_void", "voucher", f"{what}; {held.id}, {state_of(held.rows)}"),))

    def _unready(self, document: Document) -> Hold | None:
        """Why no voucher can be made of this document now; None where one can."""
        row = document.facts["row"]
        if row["gl_date"] is None:
            return Hold((problem("period_closed", "gl_date", row["not_open"]),))
        missing = None if _for_order(document) else self.missing(document)
        return Hold((problem("orchestration_not_configured", "orchestration", missing),)) if missing else None

    def _first(self, document: Document, known: Delivery) -> Decision:
        """The first voucher of a document, unless what looks like it was taken back in JDE."""
        if (void := self.voided.get(self.id_of(document))) is not None and not known.released:
            return Hold((problem("void_voucher_unknown", "voucher", void),))
        return self._make(document, 1)

    def _make(self, document: Document, revision: int) -> Decision:
        unready = self._unready(document)
        if unready is not None:
            return unready
        if not self.settings.room_for(revision):
            return Hold((problem("revisions_used_up", "revision", document.content[self.records.source]),))
        if unmatched := self.records.origins.unmatched():
            shown = ", ".join(unmatched[:MOST_SHOWN]) + (", …" if len(unmatched) > MOST_SHOWN else "")
            return Hold((problem("own_vouchers_unmatched", "voucher", shown),), again=True)
        act = MATCH if _for_order(document) else self.acts[0]
        if revision == 1 and self.records.origins.awaited(self.id_of(document), act):
            return Ignore(AFTER_THE_FIRST, waiting=FIRST, again=True)
        if not self.records.origins.reserve(self.id_of(document), revision, document.facts["row"]):
            shown = f"{self.settings.preset_first} to {self.settings.preset_last}"
            return Hold((problem("document_numbers_used_up", "voucher", shown),))
        if act == MATCH:
            # for an order of JDE: never a voucher that is only distributed
            body = match_body(document, self._known_by(document, revision), self.settings)
            return Do(self.entered(document, revision, MATCH, body))
        return Do(self.create(document, revision))

    def _known_by(self, document: Document, revision: int) -> dict[str, Any]:
        """The fields by which the voucher of a revision is known."""
        return self.records.origins.fields(self.id_of(document), revision, document.facts["row"])

    def entered(self, document: Document, revision: int, act: str, body: Mapping[str, Any]) -> Step:
        """A voucher that one orchestration makes at once, and whose number it tells."""
        content, source = document.content, self.id_of(document)

        def send(sent: Mapping[str, Any]) -> Target:
            self.records.origins.attempt(source, revision, act, sent, content)
            outcome = self.records.jde.orchestrations.call(act, sent)
            if not outcome.key:
                return self._look(act, source)
            try:
                made = self.records.one(int(content["supplier"]), int(outcome.key))
            except SystemProblem as error:
                raise OutcomeUnknown(f"{act} made {outcome.key}, which could not be read: {error}") from error
            if made is None or self.records.origins.answered(source, revision, made.rows):
                return self._look(act, source)
            # without our mark it is not found by it: the flow distrusts it and stops
            return self.records.target(made)

        return Step(
            name="create",
            body=body,
            send=send,
            outcome="created",
            progress=taken(base_of(content)).after(str(revision)),
            changes=differences({}, base_of(content)),
        )

    @abstractmethod
    def create(self, document: Document, revision: int) -> Step:
        """The step that makes the voucher of this revision."""

    def id_of(self, document: Document) -> Any:
        """The document's id in the other system."""
        return self.settings.id_of(document.content[self.records.source])

    def _sent(self, act: str, body: Mapping[str, Any], source: Any) -> Target:
        """Call, and look at what the document has in JDE now."""
        self.records.jde.orchestrations.call(act, body)
        return self._look(act, source)

    def _taken_back(self, act: str, body: Mapping[str, Any], held: Held) -> Target:
        """Call, and look at what became of a voucher; one that was not posted yet may be deleted by it (jde-ais section
        15)."""
        self.records.jde.orchestrations.call(act, body)
        try:
            found = self.records.by_ids([held.id])
        except SystemProblem as error:
            raise OutcomeUnknown(f"{act} was called, and what came of it could not be read: {error}") from error
        return self.records.target(found.get(held.id) or replace(held, rows=void_rows(held.rows)))

    def _look(self, act: str, source: Any) -> Target:
        """The newest revision. The call was taken, so that whatever keeps us from looking leaves its outcome open."""
        try:
            found = self.records.of([source]).get(source)
        except SystemProblem as error:
            raise OutcomeUnknown(f"{act} was called, and what came of it could not be read: {error}") from error
        if not found:
            raise OutcomeUnknown(f"{act} was called, and no voucher of {self.records.source} {source} is to be seen")
        return self.records.target(found[-1])

    def shows_effect(self, intents: Sequence[Intent], target: Target) -> bool:
        """Whether JDE shows by itself that these calls took effect: a void is void, a new revision is there."""
        held: Held = target.raw
        return all(_shown(intent, held) for intent in intents)


class DirectVouchers(VoucherWriter):
    """Mode `direct`: one orchestration enters the voucher with its distribution."""

    acts = (ENTER,)

    def create(self, document: Document, revision: int) -> Step:
        body = voucher_body(document, self._known_by(document, revision), self.settings)
        return self.entered(document, revision, ENTER, body)


class BatchVouchers(VoucherWriter):
    """Mode `batch`: rows of F0411Z1 and F0911Z1, then the batch run. Its keys are unique: a second row is refused."""

    acts = (BATCH_ADD,)

    def create(self, document: Document, revision: int) -> Step:
        content, source = document.content, self.id_of(document)
        number, batch = self.settings.transaction(source, revision), self.settings.batch(source, revision)
        body = voucher_body(document, self._known_by(document, revision), self.settings)

        def send(sent: Mapping[str, Any]) -> Target:
            self.records.origins.attempt(source, revision, BATCH_ADD, sent, content)
            self.records.jde.orchestrations.call(BATCH_ADD, sent)
            # its answer has no number that only JDE could tell: any server's 200 would do
            try:
                there = self.records.in_batch_files(number)
            except SystemProblem as error:
                raise OutcomeUnknown(
                    f"{BATCH_ADD} was called, and its rows could not be looked for: {error}"
                ) from error
            if not there:
                raise OutcomeUnknown(f"{BATCH_ADD} was called, and no rows of batch {batch} are to be seen")
            held = Held(f"Z/{batch}/{number}", source, revision, (), in_batch=True)
            values = {name: value for name, value in base_of(content).items() if name != "lines"}
            return Target(held.id, {**values, "void": False}, IN_BATCH, content["number"], raw=held)

        return Step(
            name="create",
            body={"BatchNumber": batch, "TransactionNumber": number, **body},
            send=send,
            outcome="created",
            progress=taken(base_of(content)).after(str(revision)),
            refuses_second=self.records.origins.refuses_second,
            changes=differences({}, base_of(content)),
        )


def _for_order(document: Document) -> bool:
    """Whether a line of it is for an order of JDE."""
    return any(line.get("order_number") for line in document.facts["lines"])


def accepted(known: Delivery) -> str:
    """The fingerprint of the content that JDE has accepted last."""
    return known.progress.accepted


def done(known: Delivery) -> str:
    """What was done last with the newest revision: its number when it was made, 'run' with the second, or 'void'."""
    return known.progress.done


def run_asked_at(known: Delivery) -> datetime | None:
    """When the batch run was asked for, if that was the last that was done."""
    act, _, second = done(known).partition(" ")
    # before the second was kept
    return (datetime.fromtimestamp(int(second), UTC) if second else known.updated_at) if act == "run" else None


def asked_for(intent: Intent) -> str:
    """What a call is to do with a document's voucher, as `done` tells it: of one that makes it, its revision."""
    return Progress.parse(intent.detail.get("stage")).done


def _shown(intent: Intent, held: Held) -> bool:
    if intent.step == "void":
        return held.void
    if intent.step == "run":
        return not held.in_batch
    return asked_for(intent) == str(held.revision)


def _of_another_total(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> Hold | None:
    """JDE took what we sent and came to another total or currency: nobody shall pay that."""
    differing = [name for name in ("amount", "currency") if wanted[name] != there[name]]
    if not differing:
        return None
    return Hold(tuple(problem("total_differs", name, beside(there[name], wanted[name])) for name in differing))
