"""Coupa's answers as the error vocabulary (coupa section 5).

Validation errors are an object keyed by resource whose values are sentences; Coupa names no field, so a field
is only reported where a sentence begins with the label of one. Bodies of 401, 403, 404 and 429 are not
documented: empty, JSON, XML and HTML are all read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from connector_resources.coupa import models, order_models
from connector_resources.coupa.fields import hyphenated
from connector_resources.coupa.shapes import Shape
from connector_resources.errors import ConnectorError, FieldMessage, LoginRefused, NotAllowed
from connector_resources.http import Answer, Call, field_messages_text, one_line, usual_problem

_MESSAGE_LIMIT = 300  # characters of one sentence
# The resource keys are singular snake case; `order_header`-like names are the XML roots (coupa section 5.3).
_RESOURCES: Mapping[str, type[Shape]] = {
    "supplier": models.Supplier,
    "remit_to_address": models.RemitToAddress,
    "address": models.RemitToAddress,
    "account": models.Account,
    "lookup_value": models.LookupValue,
    "invoice": models.Invoice,
    "invoice_header": models.Invoice,
    "invoice_line": models.InvoiceLine,
    "order_header": order_models.PurchaseOrder,
    "external_order_header": order_models.PurchaseOrder,
    "purchase_order": order_models.PurchaseOrder,
    "order_line": order_models.OrderLine,
    "external_payable": models.ExternalPayable,
    "payable": models.ExternalPayable,
}
_UNKNOWN_REFERENCE = re.compile(r"Unable to find valid \w+ record for (\w+) with keys")
_XML_ERROR = re.compile(r"<error\b[^>]*>(.*?)</error\s*>", re.IGNORECASE | re.DOTALL)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_TITLE = re.compile(r"<title\b[^>]*>(.*?)</title\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopedCall(Call):
    """A call that knows which OAuth scope it needs, so that a 403 can name it."""

    scope: str = ""


class TokenRefused(LoginRefused):
    """401 although the token is a new one."""


class Classifier:
    """Reads answers for `HttpSession`. `hide` takes secrets out of a text, `granted` tells the scopes."""

    def __init__(self, *, token_path: str, hide: Callable[[str], str], granted: Callable[[], Iterable[str]]) -> None:
        self._token_path = token_path
        self._hide = hide
        self._granted = granted

    def __call__(self, call: Call, answer: Answer) -> ConnectorError | None:
        """The problem that an answer shows of, None for one of success."""
        if 200 <= answer.status < 300:
            return None
        if call.path == self._token_path and answer.status < 500 and answer.status not in (404, 408, 429):
            return login_problem(answer)
        fields = tuple(FieldMessage(m.field, self._hide(m.message)) for m in messages(answer))
        details = field_messages_text(fields)
        if answer.status == 401:
            return TokenRefused(
                f"{call.what}: {answer.connection} does not accept its own token (401)" + _after(details),
                fix="look whether the OAuth client is still active in Coupa, then run `connector ping`",
                connection=answer.connection,
                status=401,
            )
        if answer.status == 403:
            return self._forbidden(call, answer, details)
        return usual_problem(call, answer, details=details, fields=fields)

    def _forbidden(self, call: Call, answer: Answer, details: str) -> NotAllowed:
        scope = call.scope if isinstance(call, ScopedCall) else ""
        granted = bool(scope) and scope in self._granted()
        if granted:
            fix = (
                f"scope {scope} is granted, so look at the content groups, the module's licence and the"
                " permissions of the OAuth client in Coupa"
            )
        else:
            name = scope or "the scope of this resource"
            fix = (
                f"grant {name} to the OAuth client in Coupa (Setup, OAuth2/OpenID Connect Clients) and add it"
                f" to `scopes` of connection {answer.connection}"
            )
        lacking = f", probably for want of scope {scope}" if scope and not granted else ""
        return NotAllowed(
            f"{call.what}: {answer.connection} forbids it (403){lacking}" + _after(details) + f"; {fix}",
            fix=fix,
            connection=answer.connection,
            status=403,
        )


def login_problem(answer: Answer) -> LoginRefused:
    """What the token endpoint's refusal means; its body follows RFC 6749 (coupa section 2.3)."""
    content = answer.json_or_none()
    code = content.get("error") if isinstance(content, Mapping) else None
    name = answer.connection
    if code == "invalid_scope":
        reason = "a scope that was asked for is not granted to this client"
        fix = f"compare `scopes` of connection {name} with the OAuth client in Coupa: each must be granted"
    elif code == "invalid_client" or answer.status == 401:
        reason = "the client id or secret is wrong, or the client is inactive"
        fix = f"run `connector credentials set {name}` with the id and secret of the OAuth client in Coupa"
    elif code in ("unauthorized_client", "unsupported_grant_type"):
        reason = "this client may not log in by itself"
        fix = "set the OAuth client's grant type in Coupa to client credentials"
    else:
        reason = answer.text(200) or "no reason given"
        fix = f"look at url, token_path and `scopes` of connection {name} and at the OAuth client in Coupa"
    said = f" {code}" if isinstance(code, str) and re.fullmatch(r"\w{1,40}", code) else ""
    return LoginRefused(
        f"log in to {name}: refused ({answer.status}{said}): {reason}; {fix}",
        fix=fix,
        connection=name,
        status=answer.status,
    )


