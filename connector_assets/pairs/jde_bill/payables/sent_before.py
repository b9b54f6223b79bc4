"""What BILL holds, or may hold, of a voucher: by the ledger's memory of the bills that were sent for its pay items."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector_assets.documents.jde.vouchers.handing_step import NAME as HAND_OVER
from connector_assets.documents.jde.vouchers.pay_items import voucher_of
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Document
from connector_assets.pairs.jde_bill.marker import keys_of
from connector_resources.ledger import Delivery, Intent, Ledger

# states of a document without a link that the target may have all the same, if a call for it was made
UNDERWAY = frozenset({"sending", "in_doubt"})


@dataclass(frozen=True, slots=True)
class Sent:
    """A bill of one voucher: the suffixes of the pay items that it covers, the number it bears, whether it is archived,
    so that nobody can pay it, and the most that it may be for."""

    covers: tuple[str, ...]
    number: str | None
    archived: bool
    total: Decimal


def sent_of(ledger: Ledger, flow: str, keys: Collection[str]) -> dict[str, dict[str, Sent]]:
    """Voucher key -> the first suffix of each of its bills -> that bill, for the pay items `keys`.

    One that was only handed over in JDE is no bill yet: of such a one nobody knows which pay items it will cover.
    """
    links = ledger.links.of(flow, keys)
    known = ledger.deliveries.load(flow, keys)
    underway = [key for key, each in known.items() if each.state in UNDERWAY and key not in links]
    unfinished = ledger.intents.unfinished(flow, [*links, *underway])
    intents = {key: [each for each in own if each.step != HAND_OVER] for key, own in unfinished.items()}
    underway = [key for key in underway if intents.get(key)]
    found: dict[str, dict[str, Sent]] = {}
    for key in (*links, *underway):
        one = _sent(key, known.get(key), intents.get(key, ()))
        found.setdefault(voucher_of(key), {})[_suffix(key)] = one
    return found


def vendors_named(ledger: Ledger, flow: str, documents: Sequence[Document]) -> dict[str, set[str]]:
    """Document key -> the vendor of its content, and those of all calls for it that may ever have taken effect."""
    named = ledger.intents.named(flow, [document.key for document in documents], "vendor")
    return {each.key: {each.content["vendor"], *named.get(each.key, ())} - {None} for each in documents}


def altered(
    context: RunContext,
    flow: str,
    entity: str,
    rows: Sequence[Mapping[str, Any]],
    terms: Callable[[Any], Mapping[str, Any]],
) -> dict[str, date | None]:
    """The documents of `flow` whose record in BILL (landed rows) somebody changed there in its `terms` since we last
    saw it, as by giving it to another vendor, each with the day of the change."""
    reader: Any = context.reader("bill")
    links = context.ledger.links.by_target(flow, entity, [row["id"] for row in rows])
    left = context.ledger.deliveries.load(flow, [link.source_key for link in links.values()])
    days: dict[str, date | None] = {}
    for row in rows:
        key = links[row["id"]].source_key if row["id"] in links else ""
        content = (left[key].content if key in left else None) or {}
        now = terms(reader.record(entity, row))
        if content and any(content.get(name) not in (None, sent_value) for name, sent_value in now.items()):
            days[key] = row[reader.day_column]
    return days


def foreign_records(context: RunContext, flow: str, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Pay item -> the record in BILL (landed rows) that names it in our marker, is in force, and is linked to none."""
    reader: Any = context.reader("bill")
    links = context.ledger.links.by_target(flow, entity, [row["id"] for row in rows])
    found: dict[str, str] = {}
    for row in rows:
        record = reader.record(entity, row)
        if row["id"] not in links and record.usable:
            found |= dict.fromkeys(keys_of(record.description), row["id"])
    return found


def _sent(key: str, known: Delivery | None, intents: Collection[Intent]) -> Sent:
    content = (known.content if known else None) or {}
    # a call of which nobody knows may have put its pay items there; what was there before may be there still
    covers = [*content.get("items", ()), *(each for one in intents for each in _sent_values(one).get("items", ()))]
    numbers = [content.get("number"), *(_sent_values(one).get("number") for one in intents)]
    return Sent(
        tuple(
            dict.fromkeys([_suffix(key), *(_suffix(each) for each in covers if voucher_of(each) == voucher_of(key))])
        ),
        next((str(each) for each in numbers if each), None),
        bool(content.get("void")),
        max(Decimal(each.get("total") or 0) for each in (content, *map(_sent_values, intents))),
    )


def _sent_values(intent: Intent) -> Mapping[str, Any]:
    sent: Mapping[str, Any] = intent.detail.get("sent") or {}
    return sent


def _suffix(key: str) -> str:
    return key.rpartition("/")[2]
