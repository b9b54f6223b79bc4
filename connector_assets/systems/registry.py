"""All systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from connector_assets.systems.system import System
from connector_resources import catalogue


def systems() -> Mapping[str, System]:
    """Every system by name."""
    return cast(Mapping[str, System], catalogue.systems())


def system_of(name: str) -> System:
    """The system of a connection."""
    return systems()[name]
