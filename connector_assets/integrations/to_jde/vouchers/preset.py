"""Vouchers of ours by a document number that we give them, from a range that the site keeps for us (jde-ais 11.4).

Document number, type and company are the ledger's own primary key: JD Edwards refuses a second voucher of it. The
numbers are handed out by our ledger, each before it is asked for; after a loss of the ledger they go on above the
highest that F0411, F0411Z1 and F0911 have in the range. A number that somebody else has used is left to him.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import Any

from connector_assets.integrations.from_jde.keys import Row, text
from connector_assets.integrations.to_jde.vouchers.origins import pages
from connector_assets.integrations.to_jde.vouchers.traced import TracedOrigins
from connector_resources.jde.query import all_of, between, one_of
from connector_resources.ledger.vouchers_made import Made

TABLES = ("F0411", "F0411Z1", "F0911")


class PresetOrigins(TracedOrigins):
    """By a number of ours, and what else must agree."""

    def __init__(self, *its: Any) -> None:
        super().__init__(*its)
        self._handing_out = Lock()

    def reserve(self, id: Any, revision: int, row: Mapping[str, Any]) -> bool:
        with self._handing_out:
            own = self._reserved(id, revision)
            if own is not None and not self._used_by_others(own, row):
                return True
            while self._next <= self.rules.preset_last:
                number, self._next = self._next, self._next + 1
                if self._register.reserve(self.flow, self.key(id), revision, self._connection, str(number)):
                    return True
            return False

    def fields(self, id: Any, revision: int, row: Mapping[str, Any]) -> dict[str, Any]:
        number = self._reserved(id, revision)
        if number is None:
            raise AssertionError(f"{self.flow}: no document number was reserved for {id}")
        return {**super().fields(id, revision, row), "DocumentNumber": number, "DocumentCompany": row["company"]}

    def _reserved(self, id: Any, revision: int) -> int | None:
        made = self._register.of(self.flow, [self.key(id)]).get(self.key(id), ())
        return next((int(each.number) for each in made if each.revision == revision and each.number), None)

    def _used_by_others(self, number: int, row: Mapping[str, Any]) -> bool:
        """Whether a voucher bears a number of ours that is not of this supplier and invoice number."""
        rows = pages(self.bench.client("jde").browse("F0411", where=one_of("DOC", [number])))
        return any(each["AN8"] != row["an8"] or (text(each.get("VINV")) or "") != row["number"] for each in rows)

    @cached_property
    def _next(self) -> int:
        """The first number that was never used, as far as JD Edwards and our ledger know."""
        jde, used = self.bench.client("jde"), [self._register.highest(self._connection) or 0]
        first, last = self.rules.preset_first, self.rules.preset_last
        for table in TABLES:
            types = one_of("DCT", [*self.rules.preset_types]) if table == "F0911" else None
            found = jde.aggregate(table, [("MAX", "DOC")], where=all_of(between("DOC", first, last), types))
            used += [int(each["DOC_MAX"]) for each in found if each["DOC_MAX"] is not None]
        return max([first, *(each + 1 for each in used if first <= each <= last)])

    # -- whose is it -----------------------------------------------------------------------------------------------

    def _shows(self, items: Sequence[Row], one: Made) -> bool | None:
        numbers = {str(sent["document"]) for sent in one.attempts if sent.get("document")}
        if numbers:
            return str(items[0]["DOC"]) in numbers
        return super()._shows(items, one)

    def _proves(self, head: Row) -> bool:
        return self._in_range(head) or super()._proves(head)

    def _in_range(self, head: Row) -> bool:
        return bool(self.rules.preset_first <= head["DOC"] <= self.rules.preset_last)

    @cached_property
    def _by_user(self) -> list[Row]:
        jde, rules = self.bench.client("jde"), self.rules
        own = pages(jde.browse("F0411", where=between("DOC", rules.preset_first, rules.preset_last)))
        return [*self._of_the_user(), *(row for row in own if self._user_of(row) != self._user)]
