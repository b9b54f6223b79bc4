"""Pay items of vouchers: the rows of F0411 one by one, for flows that pay item by item (jde-ais section 3.6).

A pay item is named by its suffix (SFX); its extensions (SFXE) belong to it. Its amounts are in the voucher's currency.
They are positive on the side that is asked for: what is owed for vouchers, what is owed to us for credits.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from connector_assets.documents.jde.accounts.of_lines import account_columns
from connector_assets.documents.jde.currencies import is_foreign
from connector_assets.documents.jde.keys import ORDER_KEY, Row, by, is_void, order_key, text, voucher_key
from connector_assets.documents.jde.orders.vouchers import order_of
from connector_assets.documents.jde.payments.reading import Elsewhere, discount_of, is_taken_back, paid_by, unproved
from connector_assets.documents.jde.vouchers import reading
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.engine.context import Reader
from connector_assets.engine.flow import Assembly
from connector_assets.engine.money import amount_text

ZERO = Decimal("0.00")
# 1: what we owe, -1: what is owed to us
Side = Literal[1, -1]
Selectable = Callable[[Row], bool]

COLUMNS = {**reading.COLUMNS, "suffix": "str", "items": "str"}
LINE_COLUMNS = reading.LINE_COLUMNS
# the number of a line that is on an account of the site's, not of the voucher; those of the distribution begin with 1
OWN_LINE = 0


@dataclass(frozen=True)
class Paid:
    """One payment of a pay item: PYID, when, how much, what was taken as discount. `elsewhere`: it was made in another
    system, which told JDE of it."""

    id: int
    date: date | None
    amount: Decimal
    discount: Decimal
    void: bool
    elsewhere: bool


@dataclass(frozen=True)
class PayItem:
    """One pay item. `open` is what is left of `gross`; `payee` is who is paid (0: its extensions name several); `order`
    is the key of the purchase order that it is for; `card` whether it is paid by card, by its payment instrument;
    `selectable` whether JDE's own payment run would pay it, as whoever asked for it sees it; `unproved` what of it is
    closed without a payment that stands."""

    suffix: str
    gross: Decimal
    open: Decimal
    status: str
    due: date | None
    void: bool
    payee: int
    order: str | None
    payments: tuple[Paid, ...] = ()
    selectable: bool = False
    card: bool = False
    unproved: Decimal = ZERO

    @property
    def payable(self) -> bool:
        """Whether anything of it is left to be paid."""
        return bool(self.open) and not self.void


def item_key(voucher: str, suffix: str) -> str:
    """The document key of a pay item: `F0411:00100/PV/778812/001`."""
    return f"{voucher}/{suffix}"


def voucher_of(key: str) -> str:
    """The key of the voucher, of a pay item's or a voucher's own."""
    return key.rpartition("/")[0] if key.count("/") == 3 else key


def all_pay_items(
    reader: Reader, rules: reading.VoucherRules, side: Side, open_: set[str] | None = None
) -> dict[str, date | None]:
    """Every pay item of this side that the A/P ledger holds, with its day of change. Those of which something is left
    are put into `open_`."""
    days: dict[str, date | None] = {}
    sums: dict[str, Decimal] = {}
    for rows in reader.all_rows("F0411", ["KCO", "DCT", "DOC", "SFX", "SFXE", "DCTA", "AG", "AAP", "UPMJ"]):
        for row in without_audit_rows(rows):
            if row["DCT"] in rules.document_types:
                key = item_key(voucher_key(row), row["SFX"])
                if open_ is not None and row.get("AAP"):
                    open_.add(key)
                sums[key] = sums.get(key, ZERO) + (row.get("AG") or ZERO)
                days[key] = max(filter(None, (days.get(key), row.get("UPMJ"))), default=None)
    return {key: day for key, day in days.items() if sums[key] * side >= 0}


def assemble_pay_items(
    reader: Reader,
    keys: Mapping[str, date | None],
    rules: reading.VoucherRules,
    side: Side,
    elsewhere: Elsewhere,
    tax_account: str | None = None,
    selectable: Selectable = lambda row: False,
    prepayment_account: str | None = None,
) -> Assembly:
    """One document per pay item of this side, of the vouchers that `keys` (of pay items, or of vouchers) name: all pay
    items of a voucher, for what becomes of one depends on the others. `items` are those of this side as JSON.

    Of each document the whole distribution of its voucher is the lines; with `tax_account` (F0901.AID) the tax is a
    line on that account, and a prepayment, which has no distribution, a line on `prepayment_account`. Pay items of
    the other side are ignored by the rule `other_side`; one of zero may have been either. `elsewhere` says of a row
    of F0413 whether that payment was made in another system, `selectable` of one of F0411 whether JDE's own payment
    run would pay it.
    """
    days: dict[str, date | None] = {}
    for key, day in keys.items():
        found = days.get(voucher_of(key))
        days[voucher_of(key)] = max(filter(None, (day, found)), default=None)
    sources, assembly = reading.read_vouchers(reader, list(days), rules)
    details = [row for rows in sources.paid.values() for row in rows]
    foreign = elsewhere(list(sources.payments.values()), details)
    named = [each for each in (tax_account, prepayment_account) if each]
    own_accounts = {row["AID"]: row for row in reader.complete("F0901", ["AID"], [(each,) for each in named])}
    for key, rows in sources.items.items():
        head, lines = reading.voucher_rows(key, days.get(key), sources, rules)
        items = _items(rows, sources.paid.get(key, []), sources.payments, side, foreign, selectable, rules)
        own = {item.suffix for item in items}
        entered = sources.entered[key]
        other = sum(row["SFX"] not in own for row in entered)
        assembly.ignored_rows += Counter({"other_side": other} if other else {})
        assembly.rows_in_documents += len(entered) - other
        if tax_account and head["tax"]:
            lines.append(_account_line(key, "Tax", head["tax"], tax_account, own_accounts, rules.not_postable))
        if prepayment_account and head["prepayment"]:
            # as proportions: the line is the whole of either pay item
            whole = Decimal(side)
            lines = [_account_line(key, "Prepayment", whole, prepayment_account, own_accounts, rules.not_postable)]
            head |= {"prepayment": False, "line_count": 1, "gap": ZERO, "tax_unproved": None, "tax": ZERO}
        as_text = json.dumps([_as_json(item) for item in items])
        for item in items:
            name = item_key(key, item.suffix)
            assembly.documents.append(
                {**head, "key": name, "suffix": item.suffix, "items": as_text, "amount": item.open}
            )
            assembly.lines += [
                {**line, "key": name, "line_amount": line["line_amount"] * side}
                for line in sorted(lines, key=lambda each: each["line"])
            ]
    return assembly


def items_of(as_text: str) -> list[PayItem]:
    """The pay items of a mapped row's column `items`, by suffix."""
    return [
        PayItem(
            suffix=each["suffix"],
            gross=Decimal(each["gross"]),
            open=Decimal(each["open"]),
            status=each["status"],
            due=_day(each["due"]),
            void=each["void"],
            payee=each["payee"],
            order=each["order"],
            payments=tuple(
                Paid(
                    paid["id"],
                    _day(paid["date"]),
                    Decimal(paid["amount"]),
                    Decimal(paid["discount"]),
                    paid["void"],
                    paid["elsewhere"],
                )
                for paid in each["payments"]
            ),
            selectable=each["selectable"],
            card=each["card"],
            unproved=Decimal(each["unproved"]),
        )
        for each in json.loads(as_text)
    ]


