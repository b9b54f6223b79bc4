"""`make mutants`: the engine with one safeguard taken away at a time. Tests that pass all the same are worth nothing.

Each mutant is a copy of the checkout with one text replaced. `make quick` must fail on it: what the engine promises is
seen by what one runs after each edit.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """What is lost, where, and how."""

    name: str
    file: str
    before: str
    after: str
    # the variant of the drill that sees it by itself
    variant: str = "jde_coupa/invoices"

    @property
    def path(self) -> Path:
        """The module in this checkout."""
        return ROOT / self.file


DOUBT, STEPS = "connector_assets/engine/outcomes.py", "connector_assets/engine/steps.py"
PROBLEMS = "connector_resources/http/problems.py"
MUTANTS = [
    Mutant(
        "no look-up before a further attempt",
        DOUBT,
        "task.document.deliverable and (task.tried or self.flow.lookup_before_create or task.approved)",
        "task.document.deliverable and task.approved",
    ),
    Mutant(
        "sent before the intent",
        STEPS,
        """        ids = self.ledger.intents.open([self._intent(task, step) for task, step in doing], opened_at)
        for (task, _), intent in zip(doing, ids, strict=True):
            task.intent, task.opened_at = intent, opened_at
        answers, interruption = self.sender.send(doing)
""",
        """        for task, _ in doing:
            task.opened_at = opened_at
        answers, interruption = self.sender.send(doing)
        ids = self.ledger.intents.open([self._intent(task, step) for task, step in doing], opened_at)
        for (task, _), intent in zip(doing, ids, strict=True):
            task.intent = intent
""",
    ),
    Mutant(
        "last outcome of a slice dropped",
        STEPS,
        "        self.recorder.record(changes)\n",
        "        self.recorder.record(changes[:-1] if len(changes) > 1 else changes)\n",
        # of vouchers, what is void has a slice of its own
        variant="jde_coupa/purchase_orders",
    ),
    Mutant(
        "absence believed at once",
        DOUBT,
        """        \"\"\"When a look-up that finds nothing may be believed.\"\"\"
        now = self.clock.now()
""",
        """        \"\"\"When a look-up that finds nothing may be believed.\"\"\"
        now = self.clock.now()
        return now
""",
    ),
    Mutant(
        "unknown taken as unsent",
        STEPS,
        """        if isinstance(answer, OutcomeUnknown):
            return self._outcome_unknown(task, step, answer)
""",
        "",
    ),
    Mutant(
        "claims not exclusive",
        "connector_resources/ledger/deliveries.py",
        """        where=or_(_FREE, table.c.claimed_by == bindparam("owner")),
""",
        "",
    ),
    Mutant(
        "time-out taken as unsent",
        PROBLEMS,
        "    if any(isinstance(cause, NewConnectionError | ConnectTimeoutError) for cause in causes):\n",
        "    if isinstance(error, requests.exceptions.Timeout) or any(\n"
        "        isinstance(cause, NewConnectionError | ConnectTimeoutError) for cause in causes\n    ):\n",
    ),
    Mutant(
        "payable before it is handed over",
        "connector_assets/pairs/jde_bill/payables/handing_over.py",
        "        if not self.pending(document) or self.status is None:\n",
        "        if self.pending(document) or self.status is not None or True:\n",
        "jde_bill/bills",
    ),
    Mutant("first of several hits taken", DOUBT, "            if len(own) > 1:\n", "            if False:\n"),
    Mutant(
        "503 taken as unsent",
        "connector_resources/http/session.py",
        "        problem = read_write(self._answers, answer, problem)\n",
        "        if answer.status != 503:\n            problem = read_write(self._answers, answer, problem)\n"
        "        else:\n            problem = Unavailable(str(problem))\n",
    ),
    Mutant(
        "approval gate open",
        "connector_assets/engine/gate.py",
        "guarded = [task for task, _ in doing if self.guards(task)]",
        "guarded: list[DeliveryTask] = []",
    ),
    Mutant(
        "key fields not compared",
        DOUBT,
        "elif differing := self.flow.disagreements(document, own[0]):",
        "elif differing := self.flow.disagreements(document, own[0])[:0]:",
    ),
    Mutant(
        "a relay's signature ignored",
        "connector_assets/inbox/relay.py",
        "    genuine = hmac.compare_digest(",
        "    genuine = True or hmac.compare_digest(",
    ),
]


@contextmanager
def checkout(mutant: Mutant) -> Iterator[tuple[Path, dict[str, str]]]:
    """A copy of the checkout with the mutant in it, and the environment in which its packages are used everywhere."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder) / "checkout"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        file = copy / mutant.file
        file.write_text(file.read_text().replace(mutant.before, mutant.after))
        yield copy, os.environ | {"PYTHONPATH": str(copy)}


def caught_by(mutant: Mutant) -> str | None:
    """The first test that fails on a mutant, None where all pass."""
    with checkout(mutant) as (copy, environment):
        command = [sys.executable, "-m", "pytest", "-x", "-n", "2", "--dist", "worksteal", "--quick"]
        # which would see that the text is gone, and not what that leads to
        command += ["--ignore", "tests/test_choosing.py"]
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{mutant.name}: the tests could not be run\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return next(iter(FAILED.findall(done.stdout)), "a test") if done.returncode else None


def main() -> int:
    """The command; exit code 1 where a mutant survives."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("--only", metavar="NAME", help="one of them")
    chosen = parser.parse_args()
    survived = 0
    for mutant in MUTANTS:
        if chosen.only in (None, mutant.name):
            test = caught_by(mutant)
            survived += test is None
            print(f"{mutant.name}: {'NOT CAUGHT' if test is None else f'caught by {test}'}", flush=True)
    print(f"mutants: survived={survived}")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
