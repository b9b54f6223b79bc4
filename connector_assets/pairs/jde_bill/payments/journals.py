"""Mode `journal`: an entry of the general ledger debits payables and credits the bank's clearing account, and the
orchestration closes the pay items as well; that it did is looked at afterwards.

An entry is known by its reference (F0911.R2: the payment number, eight digits) and its remark (EXR): `BILL <id>`, and
`BILL <id> VOID` for the one that takes it back (jde-ais section 6). The orchestration `payment_journal` is sent
Company, GLDate, Currency, Explanation (EXA), Remark (EXR), Reference (R2), Supplier, ClosePayItem, and the grids Lines
(Account, Amount, ForeignAmount) and PayItems (DocumentCompany, DocumentType, DocumentNumber, PayItem, ItemAmount,
ItemForeignAmount). Amounts of an entry that takes one back have the opposite sign, and ReturnStatus is the pay status
of what it opens again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, by, day_of, text
from connector_assets.documents.jde.orchestrations import lacking_inputs, missing_act
from connector_assets.documents.jde.payments.recording import RETURN_STATUS
from connector_assets.documents.jde.vouchers.handing_over import payment_run_of, rows_of
from connector_assets.documents.jde.vouchers.pay_item_texts import pay_item_words
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.engine.document import Document, FieldChange, Step, Target, differences
from connector_assets.engine.money import amount_text
from connector_assets.pairs.jde_bill.payments.writer import POSTED, VOIDED, PaymentWriter, parts_of, returned
from connector_resources.errors import OutcomeUnknown, SystemProblem
from connector_resources.jde import JdeClient
from connector_resources.jde.query import between

JOURNAL = "payment_journal"
NEEDS: Mapping[str, Sequence[str]] = {
    JOURNAL: ("Company", "GLDate", "Currency", "Reference", "Remark", "Lines", "PayItems", "ClosePayItem")
}
RETURNS: Mapping[str, Sequence[str]] = {JOURNAL: (RETURN_STATUS,)}
ZERO = Decimal("0.00")
ACTUAL = "AA"  # ledger type
REMARK, TAKEN_BACK = "BILL ", " VOID"
_REMARK = re.compile(r"BILL ([0-9A-Za-z]+)( VOID)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """The entries of one bill payment: whose it is, whether the pay items were seen closed (None: not looked), and the
    ids of its older entries where more than one was not taken back."""

    bill_payment: str
    closed: bool | None = None
    others: tuple[str, ...] = ()


class Journals(PaymentWriter):
    """Entries of the general ledger."""

    entity: ClassVar[str] = "F0911"

    @property
    def jde(self) -> Any:
        """The client, opened on first use."""
        return self.context.client("jde", JdeClient)

    def missing(self) -> str | None:
        return missing_act(self.context, NEEDS)

    def lacking(self) -> list[str]:
        return [
            *lacking_inputs(self.context, NEEDS),
            *([] if self.returns_nothing else lacking_inputs(self.context, RETURNS)),
        ]

    def returns(self) -> bool:
        return not lacking_inputs(self.context, RETURNS)

    def any(self) -> bool:
        return bool(self.all())

    def all(self) -> list[Target]:
        first, last = _reference(self.settings.payment_number_base), _reference(self.settings.last_number)
        return self._entries(row for page in self.jde.browse("F0911", where=between("R2", first, last)) for row in page)

    def numbered(self, numbers: Collection[int]) -> list[Target]:
        keys = [(_reference(number),) for number in numbers]
        pages = self.jde.by_keys("F0911", ["R2"], keys) if keys else ()
        return self._entries(row for page in pages for row in page)

    def _entries(self, rows: Iterable[Row]) -> list[Target]:
        """The entries that these lines are of, read whole: what a clerk adds to void one may lack our reference."""
        keys = {tuple(row[each] for each in VOUCHER_KEY) for row in rows if _of(row)}
        pages = self.jde.by_keys("F0911", VOUCHER_KEY, sorted(keys)) if keys else ()
        return _targets(row for page in pages for row in page)

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        keys = {id: _key(id) for id in ids}
        pages = self.jde.by_keys("F0911", VOUCHER_KEY, list(keys.values())) if keys else ()
        own = {tuple(row[each] for each in VOUCHER_KEY): row for page in pages for row in page if _of(row)}
        there = {id: own[key] for id, key in keys.items() if key in own}
        every = {target.raw.bill_payment: target for target in self.numbered({_number(row) for row in there.values()})}
        targets_of = {id: _of(row) for id, row in there.items()}
        return {id: every[payment] for id, payment in targets_of.items() if payment in every}

    def answers_to(self, target: Target, row: Mapping[str, Any]) -> bool:
        return bool(target.raw.bill_payment == row["bill_payment"])

    def inner_duplicates(self, target: Target) -> Collection[str]:
        return tuple(target.raw.others)

    def perhaps_undone(self, entity: str, rows: Sequence[Row]) -> dict[str, date | None]:
        own = by(rows, *VOUCHER_KEY) if entity == self.entity else {}
        return {_id(key): day_of(lines) for key, lines in own.items()}

    def post(self, document: Document) -> Step:
        return Step(
            name="create",
            body=self._body(document, 1),
            send=lambda sent: self._sent(sent, document, void=False),
            outcome="created",
            progress=POSTED,
            changes=differences({}, document.content),
        )

    def reverse(self, document: Document, target: Target) -> Step:
        return Step(
            name="void",
            body=self._body(document, -1),
            send=lambda sent: self._sent(sent, document, void=True),
            outcome="updated",
            progress=VOIDED,
            changes=(FieldChange("void", False, True),),
        )

    def found(self, target: Target, document: Document) -> str | None:
        closed, row = target.raw.closed, document.facts["row"]
        if closed is None:
            # one that was found: the pay items as they were when the documents were mapped, else as they are now
            closed = row["closed_there"] or self._closed_now(row)
        return None if closed else str(row["items"] or row["bill"])

    def found_void(self, target: Target, document: Document) -> str | None:
        names = set((document.facts["row"]["items"] or "").split())
        rows = rows_of(self.context, {_key(each.rpartition("/")[0]) for each in names})
        run = payment_run_of(self.context)
        return "; ".join(pay_item_words(row) for row in rows if _name(row) in names and run.selectable(row)) or None

    def _closed_now(self, row: Mapping[str, Any]) -> bool:
        """Whether so much of the pay items is not open any more; not where JD Edwards does not answer."""
        names = set((row["items"] or "").split())
        gross, open = ("ACR", "FAP") if row["foreign"] else ("AG", "AAP")
        try:
            pages = list(
                self.jde.by_keys("F0411", VOUCHER_KEY, list({_key(each.rpartition("/")[0]) for each in names}))
            )
        except SystemProblem:
            return False
        own = without_audit_rows([item for page in pages for item in page if _name(item) in names])
        return bool(row["gross"] <= sum(((item.get(gross) or ZERO) - (item.get(open) or ZERO) for item in own), ZERO))

    def _body(self, document: Document, sign: int) -> dict[str, Any]:
        row, parts, settings = document.facts["row"], parts_of(document), self.settings
        base = sign * sum((each.base for each in parts), ZERO)
        foreign = sign * sum((each.amount for each in parts), ZERO) if row["foreign"] else None
        remark = f"{REMARK}{row['bill_payment']}"

        def line(account: str | None, side: int) -> dict[str, Any]:
            other = {} if foreign is None else {"ForeignAmount": side * foreign}
            return {"Account": account, "Amount": side * base, **other}

        return {
            "Company": row["company"],
            "GLDate": row["gl_day"],
            "Currency": row["currency"],
            "Explanation": parts[0].voucher["DocumentType"] + f" {parts[0].number} paid in BILL",
            "Remark": remark if sign > 0 else f"{remark}{TAKEN_BACK}",
            "Reference": _reference(int(document.content["number"])),
            "Supplier": row["supplier"],
            "ClosePayItem": "1",
            **(returned(row) if sign < 0 else {}),
            "Lines": [
                line(settings.account(settings.payables_accounts, row["company"]), 1),
                line(settings.account(settings.clearing_accounts, row["company"]), -1),
            ],
            "PayItems": [
                {
                    **each.voucher,
                    "PayItem": each.suffix,
                    "ItemAmount": sign * each.base,
                    **({"ItemForeignAmount": sign * each.amount} if row["foreign"] else {}),
                }
                for each in parts
            ],
        }

    def _sent(self, sent: Mapping[str, Any], document: Document, *, void: bool) -> Target:
        """Call, and look at the entry and at what is open of the pay items now. OutcomeUnknown where it was taken and
        cannot be seen."""
        before = self._open(sent)
        self.jde.orchestrations.call(JOURNAL, sent)
        payment = document.facts["row"]["bill_payment"]
        made = self._seen(lambda: self.numbered([int(document.content["number"])]))
        own = [each for each in made if each.raw.bill_payment == payment and each.content["void"] == void]
        if len(own) != 1:
            raise OutcomeUnknown(f"{JOURNAL} was called, and there are {len(own)} entries of {payment}")
        after = self._seen(lambda: self._open(sent))
        closed = all(before[key] - after.get(key, ZERO) == amount for key, amount in _closing(sent).items())
        target: Target = own[0]
        return replace(target, raw=Entry(payment, closed))

    def _open(self, sent: Mapping[str, Any]) -> dict[tuple[Any, ...], Decimal]:
        """What is open of the pay items of a call, in the company's currency."""
        keys = {key[:3] for key in _closing(sent)}
        pages = self.jde.by_keys("F0411", VOUCHER_KEY, list(keys))
        rows = by((row for page in pages for row in page), *VOUCHER_KEY, "SFX")
        return {key: sum((row.get("AAP") or ZERO for row in own), ZERO) for key, own in rows.items()}

    def _seen(self, look: Callable[[], Any]) -> Any:
        try:
            return look()
        except SystemProblem as error:
            raise OutcomeUnknown(f"{JOURNAL} was called, and what came of it could not be read: {error}") from error


