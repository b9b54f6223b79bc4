"""What JD Edwards settled before it was ever sent: history, or paid by JD Edwards before another system could.

The setting `go_live` divides the two by the day of the last payment. Without it, the day on which the flow was opened
divides them; what was history to an earlier run, or was marked as seen, stays history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from connector_assets.engine.context import RunContext
from connector_assets.engine.watermarks import opened_on
from connector_resources.ledger import Delivery

HISTORY = "settled_before_go_live"
PAID_IN_JDE = "paid_in_jde"
# closed without a payment before it was ever sent, or for nothing: nobody is to be paid, and nobody was
NOTHING_OPEN = "nothing_open"


@dataclass(frozen=True)
class Settled:
    """Tells history from what was settled since. `go_live` is the setting, `opened` when the flow was opened."""

    go_live: date | None
    opened: date | None

    @classmethod
    def of(cls, context: RunContext, flow: str, go_live: date | None) -> Settled:
        """For a flow by its full name."""
        return cls(go_live, opened_on(context, flow, "jde"))

    def is_history(self, settled_on: date | None, known: Delivery | None) -> bool:
        """Whether a document that was settled on this day, unsent, is history; `known` is what the ledger has of it."""
        since = self.go_live or self.opened
        if since is None or settled_on is None or settled_on < since:
            return True
        if self.go_live is not None or known is None:
            return False
        return known.state == "baseline" or (known.state == "ignored" and known.outcome == HISTORY)
