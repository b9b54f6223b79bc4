"""Payment holds of suppliers (F0401.HDPY, jde-ais section 3.6): if another system pays, nobody else enforces them.

Supplier and payee of a voucher count alike. It is not established which values of HDPY are a hold: every value is one,
except those that a site lists as none. F0401 changes without any row of F0411, so a changed hold is traced to the open
vouchers of that party that the ledger knows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from connector_assets.documents.jde.keys import Row, text
from connector_assets.engine.context import Reader, RunContext
from connector_resources.jde import JdeClient
from connector_resources.jde.query import ne
from connector_resources.ledger import Delivery

TABLE = "F0401"
COLUMNS = {"on_hold": "str?"}


@dataclass(frozen=True, slots=True)
class Owed:
    """Documents that are owed to somebody: rows of `table`, which has indexes that begin with the `parties`; without
    amount in the column `left` nothing of one is."""

    table: str
    parties: tuple[str, ...]
    key: tuple[str, ...]
    left: str | None = None


# jde-ais section 16
VOUCHERS = Owed("F0411", ("AN8", "PYE"), ("KCO", "DCT", "DOC", "SFX", "SFXE"), "AAP")
ORDERS = Owed("F4301", ("AN8",), ("KCOO", "DCTO", "DOCO", "SFXO"))


class HoldRules(BaseModel):
    """What a site decides about payment holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    no_hold_values: tuple[str, ...] = Field(
        default=("N", "0"), description="values of F0401.HDPY, beside blank, that are no payment hold; all others are"
    )


def is_held(row: Row, rules: HoldRules) -> bool:
    """Whether a supplier (a row of F0401) is on payment hold."""
    value = text(row.get("HDPY"))
    return value is not None and value not in rules.no_hold_values


def holds_of(reader: Reader, rows: Sequence[Mapping[str, Any]], rules: HoldRules) -> list[str | None]:
    """Of each mapped voucher its supplier and payee as far as they are on payment hold, in words; None where neither
    is."""
    parties = {row[name] for row in rows for name in ("supplier", "payee")}
    masters = reader.complete(TABLE, ["AN8"], [(party,) for party in sorted(parties)])
    held = {row["AN8"] for row in masters if is_held(row, rules)}
    return [", ".join(str(each) for each in sorted({row["supplier"], row["payee"]} & held)) or None for row in rows]


def touched_by_holds(
    context: RunContext,
    flow: str,
    rows: Sequence[Row],
    rules: HoldRules,
    key_of: Callable[[Row], str],
    owed: Owed = VOUCHERS,
) -> dict[str, date | None]:
    """The documents that a change of these suppliers is news for: what is in the target of one who is on hold, and what
    is held or was withdrawn of one who is not. `key_of` is the document key of a row of `owed`. Each comes with the day
    of the change; what was changed before the start date is not of now because of it, and comes without one."""
    changed = {row["AN8"]: row for row in rows}
    found: dict[str, tuple[Row, Row]] = {}
    for column in owed.parties:
        pages = context.client("jde", JdeClient).by_keys(
            owed.table,
            [column],
            [(party,) for party in sorted(changed)],
            columns=(*owed.key, *owed.parties, "UPMJ"),
            where=ne(owed.left, 0) if owed.left else None,
        )
        for item in (item for page in pages for item in page):
            key = key_of(item)
            master = changed[item[column]]
            if key not in found or is_held(master, rules):
                found[key] = (item, master)
    known = _known(context, flow, found)
    return {
        key: None if item.get("UPMJ") is not None and item["UPMJ"] < context.start_date else master.get("UPMJ")
        for key, (item, master) in found.items()
        if _is_news(known.get(key), held=is_held(master, rules))
    }


def _known(context: RunContext, flow: str, keys: Collection[str]) -> dict[str, Delivery]:
    return context.ledger.deliveries.load(flow, keys) if keys else {}


def _is_news(known: Delivery | None, *, held: bool) -> bool:
    if known is None:
        return False
    if known.state in ("held", "conflict"):
        return True
    withdrawn = bool((known.content or {}).get("void"))
    return known.target_id is not None and withdrawn != held
