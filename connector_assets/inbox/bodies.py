"""A body in JSON or XML as the documents that it tells of. Only what a hint needs is looked at, and kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from connector_assets.systems.refusal import Refusal
from connector_resources.inbox_settings import plain

FIELDS = ("id", "updated-at", "status", "paid")
MOST_DOCUMENTS = 1000
DEEPEST = 64
JSON_TYPES = ("application/json", "text/json")
XML_TYPES = ("application/xml", "text/xml")


@dataclass(frozen=True, slots=True)
class Found:
    """One document of a body: what the body calls it (None where it does not say), and its plain fields (FIELDS)."""

    name: str | None
    fields: Mapping[str, Any]


def documents_of(content_type: str, body: bytes) -> list[Found]:
    """The documents of a body, by its media type. Raises Refusal: 415 for another type, 400 for what cannot be read."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in JSON_TYPES or kind.endswith("+json"):
        found = _of_json(body)
    elif kind in XML_TYPES or kind.endswith("+xml"):
        found = _XmlReader().read(body)
    else:
        raise Refusal(415, "the body must be application/json or application/xml")
    if not found:
        raise Refusal(422, "the body holds no document")
    if len(found) > MOST_DOCUMENTS:
        raise Refusal(413, f"the body holds more than {MOST_DOCUMENTS} documents")
    return found


def _of_json(body: bytes) -> list[Found]:
    try:
        content = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Refusal(400, "the body is not JSON") from None
    name = None
    if isinstance(content, dict) and len(content) == 1:
        [(name, inner)] = content.items()
        # {"invoice-header": {…}}: the only member holds the document, or several of them
        content, name = (inner, name) if isinstance(inner, dict | list) else (content, None)
    several = content if isinstance(content, list) else [content]
    if not all(isinstance(each, dict) for each in several):
        raise Refusal(422, "the body must be a document, or a list of documents")
    return [Found(name, _plain_fields(each)) for each in several]


def _refuse_constant(text: str) -> Any:
    raise ValueError(text)


def _plain_fields(document: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in document.items():
        if (field := plain(name)) in FIELDS:
            _put(found, field, value)
    return found


def _put(fields: dict[str, Any], field: str, value: Any) -> None:
    if field in fields:
        raise Refusal(422, f"the body has {field} more than once")
    fields[field] = value


class _XmlReader:
    """Reads with the standard library's parser, without making a tree; document types and entities are refused, since
    no document needs them and both can be made to exhaust or to reach out."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._found: list[Found] = []
        self._fields: dict[str, Any] = {}
        self._list = False
        self._text: list[str] | None = None

    def read(self, body: bytes) -> list[Found]:
        """The documents of a body."""
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _refuse_declaration
        parser.EntityDeclHandler = _refuse_declaration
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(body, True)
        except (expat.ExpatError, LookupError, ValueError):
            raise Refusal(400, "the body is not XML") from None
        return self._found

    @property
    def _document_depth(self) -> int:
        return 2 if self._list else 1

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._path.append(name.rpartition(":")[2])
        depth = len(self._path)
        if depth > DEEPEST:
            raise Refusal(400, f"the body is nested deeper than {DEEPEST} elements")
        if depth == 1:
            # <invoice-headers type="array"> is a list of documents
            self._list = attributes.get("type") == "array"
        if depth == self._document_depth:
            self._fields = {}
        if depth == self._document_depth + 1 and plain(self._path[-1]) in FIELDS:
            self._text = []

    def _end(self, _: str) -> None:
        depth, name = len(self._path), self._path.pop()
        if depth == self._document_depth + 1 and self._text is not None:
            _put(self._fields, plain(name), "".join(self._text).strip() or None)
            self._text = None
        elif depth == self._document_depth:
            self._found.append(Found(name, self._fields))

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)


def _refuse_declaration(*_: Any) -> None:
    raise Refusal(400, "a body with a document type or an entity of its own is not read")
