"""Vouchers of JD Edwards: F0411 pay items summed, their distribution from F0911, their payments from F0413 and F0414.

One voucher is many rows: its pay items (F0411) share company KCO, type DCT and number DOC; its distribution (F0911) is
found by the same three; payments (F0414) name them too and hang on a payment header (F0413) by PYID. Whichever of the
four changed, the voucher is completed by its key (jde-ais section 3.6).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from connector_assets.delivery.flow import Assembly
from connector_assets.delivery.workbench import Reader
from connector_assets.integrations.from_jde.currencies import company_currencies, is_foreign, voucher_currency
from connector_assets.integrations.from_jde.distribution import DistributionRules, distribute
from connector_assets.integrations.from_jde.keys import (
    VOUCHER_KEY,
    Row,
    by,
    day_of,
    is_void,
    latest,
    text,
    voucher_key,
    voucher_parts,
)
from connector_assets.integrations.from_jde.line_accounts import ACCOUNT_COLUMNS, account_columns
from connector_assets.integrations.from_jde.payments import payments_of

ZERO = Decimal("0.00")
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
    "gap": "money",
    "pay_status": "str",
    "open_amount": "money",
    "settled": "bool",
    "settled_on": "date?",
    "void": "bool",
    "payments": "str",
    "twins": "str",
    "line_count": "int",
    "reference": "str?",
    "user_reference": "str?",
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


class VoucherRules(BaseModel):
    """What a site decides about its vouchers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    document_types: tuple[str, ...] = Field(
        default=("PV", "PR", "PM", "PD", "PL"),
        description="F0411.DCT values that are vouchers; others are ignored",
    )
    distribution: DistributionRules = DistributionRules()
    not_postable: tuple[str, ...] = Field(
        default=("I", "N", "M", "B"), description="posting edit codes (F0901.PEC) that refuse A/P postings"
    )


@dataclass(frozen=True)
class VoucherSources:
    """The rows that a set of vouchers is made of, by voucher key where they belong to one. `paid` are rows of F0414,
    `payments` those of F0413 by PYID."""

    items: dict[str, list[Row]]
    journal: dict[str, list[Row]]
    paid: dict[str, list[Row]]
    payments: dict[Any, Row]
    accounts: dict[str, Row]
    company_currency: dict[str, str]
    twins: dict[tuple[int, str, bool], list[str]]


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


def all_vouchers(reader: Reader, rules: VoucherRules) -> dict[str, date | None]:
    """Every voucher that the A/P ledger holds; documents of other types are none."""
    days: dict[str, date | None] = {}
    for rows in reader.all_rows("F0411", ["KCO", "DCT", "DOC", "SFX", "SFXE", "UPMJ"]):
        for key, day in _days([row for row in rows if row["DCT"] in rules.document_types], {}).items():
            days[key] = max(filter(None, (day, days.get(key))), default=None)
    return days


def assemble_vouchers(
    reader: Reader, keys: Mapping[str, date | None], rules: VoucherRules, told: range = range(0)
) -> Assembly:
    """One document per voucher among `keys` that has pay items, with its distribution as lines.

    Payments whose numbers are in `told` came from the target itself: it is not told of them again.

    Pay items of document types that are no vouchers are ignored by the rule `document_type`. Distribution and payment
    rows of a key without pay items (journal entries, batch headers) make no document.
    """
    sources, assembly = read_vouchers(reader, keys, rules, told)
    for key, rows in sources.items.items():
        document, lines = voucher_rows(key, keys.get(key), sources, rules)
        assembly.documents.append(document)
        assembly.lines += lines
        assembly.rows_in_documents += len(rows)
    return assembly


def read_vouchers(
    reader: Reader, keys: Collection[str], rules: VoucherRules, told: range = range(0)
) -> tuple[VoucherSources, Assembly]:
    """What these vouchers are made of, and an assembly without documents yet: how many pay items were read, and which
    of them belong to no voucher."""
    parts = [voucher_parts(key) for key in keys]
    wanted = [part for part in parts if part[1] in rules.document_types]
    found = reader.complete("F0411", VOUCHER_KEY, parts)
    ignored = [row for row in found if row["DCT"] not in rules.document_types]
    items = by([row for row in found if row["DCT"] in rules.document_types], *VOUCHER_KEY)
    sources = _read(reader, {voucher_key(rows[0]): rows for rows in items.values()}, wanted, told)
    return sources, Assembly(rows=len(found), ignored_rows=Counter({"document_type": len(ignored)} if ignored else {}))


def _read(
    reader: Reader, items: dict[str, list[Row]], wanted: Collection[tuple[str, str, int]], told: range
) -> VoucherSources:
    journal = reader.complete("F0911", VOUCHER_KEY, wanted)
    paid = reader.complete("F0414", VOUCHER_KEY, wanted)
    headers = reader.complete("F0413", ["PYID"], [(payment,) for payment in {row["PYID"] for row in paid}])
    aids = {aid for row in journal if (aid := text(row.get("AID")))}
    accounts = reader.complete("F0901", ["AID"], [(aid,) for aid in aids])
    return VoucherSources(
        items=items,
        journal={voucher_key(rows[0]): rows for rows in by(journal, *VOUCHER_KEY).values()},
        paid={voucher_key(rows[0]): rows for rows in by(paid, *VOUCHER_KEY).values()},
        payments={row["PYID"]: row for row in headers if row.get("DOCM") not in told},
        accounts={row["AID"]: row for row in accounts},
        company_currency=company_currencies(reader),
        twins=_twins(reader, items),
    )


