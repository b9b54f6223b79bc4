"""The address book of the seed: suppliers of every kind, employees and customers, addresses, phones, e-mail."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from ..reference import MAPPED_TERMS, UNKNOWN_TERMS
from ..rows import Stamp, address, address_book, e_address, phone, supplier
from ..world import Tables
from .chart import HOME
from .words import FIRST, FORMS, STREETS, STRIKING, TOWNS, TRADES

_FIRST_NUMBER = 4_001
_LONG_AGO = date(2019, 4, 1)
_TERMS = ("N30", "N30", "N30", "N14", "N60", "")
_SEVEN = 7 * 3600


@dataclass
class Party:
    """One address-book number."""

    number: int
    name: str
    since: date | None = None
    """UPMJ of its rows: the day of its first voucher; None where only a sweep finds it."""
    kind: str = "V"
    payables: str = "Y"
    terms: str = "N30"
    currency: str = "GBP"
    hold: str = ""
    master: bool = True
    """Whether F0401 has it."""
    tax_id: str = ""
    country: str = "GB"
    addressed: bool = True
    reachable: bool = False
    """Whether it has phones and e-mail."""
    moves: bool = False
    """Whether it has an earlier and a future address, too."""
    moved_on: date | None = None
    """UPMJ of its address, where that changed after everything else."""
    stamped: bool = True


@dataclass
class Parties:
    """All parties; any voucher may be of a `regular` one; `special` has those of each label."""

    everyone: list[Party] = field(default_factory=list)
    regular: list[Party] = field(default_factory=list)
    special: dict[str, list[Party]] = field(default_factory=dict)

    def foreign(self, currency: str) -> Party:
        """The supplier that invoices in a currency."""
        return next(party for party in self.special["supplier_foreign"] if party.currency == currency)

    def labels(self) -> dict[str, list[str]]:
        """Label -> address numbers, as text."""
        found = {label: [str(party.number) for party in parties] for label, parties in self.special.items()}
        suppliers = [party for party in self.everyone if party.kind == "V" and party.master]
        found["supplier_tax_id"] = [str(party.number) for party in suppliers if party.tax_id]
        found["supplier_phones_and_e_mails"] = [str(party.number) for party in suppliers if party.reachable]
        found["supplier_several_addresses"] = [str(party.number) for party in suppliers if party.moves]
        found["supplier_name_not_ascii"] = [str(party.number) for party in suppliers if not party.name.isascii()]
        return found


def make_parties(rng: random.Random, size: int, end: date) -> Parties:
    """About size/5 regular suppliers (12 to 4,000), and those that the cases need."""
    parties = Parties()
    names = _names(rng)
    for place in range(min(max(size // 5, len(STRIKING)), 4000)):
        party = Party(
            _next(parties),
            STRIKING[place] if place < len(STRIKING) else next(names),
            terms=rng.choice(_TERMS),
            tax_id=f"GB{rng.randrange(10**8, 10**9)}" if rng.random() < 0.7 else "",
            reachable=rng.random() < 0.6,
            moves=place % 9 == 4,
        )
        parties.everyone.append(party)
        parties.regular.append(party)
    for label, party in _specials(parties, names, end):
        parties.everyone.append(party)
        parties.special.setdefault(label, []).append(party)
    return parties


def _next(parties: Parties) -> int:
    return _FIRST_NUMBER + 7 * len(parties.everyone)


def _names(rng: random.Random) -> Iterator[str]:
    """Names that differ from each other, in more than case."""
    count = len(FIRST) * len(TRADES) * len(FORMS)
    for place in rng.sample(range(count), count):
        rest, form = divmod(place, len(FORMS))
        first, trade = divmod(rest, len(TRADES))
        name = f"{FIRST[first]} {TRADES[trade]} {FORMS[form]}"
        if len(name) <= 40:
            yield name


def _specials(parties: Parties, names: Iterator[str], end: date) -> Iterator[tuple[str, Party]]:
    """Label and party, one at a time: each takes the next number."""

    def party(name: str | None = None) -> Party:
        return Party(_next(parties), name or next(names))

    for _ in range(2):
        yield "supplier_name_shared_by_two", party("Sharrow Vale Catering Co-op")
    for _ in range(3):
        yield "supplier_name_shared_by_three", party("Bannerdale Support Services")
    for name in ("Endcliffe Print Works Ltd", "ENDCLIFFE PRINT WORKS LTD"):
        yield "supplier_name_differing_by_case", party(name)
    for currency, country, name in (
        ("EUR", "DE", "Grünwald Anlagenbau GmbH"),
        ("USD", "US", "Hudson Valley Instruments Inc."),
        ("JPY", "JP", "Kitazawa Seiki K.K."),
    ):
        foreign = party(name)
        foreign.currency, foreign.country, foreign.tax_id = currency, country, f"{country}{foreign.number}77123"
        yield "supplier_foreign", foreign
    changes: tuple[tuple[str, dict[str, Any]], ...] = (
        ("supplier_without_address", {"addressed": False}),
        ("supplier_address_changed_later", {"moved_on": end}),
        ("supplier_unstamped", {"stamped": False}),
        ("supplier_unstamped", {"stamped": False}),
        ("supplier_on_hold", {"hold": "Y"}),
        ("supplier_inactive", {"payables": "N"}),
        ("supplier_terms_mapped", {"terms": MAPPED_TERMS}),
        ("supplier_terms_unknown", {"terms": UNKNOWN_TERMS}),
        ("supplier_not_in_supplier_master", {"master": False}),
        ("employee_in_supplier_master", {"kind": "E"}),
        ("customer_in_supplier_master", {"kind": "C", "payables": "N"}),
        ("employee", {"kind": "E", "master": False}),
        ("customer", {"kind": "C", "master": False, "payables": "N"}),
    )
    for label, values in changes:
        yield label, replace(party("Jo O'Malley-Żak" if label == "employee" else None), **values)


def party_tables(rng: random.Random, parties: Parties, start: date, today: date) -> Tables:
    """F0101, F0401, F0116, F0115 and F01151. A party without a voucher is stamped with the first day."""
    tables: Tables = {"F0101": [], "F0401": [], "F0116": [], "F0115": [], "F01151": []}
    for party in parties.everyone:
        since = (party.since or start) if party.stamped else None
        # At seven in the morning; but of today, only midnight is sure to have passed.
        stamp = Stamp.at(since, 0 if since == today else _SEVEN)
        tables["F0101"].append(
            address_book(party.number, party.name, stamp, kind=party.kind, payables=party.payables, tax_id=party.tax_id)
        )
        if party.master:
            tables["F0401"].append(
                supplier(
                    party.number,
                    stamp,
                    company=HOME,
                    currency=party.currency,
                    terms=party.terms,
                    hold=party.hold,
                    tax="UKSTD" if party.tax_id and party.country == "GB" else "",
                )
            )
        if party.addressed:
            _add_addresses(rng, tables, party, stamp)
        if party.reachable:
            _add_contacts(rng, tables, party, stamp)
    return tables


def _add_addresses(rng: random.Random, tables: Tables, party: Party, stamp: Stamp) -> None:
    today = stamp.day or _LONG_AGO
    since = [_LONG_AGO]
    if party.moves:
        # One that has ended, the one in force, and one that is entered ahead: only the second is right today.
        since = [_LONG_AGO, today - timedelta(days=200), today + timedelta(days=120)]
    if party.moved_on:
        stamp = Stamp.at(party.moved_on, 0)
    for day in since:
        town, area = rng.choice(TOWNS)
        tables["F0116"].append(
            address(
                party.number,
                day,
                f"{rng.randrange(1, 250)} {rng.choice(STREETS)}",
                town,
                f"{area}{rng.randrange(1, 20)} {rng.randrange(1, 10)}{rng.choice('ABDEFGH')}{rng.choice('JLNPQR')}",
                party.country,
                stamp,
                more="Unit 3 – Riverside" if party.number % 5 == 0 else "",
            )
        )


def _add_contacts(rng: random.Random, tables: Tables, party: Party, stamp: Stamp) -> None:
    # Telephone numbers and hosts are of the ranges that are kept free for made-up ones.
    host = f"s{party.number}.example"
    tables["F0115"] += [
        phone(party.number, 1, "", "0114", f"496 0{rng.randrange(100, 999)}", stamp),
        phone(party.number, 2, "FAX", "0114", f"496 0{rng.randrange(100, 999)}", stamp),
    ]
    tables["F01151"] += [
        e_address(party.number, 1, "E", f"accounts@{host}", stamp),
        e_address(party.number, 2, "I", f"https://www.{host}", stamp),
    ]
