"""Creating and changing records, one by one and in bulk (bill sections 3 and 8.3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import ValidationError

from connector_resources.bill import wire
from connector_resources.bill.keeping import Change, Keeping, unlisted_credits
from connector_resources.bill.paging import Raw
from connector_resources.bill.resource import M, Resource, said
from connector_resources.errors import OutcomeUnknown, SystemProblem, Unavailable
from connector_resources.http import Answer, Call

Body = Mapping[str, Any]
# of a record as it is right before a write: why it is not written after all, in words; None where it is
Unless = Callable[[M], str | None]


class Writable(Resource[M]):
    """The verbs of writing. Bodies are BILL's JSON with Decimals for money.

    All raise the error vocabulary; `OutcomeUnknown` where an answer does not show what was written.
    """

    BULK: ClassVar[int] = 0  # records that one bulk call creates at most
    BULK_KEY: ClassVar[str] = ""  # what holds the records of a bulk answer; '' where it is a bare array
    KEYS: ClassVar[tuple[str, ...]] = ()  # fields by which a created record is known again
    KEEPING: ClassVar[Keeping] = Keeping()  # what a change leaves as it is

    def create(self, body: Body) -> M:
        """Create one record."""
        call = self._write("POST", self.path, f"create {self.NOUN}", wire.body(body))
        created = self._written(call, self._channel.send(call), None)
        self._must_be_ours(call, body, created)
        return created

    def create_many(self, bodies: Sequence[Body]) -> list[M]:
        """Create up to `BULK` records in one call: all of them or none. They come back in the order sent.

        Raises ValueError for more: several calls could not be all or nothing.
        """
        if not bodies:
            return []
        if len(bodies) > self.BULK:
            raise ValueError(f"{len(bodies)} {self.NOUN}s: one call takes {self.BULK}")
        call = self._write("POST", f"{self.path}/bulk", f"create {len(bodies)} {self.NOUN}s", wire.body(bodies))
        answer = self._channel.send(call)
        rows = _rows(answer.json(), self.BULK_KEY)
        if rows is None or len(rows) != len(bodies):
            raise self._garbled(call, answer, f"without those {len(bodies)} records")
        ordered = self._in_order(bodies, rows)
        if ordered is None:
            raise self._garbled(call, answer, "with records that are not those sent")
        try:
            return [self.MODEL.model_validate(row) for row in ordered]
        except ValidationError:
            raise self._garbled(call, answer, "with a record that cannot be read") from None

    def update(self, record_id: str, body: Body, *, owned: Collection[str] = (), unless: Unless[M] | None = None) -> M:
        """Change the fields in `body`, and no others: None is sent as null; a line is changed by giving its `id`.

        Objects and lines in it are sent whole, with what else stands in them (see `keeping`): so the record is read
        right before, and not written where `unless` says why, which raises `Unavailable`. `owned` are paths, such as
        `billLineItems.classifications.departmentId`, that are ours also where `body` says nothing of them. What BILL
        did not keep is in the answer's `not_kept`.
        """
        call = self._write("PATCH", f"{self.path}/{record_id}", f"update {self.NOUN} {record_id}", None)
        ours = wire.body(body, nulls=True)
        if unless is None and not self.KEEPING.approvals and not any(isinstance(v, dict | list) for v in ours.values()):
            call = replace(call, json=ours)
            return self._written(call, self._channel.send(call), record_id)
        change = self._change(call, record_id, ours, owned, unless)
        return self._changed(call, record_id, change, change.completed())

    def archive(self, record_id: str) -> M:
        """Take a record out of use; one that is archived already stays so."""
        return self._act(record_id, "archive")

    def restore(self, record_id: str) -> M:
        """Put an archived record back to use; one that is in use stays so."""
        return self._act(record_id, "restore")

    def _replace(self, record_id: str, body: Body, owned: Collection[str], unless: Unless[M] | None) -> M:
        """Write a record again, with everything in it that is not ours (bill section 3.2.1)."""
        call = self._write("PUT", f"{self.path}/{record_id}", f"replace {self.NOUN} {record_id}", None)
        change = self._change(call, record_id, wire.body(body), owned, unless)
        return self._put(call, record_id, change, change.replacing())

    def _put(self, call: Call, record_id: str, change: Change, body: Raw) -> M:
        """Raises `Unavailable` where BILL does not show what the PUT would have to repeat."""
        untold = unlisted_credits(change.held)
        if untold:
            name = self._channel.connection.name
            raise Unavailable(
                f"{call.what}: {name} does not show which credits of {untold} are applied to it, and would take them"
                " off; nothing was sent",
                connection=name,
            )
        return self._changed(call, record_id, change, body)

    def _change(
        self, call: Call, record_id: str, ours: Raw, owned: Collection[str], unless: Unless[M] | None
    ) -> Change:
        """The change of a record as BILL shows it now. Raises `Unavailable` where `unless` has something against it."""
        connection = self._channel.connection
        held, record = self._standing(record_id)
        why = unless(record) if unless is not None else None
        if why is not None:
            raise Unavailable(f"{call.what}: not sent, {why}", connection=connection.name)
        return Change(held, ours, self.KEEPING, owned, connection.read_only_fields)

    def _standing(self, record_id: str) -> tuple[Raw, M]:
        """One record as it came, and read. Raises `NotFound`."""
        call = Call(method="GET", path=f"{self.path}/{record_id}", what=f"read {self.NOUN} {record_id}")
        answer = self._channel.send(call)
        record = self._this(call, answer, record_id)
        return answer.json(), record

    def _changed(self, call: Call, record_id: str, change: Change, body: Raw) -> M:
        """Send it, and see that nothing is lost of what was repeated: by the answer, else by the record itself."""
        call = replace(call, json=body)
        answer = self._channel.send(call)
        record = self._written(call, answer, record_id)
        if change.lost(body, answer.json()):
            now, record = self._standing(record_id)
            return record.lacking(change.lost(body, now))
        return record

    def _act(self, record_id: str, act: str) -> M:
        call = self._write("POST", f"{self.path}/{record_id}/{act}", f"{act} {self.NOUN} {record_id}", None)
        return self._written(call, self._channel.send(call), record_id)

    def _write(self, method: str, path: str, what: str, body: Any) -> Call:
        return Call(method=method, path=path, what=what, json=body)

    def _written(self, call: Call, answer: Answer, record_id: str | None) -> M:
        """The record as the write left it.

        Only the record's own id shows that it is BILL that answered: a 2xx with an empty body, or with anything else,
        may be any server's between here and there, and the outcome is unknown. An answer that shows less than the whole
        record is made up for by a read.
        """
        content = answer.json() if answer.body.strip() else {}
        number = content.get("id") if isinstance(content, Mapping) else None
        reason = said(answer)
        # An answer about another record belongs to another request: it says nothing about this one.
        if isinstance(number, str) and number and record_id in (None, number):
            try:
                return self.MODEL.model_validate(content)
            except ValidationError:
                pass  # less than a record: it is read
            try:
                return self.get(number)
            except SystemProblem as problem:
                reason = str(problem)
        raise OutcomeUnknown(
            f"{call.what}: {answer.connection} answered {answer.status}, but the record could not be seen: {reason}",
            connection=answer.connection,
            status=answer.status,
        )

    def _must_be_ours(self, call: Call, body: Body, created: M) -> None:
        """Raise where the answer shows another key than the one sent: it belongs to another request."""
        shown = created.model_dump(by_alias=True, mode="json")
        foreign = [
            path
            for path in self.KEYS
            if (got := _at(shown, path)) is not None and (sent := _at(body, path)) is not None and got != sent
        ]
        if foreign:
            name = self._channel.connection.name
            raise OutcomeUnknown(
                f"{call.what}: {name} answered with {self.NOUN} {created.id}, whose {', '.join(foreign)} is not the"
                " one sent",
                connection=name,
            )

    def _in_order(self, bodies: Sequence[Body], rows: Sequence[Raw]) -> list[Raw] | None:
        """The rows in the order of the bodies, told apart by `KEYS`; None where that cannot be done."""
        sent = [tuple(_at(body, path) for path in self.KEYS) for body in bodies]
        got = [tuple(_at(row, path) for path in self.KEYS) for row in rows]
        if sent == got:
            return list(rows)
        by_key = dict(zip(got, rows, strict=True))
        if len(by_key) != len(rows) or set(by_key) != set(sent):
            return None
        return [by_key[key] for key in sent]


def _rows(content: Any, key: str) -> list[Raw] | None:
    """The records of a bulk answer: a bare array, or an object that holds one (bill section 8.3). A record is none: it
    answers another call, whatever lists it holds."""
    if isinstance(content, Mapping) and not content.get("id"):
        lists = [value for value in content.values() if isinstance(value, list)]
        content = content.get(key) or (lists[0] if len(lists) == 1 else None)
    return content if isinstance(content, list) and all(isinstance(row, Mapping) for row in content) else None


def _at(record: Mapping[str, Any], path: str) -> str | None:
    """The value at a dotted path as text, without what BILL may tidy up in it: case and blanks."""
    found: Any = record
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return None if found is None else " ".join(str(found).casefold().split())
