"""Where the seed's vouchers are entered: numbers, days and invoice numbers in order, and choices by the seeded RNG."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from ..reference import smallest, terms_days
from ..rows import Stamp, Voucher
from ..world import Row
from .chart import BASE_CURRENCY, EURO, HOME, Chart
from .parties import Parties, Party
from .vouchers import RATES, Cost, Document, write

DAYS = 30
_FIRST_DOCUMENT = 70_001
_MORNING = 8 * 3600
_LAST_SECOND = 24 * 3600 - 1


@dataclass(frozen=True, slots=True)
class Slot:
    """A document number and the moment it is entered."""

    number: int
    day: date
    second: int

    @property
    def stamp(self) -> Stamp:
        return Stamp.at(self.day, self.second)


class VoucherSeeder:
    """Enters vouchers. The slots are in order of number and day; which voucher gets which is drawn."""

    def __init__(self, rng: random.Random, size: int, today: date, chart: Chart, parties: Parties) -> None:
        self.rng = rng
        self.today = today
        self.chart = chart
        self.parties = parties
        self._slots = _slots(rng, size, today)
        rng.shuffle(self._slots)
        self._invoice = 10_000
        self._payment = 0

    def __len__(self) -> int:
        """How many slots are left."""
        return len(self._slots)

    def slot(self) -> Slot:
        """A slot of any day."""
        return self._slots.pop()

    def slots_of_two_days(self) -> tuple[Slot, Slot]:
        """Two slots, the second of a later day and number (of the same day only where all that are left are)."""
        first = self._slots.pop()
        place = next((place for place, other in enumerate(self._slots) if other.day != first.day), 0)
        earlier, later = sorted((first, self._slots.pop(place)), key=lambda slot: slot.number)
        return earlier, later

    def payment_number(self) -> int:
        """The next PYID."""
        self._payment += 1
        return self._payment

    def later(self, day: date) -> date:
        """A day after, but not after today."""
        return min(day + timedelta(days=self.rng.randrange(2, 9)), self.today)

    def stamp_of(self, day: date) -> Stamp:
        """An afternoon stamp of a day; of today, one of its first seconds, for nothing is stamped in the future."""
        return Stamp.at(day, 0 if day == self.today else 15 * 3600 + self.rng.randrange(7200))

    def invoice_number(self) -> str:
        """A supplier's invoice number that no other voucher has."""
        self._invoice += self.rng.randrange(1, 9)
        style = self.rng.choice(("{}", "INV-{}", "SI/26/{}", "INV {}", "{}A"))
        return style.format(self._invoice)

    def net(self, currency: str = "GBP", *, at_least: int = 1_500) -> Decimal:
        """An amount between about 15 and 20,000: many small ones, few big ones."""
        top = self.rng.choice((20_000, 60_000, 150_000, 400_000, 2_000_000))
        cents = self.rng.randrange(at_least, top)
        return Decimal(cents) if smallest(currency) == 1 else Decimal(cents).scaleb(-2)

    def costs(self, count: int, company: str = HOME, currency: str = "GBP", *, sign: int = 1) -> list[Cost]:
        """Lines on different plain accounts of a company."""
        accounts = self.rng.sample(self.chart.expense[company], count)
        return [Cost(account, sign * self.net(currency), str(account["DL01"])) for account in accounts]

    def cost(self, account: Row, *, subledger: str = "") -> Cost:
        """A line on this account."""
        return Cost(account, self.net(), str(account["DL01"]), subledger)

    def enter(
        self,
        *labels: str,
        party: Party | None = None,
        slot: Slot | None = None,
        kind: str = "PV",
        company: str = HOME,
        currency: str | None = None,
        costs: Sequence[Cost] | None = None,
        lines: int = 1,
        items: int = 1,
        tax_area: str = "",
        invoice: str | None = None,
    ) -> Document:
        """Enter a voucher: of a regular supplier, of a free slot, domestic, one line and one pay item unless told."""
        slot = slot or self.slot()
        base = BASE_CURRENCY[company]
        currency = currency or base
        if party is None:
            regular = company == HOME and currency == base
            party = self.rng.choice(self.parties.regular) if regular else self.parties.foreign(currency)
        invoiced = slot.day - timedelta(days=self.rng.randrange(1, 20))
        voucher = Voucher(
            company=company,
            kind=kind,
            number=slot.number,
            supplier=party.number,
            invoice=self.invoice_number() if invoice is None else invoice,
            currency=currency,
            base=base,
            posted=slot.day,
            invoiced=invoiced,
            due=invoiced + timedelta(days=terms_days(party.terms)),
            stamp=slot.stamp,
            rate=RATES[currency] if currency != base else Decimal(0),
            terms=party.terms,
            batch=9_000 + slot.number // 40,
        )
        if party.stamped:
            party.since = min(party.since or slot.day, slot.day)
        document = write(
            voucher, costs or self.costs(lines, company, currency), self.chart, tax_area=tax_area, items=items
        )
        document.labels.update(labels)
        return document

    def ordinary(self) -> Document:
        """A clean open voucher of any kind."""
        chance = self.rng.random()
        items = 1 if self.rng.random() < 0.85 else self.rng.choice((2, 2, 3))
        lines = self.rng.choice((1, 1, 1, 1, 1, 1, 2, 2, 3, 5))
        tax_area = self.rng.choice(("", "", "UKSTD", "UKSTD", "UKRED"))
        if chance < 0.05:
            return self.enter(currency=self.rng.choice(sorted(RATES)), lines=lines, items=items, tax_area=tax_area)
        if chance < 0.08:
            return self.enter(company=EURO, lines=lines, items=items)
        return self.enter(lines=lines, items=items, tax_area=tax_area)


def renumbered(slot: Slot, number: int) -> Slot:
    """The slot with the number of another document."""
    return replace(slot, number=number)


def _slots(rng: random.Random, size: int, today: date) -> list[Slot]:
    start = today - timedelta(days=DAYS - 1)
    on_day: Counter[date] = Counter()
    number, slots = _FIRST_DOCUMENT, []
    for place in range(size):
        day = start + timedelta(days=place * DAYS // size)
        on_day[day] += 1
        # Nothing is stamped later than now, whatever the time of the first run today.
        second = min(on_day[day] if day == today else _MORNING + 7 * on_day[day], _LAST_SECOND)
        slots.append(Slot(number, day, second))
        number += rng.randrange(1, 4)
    return slots
