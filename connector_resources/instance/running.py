"""Which runs are being executed by a living process of this machine.

A run that a command executes in its own process has no code server to ask about it. The command holds a lock on a
file of the run's name instead: the system lets go of it when the process ends, however it ends. So does a command whose
work is no run of Dagster's, such as a replay.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from connector_resources.errors import StorageProblem

HOST_TAG = "connector/host"


def this_host() -> str:
    """The name by which processes that share a home know the machine they are on."""
    return socket.gethostname()


@contextmanager
def marked_running(dagster_home: Path, run_id: str) -> Iterator[None]:
    """Mark a run as executed by this process, until the block or the process ends.

    Raises StorageProblem where the home takes no mark: without it nobody would know the living from the dead.
    """
    path = _marker(dagster_home, run_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mark = path.open("wb", buffering=0)
    except OSError as error:
        raise StorageProblem(str(path.parent), error.strerror or str(error)) from error
    with mark:
        try:
            _sign(mark)
            yield
        finally:
            path.unlink(missing_ok=True)


def _sign(mark: FileIO) -> None:
    try:
        fcntl.flock(mark, fcntl.LOCK_EX)
        mark.write(str(os.getpid()).encode())
    except OSError as error:
        raise StorageProblem(str(mark.name), error.strerror or str(error)) from error


def executing_process(dagster_home: Path, run_id: str) -> int | None:
    """The process id of the command that executes this run on this machine; None when there is none."""
    try:
        with _marker(dagster_home, run_id).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(_marker(dagster_home, run_id).read_text())
    except FileNotFoundError:
        return None
    return None


def left_behind(dagster_home: Path, run_id: str) -> bool:
    """Whether a process marked this run and is gone without having come to its end."""
    return _marker(dagster_home, run_id).exists() and executing_process(dagster_home, run_id) is None


def _marker(dagster_home: Path, run_id: str) -> Path:
    return dagster_home / "running" / run_id
