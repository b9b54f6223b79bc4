"""The door through which others come to us: whoever knows no secret tells us nothing."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from drill_clock import NINE
from drill_truth import GUESSED, Verdict
from inbox_forger import Forger
from inbox_house import House

from connector_resources.clock import ManualClock

FORGERIES = 200


def forged(seed: int) -> Verdict:
    """What became of forged messages, call-outs and token requests, each genuine but for one place."""
    verdict = Verdict()
    with tempfile.TemporaryDirectory(prefix="drill-inbox-") as folder:
        house = House(Path(folder), ManualClock(NINE))
        forger = Forger(house, seed)
        answers = house.call_all([forger.forgery() for _ in range(FORGERIES)])
        taken = Counter(answer.status for answer in answers if answer.status not in (400, 401))
        if taken or house.stored():
            verdict.add(GUESSED, f"forged requests were taken: {dict(taken)}")
    return verdict
