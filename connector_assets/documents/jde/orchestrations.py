"""Whether the orchestrations that a flow needs are configured and built: they are each customer's own (jde-ais section
3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from connector_assets.engine.context import RunContext
from connector_resources.connections.jde import JdeConnection
from connector_resources.jde import JdeClient
from connector_resources.jde.contract import ACTS


def missing_act(context: RunContext, acts: Iterable[str]) -> str | None:
    """The first of these acts that the connection names no orchestration for."""
    named = context.connection("jde", JdeConnection).orchestrations
    return next((act for act in acts if act not in named), None)


def lacking_inputs(context: RunContext, needs: Mapping[str, Sequence[str]]) -> list[str]:
    """What the orchestrations of these acts lack, one sentence each; asks JDE. `needs` is act -> our fields, which are
    the inputs' names unless the connection maps them."""
    if not needs:
        return []
    lacking = []
    orchestrations = context.client("jde", JdeClient).orchestrations
    offered = orchestrations.discover()
    arrays = orchestrations.shows_arrays(offered)
    for act, fields in needs.items():
        wanted = orchestrations.configured(act)
        if wanted.name not in offered:
            lacking.append(f"{act}: there is no orchestration {wanted.name!r}, or the user may not see it")
            continue
        found = offered[wanted.name]
        if found.inputs is None:
            continue
        asked = [ours for ours in fields if arrays or not _is_array(act, ours)]
        absent = [each for each in (wanted.inputs.get(ours, ours) for ours in asked) if each not in found.names]
        if absent:
            lacking.append(f"{act}: {wanted.name} has no input {', '.join(map(repr, absent))}")
    return lacking


def _is_array(act: str, field: str) -> bool:
    declared = ACTS[act].input(field)
    return declared is not None and declared.type == "array"
