"""BILL's answers as the error vocabulary (bill section 5).

What decides is the code in the body, not the status: limits come as 422 here and 429 there, and a refused
validation has no code at all. Bodies are an array of objects; an HTML page, an empty body and the events API's
same array are read too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector_resources.clock import Clock
from connector_resources.errors import (
    ConnectorError,
    FieldMessage,
    LoginRefused,
    NotAllowed,
    NotFound,
    RateLimited,
    Refused,
    SystemProblem,
    Unavailable,
)
from connector_resources.http import Answer, Call, field_messages_text, one_line, usual_problem
from connector_resources.redact import last_four

LOGIN_PATH = "v3/login"

SESSION_INVALID = "BDC_1109"
UNTRUSTED = "BDC_1361"
NOT_PERMITTED = "BDC_1145"
NO_DATA = "BDC_1120"
NO_RECORD = "BDC_1205"  # a well-formed id that nothing has (bill section 5.3)
NO_SUCH_API = "BDC_1121"
ORGANIZATION_LOCKED = "BDC_1107"
HOUR_SPENT = "BDC_1144"
SLOTS_TAKEN = "BDC_1322"
DUPLICATE = "BDC_1171"
ROLLED_BACK = "BDC_1246"  # of a bulk request: this element is fine, and was not made because of another one

_LOCKED_SECONDS = 900.0  # an organisation is locked for 5 to 15 minutes (bill section 5.3)
_CODE = re.compile(r"BDC_\d{4,5}")
_RECORD = re.compile(r"^\s*[0-9A-Za-z]{20}\s*:\s*")
_PLACEHOLDER = re.compile(r"\s*:?\s*\$\{([^}]*)\}")
_PARAMETER = re.compile(r"\$\{([^}]*)\}")
_FIELD = re.compile(r"^([A-Za-z][\w.\[\]]*): (?=\S)")
_INVALID_ENTITY = re.compile(r"^Invalid entity data\.?\s*")
_MESSAGE_LIMIT = 300
_PRIVATE = frozenset({"taxId", "accountNumber", "routingNumber"})  # bank and tax numbers, which are never shown
_PRIVATE_FROM = 5  # characters; a shorter number could be a word of the message


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that an answer says: its code ('' for a validation), the field where it names one, the sentence."""

    code: str
    field: str
    message: str


class SlotsTaken(SystemProblem):
    """Three calls are in flight already: nothing was processed. Only inside the client (see `Channel`)."""


class SessionEnded(SystemProblem):
    """A session that was new is refused too: nothing was processed. Only inside the client (see `Channel`)."""


class HourSpent(RateLimited):
    """No more calls, or logins, in this clock hour: `retry_after` is what is left of it."""


class OrganizationLocked(RateLimited):
    """BILL has locked the organisation, or this login of it, for some minutes."""

    def __init__(self, message: str, *, fix: str, connection: str, status: int) -> None:
        super().__init__(message, connection=connection, status=status, retry_after=_LOCKED_SECONDS)
        self.fix = fix


