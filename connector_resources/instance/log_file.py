"""A log file that any number of processes append to; it is open only while a line is written."""

from __future__ import annotations

import logging
import os
from pathlib import Path


class LogFile(logging.Handler):
    """Appends each record, readable by the owner alone."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = Path(path)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        line = f"{self.format(record)}\n".encode()
        target = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(target, line)
        finally:
            os.close(target)
