"""The step that hands vouchers over to the system that pays them: in JD Edwards, before that system holds anything of
them that can be paid.

The data read from JDE may be older than this step. The step remembers that it was done while work continues on that
data; the next reading shows it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from connector_assets.documents.jde.keys import voucher_parts
from connector_assets.documents.jde.orchestrations import lacking_inputs, missing_act
from connector_assets.documents.jde.vouchers import handing_over
from connector_assets.documents.jde.vouchers.pay_items import voucher_of
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Decision, Do, Document, FieldChange, Hold, Prepared, Step, Target
from connector_assets.engine.reasons import problem
from connector_resources.ledger import Delivery

NAME = "hand over"


class HandOverStep:
    """Hands over the pay items of one flow; `status` is the site's `handed_over_status`, None where there is none."""

    def __init__(self, context: RunContext, status: str | None) -> None:
        self.context = context
        self.status = status
        self.run = handing_over.payment_run_of(context)
        # document key -> the reading for which it was done
        self._done: dict[str, datetime] = {}

    def is_done(self, document: Document) -> bool:
        """Whether the pay items of this reading of a document were handed over since."""
        return self._done.get(document.key) == document.read_at

    def put(
        self,
        document: Document,
        known: Delivery,
        target: Target | None,
        suffixes: Collection[str],
        movable: Collection[str],
        before: str | None,
    ) -> Decision:
        """Put these pay items (SFX) of a document's voucher on the status; `movable` are the statuses that they may be
        on, `before` those that they are on, in words."""
        if missing_act(self.context, handing_over.NEEDS) is not None:
            return Hold((problem("orchestration_not_configured", "orchestration", handing_over.PAY_STATUS),))
        body = handing_over.body(voucher_parts(voucher_of(document.key)), suffixes, str(self.status))

        def send(sent: Mapping[str, Any]) -> Prepared:
            done = handing_over.hand_over(self.context, sent, movable)
            self._done[document.key] = document.read_at
            return done

        return Do(
            Step(
                name=NAME,
                body=body,
                send=send,
                outcome="created" if target is None else "updated",
                progress=known.progress,
                changes=(FieldChange("pay_status", before, self.status),),
                prepares=True,
            )
        )

    @property
    def narrow(self) -> bool:
        """Whether JDE's payment run selects by more than the pay status, so that a status alone says nothing."""
        return bool(self.run.payment_instruments or self.run.bank_accounts)

    def status_problems(self) -> list[str]:
        """What a site with a `handed_over_status` still has to do, one sentence each; asks JDE."""
        name = self.context.connection("jde").name
        if self.status in self.run.pay_statuses and not self.narrow:
            return [
                f"handed_over_status {self.status} is one that JD Edwards' payment run selects: choose another, or set "
                f"payment_run of {name}"
            ]
        act = missing_act(self.context, handing_over.NEEDS)
        if act is not None:
            return [f"handed_over_status needs an orchestration for {act}: set orchestrations.{act} of {name}"]
        return lacking_inputs(self.context, handing_over.NEEDS)
