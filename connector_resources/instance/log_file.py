"""A log file that any number of processes append to; it is open only while a line is written."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from connector_resources.printable import printable


class LogFile(logging.Handler):
    """Appends each record, readable by the owner alone.

    A run goes on where its log cannot be written, since what it did is in the ledger; the terminal says so once.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = Path(path)
        self._reported = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        # what is quoted in a record must neither move the reader's cursor nor pass for a record of its own
        text = printable(self.format(record)).replace("\n", "\n    ")
        line = f"{text}\n".encode()
        try:
            self._append(line)
        except OSError as error:
            if not self._reported:
                self._reported = True
                sys.stderr.write(f"the log {self._path} cannot be written: {error.strerror}\n")

    def _append(self, line: bytes) -> None:
        target = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(target, line)
        finally:
            os.close(target)
