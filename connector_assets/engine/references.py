"""References to what a plan would create: to the record of a document of an earlier flow of the same plan.

While a plan is made, the link of such a document has a text in place of the record's id and label (`Reference.text`).
Everything that is mapped from links takes the text into contents and bodies. A displayed plan shows it as `{"$link":
"suppliers/4242"}`. When the plan is applied, the link's then value replaces it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from connector_resources.ledger import Link

Part = Literal["id", "number", "label"]
# flow (its name within the integration) and key of a document
Document = tuple[str, str]
LINK = "$link"
# of Unicode's private use: in no vendor's id
_TEXT = re.compile("\ue000(id|number|label)/([^/]+)/(.+)\ue001", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reference:
    """Stands for the id of a planned document's record, as text or as a number, or for its label."""

    flow: str
    key: str
    part: Part = "id"

    @property
    def text(self) -> str:
        """What stands for it in mapped rows and contents, which hold plain text."""
        return f"\ue000{self.part}/{self.flow}/{self.key}\ue001"

    @property
    def document(self) -> Document:
        """What it refers to."""
        return self.flow, self.key

    def of(self, link: Link) -> Any:
        """What it stands for, once the document is linked."""
        if self.part == "label":
            return link.target_label
        return int(link.target_id) if self.part == "number" else link.target_id


def shown(document: Document) -> str:
    """A document as plans show what a reference leads to: `suppliers/4242` for the key `F0401:4242`."""
    flow, key = document
    return f"{flow}/{key.partition(':')[2] or key}"


def reference_of(value: Any) -> Reference | None:
    """The reference that a value is, as itself or as its text; None where it is none."""
    if isinstance(value, Reference):
        return value
    if not isinstance(value, str) or not value.startswith("\ue000"):
        return None
    found = _TEXT.fullmatch(value)
    return Reference(found[2], found[3], found[1]) if found else None  # type: ignore[arg-type]


def number_of(id: str) -> Any:
    """A record's id as the number that a body wants; of a record that is only planned a reference to that number."""
    reference = reference_of(id)
    return int(id) if reference is None else Reference(reference.flow, reference.key, "number")


def references_in(value: Any) -> Iterator[Reference]:
    """All references in a content or a body."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from references_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from references_in(inner)
    elif (reference := reference_of(value)) is not None:
        yield reference


def as_shown(value: Any) -> Any:
    """A content or a body as plans show it: `{"$link": "suppliers/4242"}` for each reference."""
    return _replaced(value, lambda reference: {LINK: shown(reference.document)})


def filled(value: Any, links: Mapping[Document, Link]) -> Any:
    """A content or a body with what the links say in the place of the references. Raises KeyError for one without."""
    return _replaced(value, lambda reference: reference.of(links[reference.document]))


def _replaced(value: Any, replace: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _replaced(inner, replace) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(inner, replace) for inner in value]
    reference = reference_of(value)
    return value if reference is None else replace(reference)
