"""Whether the target can still be reached, or further calls would fail in the same way."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from connector_resources.errors import ConnectorError, NotAllowed, SystemProblem

# slices of one kind of call without a single answer, one after the other, after which the work ends
SILENT = 3

Kind = Literal["read", "write"]


class CircuitBreaker:
    """Listens to one engine's calls. `stopped` is the error because of which nothing more is sent, else None.

    A missing login or permission ends the work at once. One document that the target cannot take must not keep the
    others from it, so an outage is what keeps several slices in a row from every answer.
    """

    def __init__(self) -> None:
        self.stopped: SystemProblem | None = None
        self._silent: Counter[Kind] = Counter()

    def answered(self, kind: Kind) -> None:
        """The target answered a call of this kind."""
        self._silent[kind] = 0

    def failed(self, kind: Kind, error: ConnectorError) -> None:
        """No call of this kind in a slice was answered."""
        if isinstance(error, NotAllowed):
            self.stop(error)
        elif isinstance(error, SystemProblem):
            self._silent[kind] += 1
            if self._silent[kind] >= SILENT:
                self.stop(error)

    def stop(self, error: SystemProblem | None) -> None:
        """Send nothing more; the first reason stays."""
        self.stopped = self.stopped or error