def messages(answer: Answer) -> list[FieldMessage]:
    """The sentences of an error answer, by its Content-Type and, where that lies, by its looks."""
    text = answer.body.decode("utf-8", "replace").strip()
    kind = answer.headers.get("Content-Type", "").lower()
    if not text:
        return []
    if "html" in kind or text[:15].lower().startswith(("<!doctype html", "<html")):
        return _plain([_page_text(text)])
    if "xml" in kind or text.startswith("<"):
        return _from_xml(text)
    content = answer.json_or_none()
    return _from_json(content) if content is not None else _plain([text])


def _from_json(content: Any) -> list[FieldMessage]:
    if isinstance(content, Mapping):
        errors = next((content[key] for key in ("errors", "error", "message") if content.get(key)), None)
        if errors is None:
            # no known key: whatever it says, without the warnings that may sit beside errors
            errors = {key: value for key, value in content.items() if key != "warnings"}
        return _walk(errors, "")
    return _walk(content, "")


def _walk(errors: Any, resource: str) -> list[FieldMessage]:
    """Sentences of a string, a list or an object, at any depth; `resource` is the key they stand under."""
    if isinstance(errors, Mapping):
        return [message for key, value in errors.items() if key != "warnings" for message in _walk(value, str(key))]
    if isinstance(errors, list):
        return [message for item in errors for message in _walk(item, resource)]
    sentence = "" if errors is None else one_line(str(errors), _MESSAGE_LIMIT)
    return [FieldMessage(field_of(sentence, resource), sentence)] if sentence else []


def _from_xml(text: str) -> list[FieldMessage]:
    """`<errors><error>…</error></errors>`; by pattern, since such a body may be cut or no XML at all."""
    found = [_page_text(inner) for inner in _XML_ERROR.findall(text)]
    return _plain(found or [_page_text(text)])


def _page_text(markup: str) -> str:
    """The words of a piece of markup: the title of a page, else everything but the tags."""
    title = _TITLE.search(markup)
    words = _CDATA.sub(lambda found: html.escape(found[1]), title[1] if title else markup)
    return " ".join(html.unescape(_TAG.sub(" ", words)).split())


def _plain(sentences: Iterable[str]) -> list[FieldMessage]:
    cut = (one_line(sentence, _MESSAGE_LIMIT) for sentence in sentences)
    return [FieldMessage(field_of(sentence, ""), sentence) for sentence in cut if sentence]


def field_of(sentence: str, resource: str) -> str:
    """The hyphenated field that a sentence is about, '' where it does not begin with the label of one.

    `Name has already been taken` is about `name`; `Supplier status must be …` under the key `supplier` is
    about `status`; an unknown reference names its field itself.
    """
    reference = _UNKNOWN_REFERENCE.search(sentence)
    if reference:
        return hyphenated(reference[1])
    words = _words(sentence)
    labels = _labels(resource)
    found = _label_at_start(words, labels)
    own = _words(resource)
    if resource in _RESOURCES and words.startswith(f"{own} "):
        # "Supplier status …" under `supplier`: the label of the resource itself is no field of it
        found = _label_at_start(words.removeprefix(f"{own} "), labels) or found
    if not found and resource not in _RESOURCES:
        # some endpoints key their messages by the field
        key = hyphenated(resource)
        return key if _words(resource) in _labels("") else ""
    return found


def _label_at_start(words: str, labels: Mapping[str, str]) -> str:
    parts = words.split(" ")
    for length in range(min(len(parts), _LONGEST_LABEL), 0, -1):
        field = labels.get(" ".join(parts[:length]))
        if field:
            return field
    return ""


@cache
def _labels(resource: str) -> Mapping[str, str]:
    """Label in lower case -> field, of one resource, or of all where the resource is not known."""
    own = _RESOURCES.get(resource)
    shapes: list[type[Shape]] = [own] if own else [*_RESOURCES.values(), models.Payment]
    names = [name for shape in shapes for name in shape.model_fields]
    return {_words(name): hyphenated(name) for name in names}


def _words(text: str) -> str:
    """Lower-case words with single spaces, punctuation as spaces: how labels and field names become equal."""
    return " ".join(re.sub(r"[^a-z0-9']+", " ", text.lower()).split())


_LONGEST_LABEL = max(len(label.split(" ")) for label in _labels(""))


def _after(details: str) -> str:
    return f": {one_line(details)}" if details else ""
