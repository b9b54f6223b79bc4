"""Bank accounts of suppliers in JD Edwards (F0030, jde-ais section 3.6): compared, and never landed.

Rows become digests as they are read (`engine.bank_accounts`). F0030 has the accounts of all kinds of parties; those of
suppliers have type V. Data security may hide the table, or some of its columns. That is no failure: the accounts are
then not watched, and `ping` and the audit trail say so. If the table's count and latest change are the same as before,
it is not read; each sweep reads it in any case.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from connector_assets.documents.jde.currencies import is_foreign
from connector_assets.documents.jde.keys import text, voucher_key
from connector_assets.documents.jde.vouchers.pay_item_texts import ZERO, is_open
from connector_assets.engine.bank_accounts import Account, Open, account_of, report_changes, report_unwatched
from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import Flow, Source
from connector_resources.errors import LoginRefused, NotAllowed, Refused
from connector_resources.jde import JdeClient
from connector_resources.jde.query import eq, ne

TABLE = "F0030"
SUPPLIER = "V"
SIDE = "jde"
SYSTEM = "JD Edwards (F0030)"
# all that says where the money goes, and who entered it
_WHERE = ("TNST", "CBNK", "CHKD", "SWFT", "IBAN")
_COLUMNS = ("BKTP", "AN8", *_WHERE, "USER")
# not in every release of JD Edwards
_RECENT = "IBAN"
_OPEN = ("KCO", "DCT", "DOC", "SFX", "SFXE", "PYE", "AN8", "AAP", "FAP", "CRCD", "CRRM", "VOD")


class BankSettings(BaseModel):
    """What a site decides about the bank accounts of its suppliers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bank_accounts: Literal["watched", "off"] = Field(
        default="watched",
        description="whether a change of a supplier's bank account is reported while documents are open",
    )


def watched(settings: BankSettings) -> tuple[Source, ...]:
    """What a poll asks JD Edwards about."""
    return (Source("jde", TABLE, daily=False),) if settings.bank_accounts == "watched" else ()


def look(flow: Flow, parties: Mapping[int, str], column: str, *, whole: bool) -> list[str]:
    """Tell the suppliers (address number -> document key) of which an account in JD Edwards changed; `column` of F0411
    says which party a voucher pays. Returns the document keys of those of which an exception is reported."""
    context, name = flow.context, flow.full_name
    ledger = context.ledger
    mark = ledger.watermarks.get(name, TABLE)
    probe: dict[str, Any] = dict(mark.probe or {}) if mark is not None else {}
    known = ledger.bank_accounts.of(name, SIDE, list(parties.values()))
    stamp: dict[str, Any] = {}
    try:
        stamp = context.reader("jde").stamp(TABLE)
        everything = whole or mark is None or probe != stamp
        chosen = parties if everything else {number: key for number, key in parties.items() if key not in known}
        if not chosen and not everything:
            return []
        accounts = _accounts(context, None if everything else list(chosen))
        if everything and not accounts and any(each.accounts for each in known.values()):
            raise NotAllowed(f"{TABLE} shows no account of a supplier any more", fix="", connection="")
    except LoginRefused:
        raise
    except (NotAllowed, Refused) as problem:
        report_unwatched(flow, TABLE, context.today("jde"), stamp, str(problem))
        return []
    seen = {key: accounts.get(number, ()) for number, key in chosen.items()}
    numbers = {key: number for number, key in chosen.items()}

    def left(keys: Collection[str]) -> dict[str, Open]:
        found = open_in_jde(context, [numbers[key] for key in keys], column)
        return {parties[number]: each for number, each in found.items()}

    changed = report_changes(flow, SIDE, SYSTEM, seen, left)
    if everything:
        ledger.watermarks.advance(name, TABLE, context.today("jde"), probe=stamp, run=context.run, now=context.now())
    return changed


def open_in_jde(context: RunContext, numbers: Collection[int], column: str) -> dict[int, Open]:
    """Address number -> the vouchers that JD Edwards has open and that go to it by `column` (payee PYE, or
    supplier AN8), whoever pays them."""
    pages = context.client("jde", JdeClient).by_keys(
        "F0411", [column], [(number,) for number in sorted(numbers)], columns=_OPEN, where=ne("AAP", 0)
    )
    found: dict[int, Open] = {}
    vouchers: set[str] = set()
    for row in (row for page in pages for row in page if is_open(row)):
        own = found.setdefault(row[column], Open())
        amount = row.get("FAP" if is_foreign(row) else "AAP") or ZERO
        own.add(amount, text(row.get("CRCD")) or "", counts=voucher_key(row) not in vouchers)
        vouchers.add(voucher_key(row))
    return found


def notes(context: RunContext, settings: BankSettings, flow: str) -> list[str]:
    """What `ping` says where nobody watches F0030."""
    if settings.bank_accounts == "off":
        return [f"{flow}: bank accounts of suppliers in JD Edwards are not watched (bank_accounts: off)"]
    try:
        columns = _columns(context)
        pages = context.client("jde", JdeClient).browse(TABLE, columns=columns, where=eq("BKTP", SUPPLIER), page_size=1)
        shows = bool(next(pages, []))
    except LoginRefused:
        raise
    except (NotAllowed, Refused) as problem:
        return [
            f"{flow}: bank accounts of suppliers in JD Edwards are not watched: {problem}; let the user read {TABLE} "
            f"({', '.join(_COLUMNS)}), or set bank_accounts: off"
        ]
    none = "" if shows else f"; {TABLE} shows none to this user"
    if _RECENT not in columns:
        none += f"; it has no {_RECENT}, or the user may not see it"
    return [f"{flow}: bank accounts of suppliers in JD Edwards are watched{none}"]


def _accounts(context: RunContext, numbers: Collection[int] | None) -> dict[int, list[Account]]:
    """Address number -> accounts, of these suppliers or of all; nothing of a row is kept but its digest."""
    client, seal = context.client("jde", JdeClient), context.landing.seal
    where, columns = eq("BKTP", SUPPLIER), _columns(context)
    if numbers is None:
        pages = client.browse(TABLE, columns=columns, where=where)
    else:
        pages = client.by_keys(TABLE, ["AN8"], [(number,) for number in numbers], columns=columns, where=where)
    found: dict[int, list[Account]] = {}
    for row in (row for page in pages for row in page):
        parts = [text(row.get(name)) for name in _WHERE]
        account = account_of(seal, parts, text(row.get("CBNK")) or text(row.get("IBAN")), text(row.get("USER")) or "")
        found.setdefault(row["AN8"], []).append(account)
    return found


def _columns(context: RunContext) -> tuple[str, ...]:
    """What is asked for: all that the site's release has."""
    has = context.client("jde", JdeClient).has_column(TABLE, _RECENT)
    return tuple(each for each in _COLUMNS if has or each != _RECENT)