def _closing(sent: Mapping[str, Any]) -> dict[tuple[Any, ...], Decimal]:
    return {
        (row["DocumentCompany"], row["DocumentType"], row["DocumentNumber"], row["PayItem"]): row["ItemAmount"]
        for row in sent["PayItems"]
    }


def _name(item: Row) -> str:
    return f"{item['KCO']}/{item['DCT']}/{item['DOC']}/{item['SFX']}"


def _reference(number: int) -> str:
    return f"{number:08d}"


def _number(row: Row) -> int:
    return int(text(row.get("R2")) or 0)


def _key(id: str) -> tuple[str, str, int]:
    company, kind, number = id.split("/")
    return company, kind, int(number)


def _id(key: Sequence[Any]) -> str:
    return "/".join(str(part) for part in key)


def _of(row: Row) -> str:
    """The bill payment that a line is of; '' where it is none of ours."""
    remark = _REMARK.fullmatch(text(row.get("EXR")) or "")
    return remark[1] if remark and (text(row.get("R2")) or "").isdigit() else ""


def _targets(rows: Iterable[Row]) -> list[Target]:
    """One target a bill payment: its newest entry, void where each of its entries was taken back, by an entry of ours
    or by a clerk's lines."""
    documents = by([row for row in rows if text(row.get("LT")) == ACTUAL], *VOUCHER_KEY)
    payments: dict[str, dict[Any, Sequence[Row]]] = {}
    for key, lines in documents.items():
        remark = next(filter(None, map(_of, lines)), "")
        if remark:
            payments.setdefault(remark, {})[key] = sorted(lines, key=lambda line: (not _of(line), line["JELN"]))
    found = []
    for payment, entries in sorted(payments.items()):
        made = sorted(key for key, lines in entries.items() if not _back(lines[0]))
        if made:
            taken_back = len(entries) - len(made) + sum(map(nets_out, entries.values()))
            target = _target(payment, made[-1], entries[made[-1]], void=taken_back >= len(made))
            if len(made) - taken_back > 1:
                target = replace(target, raw=Entry(payment, others=tuple(_id(key) for key in made[:-1])))
            found.append(target)
    return found


def nets_out(lines: Sequence[Row]) -> bool:
    """Whether the lines of an entry come to nothing on each account: JD Edwards voids one by lines of the opposite sign
    under its own number (jde-ais section 15)."""
    sums: dict[Any, Decimal] = {}
    for line in lines:
        sums[line.get("AID")] = sums.get(line.get("AID"), ZERO) + (line.get("AA") or ZERO)
    return not any(sums.values())


def _back(row: Row) -> bool:
    return (text(row.get("EXR")) or "").endswith(TAKEN_BACK)


def _target(payment: str, key: tuple[str, str, int], lines: Sequence[Row], *, void: bool) -> Target:
    alias = "ACR" if any(line.get("ACR") for line in lines) else "AA"
    debits = [line.get(alias) or ZERO for line in lines if (line.get(alias) or ZERO) > 0]
    number = str(_number(lines[0]))
    content = {
        "number": number,
        "amount": amount_text(sum(debits, ZERO)),
        "currency": text(lines[0].get("CRCD")),
        "void": void,
    }
    return Target(_id(key), content, status="void" if void else "posted", label=number, raw=Entry(payment))
