"""What an AIS answer means: statuses, and errors inside a 200 or a 500 (jde-ais sections 2, 3.3, 3.4, 5)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from connector_resources.errors import (
    ConnectorError,
    FieldMessage,
    LoginRefused,
    NotAllowed,
    NotFound,
    Refused,
    SystemProblem,
    Unavailable,
    UnusableInput,
)
from connector_resources.http import Answer, Call, one_line, usual_problem

LOGIN_PATH = "/tokenrequest"


class LinkDead(SystemProblem):
    """A next-page link no longer works: its cursor expired, or went with its session. The query starts
    again."""


class UnreadableAnswer(SystemProblem):
    """AIS answered in a form that is not understood; asking again would not help, and nothing of it is
    used."""


# The kernel's own troubles (jde-ais section 5): time-out, connection failed, server down, retry needed.
_KERNEL = re.compile(r"COSE#\s*100[0278]\b")
_EXPIRED = "JAS_MSG347"
_ERRORS = frozenset(("errors", "sysErrors", "Errors", "error"))
_TAG = re.compile(r"(?s)<(script|style)\b.*?</\1>|<[^>]*>")


@dataclass(frozen=True, slots=True)
class Words:
    """What an answer says about errors: one text, and the messages that name a control or a code."""

    text: str
    fields: tuple[FieldMessage, ...] = ()

    @property
    def all(self) -> str:
        """Everything said, once, in one line."""
        parts = [self.text, *(str(field) for field in self.fields)]
        return one_line("; ".join(dict.fromkeys(part for part in parts if part)), 400)


def classify(call: Call, answer: Answer) -> ConnectorError | None:
    """The problem an AIS answer shows of; None when it may be used."""
    if call.path.endswith(LOGIN_PATH):
        return _login_problem(call, answer)
    if answer.status in (403, 444):
        return _session_problem(call, answer)
    if answer.status in (404, 405, 406, 415):
        return _address_problem(call, answer)
    if answer.status in (445, 446):
        return _sign_on_problem(call, answer)
    html = _is_html(answer)
    body = answer.json_or_none() if answer.status >= 300 or html else answer.json()
    if answer.status < 300 and html and body is None:
        return _web_page(call, answer)
    if "/orchestrator/" in call.path and answer.status < 300:
        return None  # its own success criterion needs the configured output: orchestrations.py
    said = words(body) if answer.status >= 300 else errors_inside(body)
    if answer.status < 300:
        return _inside_problem(call, answer, said) if said else None
    if answer.status == 500:
        return _server_problem(call, answer, said, body)
    return usual_problem(call, answer, details=said.all if said else plain(answer), fields=said.fields if said else ())


def words(body: Any) -> Words | None:
    """What a ServiceErrorResponse, `sysErrors` or form errors say; None when the body says nothing.

    `message` may be an object: the outputs of the steps, with form errors in them (jde-ais section 5).
    """
    if not isinstance(body, Mapping):
        return None
    texts = [body.get(key) for key in ("userDefinedErrorText", "jde__simpleMessage", "errorText", "message")]
    spoken = [one_line(text) for text in texts if isinstance(text, str) and text.strip()]
    if not spoken and isinstance(body.get("exception"), str):
        spoken = [str(body["exception"])]
    fields = tuple(dict.fromkeys(items_of(body, _ERRORS)))
    return Words("; ".join(dict.fromkeys(spoken)), fields) if spoken or fields else None


def errors_inside(body: Any) -> Words | None:
    """Errors in the body of a 200: a top-level exception, `sysErrors`, any nested `fs_*.errors`; None
    when clean."""
    if not isinstance(body, Mapping):
        return None
    if body.get("exception") or str(body.get("status", "")).upper() == "ERROR":
        return words(body) or Words("an exception without words")
    fields = tuple(dict.fromkeys(items_of(body, _ERRORS)))
    return Words("", fields) if fields else None


def plain(answer: Answer) -> str:
    """The text of a body, without the tags of an application server's error page."""
    return one_line(_TAG.sub(" ", answer.text(4000)))


def items_of(body: Any, kinds: Collection[str]) -> Iterator[FieldMessage]:
    """All items that stand under one of the names `kinds`, wherever they are nested: `{CODE, TITLE, ERRORCONTROL, DESC,
    MOBILE}` or a text."""
    if isinstance(body, Mapping):
        for key, value in body.items():
            if key in ("gridData", "output", "rowset"):
                continue  # the data itself, and most of the answer
            if key in kinds and value:
                yield from (_item(item) for item in (value if isinstance(value, list) else [value]))
            else:
                yield from items_of(value, kinds)
    elif isinstance(body, list):
        for value in body:
            yield from items_of(value, kinds)


def _item(item: Any) -> FieldMessage:
    if not isinstance(item, Mapping):
        return FieldMessage("", one_line(str(item)))
    title, description = (one_line(str(item.get(key) or "")) for key in ("TITLE", "DESC"))
    text = title if description in ("", title) else f"{title}: {description}" if title else description
    code = str(item.get("CODE") or "").strip()
    control = str(item.get("ERRORCONTROL") or "").strip()
    spoken = text or one_line(str(item.get("message") or item))
    return FieldMessage("" if control in ("", "0") else control, f"{code} {spoken}".strip())


