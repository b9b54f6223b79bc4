"""Which systems a sandbox consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.system import BadCommandError, System

_SYSTEMS = {"jde": "JdeSystem", "coupa": "CoupaSystem", "bill": "BillSystem"}


def compose(
    clock: SandboxClock,
    *,
    limits: bool,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
) -> dict[str, System]:
    """The systems by name, all of them or `only` some, each with its `options`."""
    wanted = _SYSTEMS if only is None else only
    for name in [*wanted, *(options or ())]:
        if name not in _SYSTEMS:
            raise BadCommandError(f"no system {name!r}: there are {', '.join(_SYSTEMS)}")
    return {name: _class(name)(clock, limits=limits, options=(options or {}).get(name, {})) for name in wanted}


def _class(name: str) -> Callable[..., System]:
    # Imported when wanted, so that a sandbox of one system does not wait for the others.
    system: Callable[..., System] = getattr(import_module(f"connector_sandbox.{name}"), _SYSTEMS[name])
    return system
