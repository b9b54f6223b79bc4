"""What the orchestrator says of its orchestrations: discovery and OpenAPI (jde-ais sections 3.4, 14.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector_sandbox.jde.options import Options
from connector_sandbox.jde.orchestrating import Orchestration

Answer = dict[str, Any]


def described(item: Orchestration, options: Options) -> Answer:
    """The discovery entry of an orchestration. How it shows arrays and dates is not established: switches."""
    item = item.under(options.input_names.get(item.name, {}))
    entry: Answer = {
        "name": item.name,
        "description": item.description,
        "inputFormat": options.input_format,
        "inputs": [*_scalars(item.inputs, options), *_arrays(item, options)],
    }
    if options.discovered_entry == "example":
        return entry
    return entry | {
        "omwObjectName": f"ORC_{sum(item.name.encode()):010d}CUST",
        "category": "Accounts Payable",
        "udoGroup": "Personal",
        "outputs": [{"name": name} for name in item.outputs],
        "containsContinueOnError": False,
        "scheduleUDOName": "",
        "version": "3",
    }


def operation(item: Orchestration) -> Answer:
    """The OpenAPI operation of an orchestration."""
    types = {"String": "string", "Numeric": "number", "Date": "string"}

    def schema(inputs: Mapping[str, Any], grid: str = "") -> Answer:
        made: Answer = {"type": "object", "properties": {name: {"type": types[kind]} for name, kind in inputs.items()}}
        required = item.required_of(grid)
        return made | ({"required": list(required)} if required else {})

    body = schema(item.inputs)
    for grid, members in item.details.items():
        body["properties"][grid] = {"type": "array", "items": schema(members, grid)}
    return {
        "operationId": item.name,
        "description": item.description,
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "OK"}},
    }


def _scalars(inputs: Mapping[str, str], options: Options) -> list[Answer]:
    return [{"name": name, "type": options.discovered_types.get(kind, kind)} for name, kind in inputs.items()]


def _arrays(item: Orchestration, options: Options) -> list[Answer]:
    shown = options.discovered_arrays
    if shown == "hidden":
        return []
    kind = options.discovered_types.get("Array", "Array")
    return [
        {"name": grid, "type": kind, **({shown: _scalars(members, options)} if shown != "names" else {})}
        for grid, members in item.details.items()
    ]