def _items(
    rows: Sequence[Row],
    details: Sequence[Row],
    headers: Mapping[Any, Row],
    side: Side,
    elsewhere: Collection[Any],
    selectable: Selectable,
    rules: reading.VoucherRules,
) -> list[PayItem]:
    found = []
    for suffix, own in sorted(by(rows, "SFX").items()):
        foreign = is_foreign(own[0])
        gross = _sum(own, "ACR" if foreign else "AG") * side
        if gross < 0:
            continue
        # a part that is settled says nothing of what is left
        left = [row for row in own if row.get("AAP")] or own
        first = left[0]
        paid = [row for row in details if row["SFX"] == suffix and row["PYID"] in headers]
        found.append(
            PayItem(
                suffix=suffix,
                gross=gross,
                open=_sum(own, "FAP" if foreign else "AAP") * side,
                status=",".join(sorted({text(row.get("PST")) or "?" for row in left})),
                due=first.get("DDJ"),
                void=is_void(own),
                payee=reading.payee_of(left),
                order=_order(first),
                selectable=any(map(selectable, own)),
                card=reading.is_by_card(left, rules),
                payments=tuple(_paid(own, paid, headers, side, elsewhere)),
                unproved=ZERO if is_void(own) else unproved(own, paid, headers, foreign=foreign) * side,
            )
        )
    return found


