"""Vouchers of JD Edwards: F0411 pay items summed, their distribution from F0911, their payments from F0413 and F0414.

One voucher is many rows. Its pay items (F0411) share company KCO, type DCT and number DOC; its distribution (F0911) is
found by the same three; payments (F0414) name them too, and belong to a payment header (F0413) by PYID. Whichever of
the four changed, the whole voucher is read by its key (jde-ais section 3.6).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import Field

from connector_assets.documents.jde.accounts.of_lines import ACCOUNT_COLUMNS, account_columns
from connector_assets.documents.jde.currencies import company_currencies, is_foreign, voucher_currency
from connector_assets.documents.jde.keys import (
    VOUCHER_KEY,
    Row,
    by,
    day_of,
    is_settled,
    is_void,
    latest,
    standing,
    text,
    voucher_key,
    voucher_parts,
)
from connector_assets.documents.jde.payments.reading import Elsewhere, nowhere, payments_of, unproved
from connector_assets.documents.jde.vouchers.distribution import DistributionRules, distribute, fitted
from connector_assets.documents.jde.vouchers.posting import COLUMNS as POSTING_COLUMNS
from connector_assets.documents.jde.vouchers.posting import PostingRules, posting_columns, without_audit_rows
from connector_assets.documents.jde.vouchers.taxes import Taxed, TaxRule, taxed
from connector_assets.documents.jde.vouchers.withholding import COLUMNS as WITHHOLDING_COLUMNS
from connector_assets.documents.jde.vouchers.withholding import withheld_of
from connector_assets.engine.context import Reader
from connector_assets.engine.flow import Assembly
from connector_assets.engine.money import Units, amount_text

ZERO = Decimal("0.00")
# F0411.RP1 of the pay items of a prepayment (jde-ais sections 3.6 and 15)
PREPAYMENT = "1"
# F0411.RP3 of a logged voucher whose amount went from its suspense account to its own
REDISTRIBUTED = "R"
TABLES = ("F0411", "F0911", "F0413", "F0414")

COLUMNS = {
    "company": "str",
    "doc_type": "str",
    "doc": "int",
    "supplier": "int",
    "payee": "int",
    "vinv": "str?",
    "invoice_date": "date?",
    "due_date": "date?",
    "gl_date": "date?",
    "batch_date": "date?",
    "term": "str?",
    "remark": "str?",
    "purchase_order": "str?",
    "tax": "money",
    "tax_area": "str?",
    "tax_unproved": "str?",
    "prepayment": "bool",
    "card": "bool",
    **WITHHOLDING_COLUMNS,
    "gap": "money",
    "pay_status": "str",
    "open_amount": "money",
    "settled": "bool",
    "settled_on": "date?",
    # in words what is closed of it without a payment
    "unproved": "str?",
    "void": "bool",
    "payments": "str",
    "twins": "str",
    "line_count": "int",
    "reference": "str?",
    "user_reference": "str?",
    "entered_by": "str?",
    **POSTING_COLUMNS,
}
# when a voucher came, where nothing says when it was changed: the latest of when it was entered, posted and invoiced
DATED_BY = ("batch_date", "gl_date", "invoice_date")
LINE_COLUMNS = {
    "line": "int",
    "aid": "str?",
    "account": "str",
    "subledger": "str?",
    "line_amount": "money",
    "description": "str?",
    **ACCOUNT_COLUMNS,
}


class VoucherRules(PostingRules):
    """What a site decides about its vouchers."""

    document_types: tuple[str, ...] = Field(
        default=("PV", "PR", "PM", "PD", "PL"),
        description="F0411.DCT values that are vouchers; others are ignored",
    )
    distribution: DistributionRules = DistributionRules()
    tax_rules: dict[str, TaxRule] = Field(
        default={},
        description="F0411.EXR1 -> beside_lines (as V), in_lines (as S) or self_assessed (as U); others: as sums prove",
    )
    card_instruments: tuple[str, ...] = Field(
        default=(), description="F0411.PYIN of what is paid by card: not payable where the target pays"
    )
    not_postable: tuple[str, ...] = Field(
        default=("I", "N", "M", "B"), description="posting edit codes (F0901.PEC) that refuse A/P postings"
    )


@dataclass(frozen=True)
class VoucherSources:
    """The rows that a set of vouchers is made of, by voucher key where they belong to one. `items` are pay items,
    `entered` these with the audit rows of their changes; `paid` are rows of F0414, `headers` those of F0413 by PYID,
    and `payments` those of them that the target did not make itself."""

    items: dict[str, list[Row]]
    entered: dict[str, list[Row]]
    journal: dict[str, list[Row]]
    paid: dict[str, list[Row]]
    headers: dict[Any, Row]
    payments: dict[Any, Row]
    accounts: dict[str, Row]
    company_currency: dict[str, str]
    duplicates: dict[tuple[int, str, bool], list[str]]
    units: Units


def changed_vouchers(
    reader: Reader, entity: str, rows: Sequence[Row], rules: VoucherRules, start: date
) -> dict[str, date | None]:
    """The vouchers that rows of one of the four tables touch. A payment header names none: its details do.

    A voucher that was voided frees its invoice number, so the others of that number are touched too. The account
    ledger also holds the lines of other documents; pay items of other types are let through, to be counted. What is of
    before `start`, the start date, is not of now because another voucher was voided: it comes without a day.
    """
    if entity == "F0411":
        return _days(rows, {}) | _freed(reader, rows, start)
    if entity == "F0413":
        header_days = {row["PYID"]: row.get("UPMJ") for row in rows}
        details = reader.complete("F0414", ["PYID"], [(payment,) for payment in header_days])
        return _days(details, header_days)
    return _days([row for row in rows if row["DCT"] in rules.document_types], {})


def _freed(reader: Reader, rows: Sequence[Row], start: date) -> dict[str, date | None]:
    """The other vouchers of the numbers that voided ones among `rows` bore, each with the day of the void."""
    days: dict[tuple[int, str], date | None] = {}
    for row in rows:
        if is_void([row]) and (vinv := text(row.get("VINV"))):
            days[row["AN8"], vinv] = row.get("UPMJ")
    own = {voucher_key(row) for row in rows}
    freed: dict[str, date | None] = {}
    for items in by(reader.complete("F0411", ["AN8", "VINV"], list(days)), *VOUCHER_KEY).values():
        changed, head = day_of(items), items[0]
        if (key := voucher_key(head)) not in own:
            is_old = changed is not None and changed < start
            freed[key] = None if is_old else days[head["AN8"], text(head["VINV"]) or ""]
    return freed


def _days(rows: Sequence[Row], header_days: Mapping[Any, date | None]) -> dict[str, date | None]:
    days: dict[str, date | None] = {}
    for row in rows:
        key = voucher_key(row)
        stamped = {"UPMJ": header_days[row["PYID"]]} if header_days else row
        days[key] = latest(days, key, stamped)
    return days


def all_vouchers(reader: Reader, rules: VoucherRules, open_: set[str] | None = None) -> dict[str, date | None]:
    """Every voucher that the A/P ledger holds; documents of other types are none. Those of which something is left to
    be paid are put into `open_`."""
    days: dict[str, date | None] = {}
    for rows in reader.all_rows("F0411", ["KCO", "DCT", "DOC", "SFX", "SFXE", "AAP", "UPMJ"]):
        if open_ is not None:
            open_ |= {voucher_key(row) for row in rows if row.get("AAP")}
        for key, day in _days([row for row in rows if row["DCT"] in rules.document_types], {}).items():
            days[key] = max(filter(None, (day, days.get(key))), default=None)
    return days


def assemble_vouchers(
    reader: Reader, keys: Mapping[str, date | None], rules: VoucherRules, told: Elsewhere = nowhere
) -> Assembly:
    """One document per voucher among `keys` that has pay items, with its distribution as lines.

    Payments that are `told` came from the target itself: it is not told of them again.

    Pay items of document types that are no vouchers are ignored by the rule `document_type`. Distribution and payment
    rows of a key without pay items (journal entries, batch headers) make no document.
    """
    sources, assembly = read_vouchers(reader, keys, rules, told)
    for key, entered in sources.entered.items():
        document, lines = voucher_rows(key, keys.get(key), sources, rules)
        assembly.documents.append(document)
        assembly.lines += lines
        assembly.rows_in_documents += len(entered)
    return assembly


def read_vouchers(
    reader: Reader, keys: Collection[str], rules: VoucherRules, told: Elsewhere = nowhere
) -> tuple[VoucherSources, Assembly]:
    """What these vouchers are made of, and an assembly without documents yet: how many pay items were read, and which
    of them belong to no voucher."""
    parts = [voucher_parts(key) for key in keys]
    wanted = [part for part in parts if part[1] in rules.document_types]
    found = reader.complete("F0411", VOUCHER_KEY, parts)
    ignored: Counter[str] = Counter()
    entered: dict[str, list[Row]] = {}
    for rows in by(found, *VOUCHER_KEY).values():
        if rows[0]["DCT"] not in rules.document_types:
            ignored["document_type"] += len(rows)
        elif without_audit_rows(rows):
            entered[voucher_key(rows[0])] = rows
        else:
            ignored["audit_row"] += len(rows)
    return _read(reader, entered, wanted, told), Assembly(rows=len(found), ignored_rows=ignored)


def _read(
    reader: Reader, entered: dict[str, list[Row]], wanted: Collection[tuple[str, str, int]], told: Elsewhere
) -> VoucherSources:
    items = {key: without_audit_rows(rows) for key, rows in entered.items()}
    journal = reader.complete("F0911", VOUCHER_KEY, wanted)
    paid = reader.complete("F0414", VOUCHER_KEY, wanted)
    headers = reader.complete("F0413", ["PYID"], [(payment,) for payment in {row["PYID"] for row in paid}])
    own = told(headers, paid) if headers else ()
    aids = {aid for row in journal if (aid := text(row.get("AID")))}
    accounts = reader.complete("F0901", ["AID"], [(aid,) for aid in aids])
    return VoucherSources(
        items=items,
        entered=entered,
        journal={voucher_key(rows[0]): rows for rows in by(journal, *VOUCHER_KEY).values()},
        paid={voucher_key(rows[0]): rows for rows in by(paid, *VOUCHER_KEY).values()},
        headers={row["PYID"]: row for row in headers},
        payments={row["PYID"]: row for row in headers if row["PYID"] not in own},
        accounts={row["AID"]: row for row in accounts},
        company_currency=company_currencies(reader),
        duplicates=_duplicates(reader, items),
        units=Units(reader.decimals),
    )


def unproved_words(amount: Decimal, currency: str | None) -> str | None:
    """In words what of a voucher or pay item was closed without a payment: `70.00 GBP`; None where nothing was."""
    return f"{amount_text(amount)} {currency or ''}".strip() if amount else None


def _duplicates(reader: Reader, items: Mapping[str, list[Row]]) -> dict[tuple[int, str, bool], list[str]]:
    """(supplier, invoice number, whether a credit) -> the vouchers of it that are in force, the lowest number first.

    Read from F0411 by AN8 and VINV, so that the answer does not depend on which partitions are in hand. A credit with
    the number of its invoice is no second invoice; a voided voucher does not count; document type NO is skipped as in
    JDE's own check (jde-ais section 6).
    """
    numbers = {(rows[0]["AN8"], vinv) for rows in items.values() if (vinv := text(rows[0].get("VINV")))}
    same = reader.complete("F0411", ["AN8", "VINV"], numbers)
    ranked: dict[tuple[int, str, bool], list[tuple[int, str]]] = {}
    for rows in by([row for row in without_audit_rows(same) if row["DCT"] != "NO"], *VOUCHER_KEY).values():
        if not is_void(rows):
            ranked.setdefault(_number_of(rows), []).append((rows[0]["DOC"], voucher_key(rows[0])))
    return {name: [key for _, key in sorted(found)] for name, found in ranked.items()}


def _number_of(rows: Sequence[Row]) -> tuple[int, str, bool]:
    return rows[0]["AN8"], text(rows[0].get("VINV")) or "", _gross(rows, "AG") < 0


def voucher_rows(
    key: str, day: date | None, sources: VoucherSources, rules: VoucherRules
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A voucher's mapped row (COLUMNS) and the rows of its distribution (LINE_COLUMNS)."""
    void = is_void(sources.items[key])
    rows = standing(sources.items[key])
    head = min(rows, key=lambda row: (row["SFX"] or "", row.get("SFXE") or 0))
    foreign = is_foreign(head)
    gross = _gross(rows, "ACR" if foreign else "AG")
    moved = text(head.get("RP3")) == REDISTRIBUTED
    journal = sources.journal.get(key, [])
    lines = distribute(journal, foreign=foreign, rules=rules.distribution, void=void, moved=moved)
    spent = sum((line.amount for line in lines), ZERO)
    tax = taxed(rows, spent, rules.tax_rules, foreign=foreign)
    if void and not gross:
        # a void may clear the gross amount and leave its lines (jde-ais section 15): nothing is held for that
        tax = Taxed(ZERO, ZERO)
    currency = voucher_currency(head, sources.company_currency)
    if spent and not (tax.gap or tax.unproved):
        # use tax that a site has in its lines is nobody's but the state's
        lines = fitted(lines, gross - tax.tax, sources.units.of(currency))
    vinv = text(head.get("VINV"))
    payments = payments_of(rows, sources.paid.get(key, []), sources.payments, foreign=foreign)
    settled = is_settled(rows)
    closed = ZERO if void else unproved(rows, sources.paid.get(key, []), sources.headers, foreign=foreign)
    duplicates = sources.duplicates.get(_number_of(rows), []) if vinv and not void else []
    document = {
        "key": key,
        "day": day,
        "ignored": None,
        "amount": gross,
        "currency": currency,
        "company": head["KCO"],
        "doc_type": head["DCT"],
        "doc": head["DOC"],
        "supplier": head["AN8"],
        # who is paid: another one than the supplier where the voucher says so (a factor); 0 where it names several
        "payee": payee_of([row for row in rows if row.get("AAP")] or rows),
        "vinv": vinv,
        "invoice_date": head.get("DIVJ"),
        "due_date": head.get("DDJ"),
        "gl_date": head.get("DGJ"),
        "batch_date": head.get("DICJ"),
        "term": text(head.get("PTC")),
        "remark": text(head.get("RMK")),
        "purchase_order": text(head.get("PO")),
        "tax": tax.tax,
        "tax_area": text(head.get("TXA1")),
        "tax_unproved": tax.unproved,
        "prepayment": _is_prepayment(rows),
        "card": is_by_card([row for row in rows if row.get("AAP")], rules),
        "withheld": None if void else withheld_of(rows, currency),
        "subject": None,
        "gap": tax.gap,
        "pay_status": _pay_status(rows),
        "open_amount": _gross(rows, "FAP" if foreign else "AAP"),
        "settled": settled,
        "settled_on": _settled_on(payments, rows) if settled else None,
        "unproved": unproved_words(closed, currency) if settled else None,
        "void": void,
        "payments": json.dumps(payments),
        "twins": json.dumps(duplicates if len(duplicates) > 1 else []),
        "line_count": len(lines),
        "reference": text(head.get("VR01")),
        "user_reference": text(head.get("URRF")),
        "entered_by": text(head.get("TORG")),
        **posting_columns(sources.entered[key], rules),
    }
    return document, [
        {"key": key, **line.as_row(), **account_columns(line.aid, sources.accounts, rules.not_postable)}
        for line in lines
    ]