class Classifier:
    """Reads answers for `HttpSession`; `hide` takes secrets out of a text."""

    def __init__(self, clock: Clock, hide: Callable[[str], str]) -> None:
        self._clock = clock
        self._hide = hide

    def __call__(self, call: Call, answer: Answer) -> ConnectorError | None:
        """The problem that an answer shows of, None for one of success."""
        if 200 <= answer.status < 300:
            return None
        said = tuple(Said(one.code, one.field, self._shown(call, one.message)) for one in _reasons(sayings(answer)))
        fields = tuple(dict.fromkeys(FieldMessage(one.field, one.message) for one in said))
        details = _element(call, answer) + field_messages_text(fields)
        named = [one.code for one in said if one.code]
        code = next((one for one in named if one in _DECIDING), named[0] if named else "")
        problem = self._by_code(call, answer, code, details)
        if problem is not None:
            return problem
        if answer.status == 404 and not said and answer.body.strip() and not _is_json(answer):
            # A page of some server in between: nothing that BILL says about a record.
            return Unavailable(
                f"{call.what}: {answer.connection} answered 404 with a page that is not BILL's: {answer.text(120)};"
                f" check url of connection {answer.connection}",
                connection=answer.connection,
                status=404,
            )
        if answer.status in (401, 403):
            fix = f"look at the developer key of connection {answer.connection} and at its user's role in BILL"
            text = f"{_text(call, answer, code, details)}; {fix}"
            return NotAllowed(text, fix=fix, connection=answer.connection, status=answer.status)
        found = usual_problem(call, answer, details=f"{code} {details}".strip(), fields=fields)
        if isinstance(found, Refused):
            found.code = code
        return found

    def _by_code(self, call: Call, answer: Answer, code: str, details: str) -> ConnectorError | None:
        name, status = answer.connection, answer.status
        text = _text(call, answer, code, details)
        if code == HOUR_SPENT:
            left = seconds_to_next_hour(self._clock.now())
            return HourSpent(text, connection=name, status=status, retry_after=left)
        if code == SLOTS_TAKEN:
            return SlotsTaken(text, connection=name, status=status)
        if code == ORGANIZATION_LOCKED:
            fix = (
                f"wait 15 minutes; if it stays, an administrator of organisation and user of {name} unlocks it in BILL"
            )
            return OrganizationLocked(f"{text}; {fix}", fix=fix, connection=name, status=status)
        if code in _LOGIN_FIXES:
            fix = _LOGIN_FIXES[code].format(name=name)
            return LoginRefused(f"{text}; {fix}", fix=fix, connection=name, status=status)
        if code == SESSION_INVALID:
            return SessionEnded(text, connection=name, status=status)
        if code == UNTRUSTED:
            fix = "this call needs a session with two-step verification, which the connector never opens"
            return NotAllowed(f"{text}; {fix}", fix=fix, connection=name, status=status)
        if code == NOT_PERMITTED:
            fix = f"in BILL, give the role of the user of connection {name} the permission to {call.what}"
            return NotAllowed(f"{text}; {fix}", fix=fix, connection=name, status=status)
        if code == NO_SUCH_API:
            fix = (
                f"check url of connection {name}: it ends in /connect; if it does, BILL does not offer this call to it"
            )
            return NotAllowed(f"{text}; {fix}", fix=fix, connection=name, status=status)
        if code in (NO_DATA, NO_RECORD):
            return NotFound(text, connection=name, status=status)
        if answer.status < 500 and answer.status != 429 and is_login(call):
            fix = f"check url and credentials of connection {name}"
            return LoginRefused(f"{text}; {fix}", fix=fix, connection=name, status=status)
        return None

    def _shown(self, call: Call, message: str) -> str:
        """The sentence without secrets; a bank or tax number that we sent shows its last four characters."""
        for number in _numbers(call.json):
            message = message.replace(number, last_four(number))
        return self._hide(message)


def is_login(call: Call) -> bool:
    """Whether a call is the login itself."""
    return call.path == LOGIN_PATH


def codes(answer: Answer) -> frozenset[str]:
    """The codes of an error answer."""
    return frozenset(one.code for one in sayings(answer) if one.code)


def sayings(answer: Answer) -> tuple[Said, ...]:
    """What an error answer says, each thing once: the same sentence also comes with the record's id before it."""
    content = answer.json_or_none()
    found: dict[tuple[str, str, str], Said] = {}
    for item in _items(content):
        code = str(item.get("code") or item.get("errorCode") or "")
        sentence = _sentence(item)
        if not _CODE.fullmatch(code):
            inside = _CODE.search(sentence)
            code = inside[0] if inside else ""
        if not sentence and not code:
            continue
        plain = _INVALID_ENTITY.sub("", _RECORD.sub("", sentence))
        named = _FIELD.match(plain)
        field, message = (named[1], plain[named.end() :]) if named else ("", plain or sentence)
        found.setdefault((code, field, _compact(message)), Said(code, field, message))
    return tuple(found.values())


