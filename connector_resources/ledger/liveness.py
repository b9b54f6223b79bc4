"""Which process we are, and whether another of this machine has ended."""

from __future__ import annotations

import os
import platform
import uuid
from functools import cache
from pathlib import Path


@cache
def here() -> str:
    """Where a process id means the same process: one boot of one kernel, and one namespace of its processes."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return f"{platform.node()}/{uuid.getnode()}"


def process_started(pid: int) -> str:
    """When a process began, in the kernel's own ticks since the boot; '' where that cannot be read."""
    return _state_and_start(pid)[1]


def is_gone(host: str, pid: int, started: str) -> bool:
    """Whether that process has certainly ended. One of another machine may always be there."""
    if host != here():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    state, start = _state_and_start(pid)
    # ended and not yet collected by its parent, or another process that has its number now
    return state in ("Z", "X") or (start != "" and started not in ("", start))


def _state_and_start(pid: int) -> tuple[str, str]:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", ""
    # "pid (name) state …", and the name may hold anything; the start is the 22nd field
    fields = stat.rpartition(")")[2].split()
    return fields[0], fields[19]
