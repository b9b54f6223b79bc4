"""One organisation's books: its records, and the one place that every change of them goes through.

A record is what the API answers with: JSON values, money as Decimal, unset fields absent. Keys that begin with an
underscore are the sandbox's own and are never shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from datetime import date, datetime
from typing import Any

from connector_sandbox.bill import ids
from connector_sandbox.bill.errors import Refusal, timestamp
from connector_sandbox.bill.options import Options
from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.system import NoStore, Store

Record = dict[str, Any]

Emit = Callable[[str, Mapping[str, Any]], None]
"""Told of each change, once it is complete: what happened ("bill.updated") and the record as it is now.

The families are vendor, bill, payment, vendor-credit, bank-account, chart-of-account, department, location, job,
accounting-class, item, employee; what happens to one is `created`, `updated`, `archived`, `restored`, and for
bills also `progressed` (a payment or a credit moved its amounts) and `approval` (somebody decided). `payment.failed` is
a payment that could not be created: its record is {"bills", "errors", ...} and has no id. Which of these become events,
and under which name, is for whoever listens to say.
"""

CLASSIFICATIONS = {
    "chart_of_accounts": "chart-of-account",
    "departments": "department",
    "locations": "location",
    "jobs": "job",
    "accounting_classes": "accounting-class",
    "items": "item",
    "employees": "employee",
}
FAMILIES = {
    "users": "user",
    "bank_accounts": "bank-account",
    **CLASSIFICATIONS,
    "customers": "customer",
    "payment_terms": "payment-term",
    "vendors": "vendor",
    "vendor_bank_accounts": "vendor-bank-account",
    "bills": "bill",
    "vendor_credits": "vendor-credit",
    "payments": "payment",
    "policies": "policy",
    "documents": "document",
    "attachments": "attachment",
}
"""Entity -> family, in the order in which content is loaded."""

_NO_DATA = {"BDC_1205": "No data found for the given id.", "BDC_1120": "No data found."}

_OF_VENDOR = ("bills", "vendor_credits", "payments")
_INDEXED = {
    "vendors": ("name",),
    "bills": ("invoice.invoiceNumber",),
    **dict.fromkeys(CLASSIFICATIONS, ("name", "account.number")),
}
"""Text that records are looked for by, without regard to case or to blanks around it."""


class _Step:
    """A change under way: what the record was before."""

    __slots__ = ("before", "entity", "key", "what")

    def __init__(self, entity: str, key: str, before: Record | None, what: str) -> None:
        self.entity, self.key, self.before, self.what = entity, key, before, what


class Books:
    """The content of the organisation."""

    def __init__(self, clock: SandboxClock, options: Callable[[], Options]) -> None:
        self._clock = clock
        self._options = options
        self.store: Store = NoStore()
        self.emit: Emit = _nobody
        self.clear()

    def clear(self) -> None:
        """Begin with nothing."""
        self.ids = ids.Sequence(self.options.id_seed)
        self.tables: dict[str, dict[str, Record]] = {entity: {} for entity in FAMILIES}
        self.versions = dict.fromkeys(FAMILIES, 0)
        """How often each table changed."""
        self._of_vendor: dict[str, dict[str, dict[str, None]]] = {entity: {} for entity in _OF_VENDOR}
        self._indexes: dict[tuple[str, str], dict[str, dict[str, None]]] = {
            (entity, field): {} for entity, fields in _INDEXED.items() for field in fields
        }
        self.payments_of_bill: dict[str, dict[str, None]] = {}
        """Bill id -> ids of the payments that have a part for it, in order."""
        self._steps: list[_Step] | None = None
        self.actor = ""
        """The id of the user who acts just now."""

    @property
    def options(self) -> Options:
        """The switches as they stand."""
        return self._options()

    def now(self) -> str:
        """The current instant as records keep it."""
        return timestamp(self._clock.now())

    def instant(self) -> datetime:
        """The current instant."""
        return self._clock.now()

    def today(self) -> date:
        """The current day, in UTC: dates of the API have no zone."""
        return self._clock.now().date()

    def get(self, entity: str, key: str) -> Record:
        """A record to look at; Refusal when there is none of that id (bill section 5.3)."""
        record = self.tables[entity].get(key)
        if record is None:
            raise self.missing()
        return record

    def missing(self) -> Refusal:
        """What is said of an id that leads nowhere."""
        options = self.options
        return Refusal(options.missing_status, options.missing_code, _NO_DATA[options.missing_code])

    def copy(self, entity: str, key: str) -> Record:
        """A record to change and to give to `put`."""
        return deepcopy(self.get(entity, key))

    def of_vendor(self, entity: str, vendor: str) -> list[Record]:
        """The bills, vendor_credits or payments of a vendor, in the order they came."""
        table = self.tables[entity]
        return [table[key] for key in self._of_vendor[entity].get(vendor, ())]

    def narrowed(self, entity: str, exact: Mapping[str, Collection[str]]) -> Iterable[Record]:
        """The records, those that surely have none of the `exact` values of a field left out where that is cheap."""
        table = self.tables[entity]
        if "id" in exact:
            return [table[key] for key in exact["id"] if key in table]
        if "vendorId" in exact and entity in _OF_VENDOR:
            return [record for vendor in exact["vendorId"] for record in self.of_vendor(entity, vendor)]
        return table.values()

    def named(self, entity: str, field: str, value: str) -> list[Record]:
        """The records whose `field` is this text, but for case; `field` is one of those indexed."""
        table = self.tables[entity]
        return [table[key] for key in self._indexes[entity, field].get(_folded(value), ())]

    @contextmanager
    def whole(self) -> Iterator[None]:
        """All changes inside happen, are stored and told of, or none is."""
        if self._steps is not None:
            yield
            return
        steps = self._steps = []
        drawn = self.ids.last
        try:
            yield
        except BaseException:
            for step in reversed(steps):
                self._place(step.entity, step.key, step.before)
            self.ids.last = drawn
            raise
        else:
            self._made_known(steps)
        finally:
            self._steps = None

    def put(self, entity: str, record: Record, what: str) -> Record:
        """Place a new or a changed record, stamped, inside `whole`; `what` happened to it."""
        key = record["id"]
        before = self.tables[entity].get(key)
        now = self.now()
        record.setdefault("createdTime", now)
        record["updatedTime"] = now
        record[ids.SEQUENCE] = self.ids.last
        self._note(_Step(entity, key, before, what))
        self._place(entity, key, record)
        return record

    def remove(self, entity: str, key: str) -> None:
        """Take a record away as if it had never been, inside `whole`."""
        self._note(_Step(entity, key, self.get(entity, key), "removed"))
        self._place(entity, key, None)

    def restore(self, entity: str, records: Iterable[Record]) -> None:
        """Take back what an earlier process held."""
        for record in records:
            self._place(entity, record["id"], record)
            self.ids.last = max(self.ids.last, ids.highest(record))

    def _note(self, step: _Step) -> None:
        if self._steps is None:
            raise RuntimeError("the books change as a whole")
        self._steps.append(step)

    def _made_known(self, steps: list[_Step]) -> None:
        for entity, key in dict.fromkeys((step.entity, step.key) for step in steps):
            self.store.changed(entity, key, self.tables[entity].get(key))
        if any(step.what == "removed" for step in steps):
            self.store.changed("setup", "sequence", self.ids.last)
        for entity, key, what in dict.fromkeys((step.entity, step.key, step.what) for step in steps):
            record = self.tables[entity].get(key)
            if record is not None and what != "removed":
                self.emit(f"{FAMILIES[entity]}.{what}", record)

    def _place(self, entity: str, key: str, record: Record | None) -> None:
        before = self.tables[entity].get(key)
        self.versions[entity] += 1
        if record is None:
            self.tables[entity].pop(key, None)
        else:
            self.tables[entity][key] = record
        for field in _INDEXED.get(entity, ()):
            _move(self._indexes[entity, field], _texts(before, field), _texts(record, field), key)
        if entity in _OF_VENDOR:
            _move(self._of_vendor[entity], _vendors(before), _vendors(record), key)
        if entity == "payments":
            _move(self.payments_of_bill, _bills(before), _bills(record), key)


def shown(value: Any) -> Any:
    """A record as the API answers with it: without the sandbox's own keys."""
    if isinstance(value, Mapping):
        return {key: shown(each) for key, each in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [shown(each) for each in value]
    return value


def _nobody(kind: str, record: Mapping[str, Any]) -> None:
    """Nobody listens."""


def value_of(record: Mapping[str, Any], field: str) -> Any:
    """The value at a dotted path; None where it is unset."""
    value: Any = record
    for name in field.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _folded(text: str) -> str:
    return text.strip().casefold()


def _texts(record: Record | None, field: str) -> list[str]:
    value = value_of(record, field) if record else None
    return [_folded(value)] if value else []


def _vendors(record: Record | None) -> list[str]:
    return [record["vendorId"]] if record else []


def _bills(record: Record | None) -> list[str]:
    return [part["billId"] for part in record["billPayments"]] if record else []


def _move(index: dict[str, dict[str, None]], before: list[str], after: list[str], key: str) -> None:
    for each in before:
        if each not in after:
            index[each].pop(key, None)
    for each in after:
        index.setdefault(each, {})[key] = None
