"""Orchestrations: the write path of JD Edwards (jde-ais section 3.4).

Names, inputs and outputs are each customer's own: the connection's setting `orchestrations` maps our acts to
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from connector_resources.connections import JdeConnection, Orchestration
from connector_resources.errors import FieldMessage, NotFound, OutcomeUnknown, Refused, SystemProblem, UnusableInput
from connector_resources.http import Call, HttpSession
from connector_resources.http.departure import without_effect
from connector_resources.jde.contract import ACTS, problems
from connector_resources.jde.dataservice import DataService
from connector_resources.jde.errors import Words, errors_inside, words
from connector_resources.jde.query import literal


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

    def configured(self, act: str) -> Orchestration:
        """The orchestration for an act; raises UnusableInput where the connection names none."""
        found = self._connection.orchestrations.get(act)
        if found is None:
            raise UnusableInput(
                f"connection {self._connection.name}: no orchestration is configured for {act};"
                f" set orchestrations.{act}.name"
            )
        return found

    def discover(self, name: str | None = None) -> dict[str, tuple[str, ...]]:
        """Names of orchestrations that the user may call, each with its inputs' names; one of them, or
        all."""
        path = "/discover" if name is None else f"/discover/{quote(name, safe='')}"
        what = "discover orchestrations" if name is None else f"discover orchestration {name}"
        body = self._http.send(Call(method="GET", path=path, what=what)).json()
        listed = body.get("orchestrations") if isinstance(body, Mapping) else None
        if not isinstance(listed, list):
            raise SystemProblem(f"{what}: the answer lists no orchestrations", connection=self._connection.name)
        return {
            str(entry.get("name")): tuple(_input_names(entry.get("inputs")))
            for entry in listed
            if isinstance(entry, Mapping)
        }

    def lacking(self, act: str) -> str:
        """What an act's configuration does not agree with on the site, in one sentence; '' when it agrees."""
        wanted = self.configured(act)
        try:
            found = self.discover(wanted.name)
        except NotFound:
            found = {}
        if wanted.name not in found:
            return f"{act}: there is no orchestration {wanted.name!r}, or the user may not see it"
        missing = [theirs for theirs in wanted.inputs.values() if theirs not in found[wanted.name]]
        if missing:
            return f"{act}: {wanted.name} has no input {', '.join(map(repr, missing))}"
        return ""

    def call(self, act: str, values: Mapping[str, Any], *, reads: bool = False) -> Outcome:
        """Call the act's orchestration once with our `values` (texts, numbers, dates, lists of such for
        grids). One that only reads (`reads`) is repeated by itself where no answer came.

        Raises UnusableInput where `values` are not what the contract declares. Succeeds only when all of the sheet's
        criterion holds: 2xx, no exception, `jde__status` absent or SUCCESS, no `continuedOnError`, no form or system
        errors, and the configured key output present and not zero. Raises Refused when JDE said no and named its
        reason, OutcomeUnknown when something may have been written.
        """
        wanted = self.configured(act)
        self._as_declared(act, values)
        call = Call(
            method="POST",
            path=f"{'' if wanted.version == 'v1' else '/' + wanted.version}/orchestrator/{quote(wanted.name, safe='')}",
            what=f"{act} ({wanted.name})",
            json=self._inputs(wanted, values),
            safe=reads,
        )
        answer = self._http.send(call)
        body = answer.json()
        if not isinstance(body, Mapping):
            raise self._unknown(call, "its answer is no object")
        key = _key(body, wanted.key_output) if wanted.key_output else None
        failed = _failure(body)
        if failed is not None:
            failed = self._hidden(failed)
            if key or body.get("continuedOnError"):
                raise self._unknown(call, f"it went on after an error: {failed.all}")
            refused = Refused(
                f"{call.what}: {self._connection.name} refused: {failed.all}",
                fields=failed.fields,
                connection=self._connection.name,
                status=answer.status,
            )
            # no key of a document, nothing that went on: errors inside a 200 are AIS' own way to refuse (jde-ais 5)
            refused.proof = f"{answer.status}: errors inside the answer of the orchestration"
            if not reads:
                without_effect()
            raise refused
        if wanted.key_output and not key:
            raise self._unknown(call, f"it answered without an error and without {wanted.key_output}")
        return Outcome(key, body)

    def _as_declared(self, act: str, values: Mapping[str, Any]) -> None:
        """Nothing is sent that the contract does not declare: the site was built from its page."""
        declared = ACTS.get(act)
        found = problems(declared, values) if declared else ["it is no act of the contract (docs/orchestrations.md)"]
        if found:
            raise UnusableInput(f"{act} of {self._connection.name} is not sent: {'; '.join(found)}")

    def _inputs(self, wanted: Orchestration, values: Mapping[str, Any]) -> dict[str, Any]:
        """Flat JSON, as all public clients post it; a grid is a list of such."""

        def day_literal(day: date) -> str:
            self._data.proof.hold()  # a date that the site would read otherwise is never written
            return self._data.date_pattern.literal(day)

        def written(ours: str, value: Any) -> Any:
            if isinstance(value, Mapping):
                return {wanted.inputs.get(f"{ours}.{k}", k): written(f"{ours}.{k}", v) for k, v in value.items()}
            if isinstance(value, Sequence) and not isinstance(value, str):
                return [written(ours, item) for item in value]
            if value is None:
                return ""
            if isinstance(value, str | int | Decimal | date):
                return literal(value, day_literal)
            raise UnusableInput(f"{wanted.name}: {ours} is a {type(value).__name__}, which no orchestration takes")

        return {wanted.inputs.get(ours, ours): written(ours, value) for ours, value in values.items()}

    def _hidden(self, said: Words) -> Words:
        hide = self._http.hide
        fields = tuple(FieldMessage(item.field, hide(item.message)) for item in said.fields)
        return Words(hide(said.text), fields)

    def _unknown(self, call: Call, reason: str) -> OutcomeUnknown:
        name = self._connection.name
        return OutcomeUnknown(f"{call.what} on {name}: {reason}; look whether it was written", connection=name)


def _failure(body: Mapping[str, Any]) -> Words | None:
    """What speaks against success in a 2xx answer; None when nothing does."""
    status = str(body.get("jde__status") or "SUCCESS").strip().upper()
    if body.get("continuedOnError"):
        return words({**body, "errors": body["continuedOnError"]}) or Words("a step failed")
    if status != "SUCCESS":
        return words(body) or Words(f"jde__status {status}")
    return errors_inside(body)


def _key(body: Any, name: str) -> str:
    """The key output's value wherever the answer holds it; '' when absent, blank or zero."""
    if isinstance(body, Mapping):
        if name in body and isinstance(body[name], str | int | Decimal):
            written = str(body[name]).strip()
            return written if written.strip("0.") else ""
        found = (_key(value, name) for value in body.values())
        return next((value for value in found if value), "")
    if isinstance(body, list):
        return next((value for value in (_key(item, name) for item in body) if value), "")
    return ""


def _input_names(inputs: Any) -> list[str]:
    """Names as the designer wrote them, trailing blanks included; a list of names or of objects with a
    name."""
    names = []
    for entry in inputs if isinstance(inputs, list) else ():
        if isinstance(entry, str):
            names.append(entry)
        elif isinstance(entry, Mapping):
            names.append(str(entry.get("name", "")))
            names.extend(_input_names(entry.get("inputs")))
    return names
