"""Vouchers of ours without a mark: known by what JD Edwards carries through anyhow (jde-ais section 11.4).

The ledger remembers what was asked for, and which voucher it turned out to be. A voucher of which nobody told us the
number is looked for by supplier and invoice number. It is the one that was asked for only if amount, date, currency and
document type agree, it did not stand there before we asked, and the evidence says so (`evidence`). While no voucher of
ours has shown yet what survives, one is asked for, and the next when that one is known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import Any

from connector_assets.documents.jde.currencies import company_currencies
from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, is_void, text, voucher_parts
from connector_assets.documents.jde.voucher_entry.comparison import (
    BATCH_ADD,
    NUMBER,
    SAYS,
    acts_of,
    agrees,
    attempts_of,
    batch_of,
    grouped,
    name_of,
    number_of,
    says,
)
from connector_assets.documents.jde.voucher_entry.evidence import (
    REMARK,
    USER,
    Candidate,
    Proved,
    Shown,
    Verdict,
    choose,
    is_proved,
    judge,
    proved_by,
    several,
    taught,
)
from connector_assets.documents.jde.voucher_entry.origins import (
    NOTHING,
    Found,
    Origin,
    Origins,
    Read,
    marked,
    pages,
    voucher_id,
)
from connector_resources.jde import JdeClient
from connector_resources.jde.query import eq
from connector_resources.ledger import Link
from connector_resources.ledger.vouchers_made import Made

REMARK_LENGTH = 30
# what became of documents whose voucher may still come, or is there and not known yet
UNDER_WAY = frozenset({"sending", "in_doubt", "settled"})
# of those that a person has to decide so many are let be before the others wait for him
FIRST_FEW = 3
UNPROVED = "no voucher of ours has shown yet by what it is known: one goes first, and the others when it is known"


class TracedOrigins(Origins):
    """By supplier and invoice number, with what else must agree, or by a number that we gave it."""

    def __init__(self, *its: Any) -> None:
        super().__init__(*its)
        # what this run has asked for; of the ledger, whether it knows of anything asked for, and what it has learnt
        self._asked: dict[Origin, Made] = {}
        self._tried = False
        self._learnt: Mapping[str, bool] | None = None
        # orchestration -> the document that goes first in this run, where no voucher of it has shown anything yet
        self._firsts: dict[str, str] = {}
        # calls answer in threads, and each teaches something beside what was known
        self._keeping = Lock()

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
        ours. Nothing asks for it, since the first one is known; it is told with it."""
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

    # -- what is ours without our memory ---------------------------------------------------------------------------

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

    def _says_of(self, sent: Mapping[str, Any], items: Sequence[Row]) -> bool:
        """Whether a voucher says what a document says, as far as the document tells."""
        names = SAYS if is_void(items) or sent["amount"] is None else (*SAYS, "amount")
        return agrees(sent, self._says(items), [name for name in names if sent[name] is not None])

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

    def _by_us(self, head: Row) -> bool:
        """Whether we may have made a voucher, whatever it is of."""
        return self._bears_user(head)

    def _bears_user(self, head: Row) -> bool:
        # of a row that tells no user there is no need to log in
        return bool(user := self._user_of(head)) and user == self._user

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

    def _fits(self, items: Sequence[Row], one: Made, row: Row | None = None, *, whole: bool = False) -> bool:
        """Whether a voucher says what one of the attempts asked for, and has appeared since; `whole`: its amount too,
        whatever it proves."""
        # JDE may come to another total, which is told; a void voucher has none any more
        exact = is_void(items) or self._tells(items, one, row)
        names = SAYS if exact and not whole else (*SAYS, "amount")
        said, name = self._says(items), voucher_id(items[0])
        return any(agrees(sent, said, names) and name not in sent["before"] for sent in one.attempts)

    def _asked_for(self, items: Sequence[Row], waiting: Sequence[Made]) -> Made | None:
        """What may be this voucher of what was asked for and was not seen yet: it is nobody else's to pay meanwhile."""
        for one in waiting:
            if self._fits(items, one, whole=True) and self._verdict(items, one, self._proved(one)) != "not_ours":
                return one
        return None

    def _verdict(self, items: Sequence[Row], one: Made, proved: Proved, row: Row | None = None) -> Verdict:
        """Whether a voucher is the one that was asked for, by what it shows."""
        marked = any(sent["mark"] for sent in one.attempts)
        return judge(self._shown(items, one, row), proved, marked=marked)

    def _tells(self, items: Sequence[Row], one: Made, row: Row | None) -> bool:
        """Whether a voucher proves by itself that it is the one that was asked for."""
        shown = self._shown(items, one, row)
        return True in (shown.mark, shown.number, shown.batch)

    def _shown(self, items: Sequence[Row], one: Made, row: Row | None) -> Shown:
        head = items[0]
        origin = self._origin_of(head)
        mark = origin == (self.id(one.key), one.revision) if origin is not None else None
        batch = number = None
        if row is not None and row.get("DOC"):
            number = voucher_id(row) == voucher_id(head)
        if row is not None and (wrote := batch_of(row)):
            batch = wrote == batch_of(head)
        return Shown(self._bears_user(head), False if mark is None and self._foreign(head) else mark, number, batch)

    def _proved(self, one: Made | None, *, shared: bool = False) -> Proved:
        """What vouchers have shown that were made as this one was asked for; None: as may be."""
        proved = proved_by(self._signs, acts_of(one) if one else (), shared=shared)
        return replace(proved, shared=shared or (bool(proved.user) and self._shared))

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
        # while nothing at all is known they go one by one anyhow
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

    def _linked(self, link: Link, made: Sequence[Made], head: Row) -> Origin:
        """A linked voucher is of the newest revision that was asked for, unless it says otherwise itself."""
        origin = self._origin_of(head)
        id = self.id(link.source_key)
        if origin is not None and origin[0] == id:
            return origin
        return id, max((each.revision for each in made), default=1)

    def _taken(self, groups: Collection[str]) -> set[str]:
        """Those of these vouchers of which it is known what they are."""
        names = list(groups)
        linked = self._links.by_target(self.flow, "F0411", names)
        return {*self._register.found(self._connection, names), *linked}

    def _keep(self, found: Iterable[tuple[Made, Sequence[Row], bool]]) -> None:
        """Remember which vouchers were found to be which, and what they teach; `certain` ones are known to be ours."""
        with self._keeping:
            kept, learnt = [], self._signs
            for one, items, certain in found:
                head = items[0]
                signs = {USER: self._bears_user(head)}
                if any(sent["mark"] for sent in one.attempts):
                    signs[REMARK] = self._origin_of(head) is not None
                # one that was asked for in two ways may have been made by either
                for act in acts if len(acts := acts_of(one)) == 1 else ():
                    learnt = taught(learnt, act, signs, certain=certain)
                kept.append(replace(one, found=voucher_id(head), seen=learnt if one.attempts else None))
            if kept:
                self._register.recognise(kept, self.context.now())
                self._learnt = learnt

    # -- what a voucher says ---------------------------------------------------------------------------------------

    def _says(self, items: Sequence[Row]) -> dict[str, Any]:
        return says(items, self._currencies)

    def _origin_of(self, head: Row) -> Origin | None:
        """The mark in the remark, or in the column of before."""
        return self.rules.read((text(head.get("RMK")) or "").partition(" ")[0]) or self.rules.of_row(head)

    def _foreign(self, head: Row) -> bool:
        """Whether it bears the mark of another flow, or of another connector."""
        return self.rules.is_mark((text(head.get("RMK")) or "").partition(" ")[0])

    def _marks(self, body: Mapping[str, Any]) -> bool:
        return self.rules.read(str(body.get("Remark") or "").partition(" ")[0]) is not None

    @staticmethod
    def _user_of(head: Row) -> str:
        return (text(head.get("TORG")) or "").upper()

    # -- where it is kept ------------------------------------------------------------------------------------------

    @property
    def _register(self) -> Any:
        return self.context.ledger.vouchers_made

    @property
    def _links(self) -> Any:
        return self.context.ledger.links

    @property
    def _connection(self) -> str:
        return self.context.connection("jde").name

    @cached_property
    def _user(self) -> str:
        user: str = self.context.client("jde", JdeClient).user
        return user[:10].strip().upper()

    @property
    def _signs(self) -> Mapping[str, bool] | None:
        """What vouchers of ours have shown; None where none has shown anything yet."""
        if self._learnt is None:
            self._learnt = self._register.signs(self.flow)
        return self._learnt

    @cached_property
    def _shared(self) -> bool:
        """Whether somebody else enters vouchers under our login: a person has said so of one, or is asked."""
        integration = self.flow.partition("/")[0]
        asked = self.context.ledger.exceptions.open(integration=integration, reason="own_voucher_unknown")
        return bool(self.rules.not_ours or asked)

    def _has_asked(self) -> bool:
        """Whether this ledger knows of anything that was asked for; it does not forget."""
        self._tried = self._tried or self._register.tried(self.flow)
        return self._tried

    @cached_property
    def _currencies(self) -> Mapping[str, str]:
        return company_currencies(self.context.reader("jde"))

    @staticmethod
    def _reads(jde: Any) -> Read:
        return lambda columns, keys: pages(jde.by_keys("F0411", columns, keys))


def _document_of(one: Made) -> int | None:
    """The document number that was asked for last; None where JD Edwards gives it."""
    number = one.attempts[-1].get("document")
    return int(number) if number else None