def _reasons(said: tuple[Said, ...]) -> tuple[Said, ...]:
    """What is wrong: of a bulk request not that the others were rolled back because of it, unless that is all."""
    return tuple(one for one in said if one.code != ROLLED_BACK) or said


def _element(call: Call, answer: Answer) -> str:
    """Which of several records was refused, where the answer has an entry for each of them in their order."""
    if not isinstance(call.json, list) or ROLLED_BACK not in codes(answer):
        return ""
    entries = list(_items(answer.json_or_none()))
    guilty = [place for place, item in enumerate(entries, 1) if str(item.get("code")) != ROLLED_BACK]
    place = f"number {guilty[0]}" if len(guilty) == 1 and len(entries) == len(call.json) else "one"
    return f"{place} of the {len(call.json)} is refused, and none of them was made: "


def seconds_to_next_hour(now: datetime) -> float:
    """How long the clock hour still lasts; a second more, for clocks that differ."""
    return 3600.0 - (now.minute * 60 + now.second + now.microsecond / 1e6) + 1.0


def _items(content: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of an error body: the array, one object alone, or one that holds the array."""
    if isinstance(content, list):
        for item in content:
            yield from _items(item)
    elif isinstance(content, Mapping):
        inside = next((content[key] for key in ("errors", "error") if isinstance(content.get(key), list)), None)
        if inside is not None:
            yield from _items(inside)
        else:
            yield content


def _sentence(item: Mapping[str, Any]) -> str:
    """The message with its placeholders filled from `params`, or taken out where nothing fills them."""
    text = next((item[key] for key in ("message", "detail", "error") if isinstance(item.get(key), str)), "")
    given = item.get("params")
    params = given if isinstance(given, list) else []
    values = {str(p.get("name")): str(p.get("value")) for p in params if isinstance(p, Mapping) and p.get("value")}
    text = _PARAMETER.sub(lambda found: values.get(found[1], found[0]), text)
    return one_line(_PLACEHOLDER.sub("", text), _MESSAGE_LIMIT)


def _compact(sentence: str) -> str:
    return " ".join(sentence.casefold().split()).rstrip(".")


def _text(call: Call, answer: Answer, code: str, details: str) -> str:
    said = " ".join(part for part in (code, details) if part) or answer.text(200)
    return f"{call.what}: {answer.connection} answered {answer.status}" + (f": {said}" if said else "")


def _is_json(answer: Answer) -> bool:
    return answer.json_or_none() is not None


def _numbers(content: Any, name: str = "") -> Iterator[str]:
    """Bank and tax numbers of a request body."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from _numbers(value, str(key))
    elif isinstance(content, list):
        for value in content:
            yield from _numbers(value, name)
    elif name in _PRIVATE and isinstance(content, str) and len(content) >= _PRIVATE_FROM:
        yield content


_LOGIN_FIXES: Mapping[str, str] = {
    "BDC_1101": "run `connector credentials set {name}`: user name or password is wrong, or it is one of BILL's"
    " other environment",
    "BDC_1102": "run `connector credentials set {name}`: the developer key is wrong, or the login belongs to BILL's"
    " other environment",
    "BDC_1103": "ask BILL to activate the developer key of {name}",
    "BDC_1104": "the user of {name} signs in to BILL's web page once and accepts the terms of service",
    "BDC_1110": "an administrator unlocks the user of {name} in BILL, or resets its password; then run"
    " `connector credentials set {name}`",
}
_DECIDING = frozenset(
    {
        *(SESSION_INVALID, UNTRUSTED, NOT_PERMITTED, NO_DATA, NO_RECORD, NO_SUCH_API),
        *(ORGANIZATION_LOCKED, HOUR_SPENT, SLOTS_TAKEN, *_LOGIN_FIXES),
    }
)
