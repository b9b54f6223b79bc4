"""Recording what happened to a slice's documents, so that a failure of one does not affect the others."""

from __future__ import annotations

from collections.abc import Sequence

from connector_assets.engine.flow import Flow
from connector_assets.engine.reasons import problem
from connector_assets.engine.task import DeliveryTask
from connector_resources.ledger import Change, LinkTaken

TaskChange = tuple[DeliveryTask, Change]


class Recorder:
    """Records changes in one transaction; a document whose target is linked to another key is held, the rest count."""

    def __init__(self, flow: Flow) -> None:
        self.ledger = flow.context.ledger
        self.clock = flow.context.clock

    def record(self, changes: Sequence[TaskChange]) -> None:
        """Write the changes of these works."""
        if not changes:
            return
        try:
            self.ledger.record([change for _, change in changes], self.clock.now())
        except LinkTaken:
            for task, change in changes:
                self._alone(task, change)

    def _alone(self, task: DeliveryTask, change: Change) -> None:
        try:
            self.ledger.record([change], self.clock.now())
        except LinkTaken as taken:
            # an attempt, so that it is looked up before anything is ever sent for it again
            held = task.hold(
                [problem("natural_key_taken", "key", f"{taken.target_id} is linked to {taken.owner_key}")],
                close_intents=change.close_intents,
                attempts_delta=1,
                due_at=None,
                waiting=None,
            )
            self.ledger.record([held], self.clock.now())
