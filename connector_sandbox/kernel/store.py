"""What survives a restart: one journal per system, a snapshot followed by each change, as lines of JSON.

A change is one `write` to the file before the answer goes out. That is safe against the end of the process,
`kill -9` included; there is no fsync, for a sandbox need not survive the end of the machine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from connector_sandbox.kernel.system import BadCommandError, Content

_FORMAT = 1
_TAG = "$"


class Journal:
    """The store of one system in a state directory."""

    def __init__(self, directory: Path, system: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / f"{system}.jsonl"
        self._header = {"sandbox": system, "format": _FORMAT}
        self._file: int | None = None

    def read(self) -> dict[str, dict[str, Any]] | None:
        """The content as last known, None when there is none; BadCommandError when it is no journal."""
        if not self._path.exists():
            return None
        content: dict[str, dict[str, Any]] = {}
        with self._path.open(encoding="utf-8") as lines:
            self._check_header(next(lines, ""))
            for number, line in enumerate(lines, 2):
                if not line.endswith("\n"):
                    break  # The process ended while it wrote this change: no answer had gone out for it.
                try:
                    entity, key, record = json.loads(line, object_hook=_untag)
                except ValueError:
                    raise BadCommandError(f"{self._path} line {number}: not a change of a sandbox") from None
                if record is None:
                    content.setdefault(entity, {}).pop(key, None)
                else:
                    content.setdefault(entity, {})[key] = record
        return content

    def rewrite(self, content: Content) -> None:
        """Replace the journal by a snapshot, at once or not at all, and keep it open for changes."""
        self.close()
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(json.dumps(self._header) + "\n")
            for entity, records in content.items():
                file.writelines(_line(entity, key, record) for key, record in records.items())
        fresh.replace(self._path)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)

    def changed(self, entity: str, key: str, record: Any) -> None:
        """Append one change."""
        if self._file is None:
            raise RuntimeError("a journal takes changes after its snapshot")
        left = memoryview(_line(entity, key, record).encode())
        while left:
            left = left[os.write(self._file, left) :]

    def close(self) -> None:
        """Close the file; `rewrite` opens it again."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _check_header(self, line: str) -> None:
        try:
            header: Mapping[str, Any] = json.loads(line)
        except ValueError:
            header = {}
        if header != self._header:
            raise BadCommandError(f"{self._path}: not the state of this sandbox, or of another version of it")


def _line(entity: str, key: str, record: Any) -> str:
    return json.dumps([entity, key, record], default=_tag, separators=(",", ":")) + "\n"


def _tag(value: Any) -> dict[str, str]:
    match value:
        case Decimal():
            return {_TAG: "decimal", "v": str(value)}
        case datetime():
            return {_TAG: "datetime", "v": value.isoformat()}
        case date():
            return {_TAG: "date", "v": value.isoformat()}
    raise TypeError(f"a record of the sandbox cannot hold a {type(value).__name__}")


def _untag(mapping: dict[str, Any]) -> Any:
    match mapping.get(_TAG):
        case "decimal":
            return Decimal(mapping["v"])
        case "datetime":
            return datetime.fromisoformat(mapping["v"])
        case "date":
            return date.fromisoformat(mapping["v"])
    return mapping