def _login_problem(call: Call, answer: Answer) -> ConnectorError | None:
    said, status, connection = _said(answer), answer.status, answer.connection
    if status in (401, 403, 444):
        return LoginRefused(
            f"{call.what}: {connection} refused the login{said}",
            fix="check user and password, and that the user may use this environment and role",
            connection=connection,
            status=status,
        )
    if status == 405:
        return NotAllowed(
            f"{call.what}: the HTML (JAS) server behind {connection} does not let the AIS server in (405){said}",
            fix=f"add the host of the AIS server ({urlsplit(answer.url).hostname}, by the name or address that the HTML"
            " server sees) to Allowed Hosts of the HTML server in Server Manager; the address of this machine does not"
            " belong there",
            connection=connection,
            status=status,
        )
    if status in (404, 406, 415):
        return _address_problem(call, answer)
    if status in (445, 446):
        return _sign_on_problem(call, answer)
    if status >= 300:
        return usual_problem(call, answer, details=said.removeprefix(": "))
    if _is_html(answer) and answer.json_or_none() is None:
        return _web_page(call, answer)
    inside = errors_inside(answer.json())
    if inside is None:
        return None
    return LoginRefused(
        f"{call.what}: {connection} refused the login: {inside.all}",
        fix="check user, password, environment and role",
        connection=connection,
        status=status,
    )


def _session_problem(call: Call, answer: Answer) -> ConnectorError:
    """403 and 444 as they stand after the one new login that the HTTP layer makes for them."""
    said, connection, status = _said(answer), answer.connection, answer.status
    if not call.replay:
        return LinkDead(f"{call.what}: the session of the next-page link is gone", connection=connection, status=status)
    if status == 444:
        # A rejected token means that nothing was processed, for a write too.
        return Unavailable(
            f"{call.what}: {connection} rejected a token that it had just given out{said}; several AIS servers"
            " behind one address need sticky sessions, and one that leaves our device name out binds the token to the"
            " address that we come from, which must not change then",
            connection=connection,
            status=status,
        )
    return NotAllowed(
        f"{call.what}: {connection} does not allow it{said}",
        fix="give the JD Edwards user (or its role) the permission for this table or orchestration",
        connection=connection,
        status=status,
    )


def _address_problem(call: Call, answer: Answer) -> ConnectorError:
    said, connection, status = _said(answer), answer.connection, answer.status
    if status == 404 and ("/orchestrator/" in call.path or "/discover" in call.path):
        return NotFound(
            f"{call.what}: {connection} knows no such orchestration{said}", connection=connection, status=404
        )
    if status == 404:
        return UnusableInput(
            f"connection {connection}: nothing of AIS at {answer.url} (404); its url usually ends in /jderest"
        )
    reason = {405: "the method", 406: "the Accept header", 415: "the Content-Type"}[status]
    return Refused(
        f"{call.what}: {connection} does not take {reason} of this call ({status}){said};"
        " a proxy in front of AIS may be changing it",
        connection=connection,
        status=status,
    )


def _sign_on_problem(call: Call, answer: Answer) -> ConnectorError:
    return LoginRefused(
        f"{call.what}: {answer.connection} wants a mobile single sign-on ({answer.status}){_said(answer)}",
        fix="allow user and password logins for this user on the AIS server (Server Manager)",
        connection=answer.connection,
        status=answer.status,
    )


def _web_page(call: Call, answer: Answer) -> ConnectorError:
    if not call.is_safe:
        return call.without_answer(
            f"{call.what}: {answer.connection} answered with a web page",
            connection=answer.connection,
            status=answer.status,
        )
    return UnusableInput(
        f"connection {answer.connection}: {answer.url} answers with a web page, not as AIS: {plain(answer)[:80]}"
    )


def _inside_problem(call: Call, answer: Answer, said: Words) -> ConnectorError:
    """A 200 with errors inside."""
    connection, status = answer.connection, answer.status
    if _EXPIRED in said.all:
        return LinkDead(f"{call.what}: the results of the query expired", connection=connection, status=status)
    if _KERNEL.search(said.all) and call.is_safe:
        return Unavailable(f"{call.what}: {connection} failed: {said.all}", connection=connection, status=status)
    return Refused(
        f"{call.what}: {connection} refused: {said.all}",
        fields=said.fields,
        connection=connection,
        status=status,
    )


def _server_problem(call: Call, answer: Answer, said: Words | None, body: Any) -> ConnectorError:
    """500 is the code for everything else: an expired cursor, a failed kernel, a validation that aborts."""
    text = said.all if said else plain(answer)
    connection = answer.connection
    if _EXPIRED in text:
        return LinkDead(f"{call.what}: the results of the query expired", connection=connection, status=500)
    message = f"{call.what}: {connection} failed: {text or 'no reason given'}"
    if not call.is_safe and said is not None and speaks_of_the_document(body):
        return Refused(message, fields=said.fields, connection=connection, status=500)
    return call.without_answer(message, connection=connection, status=500)


def speaks_of_the_document(body: Any) -> bool:
    """Whether an aborted orchestration speaks of the document: words its designer or the application wrote, and not the
    kernel about itself.

    Steps before the failing one are not rolled back unless the designer saw to it (jde-ais section 3.4), so
    the document is looked up all the same.
    """
    said = words(body)
    if said is None or _KERNEL.search(said.all):
        return False
    if isinstance(body, Mapping) and str(body.get("status") or "").strip().upper().startswith("WARN"):
        # a warning is no refusal: what was done is looked up
        return False
    if said.fields:
        return True
    return isinstance(body, Mapping) and any(body.get(key) for key in ("userDefinedErrorText", "jde__simpleMessage"))


def _said(answer: Answer) -> str:
    body = answer.json_or_none()
    said = words(body)
    text = said.all if said else "" if body is not None else plain(answer)
    return f": {text}" if text else ""


def _is_html(answer: Answer) -> bool:
    return "html" in answer.headers.get("Content-Type", "").lower() or answer.body.lstrip()[:1] == b"<"
