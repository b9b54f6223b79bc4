"""Vouchers of ours by a document number that we give them, from a range that the site keeps for us (jde-ais 11.4).

Document number, type and company are the primary key of F0411: JD Edwards refuses a second voucher with it. Our ledger
gives each number out once, before the voucher is asked for. A ledger that knows no number of the range continues above
the highest in F0411, F0411Z1 and F0911. A number that somebody else has used is skipped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from threading import Lock
from typing import Any

from connector_assets.documents.jde.keys import Row, text
from connector_assets.documents.jde.voucher_entry.evidence import Shown
from connector_assets.documents.jde.voucher_entry.number_ranges import ahead_of_next_numbers, left, strange
from connector_assets.documents.jde.voucher_entry.origins import NOTHING, Found, Origin, pages
from connector_assets.documents.jde.voucher_entry.without_mark import TracedOrigins
from connector_resources.jde import JdeClient
from connector_resources.jde.query import all_of, between, one_of
from connector_resources.ledger.vouchers_made import Made

# numbers that are looked up by one question, ahead of their use
AT_A_TIME = 50
HELD = ("DOC", "DCT", "KCO", "AN8", "VINV")


class PresetOrigins(TracedOrigins):
    """By a number of ours, and what else must agree."""

    INPUTS = ("DocumentNumber", "DocumentCompany")

    def __init__(self, *its: Any) -> None:
        super().__init__(*its)
        self._handing_out = Lock()
        # (document key, revision) -> its number, of documents that this run has looked at
        self._given: dict[tuple[str, int], int] = {}
        # number -> the pay items that bear it, as this run has read them
        self._bearers: dict[int, list[Row]] = {}

    # -- handing out -----------------------------------------------------------------------------------------------

    def current(self, jde: Any, ids: Collection[Any], processed: Mapping[Origin, Row] = NOTHING) -> Found:
        found = super().current(jde, ids, processed)
        with self._handing_out:
            self._remember([self.key(id) for id in ids])
        return found

    def reserve(self, id: Any, revision: int, row: Mapping[str, Any]) -> bool:
        key = self.key(id)
        with self._handing_out:
            own = self._number(id, revision)
            for number in chain([] if own is None else [own], self._fresh()):
                if self._is_free(number, row, own=number == own) and (
                    number == own or self._register.reserve(self.flow, key, revision, self._connection, str(number))
                ):
                    self._given[key, revision] = number
                    return True
            return False

    def fields(self, id: Any, revision: int, row: Mapping[str, Any]) -> dict[str, Any]:
        number = self._number(id, revision)
        if number is None:
            raise AssertionError(f"{self.flow}: no document number was reserved for {id}")
        return {**super().fields(id, revision, row), "DocumentNumber": number, "DocumentCompany": row["company"]}

    def _number(self, id: Any, revision: int) -> int | None:
        key = self.key(id)
        if (key, revision) not in self._given:
            self._remember([key])
        return self._given.get((key, revision))

    def _remember(self, keys: Sequence[str]) -> None:
        """What numbers these documents were given; of those without a voucher yet it is looked up who bears them."""
        made = [each for own in self._register.of(self.flow, keys).values() for each in own if each.number]
        self._given |= {(each.key, each.revision): int(each.number) for each in made}
        self._look_up([int(each.number) for each in made if not each.found])

    def _fresh(self) -> Iterator[int]:
        """The numbers that nobody was given, as far as our ledger knows, or JD Edwards where it knows of none."""
        while self._next <= self.rules.preset_last:
            number, self._next = self._next, self._next + 1
            yield number

    def _is_free(self, number: int, row: Mapping[str, Any], *, own: bool) -> bool:
        """Whether no voucher bears this number under the document's type and company; one of the document's own
        number may be its own voucher, of which the answer was lost."""
        if number not in self._bearers:
            self._look_up(range(number, min(number + (1 if own else AT_A_TIME), self.rules.preset_last + 1)))
        kind = self.rules.credit_type if row["amount"] < 0 else self.rules.document_type
        bearers = [
            each for each in self._bearers[number] if text(each["DCT"]) == kind and text(each["KCO"]) == row["company"]
        ]
        return all(
            own and each["AN8"] == row["an8"] and (text(each["VINV"]) or "") == row["number"] for each in bearers
        )

    def _look_up(self, numbers: Collection[int]) -> None:
        asked = [each for each in numbers if each not in self._bearers]
        if not asked:
            return
        rows = self.context.client("jde", JdeClient).by_keys(
            "F0411", ["DOC"], [(each,) for each in asked], columns=HELD
        )
        self._bearers |= {each: [] for each in asked}
        for row in pages(rows):
            self._bearers[row["DOC"]].append(row)

    @cached_property
    def _next(self) -> int:
        """The first number that was never given. What waits in the batch files may be of a ledger that is lost, or was
        put back from a copy; F0411 and F0911 tell where no ledger does, since a number that somebody typed there would
        else end the range."""
        first, last = self.rules.preset_first, self.rules.preset_last
        highest: int | None = self._register.highest(self._connection, first, last)
        tables = ("F0411Z1",) if highest is not None else ("F0411Z1", "F0411", "F0911")
        used = [each for each in (highest, *map(self._highest, tables)) if each is not None]
        return max([first, *(each + 1 for each in used)])

    def _highest(self, table: str) -> int | None:
        rules = self.rules
        # the primary key of F0911 begins with the type
        types = one_of("DCT", [*rules.document_types]) if table == "F0911" else None
        where = all_of(between("DOC", rules.preset_first, rules.preset_last), types)
        found = self.context.client("jde", JdeClient).aggregate(table, [("MAX", "DOC")], where=where)
        return next((int(each["DOC_MAX"]) for each in found if each["DOC_MAX"] is not None), None)

    # -- for ping --------------------------------------------------------------------------------------------------

    def startup_problems(self) -> list[str]:
        jde, rules = self.context.client("jde", JdeClient), self.rules
        found = (
            strange(jde, rules, lambda names: {*self._taken(names), *rules.not_ours}),
            ahead_of_next_numbers(jde, rules),
            left(rules, self._next)[0],
        )
        return [each for each in found if each]

    def startup_notes(self) -> list[str]:
        return [*super().startup_notes(), *(each for each in left(self.rules, self._next)[1:] if each)]

    # -- whose is it -----------------------------------------------------------------------------------------------

    def _shown(self, items: Sequence[Row], one: Made, row: Row | None) -> Shown:
        shown = super()._shown(items, one, row)
        numbers = {str(sent["document"]) for sent in one.attempts if sent.get("document")}
        return replace(shown, number=str(items[0]["DOC"]) in numbers) if numbers else shown

    def _proves(self, head: Row, *, by_user: bool) -> bool:
        return self.rules.is_preset(head) or super()._proves(head, by_user=by_user)

    def _by_us(self, head: Row) -> bool:
        return self.rules.is_preset(head) or super()._by_us(head)

    @cached_property
    def _by_user(self) -> list[Row]:
        where = between("DOC", self.rules.preset_first, self.rules.preset_last)
        own = pages(self.context.client("jde", JdeClient).browse("F0411", where=where))
        return [*self._of_the_user(), *(row for row in own if self._user_of(row) != self._user)]
