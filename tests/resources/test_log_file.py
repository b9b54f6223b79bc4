"""The log file of a home."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from connector_resources.instance.log_file import LogFile

FULL = Path("/dev/full")  # takes no byte, as a disk without room


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("a", logging.INFO, __file__, 1, text, None, None)


def test_lines_are_appended_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    for text in ("one", "two"):
        LogFile(str(path)).emit(record(text))
    assert path.read_text() == "one\ntwo\n"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a file that is always full")
def test_a_log_that_cannot_be_written_is_told_once_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    log = LogFile(str(FULL))
    log.emit(record("one"))
    log.emit(record("two"))
    assert capsys.readouterr().err == "the log /dev/full cannot be written: No space left on device\n"
