"""Processes forked from one that has everything loaded: each is ready at once; a new interpreter takes seconds."""

from __future__ import annotations

import importlib
import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

# what knows a home, as connector_assets.definitions does, is not among them
LOADED = [
    "connector_assets.orchestration.schedules",
    "connector_assets.orchestration.sweep",
    "connector_assets.cli.app",
    "connector_assets.cli.syncing",
    "connector_assets.orchestration.flow_assets",
    "connector_assets.engine.replaying",
    "connector_assets.orchestration.runs",
    "connector_resources.instance.storage",
    # what pandera loads at its first check
    "pandera.backends.pandas.builtin_checks",
]
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(LOADED)


def forked(work: Callable[..., object], *arguments: object) -> BaseProcess:
    """A process that calls this function of a module, in the environment that this one has now."""
    process = FORKS.Process(target=_live, args=(work.__module__, work.__name__, arguments, dict(os.environ)))
    process.start()
    return process


def _live(module: str, name: str, arguments: tuple[Any, ...], environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    # only now, since it may load the definitions of the home that the environment names
    getattr(importlib.import_module(module), name)(*arguments)
