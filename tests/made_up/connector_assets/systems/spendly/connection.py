"""The settings of a connection to Spendly."""

from __future__ import annotations

from typing import ClassVar, Literal

from connector_resources.connections.base import BaseConnection


class SpendlyConnection(BaseConnection):
    """Spendly, which knows us by a token."""

    CREDENTIALS: ClassVar[tuple[str, ...]] = ("token",)

    system: Literal["spendly"] = "spendly"
