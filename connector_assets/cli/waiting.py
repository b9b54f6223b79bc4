"""What waits for an approval: nothing is wrong with it, so that no exit code tells of it, but a line does."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from connector_assets.cli.exits import tell

if TYPE_CHECKING:
    from connector_resources.ledger import Ledger


def report_waiting(ledger: Ledger, flows: Collection[str]) -> None:
    """Say on standard error how many documents of these flows (by their full names) wait for an approval."""
    for flow, count in ledger.staged.counts(flows).items():
        documents = "1 document waits" if count == 1 else f"{count} documents wait"
        tell(f"{flow}: {documents} for an approval: connector approvals list --flow {flow}")
