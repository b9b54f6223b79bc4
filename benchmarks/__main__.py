"""Run every benchmark of this folder, or those named: `python -m benchmarks [NAME ...]`.

A benchmark is a module or package here that can be run by itself (`python -m benchmarks.<name>`); it writes its
measurements to `benchmarks/results/<name>.json`. Each runs in a process of its own, so that none warms up another.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def benchmarks() -> list[str]:
    """The names of all benchmarks."""
    packages = [each.parent.name for each in HERE.glob("*/__main__.py")]
    modules = [
        each.stem
        for each in HERE.glob("*.py")
        if not each.stem.startswith("_") and "__main__" in each.read_text(encoding="utf-8")
    ]
    return sorted(packages + modules)


def main(names: list[str]) -> int:
    """Run them one after the other; the number of those that failed."""
    there = benchmarks()
    if unknown := set(names) - set(there):
        print(f"no benchmark {', '.join(sorted(unknown))}: there are {', '.join(there)}", file=sys.stderr)
        return 2
    failed = 0
    for name in names or there:
        print(f"\n# {name}\n", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        failed += subprocess.run(command, cwd=HERE.parent, check=False).returncode != 0
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
