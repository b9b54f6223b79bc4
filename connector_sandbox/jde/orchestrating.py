"""What an orchestration is: its inputs as a caller passed them, what its steps work with, what comes out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from connector_sandbox.jde.acting import BusinessError
from connector_sandbox.jde.dataservice import DataService
from connector_sandbox.jde.dates import USERS_OWN, InputDates
from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.journals import Journals
from connector_sandbox.jde.payables import Payables, VoucherKey
from connector_sandbox.jde.payments import Payments
from connector_sandbox.jde.query import Reader
from connector_sandbox.jde.reports import Reports
from connector_sandbox.jde.sessions import Session
from connector_sandbox.jde.voiding import Voiding

InputType = Literal["String", "Numeric", "Date"]


class Inputs:
    """What a caller passed, read as the orchestration's input types; names are matched literally."""

    def __init__(self, values: Mapping[str, Any], reader: Reader, dates: InputDates) -> None:
        self._values = values
        self._reader = reader
        self._dates = dates

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str:
        value = self._values.get(name)
        return "" if value is None else str(value).strip()

    def number(self, name: str) -> Decimal:
        """A number, 0 when missing; BusinessError when it is none."""
        value = self._values.get(name)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return Decimal(value)  # a JSON number is what it is, whatever the user's decimal sign
        try:
            return self._reader.numbers.read(self.text(name))
        except InvalidOperation:
            raise BusinessError("0024", f"{name}: {self.text(name)!r} is not a number", name) from None

    def whole(self, name: str) -> int:
        return int(self.number(name))

    def day(self, name: str) -> date | None:
        """A date in the format of the orchestration's inputs, None when missing: another order of day and month is
        another date (section 8, 2), BusinessError for what the converter refuses."""
        text = self.text(name)
        if not text:
            return None
        day = self._dates.read(text)
        if day is None and self._dates.format != USERS_OWN:
            raise BusinessError("0024", f"{name}: {text!r} is not a date of the format {self._dates.format}", name)
        return day

    @property
    def shown(self) -> str:
        """All that was passed, as one text: two equal calls have the same."""
        return repr(sorted(self._values.items()))

    def rows(self, name: str) -> list[Inputs]:
        """The rows of a detail input."""
        return [Inputs(row, self._reader, self._dates) for row in self._values.get(name) or ()]


@dataclass(frozen=True, slots=True)
class OrchestrationContext:
    """What an orchestration works with."""

    environment: Environment
    reports: Reports
    data: DataService
    session: Session
    reader: Reader

    @property
    def user(self) -> str:
        return self.session.user.name

    @property
    def payables(self) -> Payables:
        return Payables(self.environment, self.user, "ORCH")

    @property
    def payments(self) -> Payments:
        return Payments(self.environment, self.user, "ORCH")

    @property
    def voiding(self) -> Voiding:
        return Voiding(self.environment, self.user, "ORCH")

    @property
    def journals(self) -> Journals:
        return Journals(self.environment, self.user, "EP0911")


@dataclass(frozen=True, slots=True)
class Result:
    """What came out: the outputs, and the warnings that did not stop it."""

    outputs: dict[str, Any]
    warnings: Sequence[BusinessError] = ()


@dataclass(frozen=True, slots=True)
class Orchestration:
    """One orchestration as its designer defined it."""

    name: str
    description: str
    run: Callable[[OrchestrationContext, Inputs], Result]
    inputs: Mapping[str, InputType]
    outputs: Sequence[str]
    form: str
    """The form or service its step drives, e.g. `P0411_W0411A`."""
    step: Literal["formRequest", "customServiceRequest", "reportRequest", "dataRequest"] = "formRequest"
    details: Mapping[str, Mapping[str, InputType]] = field(default_factory=dict)
    writes: bool = True
    required: Collection[str] = ()
    """Inputs without which a call is refused; those of an array as `PayItems.PayItem`."""

    def required_of(self, grid: str) -> list[str]:
        """The required inputs of an array, or those beside all arrays (blank)."""
        if not grid:
            return [name for name in self.required if "." not in name or name in self.inputs]
        return [name.removeprefix(f"{grid}.") for name in self.required if name.startswith(f"{grid}.")]

    def under(self, names: Mapping[str, str]) -> Orchestration:
        """The same with other names of inputs, those of an array's members given as `PayItems.PayItem`."""
        if not names:
            return self
        return replace(
            self,
            inputs={names.get(name, name): kind for name, kind in self.inputs.items()},
            details={
                names.get(grid, grid): {names.get(f"{grid}.{name}", name): kind for name, kind in members.items()}
                for grid, members in self.details.items()
            },
        )


KEY: dict[str, InputType] = {"DocumentNumber": "Numeric", "DocumentType": "String", "DocumentCompany": "String"}
"""The inputs that name a voucher."""

KEY_REQUIRED = tuple(KEY)
"""All of them are required."""


def rows_required(grid: str, *names: str) -> tuple[str, ...]:
    """Required inputs of each row of a grid."""
    return tuple(f"{grid}.{name}" for name in names)


def voucher_key(inputs: Inputs) -> VoucherKey:
    """The voucher that the inputs of KEY name; its type is PV where none is given."""
    return VoucherKey(
        inputs.text("DocumentCompany"), inputs.text("DocumentType") or "PV", inputs.whole("DocumentNumber")
    )
