"""What JD Edwards holds while Coupa Pay pays: a supplier or payee on payment hold, a pay item on another status.

Coupa has no call that holds an invoice or a payable, and a void is final: what was not sent waits, and what was sent is
reported to a person. Reductions of what Coupa can pay are sent in any case. Each run checks this, since Coupa's
payables report no change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from connector_assets.engine.document import Decision, Do, Document, Done, Hold, NeedTarget, Step, Target
from connector_assets.engine.reasons import problem
from connector_assets.pairs.jde_coupa.invoices.writer import Writer
from connector_resources.ledger import Delivery

# of a mapped voucher: pay statuses by which JDE holds it back; whether Coupa has it though we know nothing of that
COLUMNS: Mapping[str, str] = {"barred": "str?", "there": "bool"}
HELD_AFTER_SENT = "held_after_sent"
WAITS = "payment_hold"
# the steps that bring an invoice nearer to its payment
_ONWARD = frozenset({"submit", "bypass_approvals"})


def words(row: Mapping[str, Any]) -> str:
    """Who or what of a mapped voucher is on hold; '' where nothing is."""
    party = f"supplier or payee {row['on_hold']} on payment hold" if row["on_hold"] else ""
    return ", ".join(filter(None, (party, f"pay status {row['barred']}" if row["barred"] else "")))


def instead(decision: Decision, document: Document, known: Delivery, target: Target | None, writer: Writer) -> Decision:
    """What is done about a voucher on hold, of which `decision` would be made otherwise."""
    row = document.facts["row"]
    if known.target_id is None:
        # Coupa refuses a second one of what it has, and so it is found
        return _unsent(row) if isinstance(decision, Do) and not row["there"] else decision
    if target is None:
        return NeedTarget()
    if writer.is_over(target):
        # a person voided it: nothing can be paid there, and nobody pays it once the hold is released
        return Done(waiting=WAITS)
    shown = writer.payable(target, coupa_pays=True)
    if not shown or (isinstance(decision, Do) and _lessens(decision.step, document, target)):
        return decision
    found = problem(HELD_AFTER_SENT, writer.entity, f"{words(row)}; {shown}")
    if isinstance(decision, Hold):
        return replace(decision, problems=(found, *decision.problems), waiting=decision.waiting or WAITS)
    return Hold((found,), waiting=WAITS)


def _unsent(row: Mapping[str, Any]) -> Hold:
    if row["on_hold"]:
        return Hold((problem("supplier_on_hold", "supplier", row["on_hold"]),))
    return Hold((problem("not_approved_for_payment", "pay_status", row["pay_status"]),))


def _lessens(step: Step, document: Document, target: Target) -> bool:
    """Whether a step leaves Coupa less to pay, or only hands over in JDE what Coupa has."""
    if step.prepares or step.name == "pay":
        return True
    name = "open" if "open" in target.content else "amount"
    less = abs(Decimal(document.content[name])) < abs(Decimal(target.content[name]))
    return less and step.name not in _ONWARD
