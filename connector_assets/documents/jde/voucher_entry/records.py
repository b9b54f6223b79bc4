"""The vouchers of JD Edwards that originate elsewhere: F0411 by their mark, and F0411Z1 while they are in a batch.

Each revision is a separate voucher; the newest revision of a document is its record. A batch row is read before the
vouchers are. If the batch run finishes in between, the voucher is then seen, and the row never counts as gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol

from connector_assets.documents.jde.currencies import company_currencies, is_foreign, voucher_currency
from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, by, chunks, is_void, standing, text, voucher_parts
from connector_assets.documents.jde.voucher_entry.origins import PREFIXES, Found, Origins, pages, voucher_id
from connector_assets.documents.jde.voucher_entry.payees import PAYEE, payees_of
from connector_assets.documents.jde.voucher_entry.taxation import TAXED, taxed_as
from connector_assets.documents.jde.vouchers.distribution import DistributionRules, distribute, fitted
from connector_assets.documents.jde.vouchers.pay_item_texts import is_in_payment
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.documents.jde.vouchers.taxes import TaxRule, charged, taxed
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Target
from connector_assets.engine.money import Units, amount_text
from connector_resources.errors import NotAllowed
from connector_resources.jde import JdeClient
from connector_resources.jde.query import any_of, one_of, starts_with

ZERO = Decimal("0.00")
IN_BATCH = "batch"
STATUS_ACT = "voucher_batch_status"


class Booked(Protocol):
    """What a site says of its vouchers' lines and taxes."""

    @property
    def distribution(self) -> DistributionRules: ...
    @property
    def tax_rules(self) -> Mapping[str, TaxRule]: ...


@dataclass(frozen=True)
class Held:
    """One revision of a document (its id in the other system: `source`) as JDE holds it. `message` is why the batch run
    left a transaction behind; `unseen` that it was processed, and that no voucher is known as its own; `others` are the
    ids of further vouchers of the document that are in force; `procured` whether procurement made it (None: not looked
    at)."""

    id: str
    source: Any
    revision: int
    rows: Sequence[Row] = field(repr=False)
    journal: Sequence[Row] = field(default=(), repr=False)
    in_batch: bool = False
    message: str = ""
    unseen: bool = False
    others: tuple[str, ...] = ()
    procured: bool | None = None

    @property
    def void(self) -> bool:
        """Whether all pay items are void."""
        return not self.in_batch and is_void(self.rows)

    @property
    def paid(self) -> bool:
        """Whether anything of it is paid, or a payment is under way."""
        left = [row for row in self.rows if text(row.get("VOD")) != "V"]
        return any(row.get("AAP") != row.get("AG") or is_in_payment(row) for row in left)

    @property
    def foreign(self) -> bool:
        """Whether it is in another currency than its company's."""
        return is_foreign(self.rows[0])

    def total(self, domestic: str, foreign: str) -> Decimal:
        """The sum of a column over its pay items, without those that were voided alone, in the voucher's currency."""
        return sum((row.get(foreign if self.foreign else domestic) or ZERO for row in standing(self.rows)), ZERO)


