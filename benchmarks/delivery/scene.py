"""What every run starts from: one prepared sandbox, one prepared home, and the invoices to deliver.

Suppliers and accounts are in Coupa already; vouchers are in JD Edwards and not one invoice is in Coupa. The peers are
handed the very request bodies that ml-connector would send, from its own plan, so that only delivery is compared.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.delivery.sandbox import Key, Sandbox, sandbox

INTEGRATION = "jde_coupa"
CONNECTOR = str(Path(sys.executable).with_name("connector"))


@dataclass(frozen=True)
class Scene:
    """`expected` are the natural keys of the invoices to deliver; `records` is the peers' input, JSON lines."""

    folder: Path
    base: int
    expected: frozenset[Key]
    held: int

    @property
    def home(self) -> Path:
        """The home of ml-connector."""
        return self.folder / "home"

    @property
    def state(self) -> Path:
        """The sandbox's content."""
        return self.folder / "state"

    @property
    def records(self) -> Path:
        """The peers' input."""
        return self.folder / "records.jsonl"

    def raise_curtain(self, faults: Sequence[dict[str, Any]]) -> AbstractContextManager[Sandbox]:
        """Serve the prepared sandbox anew, with these faults; the home is as prepared too."""
        for each in (self.home, self.state):
            shutil.rmtree(each, ignore_errors=True)
            shutil.copytree(_prepared(each), each, symlinks=True)
        return sandbox(self.base, self.state, self.folder / "sandbox.log", faults=faults)


def prepare(folder: Path, base: int, *, seed: int, size: int) -> Scene:
    """Make the scene of a ledger of `size` vouchers. Raises CalledProcessError where a command of ours fails."""
    scene = Scene(folder, base, frozenset(), 0)
    with sandbox(base, scene.state, folder / "sandbox.log", seed=seed, size=size):
        connector(scene.home, "init", "--sandbox", "--port-base", str(base))
        for flow in ("suppliers", "accounts"):
            connector(scene.home, "sync", f"{INTEGRATION}/{flow}")
        shutil.copytree(scene.home, _prepared(scene.home), symlinks=True)
        plan = json.loads(connector(scene.home, "sync", f"{INTEGRATION}/invoices", "--plan", "--json"))["flows"][0]
    shutil.copytree(scene.state, _prepared(scene.state))
    bodies = {each["key"]: each["request"] for each in plan["documents"] if each["action"] == "create"}
    expected = frozenset((body["supplier"]["id"], body["invoice-number"]) for body in bodies.values())
    if len(expected) != len(bodies):
        raise AssertionError("two invoices of one supplier and number: duplicates could not be counted")
    with scene.records.open("w", encoding="utf-8") as lines:
        for seq, (key, body) in enumerate(bodies.items(), 1):
            # the body as text: the bytes on the wire are ours, whatever a tool does with numbers
            lines.write(json.dumps({"seq": seq, "key": key, "body": json.dumps(body)}) + "\n")
    return Scene(folder, base, expected, plan["outcomes"]["held"])


def connector(home: Path, *arguments: str) -> str:
    """Run the command on a home; its standard output. An exit code of 1 says that a person is needed, not that it
    failed."""
    done = subprocess.run([CONNECTOR, *arguments], env=environment(home), capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"connector {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def environment(home: Path) -> dict[str, str]:
    """The environment of the command: this home, and nothing of another's databases. A prepared home is put back as a
    copy, and belongs here as well."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONNECTOR_", "DAGSTER_"))}
    return kept | {"CONNECTOR_HOME": str(home), "CONNECTOR_INSTANCE": "benchmark"}


def _prepared(path: Path) -> Path:
    return path.with_name(f"{path.name}.prepared")
