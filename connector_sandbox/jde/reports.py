"""Batch jobs: R04110ZA makes vouchers of Z-file rows (jde-ais sections 3.3 and 3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connector_sandbox.jde.acting import BusinessError
from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.errors import AisError
from connector_sandbox.jde.payments import WITHOUT_VOUCHER, Payments
from connector_sandbox.jde.store import Changed, Record
from connector_sandbox.jde.tables import Row
from connector_sandbox.jde.vouchers import VoucherEntry, carried

_PROGRAM = "R04110Z"
_REPORTS = ("R04110ZA", "R04110Z")

Transaction = tuple[str, str, str]
"""EDUS, EDBT, EDTN: all rows of one voucher to be."""


class Reports:
    """The job queue, and the messages of its jobs in the users' work centers."""

    def __init__(self, environment: Environment, changed: Changed) -> None:
        self._environment = environment
        self._changed = changed
        self._jobs: dict[str, dict[str, Any]] = {}
        self._messages: dict[str, dict[str, Any]] = {}
        self._attempted: dict[str, dict[str, Any]] = {}

    def submit(self, report: str, batch: str, *, final: bool, user: str) -> dict[str, Any]:
        """Queue a run over the rows of one batch. Gives the job; AisError 500 for an unknown report."""
        if report not in _REPORTS:
            raise AisError(500, f"Report {report} does not exist")
        number = str(self._environment.database.next_number("JOB"))
        due = self._environment.clock.now() + timedelta(seconds=self._environment.options.batch_seconds)
        job = {"report": report, "batch": batch, "final": final, "user": user, "due": due, "status": "W"}
        self._put("jobs", self._jobs, number, job)
        self.run_due()
        return self.status(number)

    def status(self, number: str) -> dict[str, Any]:
        """A job as the report service shows it: status W waiting or D done. AisError 500 when there is none."""
        job = self._jobs.get(number)
        if job is None:
            raise AisError(500, f"Job {number} does not exist")
        due: datetime = job["due"]
        return {
            "reportName": job["report"],
            "reportVersion": "ZJDE0002" if job["final"] else "ZJDE0001",
            "jobNumber": int(number),
            "executionServer": "e1ent01.internal.example",
            "port": 6017,
            "jobStatus": job["status"],
            "objectType": "UBE",
            "user": job["user"],
            "environment": self._environment.options.environment,
            "submitDate": f"{due:%Y%m%d}",
            "lastDate": f"{due:%Y%m%d}",
            "submitTime": int(f"{due:%H%M%S}"),
            "lastTime": int(f"{due:%H%M%S}"),
            "oid": f"{job['report']}_{number}",
            "queueName": "QBATCH",
        }

    def run_due(self) -> None:
        """Run the jobs whose time has come."""
        now = self._environment.clock.now()
        for number, job in list(self._jobs.items()):
            if job["status"] == "W" and job["due"] <= now:
                self._run(job)
                self._put("jobs", self._jobs, number, {**job, "status": "D"})

    def attempted(self, batch: str) -> bool:
        """Whether a final run has seen this batch: nothing can be added to it any more."""
        return batch in self._attempted

    def message(self, transaction: Transaction) -> str:
        """What the work center says about a transaction that stayed behind."""
        return str(self._messages.get(_name(transaction), {}).get("text", ""))

    def clear(self) -> None:
        """Forget jobs and messages."""
        self._jobs, self._messages, self._attempted = {}, {}, {}

    def dump(self) -> dict[str, dict[str, Any]]:
        """Jobs, messages and attempted batches as entities of their own."""
        return {"jobs": dict(self._jobs), "messages": dict(self._messages), "batches": dict(self._attempted)}

    def restore(self, content: Mapping[str, Mapping[str, Any]]) -> None:
        """Take back what `dump` gave."""
        self._jobs = dict(content.get("jobs", {}))
        self._messages = dict(content.get("messages", {}))
        self._attempted = dict(content.get("batches", {}))

    def _run(self, job: Mapping[str, Any]) -> None:
        batch = str(job["batch"])
        pending = self._pending(batch)
        first = [_name(transaction) for transaction in pending]
        known = self._attempted.get(batch, {}).get("transactions", first)
        if job["final"] and batch not in self._attempted:
            self._put("batches", self._attempted, batch, {"transactions": first})
        entry = VoucherEntry(self._environment, str(job["user"]), _PROGRAM)
        # One number for the vouchers of a run, as A/P batch control has it.
        ledger = self._environment.database.next_number("ICU", ("F0411", "ICU"), ("F0911", "ICU"))
        orphan = self._orphan(batch, pending)
        for transaction, rows in pending.items():
            name = _name(transaction)
            try:
                # A bad transaction stays, with a message, and does not stop the rest.
                if name not in known:
                    raise BusinessError("0058", f"Batch {batch} was processed already, nothing can be added", "EDBT")
                if orphan is not None and transaction > orphan:
                    raise BusinessError("4056", f"Voucher out of balance: no journal is read after {orphan[-1]}", "AG")
                self._voucher(entry, transaction, rows, ledger, final=job["final"])
            except BusinessError as error:
                self._put("messages", self._messages, name, {"text": f"{error.code} {error.text}"})
            else:
                if self._messages.pop(name, None) is not None:
                    self._changed("messages", name, None)

    def _pending(self, batch: str) -> dict[Transaction, list[Row]]:
        data = self._environment.database["F0411Z1"]
        found: dict[Transaction, list[Row]] = {}
        for row in data.where(EDBT=batch):
            # what waits for the match of receipts is another program's (section 12.5)
            if data.value(row, "EDSP") != "1" and data.value(row, "ATFLG") != "1":
                user, number = str(data.value(row, "EDUS")), str(data.value(row, "EDTN"))
                found.setdefault((user, batch, number), []).append(row)
        return found

    def _orphan(self, batch: str, pending: Mapping[Transaction, list[Row]]) -> Transaction | None:
        """The first transaction of which only journal rows wait: the reading of F0911Z1 ends there (section 11.3)."""
        data = self._environment.database["F0911Z1"]
        waiting = {
            (str(data.value(row, "EDUS")), batch, str(data.value(row, "EDTN")))
            for row in data.where(EDBT=batch)
            if data.value(row, "EDSP") != "1"
        }
        return min(waiting - pending.keys(), default=None)

    def _voucher(
        self, entry: VoucherEntry, transaction: Transaction, rows: list[Row], batch: int, *, final: bool
    ) -> None:
        database = self._environment.database
        user, group, number = transaction
        lines = database["F0911Z1"].where(EDUS=user, EDBT=group, EDTN=number)
        options = self._environment.options
        items = [carried(options, database["F0411Z1"].record(row), batch=True) for row in rows]
        items = _in_line_order([{"AG": Decimal(0), **item} for item in items])
        journal = _in_line_order([dict(database["F0911Z1"].record(row)) for row in lines])
        _check_control_fields(items, journal)
        payment = _payment_number(items)
        if not journal:
            raise BusinessError("4056", "Voucher out of balance: it has no journal lines", "AG")
        items, journal = entry.complete(items, [entry.explained(line, items[0]) for line in journal])
        entry.check(items, journal)
        if not final:
            return
        try:
            key = entry.write(items, journal, batch)
        except BusinessError:
            raise
        except ValueError as error:
            raise BusinessError("0024", str(error)) from None
        if payment:
            # its day has no column of its own in the sheet: it is the voucher's
            made = database["F0411"].where(**key.columns)
            Payments(self._environment, entry.user, _PROGRAM).in_full(made, items[0]["DGJ"], number=payment)
        written: Record = {"EDSP": "1", "CRRM": str(items[0].get("CRRM") or "")}
        if options.write_back:
            written |= {"KCO": key.company, "DCT": key.type, "DOC": key.number}
            written |= {"ICU": items[0].get("ICU") or batch, "ICUT": "V"}
        for table, members in (("F0411Z1", rows), ("F0911Z1", lines)):
            self._finish(table, members, written, entry.user)

    def _finish(self, table: str, rows: list[Row], written: Record, user: str) -> None:
        for row in rows:
            if self._environment.options.purge_processed:
                self._environment.delete(table, row)
            else:
                self._environment.update(table, row, written, user=user, program=_PROGRAM)

    def _put(self, entity: str, records: dict[str, dict[str, Any]], key: str, record: dict[str, Any]) -> None:
        records[key] = record
        self._changed(entity, key, record)


def _name(transaction: Transaction) -> str:
    return "/".join(transaction)


def _in_line_order(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda record: Decimal(record.get("EDLN", 0)))


def _payment_number(items: list[dict[str, Any]]) -> int:
    """DOCM, the number of the payment that settled a voucher in full (section 11.1), 0 where there is none.
    BusinessError for several, and for a payment without a voucher (batch type W) that has none (0809, 11.3)."""
    numbers = {int(item.get("DOCM") or 0) for item in items}
    if len(numbers) > 1:
        raise BusinessError("0168", "Only one payment settles a voucher, and all of it", "DOCM")
    (number,) = numbers
    if not number and items[0].get("ICUT") == WITHOUT_VOUCHER:
        raise BusinessError("0809", "Payment Number Required", "DOCM")
    return number


def _check_control_fields(items: list[dict[str, Any]], journal: list[dict[str, Any]]) -> None:
    """EDTC is `A`, EDTR `V`, on both sides (required fields of the batch files)."""
    for record in (*items, *journal):
        if record.get("EDTC") != "A" or record.get("EDTR") != "V":
            raise BusinessError("0025", "EDTC must be A and EDTR must be V", "EDTR")
