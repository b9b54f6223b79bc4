"""Commands as processes that can be killed, forked from one that has everything loaded."""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import date
from pathlib import Path
from typing import Any

from forks import FORKS

from connector_resources.home import Home

SEND_WITHIN_SECONDS = 1.0


def be_the_command(arguments: list[str], environment: dict[str, str], output: str) -> None:
    """The life of a `connector` process, in the process itself."""
    _take_over(environment, output)
    from connector_assets.cli.app import run

    sys.exit(run(arguments))


def be_a_run_worker(what: tuple[str, str], environment: dict[str, str], output: str) -> None:
    """The life of a process that executes a run of a flow for one partition; it answers with what came of it."""
    _take_over(environment, output)
    from connector_assets.definitions import defs
    from connector_assets.orchestration.flow_assets import delivered_key, mapped_key
    from connector_assets.orchestration.runs import execute
    from connector_resources.instance.prepare import prepare_dagster_home

    prepare_dagster_home(Path(environment["CONNECTOR_HOME"]))
    (integration, _, flow), day = what[0].partition("/"), date.fromisoformat(what[1])
    mapped, delivered = mapped_key(integration, flow), delivered_key(integration, flow)
    parents = defs.resolve_asset_graph().get(mapped).parent_keys
    chosen = [key for key in parents if key.path[0] != integration] + [mapped, delivered]
    done = execute(integration, first_day=day, last_day=day, tags={}, asset_selection=chosen)
    reports = [each.report for each in Home.locate().ledger().reports.of(done.run_id)]
    print(json.dumps({"flows": [report for report in reports if "outcomes" in report]}))
    sys.exit(0 if done.success else 1)


def _take_over(environment: dict[str, str], output: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{output}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    _hurry()


def _hurry() -> None:
    """What a dead process may have sent is over after a second, in place of the minute of a large run."""
    from dataclasses import replace

    from connector_assets.engine import replaying, task
    from connector_assets.engine.flow import Flow
    from connector_assets.engine.task import DeliveryPolicy
    from connector_assets.orchestration import flow_assets

    usual = task.policy_of

    def hurried(flow: Flow) -> DeliveryPolicy:
        return replace(usual(flow), send_within=SEND_WITHIN_SECONDS)

    flow_assets.policy_of = replaying.policy_of = hurried


class Command:
    """One process at work in a home."""

    def __init__(self, work: Any, what: Any, environment: dict[str, str], output: Path) -> None:
        self._output = output
        self._process = FORKS.Process(target=work, args=(what, environment, str(output)))
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process.pid is not None
        return int(self._process.pid)

    @property
    def alive(self) -> bool:
        """Whether it still works."""
        return self._process.is_alive()

    def kill(self) -> None:
        """`kill -9`."""
        assert self.alive, f"it ended before it could be killed: {self.err}"
        self._process.kill()
        self._process.join()

    def pause(self) -> None:
        """Let it stand still where it is."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def wait(self, seconds: float = 240) -> int:
        """Its exit code."""
        self._process.join(seconds)
        assert self._process.exitcode is not None, f"still at work after {seconds} s: {self.err}"
        return self._process.exitcode

    @property
    def err(self) -> str:
        """What it told the person at the terminal."""
        return Path(f"{self._output}.err").read_text()

    @property
    def answer(self) -> Any:
        """What it answered, in JSON."""
        return json.loads(Path(f"{self._output}.out").read_text())
