"""The first content of the sandbox: made from a seed, or read from the files of a ledger."""

from __future__ import annotations

from .ledger import load_ledger
from .seed import load_seed
from .world import UnusableData, World

__all__ = ["UnusableData", "World", "load_ledger", "load_seed"]