def _paid(
    items: Sequence[Row],
    details: Sequence[Row],
    headers: Mapping[Any, Row],
    side: Side,
    elsewhere: Collection[Any],
) -> list[Paid]:
    foreign = is_foreign(items[0])
    lines = by(details, "PYID")
    sums = paid_by(items, details, foreign=foreign)
    return [
        Paid(
            id=payment,
            date=headers[payment].get("DMTJ"),
            amount=sums[payment] * side,
            discount=_discount(items, lines[payment], foreign=foreign, elsewhere=payment in elsewhere),
            void=is_taken_back(headers[payment], lines[payment]),
            elsewhere=payment in elsewhere,
        )
        for payment in sorted(sums)
    ]


def _discount(items: Sequence[Row], lines: Sequence[Row], *, foreign: bool, elsewhere: bool) -> Decimal:
    """What was taken as discount. Of a foreign voucher F0414 shows it in the company's currency only; what a payment of
    another system took is all that the pay item shows (F0411.CDSA)."""
    taken = discount_of(lines)
    if not foreign:
        return taken
    return _sum(items, "CDSA") if elsewhere and taken else ZERO


def _account_line(
    key: str,
    description: str,
    amount: Decimal,
    aid: str,
    accounts: Mapping[str, Row],
    not_postable: Collection[str],
) -> dict[str, Any]:
    """A line on an account of the site's (F0901.AID), of what is in no line of the voucher."""
    found = account_columns(aid, accounts, not_postable)
    parts = (found["unit"], found["object"], found["subsidiary"])
    return {
        "key": key,
        "line": OWN_LINE,
        "aid": aid,
        "account": ".".join(part for part in parts if part) or aid,
        "subledger": None,
        "line_amount": amount,
        "description": description,
        **found,
    }


def _order(row: Row) -> str | None:
    """The key of the order that a pay item is for, with its suffix: `F4301:00100/OP/100234/000`."""
    order = order_of(row)
    if order is None:
        return None
    name = order_key(dict(zip(ORDER_KEY, order, strict=True)))
    return f"{name}/{text(row.get('SFXO')) or '000'}"


def _sum(rows: Sequence[Row], column: str) -> Decimal:
    return sum((row.get(column) or ZERO for row in rows), ZERO)


def _as_json(item: PayItem) -> dict[str, Any]:
    return {
        "suffix": item.suffix,
        "gross": amount_text(item.gross),
        "open": amount_text(item.open),
        "status": item.status,
        "due": item.due.isoformat() if item.due else None,
        "void": item.void,
        "payee": item.payee,
        "order": item.order,
        "selectable": item.selectable,
        "card": item.card,
        "unproved": amount_text(item.unproved),
        "payments": [
            {
                "id": paid.id,
                "date": paid.date.isoformat() if paid.date else None,
                "amount": amount_text(paid.amount),
                "discount": amount_text(paid.discount),
                "void": paid.void,
                "elsewhere": paid.elsewhere,
            }
            for paid in item.payments
        ],
    }


def _day(as_text: str | None) -> date | None:
    return date.fromisoformat(as_text) if as_text else None
