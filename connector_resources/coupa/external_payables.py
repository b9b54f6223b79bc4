"""`/api/payables/external/payables`: open items of the ERP, in Coupa Pay (coupa section 3.5d)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from connector_resources.coupa.models import ExternalPayable
from connector_resources.coupa.resource import Dated


class ExternalPayables(Dated[ExternalPayable]):
    """External payables, known by `source-name` and `source-reference`. These are described as unique and not flagged
    so (coupa section 3.5.2): whoever creates one looks for it before."""

    MODEL = ExternalPayable
    PATH = "payables/external/payables"
    NOUN = "external payable"
    READ = "core.payables.external.read"
    WRITE = "core.payables.external.write"
    KEYS = frozenset({"source_name", "source_reference"})

    def find(self, source_name: str, source_reference: str) -> ExternalPayable | None:
        """The payable of exactly that source and reference."""
        return self._first(
            {"source-name": source_name, "source-reference": source_reference},
            source_name=source_name,
            source_reference=source_reference,
        )

    def by_references(self, source_name: str, references: Sequence[str]) -> dict[str, list[ExternalPayable]]:
        """Reference -> the payables of that source which bear it, a page of references a call; none may hold a comma.
        Those without any are absent."""
        found: dict[str, list[ExternalPayable]] = {}
        left = iter(dict.fromkeys(references))
        while chunk := list(islice(left, self._channel.connection.page_size)):
            for payable in self.all(filters={"source-name": source_name, "source-reference[in]": chunk}):
                if payable.source_name == source_name and payable.source_reference in chunk:
                    found.setdefault(payable.source_reference, []).append(payable)
        return found

    def create(self, body: Mapping[str, Any]) -> ExternalPayable:
        """Create a payable. That a second one of the same source and reference is refused is not established."""
        return self._create(body)

    def update(self, payable_id: int, body: Mapping[str, Any]) -> ExternalPayable:
        """Change the fields in `body`, and no others."""
        return self._update(payable_id, body)

    def void(self, payable_id: int) -> ExternalPayable:
        """Void a payable."""
        return self._act(payable_id, "void")
