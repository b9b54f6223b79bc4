"""What may be sent: the gate that every call of every flow passes, whoever runs the engine.

A call goes as it was decided, unless its flow asks for approvals, a person has been asked about this document already,
or a plan is applied. Then it goes only if it is exactly what a person has let go, decided from the same source and the
same target, and with exactly those bytes. The calls that follow it need no approval of their own, as long as the
source's content is the one that was approved.

Nothing is sent for a document of which the target holds one record too many, until that is mended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector_assets.engine.approval import stake, touched
from connector_assets.engine.document import Step
from connector_assets.engine.flow import Flow
from connector_assets.engine.frozen import Frozen, body_of, freeze, kept
from connector_assets.engine.reasons import problem
from connector_assets.engine.recorder import Told
from connector_assets.engine.task import Work
from connector_resources.ledger import Change, NewStaged, Problem, Staged

REJECTED = "rejected"


class Gate:
    """One flow's gate."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.ledger = flow.bench.ledger
        self.actor = flow.bench.actor

    def guards(self, work: Work) -> bool:
        """Whether more is asked of a document than what its flow decides."""
        return self.flow.approval is not None or work.staged is not None or work.planned is not None

    def must_see(self, work: Work) -> bool:
        """Whether the target is to be read before a call is let go: what was approved is compared with it as it is."""
        return self.guards(work) and work.known.target_id is not None and not work.seen

    def admit(self, doing: Sequence[tuple[Work, Step]]) -> tuple[list[tuple[Work, Step]], list[Told]]:
        """The steps that may be taken now, with the bytes that were let go, and what is to be written down first. The
        works of the others are finished."""
        stopped = [(work, work.hold([work.finding])) for work, _ in doing if work.finding is not None]
        doing = [(work, step) for work, step in doing if work.alive]
        guarded = [work for work, _ in doing if self.guards(work)]
        if not guarded:
            return list(doing), list(stopped)
        self.reload(guarded)
        admitted: list[tuple[Work, Step]] = []
        told: list[Told] = list(stopped)
        for work, step in doing:
            change = self._judge(work, step) if self.guards(work) else None
            if change is not None:
                told.append((work, change))
            if work.alive:
                admitted.append((work, self._exactly(work, step)))
        return admitted, told

    def reload(self, works: Sequence[Work]) -> None:
        """What is staged of these documents, as it is now: calls have taken effect since, people have decided."""
        rows = self.ledger.staged.of(self.flow.full_name, [work.document.key for work in works])
        for work in works:
            work.staged = rows.get(work.document.key)

    def lets_go(self, work: Work, step: Step) -> bool:
        """Whether the step could be taken without asking anybody: for plans. The work's target is as it was read."""
        return self._follows(work) or self._approved(work, self._freeze(work, step)) or not self._asks(work)

    # -- judging --------------------------------------------------------------------------------------------------

    def _judge(self, work: Work, step: Step) -> Change | None:
        """What is to be written down before the step is taken; where it finishes the work, the step is not taken."""
        if self._follows(work):
            return None
        frozen = self._freeze(work, step)
        if work.planned is not None:
            return self._apply(work, step, frozen, work.planned)
        if self._approved(work, frozen) or not self._asks(work):
            return None
        if self._rejected(work):
            return work.ignore(REJECTED)
        work.finish("staged")
        return work.change(
            state="staged",
            outcome="staged",
            # it waits for a person now, and for nothing else
            waiting=None,
            due_at=None,
            problems=[],
            staging=self._staging(work, step, frozen),
        )

    def _apply(self, work: Work, step: Step, frozen: Frozen, planned: Frozen) -> Change | None:
        """Who applies a plan approves what is in it, and nothing else."""
        differing = planned.changed(frozen)
        if differing is not None:
            return work.hold([changed_since_plan(differing, planned)])
        if self._approved(work, frozen):
            return None
        rule = f"plan {planned.plan}"
        approval = replace(self._staging(work, step, planned), plan=planned.plan, approved_by=self.actor, rule=rule)
        # under way from here on: whatever becomes of us, the next run takes it up
        return work.change(state="sending", staging=approval, release_claim=False, clear_released=False)

    def _asks(self, work: Work) -> bool:
        """Whether somebody must be asked. Who has been asked once is asked to the end, whatever the setting is now."""
        asked = work.staged is not None and work.staged.state == "waiting" and self._is_about(work, work.staged)
        policy = self.flow.approval
        return (
            asked or self._rejected(work) or (policy is not None and policy.asks(touched(work.document, work.target)))
        )

    def _follows(self, work: Work) -> bool:
        """Whether an approved call of this very content is known to have taken effect: the rest follows from it."""
        return work.staged is not None and work.staged.begun and self._is_about(work, work.staged)

    def _approved(self, work: Work, frozen: Frozen) -> bool:
        row = work.staged
        return row is not None and row.state == "approved" and _frozen(row).changed(frozen) is None

    def _rejected(self, work: Work) -> bool:
        known = work.known
        return known.state == "ignored" and known.outcome == REJECTED and known.seen_hash == work.document.hash

    @staticmethod
    def _is_about(work: Work, row: Staged) -> bool:
        return row.content_hash == work.document.hash

    @staticmethod
    def _freeze(work: Work, step: Step) -> Frozen:
        return freeze(work.document, step, work.target if work.known.target_id is not None else None)

    def _staging(self, work: Work, step: Step, frozen: Frozen) -> NewStaged:
        return NewStaged(
            step=frozen.step,
            body=frozen.body,
            body_hash=frozen.body_hash,
            content=work.document.content,
            content_hash=frozen.content_hash,
            target_id=frozen.target_id,
            target_version=frozen.target_version,
            # what a new document is made of is its content
            changes=() if step.creates else step.shown_changes(),
            stake=stake(touched(work.document, work.target)),
            actor=self.actor,
        )

    def _exactly(self, work: Work, step: Step) -> Step:
        """The step with the bytes that were let go, where there are such."""
        if self._follows(work):
            return step
        frozen = work.planned or (_frozen(work.staged) if work.approved and work.staged else None)
        same = frozen is not None and frozen.changed(self._freeze(work, step)) is None
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