class VoucherRecords:
    """Reads them, through the client: what is found decides what is sent, so it is never older than the question.

    `origins` know which vouchers are of which document; `rules` say which lines are its distribution and what its tax
    is; `source` is how the contents of the flow call the document's id.
    """

    def __init__(self, context: RunContext, origins: Origins, rules: Booked, source: str) -> None:
        self.context = context
        self.origins = origins
        self.marks = origins.rules
        self.rules = rules
        self.source = source

    @property
    def jde(self) -> Any:
        """JDE's client, opened on first use."""
        return self.context.client("jde", JdeClient)

    # -- asking ---------------------------------------------------------------------------------------------------

    def of(self, ids: Collection[Any]) -> dict[Any, list[Held]]:
        """Every revision of these documents, the newest last; documents without any are absent."""
        batch: list[Row] = []
        for part in chunks(sorted(ids), PREFIXES):
            begins = [starts_with("EDTN", self.marks.transaction_begins(id)) for id in part]
            batch += self._rows("F0411Z1", any_of(*begins))
        done = [row for row in batch if text(row.get("EDSP")) == "1"]
        processed = {origin: row for row in done if (origin := self.marks.read_transaction(row["EDTN"])) is not None}
        held = self._held(batch, self.origins.current(self.jde, ids, processed))
        return {id: held[id] for id in ids if id in held}

    def all(self) -> dict[Any, list[Held]]:
        """Every revision of every document."""
        batch = self._rows("F0411Z1", starts_with("EDTN", self.marks.transactions))
        return self._held(batch, self.origins.all(self.jde))

    def any(self) -> bool:
        """Whether JDE holds any."""
        return self.origins.any(self.jde) or bool(
            self.jde.count("F0411Z1", starts_with("EDTN", self.marks.transactions))
        )

    def claimed(
        self, wanted: Mapping[Any, Mapping[str, Any]], held: Mapping[Any, Sequence[Held]], *, by_user: bool = True
    ) -> dict[Any, list[Held]]:
        """The same as `of`, of documents that our memory knows nothing of (see `Origins.claim`). `held` is what `of`
        says: nothing, or what the batch files have processed and nobody has seen."""
        processed = {id: max(each.revision for each in held[id]) for id in wanted if held.get(id)}
        found = self._held([], self.origins.claim(self.jde, wanted, processed, by_user=by_user)) if wanted else {}
        return {
            id: [*own, *(each for each in held.get(id, ()) if each.revision > own[-1].revision)]
            for id, own in found.items()
        }

    def in_batch_files(self, transaction: str) -> bool:
        """Whether rows of this transaction are in the batch files, processed or not."""
        return bool(self.jde.count("F0411Z1", one_of("EDTN", [transaction])))

    def ids(self) -> set[Any]:
        """The ids of the documents that JDE holds a voucher of, or did."""
        return self.origins.ids(self.jde)

    def by_ids(self, ids: Collection[str]) -> dict[str, Held]:
        """For each id (`00001/PV/4711`, or `Z/batch/transaction`) the newest revision of its document, or that id again
        where several are in force. A voucher that is known no more stands for itself; ids that JDE holds nothing of
        are absent."""
        sources: dict[str, Any] = {}
        vouchers = [id for id in ids if not id.startswith("Z/")]
        for id in set(ids) - set(vouchers):
            mark = self.marks.read_transaction(id.rpartition("/")[2])
            if mark is not None:
                sources[id] = mark[0]
        unmarked: dict[str, Held] = {}
        there = self._vouchers([voucher_parts(id) for id in vouchers])
        of = self.origins.of_rows([row for rows in there.values() for row in rows])
        for key, rows in there.items():
            if key in of:
                sources[key] = of[key][0]
            else:
                unmarked[key] = Held(key, None, 0, rows)
        found = self.of(set(sources.values()))
        newest = {id: _standing(found[source], id) for id, source in sources.items() if source in found}
        held = {id: (newest | unmarked)[id] for id in ids if id in newest or id in unmarked}
        matched = self._matched_there(each for each in held.values() if not each.in_batch)
        return {id: replace(each, procured=each.id in matched) for id, each in held.items()}

    def _matched_there(self, vouchers: Iterable[Held]) -> set[str]:
        """Those of these vouchers that procurement made: rows of F43121 name them. That a pay item names an order
        proves nothing (jde-ais section 15). Who may not read F43121 has vouchers of A/P alone, where none names one."""
        keys = {voucher_parts(each.id): each for each in vouchers}
        columns = ["DOC", "DCT", "KCO"]
        wanted = [(number, kind, company) for company, kind, number in keys]
        try:
            rows = pages(self.jde.by_keys("F43121", columns, wanted, columns=columns)) if wanted else []
        except NotAllowed:
            if any(text(row.get("PO")) for each in keys.values() for row in each.rows):
                raise
            return set()
        return {f"{row['KCO']}/{row['DCT']}/{row['DOC']}" for row in rows}

    def numbered(self, names: Collection[tuple[int, str]]) -> dict[tuple[int, str], list[Held]]:
        """(supplier, invoice number) -> the vouchers of it, void ones last, and what of it is in the batch files,
        whoever's they are. Document type NO does not count, as in JDE's own check (jde-ais section 6)."""
        rows = [row for page in self.jde.by_keys("F0411Z1", ["AN8", "VINV"], names) for row in page]
        waiting = by([row for row in rows if text(row.get("EDSP")) != "1"], "EDBT", "EDTN")
        found: dict[tuple[int, str], list[Held]] = {}
        for (batch, number), items in waiting.items():
            source, revision = self.marks.read_transaction(number) or (None, 0)
            name = (items[0]["AN8"], text(items[0].get("VINV")) or "")
            found.setdefault(name, []).append(Held(f"Z/{batch}/{number}", source, revision, items, in_batch=True))
        rows = [row for row in self._items(self.jde.by_keys("F0411", ["AN8", "VINV"], names)) if row["DCT"] != "NO"]
        of = self.origins.of_rows(rows)
        for items in by(rows, *VOUCHER_KEY).values():
            name = (items[0]["AN8"], text(items[0].get("VINV")) or "")
            found.setdefault(name, []).append(self._voucher(items, of))
        return {name: sorted(own, key=lambda held: held.void) for name, own in found.items()}

    def maybe_ours(self, wanted: Mapping[Any, Mapping[str, Any]], foreign_records: Iterable[Held]) -> dict[Any, Held]:
        """Id -> the voucher among these, which nobody knows of, that may have been made of the document (see
        `Origins.maybe_ours`)."""
        there = {each.id: each for each in foreign_records if not each.in_batch and each.source is None}
        found = self.origins.maybe_ours(wanted, Found({name: list(each.rows) for name, each in there.items()}))
        return {id: there[name] for name, id in found.items()}

    def one(self, supplier: int, number: int) -> Held | None:
        """The voucher of a supplier and document number, whoever made it; None where there is not exactly one."""
        rows = self._pay_items(one_of("DOC", [number]))
        groups = by([row for row in rows if row["AN8"] == supplier], *VOUCHER_KEY)
        if len(groups) != 1:
            return None
        [items] = groups.values()
        return self._voucher(items, {})

    def rejection(self, batch: str, transaction: str) -> str:
        """What the work center says about a transaction that a run left behind; '' where it says nothing, or the site
        has no orchestration that asks."""
        if STATUS_ACT not in self.jde.connection.orchestrations:
            return ""
        answer = self.jde.orchestrations.call(STATUS_ACT, {"BatchNumber": batch}, reads=True)
        for each in _transactions(answer.body):
            if str(each.get("TransactionNumber", "")).strip() == transaction and str(each.get("Processed")) != "1":
                return str(each.get("Message") or "").strip()
        return ""

    # -- putting together -----------------------------------------------------------------------------------------

    def _held(self, batch: Sequence[Row], vouchers: Found) -> dict[Any, list[Held]]:
        made = set(vouchers.of.values())
        journal = self._journal([voucher_parts(name) for name in vouchers.vouchers])
        found = [
            self._voucher(rows, vouchers.of, journal.get(voucher_parts(name), []))
            for name, rows in vouchers.vouchers.items()
        ]
        waiting = by([row for row in batch if self.marks.read_transaction(row["EDTN"]) not in made], "EDBT", "EDTN")
        found += [each for (name, number), rows in waiting.items() if (each := self._waiting(name, number, rows))]
        ordered: dict[Any, list[Held]] = {}
        for held in sorted(found, key=lambda each: (each.revision, not each.void, each.id)):
            if held.source is not None:
                ordered.setdefault(held.source, []).append(held)
        return {source: _without_deleted(revisions) for source, revisions in ordered.items()}

    def _waiting(self, batch: str, transaction: str, rows: Sequence[Row]) -> Held | None:
        """A transaction in the batch files of which no voucher is known; None for a foreign one. Of one that was
        processed, the number may have been written back (not established, jde-ais section 11.4)."""
        mark = self.marks.read_transaction(transaction)
        if mark is None:
            return None
        first, processed = rows[0], text(rows[0].get("EDSP")) == "1"
        if processed and first.get("DOC"):
            key = (first["KCO"], first["DCT"], first["DOC"])
            for id, items in self._vouchers([key]).items():
                self.origins.recognised(*mark, items)
                return Held(id, *mark, items, self._journal([key]).get(key, []))
        if not processed:
            self.origins.waits(*mark, rows)
        message = "" if processed else self.rejection(batch, transaction)
        return Held(f"Z/{batch}/{transaction}", *mark, rows, in_batch=True, message=message, unseen=processed)

    def _voucher(self, rows: Sequence[Row], of: Mapping[str, Any], journal: Sequence[Row] = ()) -> Held:
        source, revision = of.get(voucher_id(rows[0]), (None, 0))
        return Held(voucher_id(rows[0]), source, revision, rows, journal)

    def _vouchers(self, keys: Iterable[tuple[str, str, int]]) -> dict[str, list[Row]]:
        wanted = list(keys)
        rows = self._items(self.jde.by_keys("F0411", VOUCHER_KEY, wanted)) if wanted else []
        return {voucher_id(items[0]): items for items in by(rows, *VOUCHER_KEY).values()}

    def _journal(self, keys: Collection[tuple[Any, ...]]) -> dict[tuple[Any, ...], list[Row]]:
        return by(pages(self.jde.by_keys("F0911", VOUCHER_KEY, list(keys))), *VOUCHER_KEY) if keys else {}

    def _pay_items(self, where: Any) -> list[Row]:
        return self._items(self.jde.browse("F0411", where=where))

    @staticmethod
    def _items(pages: Iterable[Sequence[Row]]) -> list[Row]:
        """Pay items; what a change or a void left behind is part of them already."""
        return without_audit_rows([row for page in pages for row in page])

    def _rows(self, table: str, where: Any) -> list[Row]:
        return [row for page in self.jde.browse(table, where=where) for row in page]

    # -- showing --------------------------------------------------------------------------------------------------

    def target(self, held: Held) -> Target:
        """In the terms of the flow's content. Of a transaction in the batch files the distribution is not told."""
        first = held.rows[0]
        content = {
            self.source: str(held.source) if held.source is not None else None,
            "number": text(first.get("VINV")),
            "date": first["DIVJ"].isoformat() if first.get("DIVJ") else None,
            "supplier": str(first["AN8"]),
            "currency": voucher_currency(first, self.company_currency),
            "amount": amount_text(held.total("AG", "ACR")),
            "tax": amount_text(charged(standing(held.rows), self.rules.tax_rules, foreign=held.foreign)),
            "void": held.void,
        }
        if not held.in_batch:
            content[PAYEE] = payees_of(held.rows)
            content[TAXED] = taxed_as(held.rows)
            content["lines"] = by_account([*self._matched(held), *self._distributed(held)])
        status = IN_BATCH if held.in_batch else "void" if held.void else text(first.get("PST")) or "?"
        label = text(first.get("VINV")) or ""
        return Target(held.id, content, status=status, label=label, raw=held, version=_version(held))

    def _distributed(self, held: Held) -> Iterator[tuple[str, Decimal]]:
        """The accounts of what is for no order."""
        journal = [row for row in held.journal if not text(row.get("PO"))]
        lines = distribute(journal, foreign=held.foreign, rules=self.rules.distribution, void=held.void)
        spent = sum((line.amount for line in lines), ZERO)
        if spent and not any(text(row.get("PO")) for row in held.rows):
            found = taxed(standing(held.rows), spent, self.rules.tax_rules, foreign=held.foreign)
            if not (found.gap or found.unproved):
                # use tax that JDE has put into the lines is none of the document's
                currency = voucher_currency(held.rows[0], self.company_currency)
                lines = fitted(lines, held.total("AG", "ACR") - found.tax, self.units.of(currency))
        for line in lines:
            yield line.aid or line.account, line.amount

    def _matched(self, held: Held) -> Iterator[tuple[str, Decimal]]:
        """The order lines that it relieved, each a pay item, without their tax."""
        for row in held.rows:
            if text(row.get("PO")):
                tax = charged([row], self.rules.tax_rules, foreign=held.foreign)
                net = (row.get("ACR" if held.foreign else "AG") or ZERO) - tax
                yield order_name(text(row.get("PKCO")), text(row.get("PDCT")), row["PO"], row.get("LNID")), net

    @cached_property
    def units(self) -> Units:
        """The smallest amounts of JD Edwards' currencies."""
        return Units(self.context.reader("jde").decimals)

    @cached_property
    def company_currency(self) -> Mapping[str, str]:
        """Company -> the currency of its books."""
        return company_currencies(self.context.reader("jde"))


