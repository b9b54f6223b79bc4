"""One payer: no document is payable in two systems at once.

Each sync checks the documents that changed on either side, the sweep all that are open, in the present state of both
sides. What is payable in both is a finding of the document (`payable_in_both`, high severity), which stands until a
check no longer finds it. The finding stops nothing, because the flow's next step may correct it.
"""

from __future__ import annotations

from collections.abc import Collection

from connector_assets.engine.flow import Flow
from connector_assets.engine.reasons import problem
from connector_resources.ledger.findings import Reported
from connector_resources.unreadable import set_aside

REASON = "payable_in_both"


def report_payers(flow: Flow, keys: Collection[str] | None = None) -> Reported:
    """Look at these documents (None: at all that are linked), and open and close their findings. Nothing for a flow
    whose documents nobody pays."""
    # what cannot be read is reported as that, by who reads it to deliver it
    with set_aside():
        found = flow.payable_in_both(keys)
    if found is None:
        return Reported()
    findings, name = flow.context.ledger.findings, flow.full_name
    dismissed = findings.dismissed(name, REASON)
    problems = {
        key: problem(REASON, flow.target_entity, words) for key, words in found.items() if (key, words) not in dismissed
    }
    return findings.set(name, REASON, problems, run=flow.context.run, now=flow.context.now(), looked_at=keys)
