"""The inputs of a call: the forms in which they come, and what is refused before any step (jde-ais section 14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connector_sandbox.jde.acting import BusinessError
from connector_sandbox.jde.errors import AisError
from connector_sandbox.jde.http import Call
from connector_sandbox.jde.orchestrating import Inputs, InputType, Orchestration

# What any call may carry beside the inputs (section 3.1, common fields).
_COMMON = {"token", "deviceName", "username", "password", "environment", "role", "jasserver", "outputType"}


class InvalidInputError(ValueError):
    """Inputs that are none: the orchestration ends before its first step."""


def read_inputs(item: Orchestration, call: Call, *, superfluous: bool = True) -> dict[str, Any]:
    """The inputs of a call: JDE standard, generic, v3 arrays, or the query string of a GET.

    AisError 400 for no such; InvalidInputError for inputs that are not declared, unless `superfluous` ones may come.
    """
    body: Mapping[str, Any] = call.body
    if call.request.method == "GET":
        body = dict(call.request.query_params.items())
    if isinstance(body.get("inputs"), list):
        values = _standard_inputs(body)
        if not superfluous:
            _check_declared(item, values)
        return values
    if not superfluous:
        _check_declared(item, {name: value for name, value in body.items() if name not in _COMMON})
    values = {name: body[name] for name in item.inputs if name in body}
    for detail, columns in item.details.items():
        rows = body.get(detail)
        if rows is None:
            # The old generic form has room for one grid row, among the other inputs, where no name stands for both.
            row = {} if columns.keys() & item.inputs.keys() else {name: body[name] for name in columns if name in body}
            if not row:
                continue
            rows = [row]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise AisError(400, f"Invalid JSON input: {detail} is not an array of objects")
        values[detail] = rows
    return values


def _standard_inputs(body: Mapping[str, Any]) -> dict[str, Any]:
    def named(inputs: Any) -> dict[str, Any]:
        return {str(pair["name"]): pair.get("value") for pair in inputs}

    try:
        values = named(body["inputs"])
        for detail in body.get("detailInputs") or ():
            values[str(detail["name"])] = [named(row["inputs"]) for row in detail["repeatingInputs"]]
    except (KeyError, TypeError, AttributeError):
        # Any other nesting than the documented one.
        raise AisError(400, "Invalid JSON input: not in the JDE standard format") from None
    return values


def own_names(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The values under the names that the steps know, which the site's designer called otherwise."""
    if not names:
        return dict(values)
    own = {shown: name for name, shown in names.items() if "." not in name}
    made: dict[str, Any] = {}
    for shown, value in values.items():
        grid = own.get(shown, shown)
        if isinstance(value, list):
            fields = {called: name.removeprefix(f"{grid}.") for name, called in names.items() if f"{grid}." in name}
            value = [{fields.get(field, field): each for field, each in row.items()} for row in value]
        made[grid] = value
    return made


def check_inputs(item: Orchestration, inputs: Inputs, *, required: bool) -> None:
    """InvalidInputError, naming the input, for one that is missing though it is required, or not of its type."""
    _check_fields(inputs, item.inputs, item.required_of("") if required else (), "")
    for grid, members in item.details.items():
        if required and grid in item.required and grid not in inputs:
            raise InvalidInputError(f"Required input {grid} is missing")
        for number, row in enumerate(inputs.rows(grid), start=1):
            _check_fields(row, members, item.required_of(grid) if required else (), f"{grid} {number}: ")


def _check_fields(inputs: Inputs, types: Mapping[str, InputType], required: Iterable[str], where: str) -> None:
    for name in required:
        if name in types and not inputs.text(name):
            raise InvalidInputError(f"{where}Required input {name} is missing")
    for name, kind in types.items():
        try:
            if kind == "Date":
                inputs.day(name)
            elif kind == "Numeric":
                inputs.number(name)
        except BusinessError as error:
            raise InvalidInputError(f"{where}{error.text}") from None


def _check_declared(item: Orchestration, values: Mapping[str, Any]) -> None:
    # A one-row call carries the members of a grid beside the other inputs.
    known = {*item.inputs, *item.details, *(name for members in item.details.values() for name in members)}
    unknown = [name for name in values if name not in known]
    for grid, members in item.details.items():
        rows = values.get(grid)
        for row in rows if isinstance(rows, list) else ():
            unknown += [f"{grid}.{name}" for name in row if name not in members]
    if unknown:
        raise InvalidInputError(f"Input {unknown[0]} is not declared")
