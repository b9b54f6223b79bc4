"""One contestant through one scenario, and what came of it, counted in the sandbox."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.delivery.contestants import Contestant, Job, Site
from benchmarks.delivery.sandbox import CREATE, Sandbox
from benchmarks.delivery.scene import Scene

LIMIT_SECONDS = 1800.0


class DidNotFinish(Exception):
    """A contestant could not be measured; the text is for the table."""


@dataclass(frozen=True)
class Score:
    """What a contestant left in Coupa.

    `landed` expected invoices are there, `duplicates` are surplus copies of them, `lost` are not there;
    `foreign_records` are invoices that nobody asked for. `calls` are all of Coupa's routes with their counts; `seconds`
    are the processes' own (both, where one was killed); `fired` are the faults that happened. `said` is what the tool
    itself told last."""

    expected: int
    landed: int
    duplicates: int
    lost: int
    foreign_records: int
    calls: dict[str, int]
    seconds: float
    fired: dict[str, int]
    exit_code: int
    said: str

    @property
    def calls_each(self) -> float:
        """Calls per landed document, the login and every look-up included."""
        return sum(self.calls.values()) / self.landed if self.landed else float("nan")


def run(
    contestant: Contestant, scene: Scene, python: Path, postgres: str, faults: Sequence[dict[str, Any]], *, kill: bool
) -> Score:
    """Run it from the prepared scene. With `kill` its processes are killed when half of the creates were sent, and it
    is started once more. Raises DidNotFinish."""
    folder = scene.folder / f"{contestant.name}{'-killed' if kill else ''}"
    folder.mkdir()
    with scene.raise_curtain(faults) as sandbox:
        site = Site(folder, python, scene.records, sandbox.coupa, sandbox.login(), scene.home, postgres)
        job = contestant.job(site)
        seconds = 0.0
        if kill:
            seconds = _kill_half_way(job, folder, sandbox, len(scene.expected) // 2)
        code, took = _run(job, folder)
        # before we read anything ourselves
        calls, fired = sandbox.calls(), sandbox.fired()
        # what is still on its way counts too; then nothing shall go wrong with our own reading
        time.sleep(max((float(rule.get("seconds", 1)) for rule in faults if rule["kind"] == "late"), default=0))
        sandbox.post("/faults", {"replace": True, "rules": []})
        found = score(scene, sandbox, job, calls, dict(fired), seconds + took, code, folder)
        if not found.landed:
            # that says more of how we set it up than of the tool
            raise DidNotFinish(f"nothing landed; exit {code}: {found.said}")
        return found


def score(
    scene: Scene,
    sandbox: Sandbox,
    job: Job,
    calls: dict[str, int],
    fired: dict[str, int],
    seconds: float,
    code: int,
    folder: Path,
) -> Score:
    """Count what Coupa holds."""
    held = sandbox.invoices()
    landed = [held[key] for key in scene.expected if key in held]
    stdout = (folder / "stdout").read_text(encoding="utf-8")
    try:
        said = job.said(stdout)
    except (ValueError, KeyError, IndexError):
        errors = (folder / "stderr").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        said = f"ended with: {errors[-1][:200] if errors else 'nothing'}"
    return Score(
        expected=len(scene.expected),
        landed=len(landed),
        duplicates=sum(landed) - len(landed),
        lost=len(scene.expected) - len(landed),
        foreign_records=sum(count for key, count in held.items() if key not in scene.expected),
        calls=calls,
        seconds=seconds,
        fired=fired,
        exit_code=code,
        said=said,
    )


def _start(job: Job, folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("ab") as errors:
        # a group of its own, so that a kill reaches all of it
        return subprocess.Popen(
            job.command,
            env=dict(job.environment),
            cwd=folder,
            stdout=out,
            stderr=errors,
            start_new_session=True,
        )


def _run(job: Job, folder: Path) -> tuple[int, float]:
    started = time.monotonic()
    process = _start(job, folder)
    try:
        code = process.wait(LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        _kill(process)
        raise DidNotFinish(f"not done after {LIMIT_SECONDS:g} s") from None
    return code, time.monotonic() - started


def _kill_half_way(job: Job, folder: Path, sandbox: Sandbox, creates: int) -> float:
    """Start it and kill -9 its whole process group once this many creates were sent; the seconds until then."""
    started = time.monotonic()
    process = _start(job, folder)
    while process.poll() is None:
        if sandbox.calls().get(CREATE, 0) >= creates:
            _kill(process)
            return time.monotonic() - started
        if time.monotonic() - started > LIMIT_SECONDS:
            _kill(process)
            raise DidNotFinish(f"not half done after {LIMIT_SECONDS:g} s")
        time.sleep(0.01)
    raise DidNotFinish("ended before half of the creates were sent")


def _kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
