"""Where a sandbox's content comes from: made from a seed, or read from the files of a ledger."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from connector_sandbox.kernel.system import BadCommandError, World, Worlds


def worlds(*, ledger: Path | None, seed: int, size: int | None) -> Worlds:
    """What makes the content, by system. The data package is read only when the content is asked for."""

    def make() -> Mapping[str, World]:
        data = import_module("connector_sandbox.data")
        try:
            made: Mapping[str, World] = data.load_seed(seed, size) if ledger is None else data.load_ledger(ledger)
        except data.UnusableData as error:
            raise BadCommandError(str(error)) from error
        return made

    return make
