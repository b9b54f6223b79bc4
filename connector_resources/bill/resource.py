"""What all of BILL's resources share: lists with archived records, changes, writes, and trusting no answer unseen."""

from __future__ import annotations

import logging
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice, pairwise
from typing import ClassVar, Generic, TypeVar

from pydantic import ValidationError

from connector_resources.bill import wire
from connector_resources.bill.channel import Channel
from connector_resources.bill.paging import Page, Raw, moment_of, page_of, scan
from connector_resources.bill.shapes import Record
from connector_resources.bill.wire import Condition, Filters
from connector_resources.errors import NotFound, Refused, SystemProblem, Unavailable
from connector_resources.http import Answer, Call
from connector_resources.redact import MASK
from connector_resources.unreadable import Unreadable, UnreadableRecord, blame, met

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Record)

_NONE: Filters = {}
_PRIVATE = re.compile(r'("(?:taxId|accountNumber|routingNumber)"\s*:\s*")[^"]*')
_ARCHIVED = Condition("archived", "eq", True)


class Resource(Generic[M]):
    """The verbs of reading. `PATH` is under `/v3/`, `NOUN` what people call one record.

    Whether a list without a condition on `archived` holds archived records is not documented (bill section 4), and
    found out as we go: they are asked for besides until one has come by itself.
    """

    MODEL: type[M]
    PATH: ClassVar[str]
    NOUN: ClassVar[str]
    ARCHIVES: ClassVar[bool] = True
    SORT: ClassVar[str] = "createdTime:asc"  # of a whole list: a moment that never moves
    STARTING: ClassVar[frozenset[str]] = frozenset()  # fields that can be asked for by how they begin
    # Filters and sorting are documented. Where they are not, a refused one is done without, and compared here.
    PROVEN: ClassVar[bool] = True

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._mixed = False  # lists were seen to hold archived records of themselves
        self._plain = False  # this list takes no filters

    @property
    def path(self) -> str:
        """The address of the list."""
        return f"v3/{self.PATH}"

    @property
    def entity(self) -> str:
        """What its records are called where they land."""
        return self.PATH.rpartition("/")[2].replace("-", "_")

    def get(self, record_id: str) -> M:
        """One record. Raises `NotFound`."""
        call = Call(method="GET", path=f"{self.path}/{record_id}", what=f"read {self.NOUN} {record_id}")
        return self._this(call, self._channel.send(call), record_id)

    def _this(self, call: Call, answer: Answer, record_id: str) -> M:
        """The record of an answer about that one."""
        found = self._one(call, answer, record_id)
        if found.id != record_id:
            name = self._channel.connection.name
            raise Unavailable(f"{call.what}: {name} answered with {self.NOUN} {found.id}", connection=name)
        return found

    def all(self, filters: Filters = _NONE, *, sort: str | None = None) -> Iterator[M]:
        """Every record that passes `filters` (`{"field": value}` or `{"field:op": value}`), read page by page.

        Archived ones are among them unless `filters` says something of `archived`; they may come after the
        others, whatever `sort` says. Each record comes once. Raises ValueError for an unknown operator.
        """
        return self._readable(self._everything(wire.conditions(filters), sort or self.SORT))

    def by_ids(self, ids: Iterable[str]) -> Iterator[M]:
        """The records of these ids that exist, a page of ids a call."""
        left = iter(dict.fromkeys(ids))
        while chunk := list(islice(left, self._channel.connection.page_size)):
            missing = set(chunk)
            try:
                found = list(self._scan([Condition("id", "in", chunk)], self.SORT))
            except Refused as problem:  # the operators of `id` are not told for every list
                log.info("%s: %s; they are read one by one", self._channel.connection.name, problem)
                yield from self._one_by_one(chunk)
                continue
            for raw in found:
                self._mixed = self._mixed or raw.get("archived") is True
                missing.discard(str(raw["id"]).strip())
                yield from self._readable([raw])
            if missing and self.ARCHIVES and not self._mixed and not self._plain:
                conditions = [Condition("id", "in", sorted(missing)), _ARCHIVED]
                yield from self._readable(self._scan(conditions, self.SORT))

    def changed_between(
        self,
        start: datetime,
        until: datetime | None = None,
        *,
        overlap: timedelta | None = None,
        filters: Filters = _NONE,
        known: Container[tuple[str, datetime | None]] = (),
    ) -> Iterator[M]:
        """Records updated from `start` less `overlap` (the connection's, where none is given) to before `until`.

        Each comes once; those whose `(id, updated_time)` is `known` are left out. Without `until`, read on from
        the instant at which this call was made. Raises ValueError for an instant without a zone.
        """
        if overlap is None:
            overlap = timedelta(seconds=self._channel.connection.overlap_seconds)
        window = {**filters, "updatedTime:gte": start - overlap}
        if until is not None:
            window["updatedTime:lt"] = until
        if start.tzinfo is None or (until is not None and until.tzinfo is None):
            raise ValueError("a window needs instants with a zone")
        changed = self.all(window, sort="updatedTime:asc")
        return (record for record in changed if (record.id, record.updated_time) not in known)

    def latest(self) -> list[M]:
        """What changed last: a page of records, the latest change first; one call, or two where archived records
        have to be asked for besides.

        Raises `Unavailable` where an answer is not in that order: its first record would be just any.
        """
        call = self._list_call(f"look for changed {self.NOUN}s", [])
        size, found = self._channel.connection.page_size, []
        for conditions in ([], [_ARCHIVED]):
            if not conditions or (self.ARCHIVES and not self._mixed and not self._plain):
                found.extend(self._latest(call, conditions, size))
        found.sort(key=_moment, reverse=True)
        return found[:size]

    def holds_any(self, filters: Filters = _NONE) -> bool:
        """Whether there is a record at all that passes `filters`, archived or not."""
        try:
            return next(iter(self._everything(wire.conditions(filters), self.SORT, size=1)), None) is not None
        except UnreadableRecord:
            return True

    def probe(self, *, retries: int | None = None, timeout_seconds: float | None = None) -> Call:
        """The cheapest read there is, for asking what this user may see."""
        path = f"{self.path}?{wire.query([('max', '1')])}"
        return Call(
            method="GET", path=path, what=f"look for {self.NOUN}s", retries=retries, timeout_seconds=timeout_seconds
        )

    def _one_by_one(self, ids: Iterable[str]) -> Iterator[M]:
        name = self._channel.connection.name
        for record_id in ids:
            try:
                yield self.get(record_id)
            except NotFound as problem:
                if not problem.proof:
                    # a 404 of another server between here and there is no absence
                    raise Unavailable(f"{problem}; nothing shows that BILL said so", connection=name) from None
                continue
            except UnreadableRecord as problem:
                met(problem.records[0])

    def _latest(self, call: Call, conditions: list[Condition], size: int) -> list[M]:
        if not self._plain:
            found = list(self._readable(islice(self._scan(conditions, "updatedTime:desc"), size)))
            ordered = all(later <= earlier for earlier, later in pairwise(map(_moment, found)))
            if ordered and not self._plain:
                return found
            if self.PROVEN:
                name = self._channel.connection.name
                raise Unavailable(f"{call.what}: {name} did not keep to sort=updatedTime:desc", connection=name)
            self._plain = True
        # not sorted: the latest may be anywhere
        return list(self._readable(self._scan(conditions, "")))

    def _everything(self, asked: list[Condition], sort: str, size: int | None = None) -> Iterator[Raw]:
        """The records that meet the conditions, archived ones among them where nothing is said of `archived`."""
        if not self.ARCHIVES or any(condition.field == "archived" for condition in asked):
            yield from self._scan(asked, sort, size)
            return
        started = self._channel.clock.now()
        seen: set[str] = set()
        for raw in self._scan(asked, sort, size):
            self._mixed = self._mixed or raw.get("archived") is True
            seen.add(str(raw["id"]).strip())
            yield raw
        if self._mixed or self._plain:
            return
        found = False
        for raw in self._scan([*asked, _ARCHIVED], sort, size):
            found = True
            if str(raw["id"]).strip() not in seen:
                seen.add(str(raw["id"]).strip())
                yield raw
        if not found or any(_ends_before(condition, started) for condition in asked):
            return
        # A record that was archived during the first reading and restored before the second one is in neither.
        lately = started - timedelta(seconds=self._channel.connection.overlap_seconds)
        for raw in self._scan(wire.from_moment(asked, "updatedTime", lately), sort, size):
            if str(raw["id"]).strip() not in seen:
                yield raw

    def _scan(self, conditions: list[Condition], sort: str, size: int | None = None) -> Iterator[Raw]:
        """The records of one list; what its filter could not say, or did not take, is compared here."""
        if any(condition.op == "in" and condition.value in ([], ()) for condition in conditions):
            return
        what, name = f"read {self.NOUN}s", self._channel.connection.name
        began = False
        if not self._plain:
            key = sort.removesuffix(":asc") if sort in ("createdTime:asc", "updatedTime:asc") else None
            fetch = partial(self._page, what, sort, size)
            # a filter that is not documented may be passed over in silence
            left = [condition for condition in conditions if not (self.PROVEN and condition.exact())]
            try:
                for raw in scan(fetch, conditions, key=key, what=what, connection=name, entity=self.entity):
                    began = True
                    if all(condition.holds(raw) for condition in left):
                        yield raw
                return
            except Refused as problem:
                if self.PROVEN or began:
                    raise
                log.info("%s: %s; the whole list is read instead", name, problem)
                self._plain = True
        whole = partial(self._page, what, "", None if conditions else size)
        for raw in scan(whole, [], key=None, what=what, connection=name, entity=self.entity):
            if all(condition.holds(raw) for condition in conditions):
                yield raw

    def _page(self, what: str, sort: str, size: int | None, conditions: Sequence[Condition], token: str | None) -> Page:
        """One page; each carries the same filters, sort and size, for nothing says that a token keeps them."""
        asked = [("max", str(size or self._channel.connection.page_size))]
        filters = [text for condition in conditions if (text := condition.sent(self.STARTING)) is not None]
        if filters:
            asked.append(("filters", ",".join(filters)))
        if sort:
            asked.append(("sort", sort))
        if token is not None:
            asked.append(("page", token))
        call = self._list_call(what, asked)
        answer = self._channel.list(call)
        page = page_of(answer.json())
        if page is None:
            raise self._garbled(call, answer, "without a list of records")
        return page

    def _list_call(self, what: str, parameters: list[tuple[str, str]]) -> Call:
        return Call(method="GET", path=f"{self.path}?{wire.query(parameters)}", what=what)

    def _readable(self, raws: Iterable[Raw]) -> Iterator[M]:
        """The records of a list; one that cannot be read raises, or is set aside (see `unreadable`)."""
        for raw in raws:
            try:
                yield self.MODEL.model_validate(raw)
            except ValidationError as error:
                met(self._unreadable(raw, str(raw["id"]).strip(), error))

    def _one(self, call: Call, answer: Answer, record_id: str) -> M:
        """The record of an answer about one. Raises `UnreadableRecord` where it cannot be read."""
        content = answer.json()
        if not isinstance(content, Mapping):
            raise self._garbled(call, answer, "without a record")
        try:
            return self.MODEL.model_validate(content)
        except ValidationError as error:
            raise UnreadableRecord([self._unreadable(content, record_id, error)]) from None

    def _unreadable(self, raw: Raw, record_id: str, error: ValidationError) -> Unreadable:
        field, kind, expected = blame(error)
        at = moment_of(raw.get("updatedTime"))
        return Unreadable(self._channel.connection.name, self.entity, record_id, field, kind, expected, at=at)

    def _garbled(self, call: Call, answer: Answer, how: str) -> SystemProblem:
        text = f"{call.what}: {answer.connection} answered {how}: {said(answer)}"
        return call.without_answer(text, connection=answer.connection, status=answer.status)


def said(answer: Answer) -> str:
    """The beginning of an answer for people; bank and tax numbers in it are masked."""
    return _PRIVATE.sub(rf"\1{MASK}", answer.text(160)) or "an empty body"


def _moment(record: Record) -> datetime:
    """When a record changed last; the beginning of time where it does not say."""
    return record.updated_time or datetime.min.replace(tzinfo=UTC)


def _ends_before(condition: Condition, moment: datetime) -> bool:
    return (
        condition.field == "updatedTime"
        and condition.op in ("lt", "lte")
        and isinstance(condition.value, datetime)
        and condition.value <= moment
    )
