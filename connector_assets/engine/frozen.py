"""A call as it was decided, kept so that exactly this call can be sent later: the bytes of the body, and what it was
based on.

A body's text keeps the order of its fields, and distinguishes numbers from strings. A Decimal, a date, an instant and a
reference, which JSON lacks, are objects of one field whose name begins with `$`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connector_assets.engine.document import Document, Step, Target, canonical, fingerprint
from connector_assets.engine.references import LINK, Reference, filled, reference_of
from connector_assets.engine.references import Document as Referred
from connector_resources.ledger import Link

_DECIMAL, _DATE, _INSTANT = "$decimal", "$date", "$instant"


@dataclass(frozen=True, slots=True)
class Frozen:
    """One call, and the state of both sides that it was decided from.

    `body` is the body's text; `target_version` a fingerprint of the target's record, None where there is none yet.
    `plan` is the id of the plan that it is applied by; `lacks` names a document to whose record it refers, and that was
    not made as planned.
    """

    step: str
    body: str
    body_hash: str
    content_hash: str
    target_id: str | None
    target_version: str | None
    plan: str | None = None
    lacks: str | None = None

    def referring(self, content: str, links: Mapping[Referred, Link]) -> Frozen:
        """The call with what these links say in the place of its references; `content` is the document's, as it was
        planned, as canonical text."""
        body = filled(body_of(self.body), links)
        return replace(
            self,
            body=body_text(body),
            body_hash=body_hash(body),
            content_hash=fingerprint(filled(json.loads(content), links)),
        )

    def changed(self, now: Frozen) -> str | None:
        """What differs in the same document's call as it would be decided now: 'source', 'target', 'step' or
        'request', or the link that it refers to; None where nothing does."""
        if self.lacks is not None:
            return f"link of {self.lacks}"
        if self.content_hash != now.content_hash:
            return "source"
        if (self.target_id, self.target_version) != (now.target_id, now.target_version):
            return "target"
        if self.step != now.step:
            return "step"
        return "request" if self.body_hash != now.body_hash else None


def kept(text: str, **call: Any) -> Frozen:
    """A call out of the ledger. What is compared is the fingerprint of the body that is really there: one that somebody
    changed in the database is not what was let go."""
    return Frozen(body=text, body_hash=body_hash(body_of(text)), **call)


def freeze(document: Document, step: Step, target: Target | None) -> Frozen:
    """The call that `step` would make now. Raises TypeError or ValueError for a body that no JSON can hold."""
    return Frozen(
        step=step.name,
        body=body_text(step.body),
        body_hash=body_hash(step.body),
        content_hash=document.hash,
        target_id=target.id if target else None,
        target_version=version_of(target) if target else None,
    )


def version_of(target: Target) -> str:
    """A fingerprint that differs when the target's record changed: what of it is ours, its status, its version."""
    return fingerprint({"content": target.content, "status": target.status, "version": target.version})


def body_text(body: Mapping[str, Any]) -> str:
    """The body as text from which `body_of` makes the same body again."""
    return json.dumps(_tagged(body), separators=(",", ":"))


def body_of(text: str) -> dict[str, Any]:
    """The body that `body_text` made the text from."""
    body: dict[str, Any] = json.loads(text, object_hook=_untagged)
    return body


def body_hash(body: Mapping[str, Any]) -> str:
    """A fingerprint of the body; the order of its fields does not count."""
    return hashlib.sha256(canonical(_tagged(body)).encode("utf-8", "surrogatepass")).hexdigest()


def _tagged(value: Any) -> Any:
    if isinstance(value, Mapping):
        if len(value) == 1 and next(iter(value)) in (_DECIMAL, _DATE, _INSTANT, LINK):
            raise ValueError(f"a request body with a field {next(iter(value))}: the name is ours")
        return {str(name): _tagged(inner) for name, inner in value.items()}
    if (reference := reference_of(value)) is not None:
        return {LINK: [reference.part, reference.flow, reference.key]}
    if isinstance(value, list | tuple):
        return [_tagged(inner) for inner in value]
    if isinstance(value, float):
        raise ValueError("a float in a request body: amounts are Decimals or strings")
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    if isinstance(value, datetime):
        return {_INSTANT: value.isoformat()}
    if isinstance(value, date):
        return {_DATE: value.isoformat()}
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"{type(value).__name__} has no place in a request body")


def _untagged(found: dict[str, Any]) -> Any:
    if len(found) != 1:
        return found
    ((name, value),) = found.items()
    if name == _DECIMAL:
        return Decimal(value)
    if name == _INSTANT:
        return datetime.fromisoformat(value)
    if name == LINK:
        part, flow, key = value
        reference = Reference(flow, key, part)
        return reference if part == "number" else reference.text
    return date.fromisoformat(value) if name == _DATE else found
