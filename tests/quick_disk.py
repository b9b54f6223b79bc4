"""Temporary files of the tests in memory, where the machine has room for them.

The ledger and Dagster's storage wait for the disk at each commit, as they must. No test cuts the power: a process that
is killed finds its files in memory as it would find them on a disk.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3


def use_memory() -> None:
    """Let `tempfile`, pytest's `tmp_path` and all processes that are started make their files in memory; leaves TMPDIR
    alone where somebody has set it, and where memory is short or does not let programs run."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    found = os.statvfs(MEMORY)
    if found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None
