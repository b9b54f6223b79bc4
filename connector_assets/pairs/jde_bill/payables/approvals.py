"""Whether the approvers of a bill in BILL have approved its present amount.

It is not established that BILL asks its approvers again when the amount of an approved bill grows (bill section 3.2.1).
The amount that each of them approved is therefore remembered, in the document's progress behind the mark of what was
sent: `<mark>/<approval>=<amount>,…`. An approval is identified by who gave it and when; one that is given again is a
new one.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal

from connector_assets.engine.money import amount_text
from connector_resources.bill import APPROVED, Bill
from connector_resources.ledger import Delivery
from connector_resources.ledger.progress import Progress

# the approval of a bill whose approvers BILL does not show
UNNAMED = "unnamed"
# what of a target's content tells of it: the status when it was read, and approvals that came while it was written
STATUS, MEANWHILE = "approval", "approved_meanwhile"


def given(bill: Bill) -> frozenset[str]:
    """The approvals that a bill has."""
    named = [each for each in bill.approvers if each.status == APPROVED]
    if not named:
        return frozenset({UNNAMED}) if bill.approval_status == APPROVED else frozenset()
    return frozenset(
        hashlib.sha256(f"{each.user_id}/{each.status_changed_time}".encode()).hexdigest()[:10] for each in named
    )


def remembered(known: Delivery, bill: Bill) -> dict[str, Decimal]:
    """The approvals of a bill that still stand, and of which is known for how much each was given."""
    left, noted = known.content or {}, known.progress.noted
    amounts = dict(each.split("=") for each in noted.split(",") if each) | dict(left.get(MEANWHILE) or {})
    if left.get(STATUS) not in (None, APPROVED):
        # it was taken back since: who gives it now gives it again
        amounts.pop(UNNAMED, None)
    # what was settled as approved, a person has agreed to
    agreed = known.state == "settled" and left.get(STATUS) == APPROVED
    least = Decimal(left.get("total") or 0) if agreed else Decimal(0)
    return {approval: max(Decimal(amount), least) for approval, amount in amounts.items() if approval in given(bill)}


def noting(mark: str, known: Delivery, bill: Bill, *, raised: bool) -> Progress:
    """The progress of a change of a bill as it is: with what its approvers approved, where it is raised above that."""
    found = remembered(known, bill)
    if raised:
        found = dict.fromkeys(given(bill), bill.amount or Decimal(0)) | found
    noted = ",".join(f"{approval}={amount_text(amount)}" for approval, amount in sorted(found.items()))
    return Progress(mark, noted=noted)


def stale(known: Delivery, bill: Bill) -> Decimal | None:
    """The smallest amount for which an approval of a bill was given that is approved for more now; None where there is
    none."""
    amounts = remembered(known, bill).values() if bill.approval_status == APPROVED else ()
    return min((amount for amount in amounts if amount < (bill.amount or Decimal(0))), default=None)
