"""The step that hands pay items over to BILL: in JD Edwards, before a bill or a credit of them can be used in BILL.

What was read of JDE may be older than this step. That it was done since is remembered here, for as long as the same
reading is at work; the next reading tells it by itself.
"""

from __future__ import annotations

from datetime import datetime

from connector_assets.delivery.document import Decision, Do, Document, FieldChange, Hold, Prepared, Step, Target
from connector_assets.delivery.reasons import problem
from connector_assets.delivery.workbench import Workbench
from connector_assets.integrations.from_jde.keys import Row, voucher_parts
from connector_assets.integrations.from_jde.pay_items import PayItem, item_key, items_of, voucher_of
from connector_assets.integrations.jde_bill.payable.settings import PayableSettings
from connector_assets.integrations.to_jde import handing_over
from connector_assets.integrations.to_jde.acts import lacking_inputs, missing_act
from connector_resources.ledger import Delivery

NAME = "hand over"


class Handing:
    """Hands over the pay items of one flow."""

    def __init__(self, bench: Workbench, settings: PayableSettings) -> None:
        self.bench = bench
        self.status = settings.handed_over_status
        self.movable = settings.pay_statuses
        # document key -> the reading for which it was done
        self._done: dict[str, datetime] = {}

    def leaves_selectable(self, row: Row) -> bool:
        """Whether JDE's own payment run may select a row of F0411, once it is handed over where that is done."""
        run = handing_over.payment_run_of(self.bench)
        return run.selectable(row if self.status is None else {**row, "PST": self.status})

    def pending(self, document: Document) -> bool:
        """Whether pay items of a document still are to be handed over."""
        return bool(document.facts["row"]["hand_over"]) and self._done.get(document.key) != document.read_at

    def step(self, document: Document, known: Delivery, target: Target | None) -> Decision | None:
        """What has to be done first; None where nothing has."""
        if not self.pending(document) or self.status is None:
            return None
        if missing_act(self.bench, handing_over.NEEDS) is not None:
            return Hold((problem("orchestration_not_configured", "orchestration", handing_over.PAY_STATUS),))
        voucher = voucher_of(document.key)
        items = [each for each in self._items(document) if each.status != self.status]
        body = handing_over.body(voucher_parts(voucher), [each.suffix for each in items], self.status)

        def send(sent: Row) -> Prepared:
            done = handing_over.hand_over(self.bench, sent, self.movable)
            self._done[document.key] = document.read_at
            return done

        before = ",".join(sorted({each.status for each in items}))
        return Do(
            Step(
                name=NAME,
                body=body,
                send=send,
                outcome="created" if target is None else "updated",
                stage=known.stage,
                changes=(FieldChange("pay_status", before, self.status),),
                prepares=True,
            )
        )

    def problems(self) -> list[str]:
        """What a site still has to do so that one system alone pays, one sentence each; asks JDE."""
        run = handing_over.payment_run_of(self.bench)
        name = self.bench.connection("jde").name
        if run.payment_instruments or run.bank_accounts:
            selected = []
        else:
            chosen = self.movable if self.status is None else (self.status,)
            selected = [each for each in chosen if each in run.pay_statuses]
        if self.status is None:
            return [
                f"vouchers are sent to BILL on pay status {', '.join(selected)}, which JD Edwards' payment run selects:"
                f" set handed_over_status, or payment_run of {name} if the run selects less"
            ][: len(selected)]
        if selected:
            return [
                f"handed_over_status {self.status} is one that JD Edwards' payment run selects: choose another,"
                f" or set payment_run of {name}"
            ]
        act = missing_act(self.bench, handing_over.NEEDS)
        if act is not None:
            return [f"handed_over_status needs an orchestration for {act}: set orchestrations.{act} of {name}"]
        return lacking_inputs(self.bench, handing_over.NEEDS)

    @staticmethod
    def _items(document: Document) -> list[PayItem]:
        """The open pay items that a document's record is for."""
        row, own = document.facts["row"], set(document.content["items"])
        voucher = voucher_of(row["key"])
        return [item for item in items_of(row["items"]) if item.payable and item_key(voucher, item.suffix) in own]
