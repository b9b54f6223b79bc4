"""XML bodies, which an answer is made of unless JSON is asked for (coupa sections 1 and 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def document(root: str, tree: Any) -> bytes:
    """An answer: an object as <root>, a list as <roots type="array">."""
    if isinstance(tree, list):
        return f"{_HEAD}{_list(plural(root), tree)}".encode()
    return f"{_HEAD}{_element(root, tree)}".encode()


def errors(messages: list[str]) -> bytes:
    """One <error> per message (coupa section 5.3)."""
    return (_HEAD + "<errors>" + "".join(_element("error", message) for message in messages) + "</errors>").encode()


def parsed(body: bytes) -> dict[str, Any]:
    """The content of the root element. ValueError for what is not XML."""
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - sent by a test to a loopback port
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from None
    value = _value(root)
    return value if isinstance(value, dict) else {}


def plural(name: str) -> str:
    """invoice-line -> invoice-lines, remit-to-address -> remit-to-addresses."""
    if name.endswith("y"):
        return name[:-1] + "ies"
    return name + ("es" if name.endswith("s") else "s")


def singular(name: str) -> str:
    """The reverse, for the elements of a list."""
    if name.endswith("ies"):
        return name[:-3] + "y"
    if name.endswith("sses"):
        return name[:-2]
    return name.removesuffix("s")


def _element(name: str, value: Any) -> str:
    match value:
        case None:
            return f'<{name} nil="true"/>'
        case bool():
            return f'<{name} type="boolean">{"true" if value else "false"}</{name}>'
        case int():
            return f'<{name} type="integer">{value}</{name}>'
        case list():
            return _list(name, value)
        case Mapping():
            return f"<{name}>{''.join(_element(key, inner) for key, inner in value.items())}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def _list(name: str, values: list[Any]) -> str:
    one = singular(name)
    return f'<{name} type="array">{"".join(_element(one, value) for value in values)}</{name}>'


def _value(element: ElementTree.Element) -> Any:
    children = list(element)
    # One example that is still supported has nil="true" on elements with a value: the text counts (section 3.5.1).
    if element.get("type") == "array" or (children and all(c.tag == singular(element.tag) for c in children)):
        return [_value(child) for child in children]
    if children:
        return {child.tag: _value(child) for child in children}
    text = element.text or ""
    # Text is all that XML has: an id is a number where JSON would say so.
    if element.tag == "id" and text.strip().isdigit():
        return int(text)
    return text if text.strip() else None
