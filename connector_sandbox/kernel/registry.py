"""Which systems a sandbox consists of: each package of `connector_sandbox` that has a `SYSTEM`."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.system import BadCommandError, System

# what a sandbox is made of besides
_OURS = frozenset({"kernel", "data"})


@cache
def known() -> tuple[str, ...]:
    """The names of the systems."""
    folders = [each.name for each in pkgutil.iter_modules(import_module("connector_sandbox").__path__) if each.ispkg]
    return tuple(each for each in folders if each not in _OURS)


def compose(
    clock: SandboxClock,
    *,
    limits: bool,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
) -> dict[str, System]:
    """The systems by name, all of them or `only` some, each with its `options`."""
    wanted = sorted(known(), key=lambda name: _class(name).offset) if only is None else only
    for name in [*wanted, *(options or ())]:
        if name not in known():
            raise BadCommandError(f"no system {name!r}: there are {', '.join(known())}")
    return {name: _class(name)(clock, limits=limits, options=(options or {}).get(name, {})) for name in wanted}


def _class(name: str) -> Any:
    # imported when wanted, so that a sandbox of one system does not wait for the others
    system: Callable[..., System] = import_module(f"connector_sandbox.{name}").SYSTEM
    return system
