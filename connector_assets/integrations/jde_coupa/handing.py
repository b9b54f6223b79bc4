"""The step that hands vouchers over to Coupa Pay: in JD Edwards, before Coupa has anything of them that can be paid.

Handed over is what the payment run of JD Edwards could select (`payment_run` of its connection); what it leaves alone
by itself needs nothing. What was read of JDE may be older than this step: that it was done since is remembered here,
for as long as the same reading is at work; the next reading tells it by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from connector_assets.delivery.document import Decision, Do, Document, FieldChange, Hold, Prepared, Step, Target
from connector_assets.delivery.reasons import problem
from connector_assets.delivery.workbench import Workbench
from connector_assets.integrations.from_jde.keys import Row, by, text, voucher_key, voucher_parts
from connector_assets.integrations.to_jde import handing_over
from connector_assets.integrations.to_jde.acts import lacking_inputs, missing_act
from connector_assets.integrations.to_jde.pay_items import is_open, told
from connector_resources.ledger import Delivery

# columns of a mapped row: the pay items that JDE's payment run selects, as SFX, and in words
COLUMNS: Mapping[str, str] = {"selectable": "str", "selectable_told": "str?"}
NOTHING: Mapping[str, Any] = {"selectable": "", "selectable_told": None}


class Handing:
    """Hands over the vouchers of the flow `invoices`; `status` is its setting `handed_over_status`."""

    def __init__(self, bench: Workbench, status: str | None) -> None:
        self.bench = bench
        self.status = status
        self.run = handing_over.payment_run_of(bench)
        # document key -> the reading for which it was done
        self._done: dict[str, datetime] = {}

    def columns(self, keys: Collection[str]) -> dict[str, dict[str, Any]]:
        """Voucher key -> what its pay items as they are now say in these columns."""
        found = self.selectable(keys)
        return {
            key: {
                "selectable": " ".join(sorted({row["SFX"] for row in found.get(key, ())})),
                "selectable_told": in_words(found[key]) if key in found else None,
            }
            for key in keys
        }

    def selectable(self, keys: Collection[str]) -> dict[str, list[Row]]:
        """Voucher key -> the rows of its open pay items that JDE's payment run selects; of those alone that have
        any."""
        rows = handing_over.rows_of(self.bench, {voucher_parts(key) for key in keys})
        own = [{**row, "": voucher_key(row)} for row in rows if self.run.selectable(row)]
        return by(own, "")

    def taken(self, keys: Collection[str]) -> dict[str, list[Row]]:
        """As `selectable`, with those that a payment run has in hand."""
        rows = handing_over.rows_of(self.bench, {voucher_parts(key) for key in keys})
        own = [
            {**row, "": voucher_key(row)}
            for row in rows
            if is_open(row) and (self.run.selectable(row) or text(row.get("PST")) in handing_over.IN_PAYMENT)
        ]
        return by(own, "")

    def pending(self, document: Document) -> bool:
        """Whether pay items of a document still are to be handed over."""
        row = document.facts["row"]
        return bool(row["selectable"]) and self.status is not None and self._done.get(document.key) != document.read_at

    def step(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        """What has to be done first."""
        if missing_act(self.bench, handing_over.NEEDS) is not None:
            return Hold((problem("orchestration_not_configured", "orchestration", handing_over.PAY_STATUS),))
        suffixes = document.facts["row"]["selectable"].split()
        body = handing_over.body(voucher_parts(document.key), suffixes, str(self.status))

        def send(sent: Mapping[str, Any]) -> Prepared:
            done = handing_over.hand_over(self.bench, sent, self.run.pay_statuses)
            self._done[document.key] = document.read_at
            return done

        return Do(
            Step(
                name="hand over",
                body=body,
                send=send,
                outcome="created" if target is None else "updated",
                stage=known.stage,
                changes=(FieldChange("pay_status", document.facts["row"]["pay_status"], self.status),),
                prepares=True,
            )
        )

    def problems(self) -> list[str]:
        """What a site still has to do so that Coupa Pay alone pays, one sentence each; asks JDE."""
        name = self.bench.connection("jde").name
        narrow = self.run.payment_instruments or self.run.bank_accounts
        if self.status is None:
            if narrow:
                return []
            selected = ", ".join(self.run.pay_statuses)
            return [
                f"Coupa Pay pays vouchers, and JD Edwards' payment run selects those on pay status {selected}: set "
                f"handed_over_status, or payment_run of {name} if the run selects less"
            ]
        if self.status in self.run.pay_statuses and not narrow:
            return [
                f"handed_over_status {self.status} is one that JD Edwards' payment run selects: choose another, or set "
                f"payment_run of {name}"
            ]
        act = missing_act(self.bench, handing_over.NEEDS)
        if act is not None:
            return [f"handed_over_status needs an orchestration for {act}: set orchestrations.{act} of {name}"]
        return lacking_inputs(self.bench, handing_over.NEEDS)


def in_words(rows: Sequence[Row]) -> str:
    """Pay items in words."""
    return "; ".join(map(told, rows))