def distribution_state(row: Mapping[str, Any]) -> str:
    """How the distribution of a mapped voucher agrees with it: `missing`, `unproved` (it fits no rule for its tax
    code), `prepayment` (the two pay items of one make nothing that a distribution could be of), `differs` or
    `agrees`."""
    if row["prepayment"]:
        return "prepayment"
    if not row["line_count"]:
        return "missing"
    if row["tax_unproved"]:
        return "unproved"
    return "differs" if row["gap"] else "agrees"


def _is_prepayment(rows: Sequence[Row]) -> bool:
    """Whether a voucher is a prepayment: a pay item to be paid now, and one that takes as much off a later invoice,
    both marked (jde-ais section 15). The mark alone is a category code, which a site may use for something else."""
    gross = [row.get("AG") or ZERO for row in rows if text(row.get("RP1")) == PREPAYMENT]
    return any(each > 0 for each in gross) and any(each < 0 for each in gross)


def payee_of(rows: Sequence[Row]) -> int:
    """Who is paid by these rows of F0411: the supplier, where they name nobody; 0 where they name several."""
    payees = {int(row.get("PYE") or row["AN8"]) for row in rows}
    return payees.pop() if len(payees) == 1 else 0


def _gross(rows: Sequence[Row], column: str) -> Decimal:
    """The pay items of a voucher are summed."""
    return sum((row.get(column) or ZERO for row in rows), ZERO)


def _settled_on(payments: Sequence[Mapping[str, str]], rows: Sequence[Row]) -> date | None:
    """The day of the last payment; of a voucher that was settled without one, the last change of its pay items."""
    days = [date.fromisoformat(each["date"]) for each in payments if each["date"]]
    return max(days, default=None) or day_of(rows)


def is_by_card(rows: Sequence[Row], rules: VoucherRules) -> bool:
    """Whether one of these pay items is paid by card, by its payment instrument."""
    return any((text(row.get("PYIN")) or "") in rules.card_instruments for row in rows)


def _pay_status(rows: Sequence[Row]) -> str:
    """The pay statuses (PST) of the pay items, each once: 'A', or 'A,H' where they differ; '?' for a blank."""
    return ",".join(sorted({text(row.get("PST")) or "?" for row in rows}))
