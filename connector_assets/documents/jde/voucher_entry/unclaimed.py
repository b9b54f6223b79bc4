"""Vouchers that may be ours although the ledger does not know them: it was lost, or never learnt of their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from connector_assets.documents.jde.keys import Row, is_void
from connector_assets.documents.jde.voucher_entry.comparison import NUMBER, attempts_of, grouped, name_of, number_of
from connector_assets.documents.jde.voucher_entry.evidence import Shown, judge
from connector_assets.documents.jde.voucher_entry.origins import Found, pages, voucher_id
from connector_assets.documents.jde.voucher_entry.shown_origins import ShownOrigins
from connector_resources.jde import JdeClient
from connector_resources.jde.query import eq
from connector_resources.ledger.vouchers_made import Made


class UnclaimedOrigins(ShownOrigins):
    """Finds by mark, or by our user and what the voucher says. What is not certain is left to a person."""

    def __init__(self, *its: Any) -> None:
        super().__init__(*its)
        # whether the ledger knows of anything that was asked for
        self._tried = False

    def claim(
        self, jde: Any, wanted: Mapping[Any, Mapping[str, Any]], processed: Mapping[Any, int], *, by_user: bool
    ) -> Found:
        known = self._register.of(self.flow, [self.key(id) for id in wanted])
        names = {
            id: number_of(sent)
            for id, sent in wanted.items()
            if sent["supplier"] and sent["number"] and self.key(id) not in known
        }
        if not names:
            return Found()
        groups = grouped(self._reads(jde)(NUMBER, sorted(set(names.values()))))
        taken = self._taken(groups)
        free = {name: items for name, items in groups.items() if name not in taken}
        found = Found()
        kept: list[tuple[Made, Sequence[Row], bool]] = []
        for id, number in names.items():
            own = [items for items in free.values() if self._is(id, wanted[id], number, items, by_user)]
            own = sorted(own, key=lambda items: (not is_void(items), items[0]["DOC"]))
            for place, items in enumerate(own, max(len(own), processed.get(id, 0)) - len(own) + 1):
                origin, name = self._origin_of(items[0]), voucher_id(items[0])
                revision = origin[1] if origin is not None else place
                found.vouchers[name], found.of[name] = items, (id, revision)
                free.pop(name)
                if sum(not is_void(each) for each in own) < 2:
                    kept.append((Made(self.flow, self.key(id), revision, self._connection), items, False))
        self._keep(kept)
        return found

    def maybe_ours(self, wanted: Mapping[Any, Mapping[str, Any]], vouchers: Found) -> dict[str, Any]:
        known = self._register.of(self.flow, [self.key(id) for id in wanted])
        by_number = {number_of(sent): id for id, sent in wanted.items() if sent["supplier"] and sent["number"]}
        free = vouchers.vouchers.keys() - self._taken(vouchers.vouchers) - set(self.rules.not_ours)
        found = {}
        for name in sorted(free):
            items = vouchers.vouchers[name]
            id = by_number.get(name_of(items[0]))
            stood = {each for sent in attempts_of(known.get(self.key(id), ())) for each in sent["before"]}
            if id is None or name in stood or not self._says_of(wanted[id], items):
                continue
            if self._origin_of(items[0]) is not None or self._foreign(items[0]):
                continue
            if judge(Shown(self._bears_user(items[0])), self._proved(None), marked=self.rules.mark_in_remark) == "open":
                found[name] = id
        return found

    def _is(
        self, id: Any, sent: Mapping[str, Any], number: tuple[int, str], items: Sequence[Row], by_user: bool
    ) -> bool:
        """Whether a voucher of nothing known is of this document: of our mark, or of our user and as it says."""
        origin = self._origin_of(items[0])
        if origin is not None:
            return bool(origin[0] == id)
        if not self._proves(items[0], by_user=by_user) or name_of(items[0]) != number or self._foreign(items[0]):
            return False
        return self._says_of(sent, items)

    def unmatched(self) -> list[str]:
        # what was asked for since then is in the register
        if self._has_asked():
            return []
        return sorted(self._of_our_user(self.context.client("jde", JdeClient)))

    def unaccounted(self, rows: Sequence[Row]) -> set[str]:
        groups = {
            name: items
            for name, items in grouped(rows).items()
            if not is_void(items) and name not in self.rules.not_ours
        }
        if not groups:
            return set()
        known = self._taken(groups) | self.of_rows([row for items in groups.values() for row in items]).keys()
        return {name for name, items in groups.items() if name not in known and self._is_ours_alone(items[0])}

    def _is_ours_alone(self, head: Row) -> bool:
        """Whether our user made a voucher, for this flow or for none."""
        own = self._origin_of(head) is not None or not self._foreign(head)
        return own and self._by_us(head)

    def _proves(self, head: Row, *, by_user: bool) -> bool:
        """Whether a voucher of nothing known shows that we made it: by our user only where a person asks for that, and
        nobody else uses our login."""
        return by_user and self._by_us(head) and not self.rules.not_ours

    def _of_our_user(self, jde: Any) -> set[str]:
        """The vouchers in force that our user made and that are of no known document, of all that there are. TORG is in
        no index: asked once, of a ledger that knows of nothing that it asked for."""
        if self._has_asked():
            return set()
        groups = {name: items for name, items in grouped(self._by_user).items() if not is_void(items)}
        # that it says of what it is does not say that this is known, or is there any more
        known = self._taken(groups) | set(self.rules.not_ours)
        return {name for name, items in groups.items() if name not in known and self._is_ours_alone(items[0])}

    @cached_property
    def _by_user(self) -> list[Row]:
        return self._of_the_user()

    def _of_the_user(self) -> list[Row]:
        return pages(self.context.client("jde", JdeClient).browse("F0411", where=eq("TORG", self._user)))

    def _has_asked(self) -> bool:
        """Whether this ledger knows of anything that was asked for; it does not forget."""
        self._tried = self._tried or self._register.tried(self.flow)
        return self._tried
