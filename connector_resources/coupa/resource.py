"""What all resources share: asking for named fields, paging, writing, and trusting no answer unseen."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import ValidationError

from connector_resources.connections.coupa import CoupaConnection
from connector_resources.coupa import paging, wire
from connector_resources.coupa.compare import dropped
from connector_resources.coupa.errors import ScopedCall, TokenRefused
from connector_resources.coupa.fields import Selected, Selection, hyphenated, underscored
from connector_resources.coupa.paging import PageEnd
from connector_resources.coupa.shapes import Record
from connector_resources.coupa.unwrapping import unwrapped
from connector_resources.coupa.values import ZONE
from connector_resources.coupa.wire import Filters
from connector_resources.errors import NotAllowed, NotFound, OutcomeUnknown, SystemProblem, Unavailable
from connector_resources.http import Answer, HttpSession
from connector_resources.unreadable import Unreadable, UnreadableRecord, blame, met

M = TypeVar("M", bound=Record)

# Both must be set and be the same, even where there is no body; else the answer is XML (coupa section 1).
_JSON = {"Accept": "application/json", "Content-Type": "application/json"}
_NO_FILTERS: Filters = {}
# how Coupa says that it found nothing, in lower case
_NO_HIT = "no results match your search criteria"


@dataclass(frozen=True, slots=True)
class Channel:
    """One connection's way to Coupa, shared by its resources."""

    http: HttpSession
    connection: CoupaConnection

    def send(self, call: ScopedCall) -> Answer:
        """Send a call; a token that is refused twice gets one more round.

        A 401 in Coupa's own words means that nothing was processed, so this holds for writes too; of any other the
        outcome is unknown (`answers`). The HTTP layer's one renewal may
        have been spent on the five-second rule: on waiting for a token that was dead all the same, or
        on a new token that was used too early.
        """
        try:
            return self.http.send(call)
        except TokenRefused:
            return self.http.send(call)


