"""Vouchers of ours without a mark, recognised by what JD Edwards carries through in any case (jde-ais section 11.4).

The ledger remembers what was asked for, and which voucher it became. If no answer gave a voucher's number, the voucher
is looked for by supplier and invoice number. It is the one that was asked for only if amount, date, currency and
document type agree, it did not exist before the call, and the evidence agrees (`evidence`). While no voucher of ours
has shown which signs survive, only one is asked for; the next follows when that one is recognised.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, is_void, voucher_parts
from connector_assets.documents.jde.voucher_entry.comparison import (
    BATCH_ADD,
    NUMBER,
    SAYS,
    acts_of,
    agrees,
    attempts_of,
    grouped,
    name_of,
    number_of,
)
from connector_assets.documents.jde.voucher_entry.evidence import Candidate, Proved, choose, is_proved, several
from connector_assets.documents.jde.voucher_entry.origins import NOTHING, Found, Origin, Read, marked, voucher_id
from connector_assets.documents.jde.voucher_entry.unclaimed import UnclaimedOrigins
from connector_resources.jde import JdeClient
from connector_resources.ledger import Link
from connector_resources.ledger.vouchers_made import Made

REMARK_LENGTH = 30
# what became of documents whose voucher may still come, or is there and not known yet
UNDER_WAY = frozenset({"sending", "in_doubt", "settled"})
# of those that a person has to decide so many are let be before the others wait for him
FIRST_FEW = 3
UNPROVED = "no voucher of ours has shown yet by what it is known: one goes first, and the others when it is known"


class TracedOrigins(UnclaimedOrigins):
    """By supplier and invoice number, with what else must agree, or by a number that we gave it."""

    def __init__(self, *its: Any) -> None:
        super().__init__(*its)
        # what this run has asked for
        self._asked: dict[Origin, Made] = {}
        # orchestration -> the document that goes first in this run, where no voucher of it has shown anything yet
        self._firsts: dict[str, str] = {}

    # -- what is known ---------------------------------------------------------------------------------------------

    def of_rows(self, rows: Sequence[Row]) -> dict[str, Origin]:
        groups = grouped(rows)
        found: dict[str, Origin] = {}
        register = self._register.found(self._connection, groups)
        links = self._links.by_target(self.flow, "F0411", list(groups))
        made = self._register.of(self.flow, [link.source_key for link in links.values()])
        for name, items in groups.items():
            head, link = items[0], links.get(name)
            if (kept := register.get(name)) is not None:
                if kept.flow == self.flow:
                    found[name] = self.id(kept.key), kept.revision
            elif link is not None:
                found[name] = self._linked(link, made.get(link.source_key, ()), head)
            elif (origin := self._origin_of(head)) is not None:
                found[name] = origin
        return found

    def perhaps(self, rows: Sequence[Row]) -> set[str]:
        groups, waiting = grouped(rows), self._register.waiting(self.flow)
        return {name for name, items in groups.items() if self._asked_for(items, waiting) is not None}

    def find(self, read: Read, ids: Collection[Any]) -> Found:
        return self._find(read, ids, None)

    def current(self, jde: Any, ids: Collection[Any], processed: Mapping[Origin, Row] = NOTHING) -> Found:
        return self._find(self._reads(jde), ids, processed)

    def all(self, jde: Any) -> Found:
        found = self.current(jde, self.ids(jde))
        self._add_duplicates(found, self._reads(jde))
        return found

    def _add_duplicates(self, found: Found, read: Read) -> None:
        """A second voucher of a call, such as one that the network repeated: it says the same, and shows that it is
        ours. Nothing asks for it, since the first one is known; it is reported with it."""
        made = self._register.of(self.flow, [self.key(id) for id, _ in found.of.values()])
        asked = [each for own in made.values() for each in own if each.found and each.attempts]
        names = {number_of(sent) for sent in attempts_of(asked)}
        groups = grouped(read(NUMBER, sorted(names)) if names else [])
        taken = self._taken(groups) | found.of.keys()
        for name, items in groups.items():
            if name in taken or is_void(items) or name in self.rules.not_ours:
                continue
            for one in asked:
                if self._fits(items, one, whole=True) and self._verdict(items, one, self._proved(one)) == "ours":
                    found.vouchers[name], found.of[name] = items, (self.id(one.key), one.revision)
                    break

    def ids(self, jde: Any) -> set[Any]:
        keys = {link.source_key for link in self._links.all(flow=self.flow)} | set(self._register.keys(self.flow))
        return {self.id(key) for key in keys}

    def any(self, jde: Any) -> bool:
        return bool(self.ids(jde)) or bool(self._of_our_user(jde))

    def fields(self, id: Any, revision: int, row: Mapping[str, Any]) -> dict[str, Any]:
        if not self.rules.mark_in_remark:
            return {}
        return {"Remark": f"{self.rules.mark(id, revision)} {row['remark'] or ''}"[:REMARK_LENGTH].rstrip()}

    # -- what was asked for ----------------------------------------------------------------------------------------

    def attempt(self, id: Any, revision: int, act: str, body: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        sent = {name: content[name] for name in ("supplier", "number", "amount", "date", "currency")}
        sent |= {"type": body["DocumentType"], "mark": self.rules.mark(id, revision) if self._marks(body) else ""}
        sent |= {"document": body.get("DocumentNumber"), "by": act}
        standing = grouped(self._reads(self.context.client("jde", JdeClient))(NUMBER, [number_of(sent)]))
        sent["before"] = sorted(standing)
        self._asked[id, revision] = self._register.attempt(self.flow, self.key(id), revision, self._connection, sent)
        self._tried = True

    def recognised(self, id: Any, revision: int, items: Sequence[Row]) -> None:
        if self._register.found(self._connection, [voucher_id(items[0])]):
            return
        made = {each.revision: each for each in self._register.of(self.flow, [self.key(id)]).get(self.key(id), ())}
        one = made.get(revision) or Made(self.flow, self.key(id), revision, self._connection)
        self._keep([(one, items, True)])

    def waits(self, id: Any, revision: int, rows: Sequence[Row]) -> None:
        # a ledger that was lost does not know what was asked for; a clerk may have given the rows another number
        number = int(rows[0].get("DOC") or 0) or None
        asked = [each for each in self._register.of(self.flow, [self.key(id)]).get(self.key(id), ()) if each.attempts]
        if any(each.revision == revision and number in (None, _document_of(each)) for each in asked):
            return
        said = self._says(rows)
        standing = grouped(self._reads(self.context.client("jde", JdeClient))(NUMBER, [number_of(said)]))
        # the run may be over by now: what may be of these rows did not stand there before
        before = [name for name, items in standing.items() if not (self._by_us(items[0]) or self._origin_of(items[0]))]
        sent = {**said, "mark": self.rules.mark(id, revision) if self._origin_of(rows[0]) else "", "document": number}
        sent["by"] = BATCH_ADD
        one = self._register.attempt(
            self.flow, self.key(id), revision, self._connection, sent | {"before": sorted(before)}, by_us=False
        )
        self._asked[id, revision] = one

    def newest_made(self, id: Any) -> int:
        made = self._register.of(self.flow, [self.key(id)]).get(self.key(id), ())
        return max((each.revision for each in made if each.found), default=0)

    def answered(self, id: Any, revision: int, items: Sequence[Row]) -> bool:
        name, key = voucher_id(items[0]), self.key(id)
        if (kept := self._register.found(self._connection, [name]).get(name)) is not None:
            return (kept.flow, kept.key, kept.revision) == (self.flow, key, revision)
        one = self._asked[id, revision]
        # an answer may be that of another call: JDE may have come to another total, and to nothing else
        fits = any(agrees(sent, self._says(items), SAYS) and name not in sent["before"] for sent in one.attempts)
        # it is JD Edwards' word: what other vouchers have shown does not count against it
        if not fits or self._verdict(items, one, Proved()) == "not_ours":
            return False
        self._keep([(one, items, True)])
        return True

    # -- finding ---------------------------------------------------------------------------------------------------

    def _find(self, read: Read, ids: Collection[Any], processed: Mapping[Origin, Row] | None) -> Found:
        """`processed` are the batch rows of which a voucher was made; None where they were not asked."""
        keys = {self.key(id): id for id in ids}
        made, links = self._register.of(self.flow, list(keys)), self._links.of(self.flow, list(keys))
        known = {each.found for own in made.values() for each in own if each.found}
        known |= {link.target_id for link in links.values() if not link.target_id.startswith("Z/")}
        asked = [each for own in made.values() for each in own if not each.found]
        groups = grouped(read(VOUCHER_KEY, [voucher_parts(name) for name in sorted(known)]) if known else [])
        names = {number_of(sent) for sent in attempts_of(asked)}
        groups |= grouped(read(NUMBER, sorted(names)) if names else [])
        found = Found()
        for key, own in made.items():
            found.of |= {each.found: (keys[key], each.revision) for each in own if each.found in groups}
        kept: list[tuple[Made, Sequence[Row], bool]] = []
        for key, link in links.items():
            if link.target_id in groups and link.target_id not in found.of:
                items = groups[link.target_id]
                origin = found.of[link.target_id] = self._linked(link, made.get(key, ()), items[0])
                own_made = [each for each in made.get(key, ()) if each.revision == origin[1] and not each.found]
                kept += [(each, items, False) for each in own_made]
        settled = {(each.key, each.revision) for each, _, _ in kept}
        taken = self._taken(groups) if asked else set()
        for one in sorted(asked, key=lambda each: (each.key, each.revision)):
            origin = keys[one.key], one.revision
            if (one.key, one.revision) in settled:
                continue
            free = {name: items for name, items in groups.items() if name not in taken | found.of.keys()}
            row = processed.get(origin) if processed is not None else None
            names_of_one = self._recognise(one, free, row)
            found.of |= dict.fromkeys(names_of_one, origin)
            if len(names_of_one) == 1:
                [name] = names_of_one
                kept.append((one, groups[name], self._tells(groups[name], one, row)))
        self._keep(kept)
        found.of |= self._of_old(read, keys, made, links, groups)
        found.vouchers = {name: groups[name] for name in found.of}
        return found

    def _of_old(
        self,
        read: Read,
        keys: Mapping[str, Any],
        made: Mapping[str, Any],
        links: Mapping[str, Link],
        groups: dict[str, list[Row]],
    ) -> dict[str, Origin]:
        """What was made, or may have been, while vouchers were known by their mark is still found by it."""
        called = self.context.ledger.intents.named(
            self.flow, [key for key in keys if key not in made], self.rules.SOURCE
        )
        linked = {key for key, link in links.items() if key not in made and link.origin != "set"}
        old = marked(read, self.rules, [keys[key] for key in called.keys() | linked]) if called or linked else Found()
        groups |= old.vouchers
        return old.of

    def _recognise(self, one: Made, free: Mapping[str, Sequence[Row]], row: Row | None) -> list[str]:
        """The voucher that was asked for, among those of nothing known; `row` is its batch row, once that was
        processed. Several where all of them are ours: one request was delivered twice."""
        numbers = {number_of(sent) for sent in one.attempts}
        there = {name: items for name, items in free.items() if name_of(items[0]) in numbers}
        appeared = {name for sent in one.attempts for name in there if name not in sent["before"]}
        # of those that stood there before: somebody else enters vouchers under our login
        others = [there[name][0] for name in there.keys() - appeared]
        shared = any(self._bears_user(head) and self._origin_of(head) is None for head in others)
        proved = self._proved(one, shared=shared)
        candidates = {
            name: Candidate(
                self._verdict(there[name], one, proved, row), self._fits(there[name], one, row), is_void(there[name])
            )
            for name in sorted(appeared)
        }
        name = choose(candidates, processed=row is not None)
        return several(candidates) if name is None else [name]

    def _asked_for(self, items: Sequence[Row], waiting: Sequence[Made]) -> Made | None:
        """What may be this voucher of what was asked for and was not seen yet: it is nobody else's to pay meanwhile."""
        for one in waiting:
            if self._fits(items, one, whole=True) and self._verdict(items, one, self._proved(one)) != "not_ours":
                return one
        return None

    # -- the first one ---------------------------------------------------------------------------------------------

    def awaits_first(self) -> bool:
        return any(not self._is_proved(act) for acts in self._under_way().values() for act in acts)

    def goes_alone(self, left: Collection[str]) -> bool:
        if self._signs is not None:
            return False
        under_way = self._under_way()
        return not under_way or not under_way.keys().isdisjoint(left)

    def awaited(self, id: Any, act: str) -> bool:
        key = self.key(id)
        if self._is_proved(act):
            return False
        if any(act in acts or "" in acts for other, acts in self._under_way().items() if other != key):
            return True
        # while nothing at all is known they go one by one in any case
        return self._signs is not None and self._firsts.setdefault(act, key) != key

    def _is_proved(self, act: str) -> bool:
        return is_proved(self._signs, act)

    def startup_notes(self) -> list[str]:
        return [] if self._signs is not None else [UNPROVED]

    def _under_way(self) -> dict[str, Collection[str]]:
        """The documents whose voucher was asked for and is not known, and may be there; and by which orchestrations."""
        waiting: list[Made] = self._register.waiting(self.flow)
        keys = sorted({each.key for each in waiting})
        known = self.context.ledger.deliveries.load(self.flow, keys) if keys else {}
        linked = {key for key, link in self._links.of(self.flow, keys).items() if not link.target_id.startswith("Z/")}
        held = {key for key, each in known.items() if each.state in ("held", "conflict")} - linked
        under_way = {key for key, each in known.items() if each.state in UNDER_WAY} - linked
        chosen = under_way | held if len(held) >= FIRST_FEW else under_way
        return {each.key: acts_of(each) for each in waiting if each.key in chosen}


def _document_of(one: Made) -> int | None:
    """The document number that was asked for last; None where JD Edwards gives it."""
    number = one.attempts[-1].get("document")
    return int(number) if number else None
