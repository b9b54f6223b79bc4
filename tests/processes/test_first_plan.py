"""What the README says of the way from nothing to a reviewed plan, followed to the letter."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

from connector_assets.cli.sandboxes import free_port_base

ROOT = Path(__file__).resolve().parents[2]
MOST_COMMANDS, MOST_SECONDS = 5, 120


def commands() -> list[list[str]]:
    """The commands of the README's section, in their order, without their comments."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## From nothing to a reviewed plan")[2]
    lines = re.findall(r"^    (connector .*)$", section.partition("\n## ")[0], re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def test_the_commands_of_the_readme_lead_from_nothing_to_a_reviewed_plan(tmp_path: Path) -> None:
    port = ["--port-base", str(free_port_base())]
    env = {**os.environ, "CONNECTOR_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    env.pop("CONNECTOR_DATABASE_URL", None)
    serve, init, plan, show = commands()
    assert serve[-1] == "&" and len((serve, init, plan, show)) <= MOST_COMMANDS
    began = time.monotonic()
    base = [sys.executable, "-c", "from connector_assets.cli import main; raise SystemExit(main())"]
    with (tmp_path / "sandbox.log").open("w") as log:
        serving = subprocess.Popen([*base, *serve[1:-1], *port], env=env, stdout=log, stderr=log)

    def run(command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*base, *command[1:]], env=env, capture_output=True, text=True, timeout=MOST_SECONDS)

    try:
        made = run([*init, *port])
        while made.returncode and time.monotonic() - began < 30:  # a person types slower than the sandbox starts
            time.sleep(0.5)
            made = run([*init, *port])
        assert made.returncode == 0, made.stderr
        planned = run(plan)
        said = planned.stdout + planned.stderr
        assert planned.returncode in (0, 1), said  # 1: some of it needs a person, which the plan shows
        [number] = set(re.findall(r"plan-\d{8}T\d{6}Z-\w+", said))
        shown = run([number if part == "PLAN_ID" else part for part in show])
        assert shown.returncode == 0, shown.stderr
        assert "jde_coupa/suppliers" in shown.stdout and "jde_coupa/invoices" in shown.stdout
    finally:
        serving.terminate()
        serving.wait(30)
    assert time.monotonic() - began < MOST_SECONDS