class _UnreadableError(Exception):
    """Why a record cannot be used; becomes a problem of the vocabulary where the call is known.

    `record` is what is known of one that cannot be read, None where fields were asked for and are not there.
    """

    def __init__(self, reason: str, record: Unreadable | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.record = record


class Resource(Generic[M]):
    """The verbs that every resource has. `PATH` is under `/api/`, `NOUN` what people call one record."""

    MODEL: type[M]
    PATH: ClassVar[str]
    NOUN: ClassVar[str]
    READ: ClassVar[str]
    WRITE: ClassVar[str] = ""
    KEYS: ClassVar[frozenset[str]] = frozenset()  # attributes by which a created record is known again

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._end = PageEnd(channel.connection.page_size)
        self._whole = self._select(None)

    @property
    def path(self) -> str:
        """The address of the list."""
        return f"/api/{self.PATH}"

    @property
    def entity(self) -> str:
        """What its records are called where they land."""
        return self.PATH.rpartition("/")[2]

    def get(self, record_id: int, *, fields: Sequence[Selected] | None = None) -> M:
        """One record by Coupa's id. Raises `NotFound`."""
        selection = self._selection(fields)
        call = self._call("GET", f"/{record_id}", f"read {self.NOUN} {record_id}", params=[("fields", selection.query)])
        return self._one(call, self._channel.send(call), selection, record_id)

    def all(self, *, fields: Sequence[Selected] | None = None, filters: Filters = _NO_FILTERS) -> Iterator[M]:
        """Every record that passes `filters`, read page by page in the order of `id`.

        `fields` trims what is read; the fields of the model that are left out are None or empty.
        """
        selection = self._selection(fields)
        what = f"read {self.NOUN}s"

        def fetch(after: int | None) -> list[Any]:
            paged: dict[str, wire.Value] = {
                **filters,
                **({} if after is None else {"id[gt]": after}),
                "order_by": "id",
                "dir": "asc",
                "limit": self._end.limit,
                "fields": selection.query,
            }
            return self._asked(self._call("GET", "", what, params=wire.query(paged)))

        call = self._call("GET", "", what)
        name = self._channel.connection.name
        raws = paging.keyset(fetch, self._end, what=what, connection=name, entity=self.entity)
        yield from self._readable(call, raws, selection)

    def by_ids(self, ids: Iterable[int], *, fields: Sequence[Selected] | None = None) -> Iterator[M]:
        """The records of these ids that exist, a page of ids a call (coupa section 3.0, operator `in`)."""
        yield from self._listed("id", dict.fromkeys(ids), fields)

    def latest(self) -> list[M]:
        """What changed last: `id` and `updated_at` of a page of records, the latest change first; one call.

        Raises `Unavailable` where the answer is not in that order: its first record would be just any.
        """
        selection = self._select(["updated_at"])
        params = wire.query(
            {"order_by": "updated_at", "dir": "desc", "limit": self._end.limit, "fields": selection.query}
        )
        call = self._call("GET", "", f"look for changed {self.NOUN}s", params=params)
        found = list(self._readable(call, self._asked(call), selection))
        moments = [moment for record in found if (moment := getattr(record, "updated_at")) is not None]  # noqa: B009
        if any(later > earlier for earlier, later in pairwise(moments)):
            name = self._channel.connection.name
            raise Unavailable(f"{call.what}: {name} did not keep to order_by=updated_at", connection=name)
        return found

    def holds_any(self, filters: Filters = _NO_FILTERS) -> bool:
        """Whether there is a record at all that passes `filters`: one call, one record."""
        return bool(self._asked(self.probe(filters)))

    def probe(
        self,
        filters: Filters = _NO_FILTERS,
        *,
        retries: int | None = None,
        timeout_seconds: float | None = None,
    ) -> ScopedCall:
        """The cheapest read there is, for `holds_any` and for asking what this client may see."""
        return self._call(
            "GET",
            "",
            f"look for {self.NOUN}s",
            params=wire.query({**filters, "limit": 1, "fields": '["id"]'}),
            retries=retries,
            timeout_seconds=timeout_seconds,
        )

    def dropped(self, sent: Mapping[str, Any], returned: M) -> list[str]:
        """The fields of `sent` that did not come back with the value sent (see `compare.dropped`)."""
        return dropped(sent, returned, zone=self._channel.connection.zone)

    def _first(self, filters: Filters, **exactly: str) -> M | None:
        """The record whose attributes are `exactly` those: the vendor's equality may ignore case."""
        found = self.all(filters=filters)
        return next((r for r in found if all(getattr(r, k) == v for k, v in exactly.items())), None)

    def _listed(
        self, attribute: str, values: Iterable[str | int], fields: Sequence[Selected] | None = None
    ) -> Iterator[M]:
        """The records whose attribute is one of `values`, a page of values a call; none may hold a comma."""
        left = iter(values)
        while chunk := list(islice(left, self._channel.connection.page_size)):
            yield from self.all(fields=fields, filters={f"{attribute}[in]": chunk})

    def _by_name(self, attribute: str, names: Sequence[str], fields: Sequence[Selected] | None = None) -> dict[str, M]:
        """Name -> record, for those that exist; `attribute` is unique, and its equality may ignore case."""
        asked = None if fields is None else [*fields, attribute]
        # `[in]` is a comma list without a way to quote: a name with a comma is asked for by itself.
        alone = [name for name in dict.fromkeys(names) if "," in name]
        wanted = dict.fromkeys(name for name in names if name and "," not in name)
        found = {
            name: record
            for record in self._listed(hyphenated(attribute), wanted, asked)
            if (name := getattr(record, attribute)) in wanted
        }
        for name in alone:
            records = self.all(fields=asked, filters={hyphenated(attribute): name})
            found.update((name, record) for record in records if getattr(record, attribute) == name)
        return found

    def _create(self, body: Mapping[str, Any], *, scope: str = "") -> M:
        call = self._write_call("POST", "", f"create {self.NOUN}", body, scope=scope)
        created = self._written(call, self._channel.send(call), None)
        meant = {underscored(key): value for key, value in body.items()}
        foreign = [key for key in self.KEYS if key in meant and _plain(meant[key]) != _plain(getattr(created, key))]
        if foreign:
            # Not ours by the very field we find it by: an answer that belongs to another request.
            raise OutcomeUnknown(
                f"{call.what}: {self._channel.connection.name} answered with record {created.id}, whose"
                f" {', '.join(sorted(map(hyphenated, foreign)))} is not the one sent",
                connection=self._channel.connection.name,
            )
        return created

    def _update(self, record_id: int, body: Mapping[str, Any], *, scope: str = "") -> M:
        call = self._write_call("PUT", f"/{record_id}", f"update {self.NOUN} {record_id}", body, scope=scope)
        return self._written(call, self._channel.send(call), record_id)

    def _act(self, record_id: int, act: str, body: Mapping[str, Any] | None = None, *, scope: str = "") -> M:
        """A state change; after a lost answer the status is read again, the act is not repeated."""
        what = f"{act.replace('_', ' ')} {self.NOUN} {record_id}"
        call = self._write_call("PUT", f"/{record_id}/{act}", what, body, scope=scope)
        return self._written(call, self._channel.send(call), record_id)

    def _mark_exported(self, record_id: int, *, scope: str = "") -> bool:
        """Set the `exported` flag, in a request of its own (coupa section 3.7); whether it is set then."""
        call = self._call(
            "PUT",
            f"/{record_id}",
            f"mark {self.NOUN} {record_id} as exported",
            scope=scope or self.WRITE,
            params=[("exported", "true"), ("fields", '["id","exported"]')],
        )
        answer = self._channel.send(call)
        content = answer.json()
        if not isinstance(content, Mapping) or paging.id_of(content) != record_id or "exported" not in content:
            raise OutcomeUnknown(
                f"{call.what}: {answer.connection} did not say whether it is: {answer.text(120)}",
                connection=answer.connection,
                status=answer.status,
            )
        return content["exported"] in (True, "true")

    def _selection(self, only: Sequence[Selected] | None) -> Selection:
        return self._whole if only is None else self._select(only)

    def _select(self, only: Sequence[Selected] | None) -> Selection:
        settings = self._channel.connection
        return Selection(
            self.MODEL,
            only,
            absent=settings.absent_fields.get(self.PATH, ()),
            top_level_custom=settings.top_level_custom_fields.get(self.PATH, ()),
        )

    def _call(self, method: str, tail: str, what: str, *, scope: str = "", **more: Any) -> ScopedCall:
        return ScopedCall(
            method=method, path=self.path + tail, what=what, headers=_JSON, scope=scope or self.READ, **more
        )

    def _write_call(
        self, method: str, tail: str, what: str, body: Mapping[str, Any] | None, *, scope: str
    ) -> ScopedCall:
        content = None if body is None else wire.body(self._whole.spread(body))
        params = [("fields", self._whole.query)]
        return self._call(method, tail, what, scope=scope or self.WRITE, params=params, json=content)

    def _asked(self, call: ScopedCall) -> list[Any]:
        """The records that a list is asked for. Where none is found Coupa answers an empty list, or, as those who read
        XML know it, 404 with a sentence that says so (coupa sections 3.0.1 and 4)."""
        try:
            answer = self._channel.send(call)
        except NotFound as problem:
            if _NO_HIT in str(problem).casefold():
                return []
            raise
        content = answer.json()
        if not isinstance(content, list):
            raise Unavailable(
                f"{call.what}: {answer.connection} answered without a list of records: {answer.text(120)}",
                connection=answer.connection,
                status=answer.status,
            )
        return content

    def _one(self, call: ScopedCall, answer: Answer, selection: Selection, record_id: int) -> M:
        content = answer.json()
        found = self._read(call, content if isinstance(content, Mapping) else {}, selection)
        if found.id != record_id:
            raise Unavailable(
                f"{call.what}: {answer.connection} answered with {self.NOUN} {found.id}",
                connection=answer.connection,
            )
        return found

    def _readable(self, call: ScopedCall, raws: Iterable[Any], selection: Selection) -> Iterator[M]:
        """The records of a list; one that cannot be read raises, or is set aside (see `unreadable`)."""
        for raw in raws:
            try:
                yield self._read(call, raw, selection)
            except UnreadableRecord as problem:
                met(problem.records[0])

    def _read(self, call: ScopedCall, raw: Any, selection: Selection) -> M:
        """One record of an answer; `NotAllowed` where fields are hidden, `UnreadableRecord` where garbled."""
        name = self._channel.connection.name
        try:
            return self._model(raw, selection)
        except _UnreadableError as problem:
            if problem.record is not None:
                raise UnreadableRecord([problem.record]) from None
            message = f"{call.what}: {name} answered {problem.reason}"
            fix = (
                "in Coupa, take the default response filter off this OAuth client; where the instance has no"
                f" such field at all, list it in connection {name} under absent_fields.{self.PATH}"
            )
            raise NotAllowed(f"{message}; {fix}", fix=fix, connection=name) from None

    def _model(self, raw: Any, selection: Selection) -> M:
        name = self._channel.connection.name
        raw = unwrapped(raw)
        if paging.id_of(raw) is None:
            raise _UnreadableError("without an id", paging.nameless(raw, name, self.entity))
        lost = selection.missing(raw)
        if lost:
            raise _UnreadableError(f"without {', '.join(lost)}, which were asked for")
        try:
            context = {ZONE: self._channel.connection.zone}
            return self.MODEL.model_validate(selection.gathered(raw), context=context)
        except ValidationError as error:
            field, kind, expected = blame(error)
            number, at = paging.id_of(raw), paging.changed_at(raw)
            bad = Unreadable(name, self.entity, str(number), field, kind, expected, at=at)
            raise _UnreadableError(str(bad), bad) from None

    def _written(self, call: ScopedCall, answer: Answer, record_id: int | None) -> M:
        """The record as the write left it.

        Only the record's own id shows that it is Coupa that answered: a 2xx with an empty body, or with anything else,
        may be any server's between here and there, and the outcome is unknown. An answer that shows less than the whole
        record (a response filter) is made up for by a read.
        """
        content = answer.json() if answer.body.strip() else {}
        number = paging.id_of(content) if isinstance(content, Mapping) else None
        reason = answer.text(120) or "an empty body"
        # An answer about another record belongs to another request: it says nothing about this one.
        if number is not None and record_id in (None, number):
            try:
                return self._model(content, self._whole)
            except _UnreadableError:
                pass  # it is the record, with less than was asked for
            try:
                return self.get(number)
            except SystemProblem as problem:
                reason = str(problem)
        raise OutcomeUnknown(
            f"{call.what}: {answer.connection} answered {answer.status}, but the record could not be seen: {reason}",
            connection=answer.connection,
            status=answer.status,
        )


class Dated(Resource[M]):
    """Records that can be asked for by their last change. What moves `updated_at` is said by each."""

    def changed_between(
        self,
        start: datetime,
        until: datetime | None = None,
        *,
        overlap: timedelta = timedelta(0),
        fields: Sequence[Selected] | None = None,
        filters: Filters | None = None,
        known: Container[tuple[int, datetime]] = (),
    ) -> Iterator[M]:
        """Records updated from `start` less `overlap` to before `until`, each once, less `known` versions.

        Without `until`, read on from the instant at which this call was made.
        """
        window = {**(filters or {}), **paging.changed(start, until, overlap)}
        asked = None if fields is None else [*fields, "updated_at"]
        return paging.unknown(self.all(fields=asked, filters=window), known)


def _plain(value: object) -> str:
    """A key as text without what a system may tidy up in it: case and blanks."""
    return " ".join(str(value).casefold().split())
