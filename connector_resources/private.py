"""What is ours on the disk is its owner's alone: folders 0700, files 0600.

New files are so by the umask of our processes (`keep_private`). A home that was made before, or was copied, is brought
to it when it is opened (`bring_private`).
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)

OTHERS = 0o077
# there once all of a home was looked through: later only its top is, since its landing store grows without end
LOOKED_THROUGH = ".private"


def keep_private() -> None:
    """What this process and those that it starts write from now on is their owner's alone."""
    os.umask(OTHERS)


def bring_private(home: Path) -> None:
    """Take the rights of others away from a home and all that is below it.

    What belongs to another user stays as it is, and links are not followed. Where a file system does not let us, the
    log says so and the work goes on. Keys that others could read are told of: they may have been read.
    """
    try:
        top = [home, *home.iterdir()]
        looked_through = home / LOOKED_THROUGH
        if looked_through in top and not any(_is_open(path) for path in top):
            return
        for path in _below(home):
            if _is_open(path):
                _close(path)
        looked_through.touch(mode=0o600)
    except OSError as error:
        if error.errno != errno.EROFS:
            log.warning("others may have access to the home %s: %s", home, error.strerror)


def _below(folder: Path) -> Iterator[Path]:
    """A folder, then what is below it: nobody else gets in while we go on."""
    yield folder
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, PermissionError):
        return  # gone meanwhile, or another user's
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _is_open(path: Path) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    ours = found.st_uid == os.geteuid() and (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode))
    return ours and bool(found.st_mode & OTHERS)


def _close(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.lstat().st_mode)
        path.chmod(mode & 0o700 if path.is_dir() else mode & 0o600)
    except FileNotFoundError:
        return
    if path.name == "keys" or path.suffix == ".key":
        log.warning(
            "%s could be read by others (mode %03o) and is private now: if somebody may have read it, make new ones "
            "(connector credentials rotate)",
            path,
            mode,
        )


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file for its owner alone, under another name until all of it is on the disk. Raises OSError.

    What exists and is no file, such as /dev/stdout, is written to as it is.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
