"""Keeps secrets and tokens out of every text that people or logs get to see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"

_NAMES = (
    r"token|access[_-]?token|refresh[_-]?token|id[_-]?token|ps[_-]?token|api[_-]?key|client[_-]?secret|secret"
    r"|password|passwd|pwd|authorization|jde-ais-auth|x-coupa-api-key|assertion|aissessioncookie|j?sessionid"
    r"|dev[_-]?key|app[_-]?key|security[_-]?key"
)
# token=… in a query string or a form body, with AIS's $token among them
_PAIR = re.compile(rf"(?i)(?<![\w-])(\$?(?:{_NAMES})=)[^&\s\"'<>;,]+")
# "token": "…" in JSON, also where the JSON itself was quoted into a string
_MEMBER = re.compile(rf"(?i)(\\?[\"'](?:{_NAMES})\\?[\"']\s*:\s*\\?[\"'])(?:[^\"'\\]|\\[^\"'])*")
# Authorization: Bearer …, jde-AIS-Auth: …
_HEADER = re.compile(rf"(?i)(?<![\w-])((?:{_NAMES})\s*:\s*)(?:(bearer|basic)\s+)?[^\s\"',;]+")
_SCHEME = re.compile(r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}")
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@:]+:[^\s/@]+@")

_LITERAL_FROM = 4  # a shorter secret would blot out ordinary words, so it goes only where it stands alone


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the given secrets (plain, URL-encoded, JSON-escaped) and without what looks like one."""
    forms = {form for secret in secrets if secret for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        if len(form) >= _LITERAL_FROM:
            text = text.replace(form, MASK)
        else:
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", MASK, text)
    text = _USERINFO.sub(rf"\1{MASK}@", text)
    text = _PAIR.sub(rf"\1{MASK}", text)
    text = _MEMBER.sub(rf"\1{MASK}", text)
    text = _HEADER.sub(lambda found: f"{found[1]}{found[2] + ' ' if found[2] else ''}{MASK}", text)
    return _SCHEME.sub(rf"\1{MASK}", text)


def last_four(value: str) -> str:
    """A bank account or tax number as people see it: `…1234`, or `…` alone where four would be all of it."""
    digits = value.strip()
    return f"…{digits[-4:]}" if len(digits) > _LITERAL_FROM else "…"


def _forms(secret: str) -> tuple[str, ...]:
    escaped = json.dumps(secret)[1:-1]
    return (secret, quote(secret, safe=""), quote_plus(secret), escaped, escaped.replace("/", "\\/"))
