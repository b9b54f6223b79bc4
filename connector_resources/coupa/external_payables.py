"""`/api/payables/external/payables`: open items of the ERP, in Coupa Pay (coupa section 3.5d)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector_resources.coupa.models import ExternalPayable
from connector_resources.coupa.resource import Dated


class ExternalPayables(Dated[ExternalPayable]):
    """External payables; `source-name` and `source-reference` together are unique."""

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

    def create(self, body: Mapping[str, Any]) -> ExternalPayable:
        """Create a payable; a second one of the same source and reference is refused."""
        return self._create(body)

    def update(self, payable_id: int, body: Mapping[str, Any]) -> ExternalPayable:
        """Change the fields in `body`, and no others."""
        return self._update(payable_id, body)

    def void(self, payable_id: int) -> ExternalPayable:
        """Void a payable."""
        return self._act(payable_id, "void")