def _twins(reader: Reader, items: Mapping[str, list[Row]]) -> dict[tuple[int, str, bool], list[str]]:
    """(supplier, invoice number, whether a credit) -> the vouchers of it that are in force, the lowest number first.

    Read from F0411 by AN8 and VINV, so that the answer does not depend on which partitions are in hand. A credit with
    the number of its invoice is no second invoice; a voided voucher does not count; document type NO is skipped as in
    JDE's own check (jde-ais section 6).
    """
    numbers = {(rows[0]["AN8"], vinv) for rows in items.values() if (vinv := text(rows[0].get("VINV")))}
    same = reader.complete("F0411", ["AN8", "VINV"], numbers)
    ranked: dict[tuple[int, str, bool], list[tuple[int, str]]] = {}
    for rows in by([row for row in same if row["DCT"] != "NO"], *VOUCHER_KEY).values():
        if not is_void(rows):
            ranked.setdefault(_number_of(rows), []).append((rows[0]["DOC"], voucher_key(rows[0])))
    return {name: [key for _, key in sorted(found)] for name, found in ranked.items()}


def _number_of(rows: Sequence[Row]) -> tuple[int, str, bool]:
    return rows[0]["AN8"], text(rows[0].get("VINV")) or "", _gross(rows, "AG") < 0


def voucher_rows(
    key: str, day: date | None, sources: VoucherSources, rules: VoucherRules
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A voucher's mapped row (COLUMNS) and the rows of its distribution (LINE_COLUMNS)."""
    rows = sources.items[key]
    head = min(rows, key=lambda row: (row["SFX"] or "", row.get("SFXE") or 0))
    foreign = is_foreign(head)
    gross = _gross(rows, "ACR" if foreign else "AG")
    tax = _gross(rows, "CTAM" if foreign else "STAM")
    lines = distribute(sources.journal.get(key, []), foreign=foreign, rules=rules.distribution)
    vinv, void = text(head.get("VINV")), is_void(rows)
    payments = payments_of(rows, sources.paid.get(key, []), sources.payments, foreign=foreign)
    settled = all(text(row.get("PST")) == "P" and not row.get("AAP") for row in rows)
    twins = sources.twins.get(_number_of(rows), []) if vinv and not void else []
    document = {
        "key": key,
        "day": day,
        "ignored": None,
        "amount": gross,
        "currency": voucher_currency(head, sources.company_currency),
        "company": head["KCO"],
        "doc_type": head["DCT"],
        "doc": head["DOC"],
        "supplier": head["AN8"],
        # who is paid: another one than the supplier where the voucher says so (a factor)
        "payee": head.get("PYE") or head["AN8"],
        "vinv": vinv,
        "invoice_date": head.get("DIVJ"),
        "due_date": head.get("DDJ"),
        "gl_date": head.get("DGJ"),
        "batch_date": head.get("DICJ"),
        "term": text(head.get("PTC")),
        "remark": text(head.get("RMK")),
        "purchase_order": text(head.get("PO")),
        "tax": tax,
        "tax_area": text(head.get("TXA1")),
        "gap": sum((line.amount for line in lines), ZERO) + tax - gross,
        "pay_status": _pay_status(rows),
        "open_amount": _gross(rows, "FAP" if foreign else "AAP"),
        "settled": settled,
        "settled_on": _settled_on(payments, rows) if settled else None,
        "void": void,
        "payments": json.dumps(payments),
        "twins": json.dumps(twins if len(twins) > 1 else []),
        "line_count": len(lines),
        "reference": text(head.get("VR01")),
        "user_reference": text(head.get("URRF")),
    }
    return document, [
        {"key": key, **line.as_row(), **account_columns(line.aid, sources.accounts, rules.not_postable)}
        for line in lines
    ]


def _gross(rows: Sequence[Row], column: str) -> Decimal:
    """The pay items of a voucher are summed."""
    return sum((row.get(column) or ZERO for row in rows), ZERO)


def _settled_on(payments: Sequence[Mapping[str, str]], rows: Sequence[Row]) -> date | None:
    """The day of the last payment; of a voucher that was settled without one, the last change of its pay items."""
    days = [date.fromisoformat(each["date"]) for each in payments if each["date"]]
    return max(days, default=None) or day_of(rows)


def _pay_status(rows: Sequence[Row]) -> str:
    """The pay statuses (PST) of the pay items, each once: 'A', or 'A,H' where they differ; '?' for a blank."""
    return ",".join(sorted({text(row.get("PST")) or "?" for row in rows}))
