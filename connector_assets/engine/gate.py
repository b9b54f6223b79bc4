"""The gate that every call of every flow passes: whether it may be sent.

A call is sent as it was decided, unless its flow asks for approvals, a person has been asked about this document
already, or a plan is applied. Then it is sent only if it is exactly what a person approved, decided from the same
source and the same target, with the same bytes. The calls that follow it need no approval of their own while the
source's content is the one that was approved.

While the target holds more than one record of a document, nothing is sent for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector_assets.engine.approval import stake, touched
from connector_assets.engine.document import Step
from connector_assets.engine.flow import Flow
from connector_assets.engine.frozen import Frozen, body_of, freeze, kept
from connector_assets.engine.reasons import problem
from connector_assets.engine.recorder import TaskChange
from connector_assets.engine.task import DeliveryTask
from connector_resources.ledger import Change, NewStaged, Problem, Staged

REJECTED = "rejected"


class Gate:
    """One flow's gate."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.ledger = flow.context.ledger
        self.actor = flow.context.actor

    def guards(self, task: DeliveryTask) -> bool:
        """Whether a document needs more than its flow's decision."""
        return self.flow.approval is not None or task.staged is not None or task.planned is not None

    def must_see(self, task: DeliveryTask) -> bool:
        """Whether the target must be read before a call is sent: what was approved is compared with its present
        state."""
        return self.guards(task) and task.known.target_id is not None and not task.seen

    def admit(
        self, doing: Sequence[tuple[DeliveryTask, Step]]
    ) -> tuple[list[tuple[DeliveryTask, Step]], list[TaskChange]]:
        """The steps that may be taken now, with the approved bytes, and what is recorded first. The tasks of the others
        are finished."""
        stopped = [(task, task.hold([task.finding])) for task, _ in doing if task.finding is not None]
        doing = [(task, step) for task, step in doing if task.alive]
        guarded = [task for task, _ in doing if self.guards(task)]
        if not guarded:
            return list(doing), list(stopped)
        self.reload(guarded)
        admitted: list[tuple[DeliveryTask, Step]] = []
        changes: list[TaskChange] = list(stopped)
        for task, step in doing:
            change = self._judge(task, step) if self.guards(task) else None
            if change is not None:
                changes.append((task, change))
            if task.alive:
                admitted.append((task, self._exactly(task, step)))
        return admitted, changes

    def reload(self, tasks: Sequence[DeliveryTask]) -> None:
        """The staged calls of these documents as they are now: calls have taken effect since, people have decided."""
        rows = self.ledger.staged.of(self.flow.full_name, [task.document.key for task in tasks])
        for task in tasks:
            task.staged = rows.get(task.document.key)

    def lets_go(self, task: DeliveryTask, step: Step) -> bool:
        """Whether the step could be taken without an approval: for plans. The task's target is as it was read."""
        return self._follows(task) or self._approved(task, self._freeze(task, step)) or not self._asks(task)

    # -- judging --------------------------------------------------------------------------------------------------

    def _judge(self, task: DeliveryTask, step: Step) -> Change | None:
        """What is recorded before the step is taken; if it finishes the task, the step is not taken."""
        if self._follows(task):
            return None
        frozen = self._freeze(task, step)
        if task.planned is not None:
            return self._apply(task, step, frozen, task.planned)
        if self._approved(task, frozen) or not self._asks(task):
            return None
        if self._rejected(task):
            return task.ignore(REJECTED)
        task.finish("staged")
        return task.change(
            state="staged",
            outcome="staged",
            # it waits for a person now, and for nothing else
            waiting=None,
            due_at=None,
            problems=[],
            staging=self._staging(task, step, frozen),
        )

    def _apply(self, task: DeliveryTask, step: Step, frozen: Frozen, planned: Frozen) -> Change | None:
        """The person who applies a plan approves what is in it, and nothing else."""
        differing = planned.changed(frozen)
        if differing is not None:
            return task.hold([changed_since_plan(differing, planned)])
        if self._approved(task, frozen):
            return None
        rule = f"plan {planned.plan}"
        approval = replace(self._staging(task, step, planned), plan=planned.plan, approved_by=self.actor, rule=rule)
        # under way from here on: whatever becomes of us, the next run takes it up
        return task.change(state="sending", staging=approval, release_claim=False, clear_released=False)

    def _asks(self, task: DeliveryTask) -> bool:
        """Whether an approval is needed. A document that once needed one needs it to the end, whatever the setting is
        now."""
        asked = task.staged is not None and task.staged.state == "waiting" and self._is_about(task, task.staged)
        policy = self.flow.approval
        return (
            asked or self._rejected(task) or (policy is not None and policy.asks(touched(task.document, task.target)))
        )

    def _follows(self, task: DeliveryTask) -> bool:
        """Whether an approved call with exactly this content is known to have taken effect: the rest follows from
        it."""
        return task.staged is not None and task.staged.begun and self._is_about(task, task.staged)

    def _approved(self, task: DeliveryTask, frozen: Frozen) -> bool:
        row = task.staged
        return row is not None and row.state == "approved" and _frozen(row).changed(frozen) is None

    def _rejected(self, task: DeliveryTask) -> bool:
        known = task.known
        return known.state == "ignored" and known.outcome == REJECTED and known.seen_hash == task.document.hash

    @staticmethod
    def _is_about(task: DeliveryTask, row: Staged) -> bool:
        return row.content_hash == task.document.hash

    @staticmethod
    def _freeze(task: DeliveryTask, step: Step) -> Frozen:
        return freeze(task.document, step, task.target if task.known.target_id is not None else None)

    def _staging(self, task: DeliveryTask, step: Step, frozen: Frozen) -> NewStaged:
        return NewStaged(
            step=frozen.step,
            body=frozen.body,
            body_hash=frozen.body_hash,
            content=task.document.content,
            content_hash=frozen.content_hash,
            target_id=frozen.target_id,
            target_version=frozen.target_version,
            # what a new document is made of is its content
            changes=() if step.creates else step.shown_changes(),
            stake=stake(touched(task.document, task.target)),
            actor=self.actor,
        )

    def _exactly(self, task: DeliveryTask, step: Step) -> Step:
        """The step with the approved bytes, if there are any."""
        if self._follows(task):
            return step
        frozen = task.planned or (_frozen(task.staged) if task.approved and task.staged else None)
        same = frozen is not None and frozen.changed(self._freeze(task, step)) is None
        return replace(step, body=body_of(frozen.body)) if frozen is not None and same else step


def changed_since_plan(what: str, planned: Frozen) -> Problem:
    """The problem of a document that is not what it was when it was planned; `what` as `Frozen.changed` says it."""
    return problem("changed_since_plan", what, planned.plan)


def _frozen(row: Staged) -> Frozen:
    return kept(
        row.body,
        step=row.step,
        content_hash=row.content_hash,
        target_id=row.target_id,
        target_version=row.target_version,
    )
