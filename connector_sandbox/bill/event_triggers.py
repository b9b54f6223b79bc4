"""Which changes of the books are events of BILL (bill section 7.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connector_sandbox.bill.event_options import EventOptions


class Triggers:
    """Names the event of a change; it knows the last status of every payment, for only a change of that is one."""

    def __init__(self, options: Callable[[], EventOptions]) -> None:
        self._options = options
        self._statuses: dict[str, tuple[Any, Any]] = {}

    def begin(self, payments: Iterable[Mapping[str, Any]]) -> None:
        """These payments are there already."""
        self._statuses = {each["id"]: _status(each) for each in payments}

    def event_type(self, kind: str, record: Mapping[str, Any]) -> str | None:
        """The event that a change (books.Emit) is; None when BILL shows nobody of it.

        There is none of approvals, of classifications and of credits; a payment that was made is one that was updated.
        """
        match kind:
            case "bill.progressed":
                return "bill.updated" if self._options().payment_progress_updates_bill else None
            case "payment.created" | "payment.updated":
                before, now = self._statuses.get(record["id"]), _status(record)
                self._statuses[record["id"]] = now
                return "payment.updated" if before != now else None
        return kind


def _status(payment: Mapping[str, Any]) -> tuple[Any, Any]:
    return payment.get("status"), payment.get("singleStatus")
