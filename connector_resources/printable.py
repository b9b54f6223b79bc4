"""Text of others where people read it: a vendor's words must not move the cursor, colour a line or turn its direction.

`printable` is for text, `printable_json` for JSON, which stays exact: what a terminal would obey is escaped there.
"""

from __future__ import annotations

import logging
import re

# sequences that a terminal obeys as a whole: control sequences, and strings that end (a title, a link, …)
_SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)"
)
# C0 but tab and line feed, DEL, C1, the marks and overrides of direction, separators of lines, halves of a character
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_ASCII = re.compile("[\x20-\x7e\n\t]*")


def printable(text: str) -> str:
    """`text` without what a terminal or a browser obeys instead of showing it. Tabs and line feeds stay."""
    if _ASCII.fullmatch(text):
        return text
    return _CONTROL.sub(_shown, _SEQUENCE.sub("", text))


def _shown(found: re.Match[str]) -> str:
    return "\ufffd" if "\ud800" <= found[0] <= "\udfff" else ""


class Printable(logging.Formatter):
    """Log records as `printable` text."""

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        return printable(super().format(record))


def printable_json(text: str) -> str:
    """JSON with what a terminal would obey as `\\u` escapes: the same value for every reader. JSON has C0 escaped."""
    return (
        text if text.isascii() and "\x7f" not in text else _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    )


_ESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