def void_rows(rows: Sequence[Row]) -> list[Row]:
    """Pay items as a void leaves them: of a voucher that was deleted by it there is nothing left to read."""
    return [{**row, "VOD": "V", "PST": "P", "AAP": ZERO, "FAP": ZERO} for row in rows]


def _without_deleted(revisions: Sequence[Held]) -> list[Held]:
    """Without batch rows whose voucher is not to be seen and that a newer revision follows: that is made only once the
    older one was taken back, and an unposted voucher is deleted by it (jde-ais section 15)."""
    return [each for each in revisions if not (each.unseen and each.revision < revisions[-1].revision)]


def _standing(revisions: Sequence[Held], linked: str) -> Held:
    """The newest record of a document; where several are in force, the linked one, for none has taken its place for
    certain. With what else of it is in force."""
    there = in_force(revisions)
    found = next((each for each in revisions if each.id == linked and len(there) > 1), revisions[-1])
    return replace(found, others=tuple(id for id in there if id != found.id))


def in_force(revisions: Sequence[Held]) -> tuple[str, ...]:
    """The ids of those that are in force."""
    return tuple(each.id for each in revisions if not each.void)


def follower(revisions: Sequence[Held], deleted: str, asked: Collection[str]) -> Held | None:
    """What stands of a document whose voucher `deleted` was deleted by our void: what is in force or waits in the batch
    files, or what was asked for since (`asked`, revisions), whatever became of it. None where nothing followed (a
    processed batch row whose voucher is not to be seen may be that of the deleted one), or several did: none has taken
    its place for certain (`in_force`)."""
    if len(in_force(revisions)) > 1:
        return None
    if not any((not each.void and not each.unseen) or str(each.revision) in asked for each in revisions):
        return None
    return _standing(revisions, deleted)


def by_account(amounts: Iterable[tuple[str, Decimal]]) -> list[dict[str, str]]:
    """The distribution as both sides agree on it: the sum of each account, by account; sums of zero are left out."""
    sums: dict[str, Decimal] = {}
    for account, amount in amounts:
        sums[account] = sums.get(account, ZERO) + amount
    return [{"account": name, "amount": amount_text(amount)} for name, amount in sorted(sums.items()) if amount]


def order_name(company: Any, kind: Any, number: Any, line: Any) -> str:
    """An order line as both sides agree on it: `PO 100234/OP/00001/1`."""
    shown = format(Decimal(line).normalize(), "f") if line else "?"
    return f"PO {int(number)}/{kind}/{company}/{shown}"


def _version(held: Held) -> str:
    return ";".join(f"{row.get('SFX')}:{row.get('AAP')}:{text(row.get('PST'))}" for row in held.rows)


def _transactions(body: Any) -> Iterator[Mapping[str, Any]]:
    """The transactions in the answer of the status orchestration, wherever it holds them."""
    if isinstance(body, Mapping):
        if "TransactionNumber" in body:
            yield body
        for value in body.values():
            yield from _transactions(value)
    elif isinstance(body, list):
        for value in body:
            yield from _transactions(value)
