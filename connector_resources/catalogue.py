"""Which systems and pairs there are: each package below `connector_assets.systems` and `connector_assets.pairs`.

A system's package has a module `system` with its object `SYSTEM`, a pair's a module `pair` with its `PAIR`. Folders of
other distributions on Python's path count too, where they hold packages of these names. They are found by name, so that
nothing here depends on one of them; what they are in full is said by `connector_assets.systems.system.System` and
`connector_assets.pairs.pair.Pair`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from connector_resources.connections.base import BaseConnection

SYSTEMS = "connector_assets.systems"
PAIRS = "connector_assets.pairs"


class KnownSystem(Protocol):
    """What settings need of a system: its name, and the settings of a connection to it."""

    name: str
    port: int
    connection: type[BaseConnection]


class KnownPair(Protocol):
    """What settings need of a pair: its name, and role -> the system that plays it."""

    name: str
    roles: Mapping[str, str]


@cache
def systems() -> Mapping[str, KnownSystem]:
    """The systems by name, in the order of their ports in the sandbox."""
    found: list[KnownSystem] = _objects(SYSTEMS, "system", "SYSTEM")
    return {each.name: each for each in sorted(found, key=lambda each: each.port)}


@cache
def pairs() -> Mapping[str, KnownPair]:
    """The pairs by name, in the order of their systems."""
    found: list[KnownPair] = _objects(PAIRS, "pair", "PAIR")
    order = {name: place for place, name in enumerate(systems())}
    return {each.name: each for each in sorted(found, key=lambda each: [order[name] for name in each.roles.values()])}


def _objects(package: str, module: str, name: str) -> list[Any]:
    folders = [each.name for each in pkgutil.iter_modules(import_module(package).__path__) if each.ispkg]
    return [getattr(import_module(f"{package}.{folder}.{module}"), name) for folder in folders]
