"""No room on the disk of the home in the middle of a run, and no room in the landing store at all.

A small file system is really full; only root can mount one. A limit on the size of a process's files needs no rights
and fails the same writes, with another error of the system.
"""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from process_commands import Command
from process_sandbox import CREATE
from process_site import INVOICES, NAME, End, ProcessSite

pytestmark = pytest.mark.slow

DISK = "32m"
LARGEST_FILE = 64 * 1024


class SmallDisk:
    """A file system of its own, mounted at a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], capture_output=True, text=True, check=False
        )
        if mounted.returncode != 0:
            pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")

    def fill(self, command: Command | None = None) -> None:
        """Not one byte more."""
        with (self.folder / "ballast").open("wb", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while file.write(b"\0" * size):
                        pass
                except OSError:
                    continue

    def make_room(self) -> None:
        """As it was."""
        (self.folder / "ballast").unlink()

    def unmount(self) -> None:
        """Gone, with all that is on it."""
        subprocess.run(["umount", "--lazy", self.folder], check=True)


class SmallFiles:
    """No file of the process may grow any more."""

    def fill(self, command: Command) -> None:
        resource.prlimit(command.pid, resource.RLIMIT_FSIZE, (LARGEST_FILE, resource.RLIM_INFINITY))

    def make_room(self) -> None:
        """The next process has no limit."""


@pytest.fixture(params=[SmallDisk, SmallFiles])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk | SmallFiles]:
    """What the home is on."""
    if request.param is SmallFiles:
        yield SmallFiles()
    else:
        yield from _mounted(tmp_path / "home")


@pytest.fixture
def disk_of_home(tmp_path: Path) -> Iterator[SmallDisk]:
    """A file system for all of the home."""
    yield from _mounted(tmp_path / "home")


@pytest.fixture
def disk_of_landing(tmp_path: Path) -> Iterator[SmallDisk]:
    """A file system for the landing store alone."""
    yield from _mounted(tmp_path / "home" / "landing")


def _mounted(folder: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(folder)
    try:
        yield disk
    finally:
        disk.unmount()


def test_a_disk_that_fills_up_under_a_run(disk: SmallDisk | SmallFiles, site: ProcessSite, undisturbed: End) -> None:
    command = site.start_until(CREATE, 10)
    disk.fill(command)
    code = command.wait()
    site.sandbox.script()
    disk.make_room()

    assert code == 3, command.err
    assert "Traceback" not in command.err and "defect" not in command.err
    assert command.err.splitlines()[-1].startswith("connector: Dagster's database cannot be used: ")
    assert {f"F0411:{voucher}" for voucher, *_ in site.sandbox.invoices()} <= site.begun()

    site.sync()

    assert site.end() == undisturbed
    assert [run.status.value for run in site.runs()[:2]] == ["SUCCESS", "FAILURE"]


def test_a_home_without_room_is_one_line_from_every_command(disk_of_home: SmallDisk, site: ProcessSite) -> None:
    disk_of_home.fill()
    for arguments, code in (
        (("sync", INVOICES), 2),
        (("exceptions", "replay", "--all"), 3),
        (("mappings", "set", NAME, "payment_terms", "N30", "NET30", "--unchecked"), 3),
    ):
        command = site.start(*arguments)
        assert command.wait() == code, command.err
        assert "Traceback" not in command.err and "defect" not in command.err
        assert command.err.splitlines()[-1].startswith("connector: ")
    assert site.sandbox.called(CREATE) == 0


def test_a_full_landing_store_stops_a_run_before_it_sends_anything(
    disk_of_landing: SmallDisk, site: ProcessSite, undisturbed: End
) -> None:
    disk_of_landing.fill()
    command = site.start("sync", INVOICES)
    code = command.wait()
    kept = [file for file in disk_of_landing.folder.rglob("*.parquet") if not file.stat().st_size]
    disk_of_landing.make_room()

    assert code == 3, command.err
    reported = [line for line in command.err.splitlines() if "cannot be used" in line]
    assert len(reported) == 1
    assert reported[0].endswith(
        "the landing store {} cannot be used: No space left on device".format(site.path / "landing")
    )
    assert kept == []
    assert site.sandbox.called(CREATE) == 0

    site.sync()

    assert site.end() == undisturbed
