"""Orchestrations: the write path of JD Edwards (jde-ais section 3.4).

Names, inputs and outputs are each customer's own: the connection's setting `orchestrations` maps our acts to
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from connector_resources.connections.jde import JdeConnection, Orchestration
from connector_resources.errors import (
    FieldMessage,
    NotFound,
    OutcomeUnknown,
    Refused,
    SystemProblem,
    TooLong,
    UnusableInput,
)
from connector_resources.http import Call, HttpSession
from connector_resources.http.departure import without_effect
from connector_resources.jde.contract import ACTS, problems, too_long
from connector_resources.jde.dataservice import DataService
from connector_resources.jde.dates import day_text
from connector_resources.jde.discovery import Agreement, Offered, agreement, offered, shows_array, unknown_act
from connector_resources.jde.errors import Words
from connector_resources.jde.query import literal
from connector_resources.jde.selftest import ACT as SELF_TEST
from connector_resources.jde.selftest import SelfTest
from connector_resources.jde.verdict import verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """A successful call: the document's number (None where no key output is configured), and the whole
    answer."""

    key: str | None
    body: Mapping[str, Any]


class Orchestrations:
    """Discovery and calls of the configured orchestrations."""

    def __init__(self, http: HttpSession, data: DataService, connection: JdeConnection) -> None:
        self._http = http
        self._data = data
        self._connection = connection
        self.self_test = SelfTest(self)

    def configured(self, act: str) -> Orchestration:
        """The orchestration for an act; raises UnusableInput where the connection names none."""
        found = self._connection.orchestrations.get(act)
        if found is None:
            raise UnusableInput(
                f"connection {self._connection.name}: no orchestration is configured for {act};"
                f" set orchestrations.{act}.name"
            )
        return found

    def discover(self, name: str | None = None) -> dict[str, Offered]:
        """The orchestrations that the user may call, by name; one of them, or all."""
        path = "/discover" if name is None else f"/discover/{quote(name, safe='')}"
        what = "discover orchestrations" if name is None else f"discover orchestration {name}"
        body = self._http.send(Call(method="GET", path=path, what=what)).json()
        listed = body.get("orchestrations") if isinstance(body, Mapping) else None
        if not isinstance(listed, list):
            raise SystemProblem(f"{what}: the answer lists no orchestrations", connection=self._connection.name)
        found = [offered(entry) for entry in listed if isinstance(entry, Mapping)]
        return {each.name: each for each in found}

    def agreements(self) -> list[Agreement]:
        """How each configured orchestration agrees with the contract; asks JDE."""
        offers = {act: self._offer(act) for act in self._connection.orchestrations if act in ACTS}
        arrays = self.shows_arrays({offer.name: offer for offer in offers.values() if offer is not None})
        return [self._agreement(act, offers.get(act), arrays=arrays) for act in self._connection.orchestrations]

    def shows_arrays(self, offers: Mapping[str, Offered]) -> bool:
        """Whether this site's discovery shows array inputs: any of ours among these orchestrations, by their names."""
        named = ((ACTS[act], wanted) for act, wanted in self._connection.orchestrations.items() if act in ACTS)
        return any(shows_array(act, wanted, offers[wanted.name]) for act, wanted in named if wanted.name in offers)

    def _offer(self, act: str) -> Offered | None:
        name = self.configured(act).name
        try:
            return self.discover(name).get(name)
        except NotFound:
            return None

    def _agreement(self, act: str, found: Offered | None, *, arrays: bool) -> Agreement:
        wanted = self.configured(act)
        if act not in ACTS:
            return Agreement((unknown_act(act),))
        if found is None:
            return Agreement((f"{act}: there is no orchestration {wanted.name!r}, or the user may not see it",))
        return agreement(ACTS[act], wanted, found, arrays=arrays)

    @property
    def connection_name(self) -> str:
        """The connection's name, for messages."""
        return self._connection.name

    @property
    def user_formats(self) -> tuple[str, str]:
        """The date and the decimal format that the login tells."""
        return self._data.date_pattern.pattern, self._data.decimal_sign

    def call(self, act: str, values: Mapping[str, Any], *, reads: bool = False) -> Outcome:
        """Call the act's orchestration once with our `values` (texts, numbers, dates, lists of such for
        grids). One that only reads (`reads`) is repeated by itself where no answer came.

        Raises UnusableInput where `values` are not what the contract declares (TooLong: longer than that), or nothing
        proves that dates and numbers are read as they are meant. Succeeds only when all of the sheet's criterion holds:
        2xx, no exception, `jde__status` absent, SUCCESS or a warning, no `continuedOnError`, no form or system errors,
        and the configured key output present and not zero. Raises Refused when JDE said no and named its reason,
        OutcomeUnknown when something may have been written. Of an act that makes no document the answer does not show
        what it did: the caller looks.
        """
        wanted = self.configured(act)
        self._as_declared(act, values)
        inputs = self._inputs(act, wanted, values)
        if not reads:
            self._data.numbers.hold()
            if SELF_TEST in self._connection.orchestrations:
                self.self_test.hold()
        call = Call(
            method="POST",
            path=f"{'' if wanted.version == 'v1' else '/' + wanted.version}/orchestrator/{quote(wanted.name, safe='')}",
            what=f"{act} ({wanted.name})",
            json=inputs,
            safe=reads,
        )
        answer = self._http.send(call)
        body = answer.json()
        if not isinstance(body, Mapping):
            raise self._unknown(call, "its answer is no object")
        found = verdict(body, wanted.key_output, makes=not reads and _makes(act))
        if found.uncertain:
            raise self._unknown(call, self._http.hide(found.uncertain))
        if found.errors is not None:
            said = self._hidden(found.errors)
            refused = Refused(
                f"{call.what}: {self._connection.name} refused: {said.all}",
                fields=said.fields,
                connection=self._connection.name,
                status=answer.status,
            )
            # no key of a document, nothing that went on: errors inside a 200 are AIS' own way to refuse (jde-ais 5)
            refused.proof = f"{answer.status}: errors inside the answer of the orchestration"
            if not reads:
                without_effect()
            raise refused
        return Outcome(found.key, body)

    def _as_declared(self, act: str, values: Mapping[str, Any]) -> None:
        """Nothing is sent that the contract does not declare: the site was built from its page."""
        declared = ACTS.get(act)
        found = problems(declared, values) if declared else ["it is no act of the contract (docs/orchestrations.md)"]
        if found:
            raise UnusableInput(f"{act} of {self._connection.name} is not sent: {'; '.join(found)}")
        if declared is not None and (excess := too_long(declared, values)):
            shown = "; ".join(f"{name}: {said}" for name, said in excess)
            raise TooLong(
                f"{act} of {self._connection.name} is not sent: {shown}",
                tuple(FieldMessage(f"{act}.{name}", said) for name, said in excess),
            )

    def day_text(self, act: str, day: date) -> str:
        """A date as the act's orchestration takes it; raises UnusableInput where the connection does not say how."""
        written = self._connection.dates_of(act)
        if written is None:
            raise UnusableInput(
                f"{act} is not sent: connection {self._connection.name} does not say how its orchestrations take dates:"
                " set orchestration_dates: iso where they are built as docs/orchestrations.md says, or user where they"
                " take the login user's format, which was sent before there was this setting"
            )
        if written == "user":
            self._data.proof.hold()  # a date that the site would read otherwise is never written
        return day_text(day, written, self._data.date_pattern, self._connection.zone)

    def _inputs(self, act: str, wanted: Orchestration, values: Mapping[str, Any]) -> dict[str, Any]:
        """Flat JSON, as all public clients post it; a grid is a list of such."""

        def written(ours: str, value: Any) -> Any:
            if isinstance(value, Mapping):
                return {wanted.inputs.get(f"{ours}.{k}", k): written(f"{ours}.{k}", v) for k, v in value.items()}
            if isinstance(value, Sequence) and not isinstance(value, str):
                return [written(ours, item) for item in value]
            if value is None:
                return ""
            return literal(value, lambda day: self.day_text(act, day))

        return {wanted.inputs.get(ours, ours): written(ours, value) for ours, value in values.items()}

    def _hidden(self, said: Words) -> Words:
        hide = self._http.hide
        fields = tuple(FieldMessage(item.field, hide(item.message)) for item in said.fields)
        return Words(hide(said.text), fields)

    def _unknown(self, call: Call, reason: str) -> OutcomeUnknown:
        name = self._connection.name
        return OutcomeUnknown(f"{call.what} on {name}: {reason}; look whether it was written", connection=name)


def _makes(act: str) -> bool:
    """Whether an act makes a document: by its contract its answer then has the number."""
    return any(output.key for output in ACTS[act].outputs)
