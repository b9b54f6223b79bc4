"""An environment for each peer, from its pinned requirements; ours knows none of them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements"


class CannotInstall(Exception):
    """A peer's environment could not be made; the text is for the table."""


def default_cache() -> Path:
    """Where environments are kept when nothing else is said."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "ml-connector" / "benchmarks"


def python_of(peer: str, cache: Path) -> Path:
    """The interpreter of a peer's environment, made on first use and anew when its requirements change.

    Raises CannotInstall with the last line of what pip said.
    """
    requirements = REQUIREMENTS / f"{peer}.txt"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = cache / f"{peer}-{digest}"
    python, complete = folder / "bin" / "python", folder / ".complete"
    if complete.exists():
        return python
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        venv.create(folder, with_pip=False, clear=True)
    except OSError as error:
        raise CannotInstall(f"no environment: {error}") from None
    # our own pip, into that environment
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    install = ["install", "--quiet", "--no-deps", "--require-hashes", "-r", str(requirements)]
    done = subprocess.run([*pip, *install], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        raise CannotInstall(said[-1].removeprefix("ERROR: "))
    complete.touch()
    return python
