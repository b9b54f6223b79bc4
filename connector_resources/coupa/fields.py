"""The `fields` of a read: asking for exactly what a model holds, and noticing what did not come.

An administrator may give the API client a default response filter, which hides fields from every answer
(coupa sections 3.0 and 8.11). So each read names its fields, in underscores as the vendor does, and a record
without one of them is an error: a hidden `number` must not look like a supplier without a number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from connector_resources.coupa.shapes import Shape

# A field name, or {association: its fields}: the JSON that Coupa's `fields` takes.
Selected = str | Mapping[str, Sequence[Any]]
CUSTOM_FIELDS = "custom_fields"


class Selection:
    """What is asked for of one model.

    `absent` are fields that this instance does not have and is not asked for; `top_level_custom` are custom
    fields that an older tenant keeps beside the standard ones, asked for by name in place of `custom-fields`.
    """

    def __init__(
        self,
        model: type[Shape],
        only: Sequence[Selected] | None = None,
        *,
        absent: Iterable[str] = (),
        top_level_custom: Iterable[str] = (),
    ) -> None:
        """`only` trims the read to some fields (`id` is always among them); ValueError for an unknown one."""
        self.model = model
        self.custom = tuple(underscored(name) for name in top_level_custom)
        left_out = {underscored(name) for name in absent} - {"id"}
        tree = _whole(model) if only is None else {"id": None, **_trimmed(model, only)}
        self._tree = {name: inner for name, inner in tree.items() if name not in left_out}
        self._query = json.dumps(self._asked(), separators=(",", ":"))

    @property
    def query(self) -> str:
        """The value of the `fields` parameter."""
        return self._query

    def missing(self, record: Mapping[str, Any]) -> list[str]:
        """Names that were asked for, must be there and are not, e.g. `["invoice-lines.price"]`."""
        lost = _missing(record, self._tree, self.model)
        if self.custom and CUSTOM_FIELDS in self._tree:
            come = {underscored(str(key)) for key in record}
            lost = [name for name in lost if name != hyphenated(CUSTOM_FIELDS)]
            lost += [hyphenated(name) for name in self.custom if name not in come]
        return lost

    def gathered(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """The record with an older tenant's top-level custom fields put where newer ones keep them."""
        if not self.custom:
            return record
        own = {key: value for key, value in record.items() if underscored(str(key)) in self.custom}
        return {**{key: value for key, value in record.items() if key not in own}, CUSTOM_FIELDS: own}

    def spread(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body of a write with `custom-fields` where an older tenant has them: beside the others."""
        if not self.custom:
            return body
        return {
            name: inner
            for key, value in body.items()
            for name, inner in (
                value.items() if underscored(key) == CUSTOM_FIELDS and isinstance(value, Mapping) else ((key, value),)
            )
        }

    def _asked(self) -> list[Any]:
        asked = _as_query(self._tree)
        if self.custom and CUSTOM_FIELDS in self._tree:
            asked = [item for item in asked if item != {CUSTOM_FIELDS: {}}] + list(self.custom)
        return asked


# name -> the fields asked for inside it, None for a plain value
_Tree = Mapping[str, Any]


def hyphenated(name: str) -> str:
    """`invoice_number` as the vendor's answers spell it."""
    return name.replace("_", "-")


def underscored(name: str) -> str:
    """`invoice-number` as queries and our models spell it."""
    return name.replace("-", "_")


@cache
def nested_models(model: type[Shape]) -> Mapping[str, type[Shape]]:
    """Field -> model, for the fields of `model` that hold an object or a list of objects."""
    found = {name: _shape_in(field.annotation) for name, field in model.model_fields.items()}
    return {name: inner for name, inner in found.items() if inner is not None}


def _shape_in(annotation: Any) -> type[Shape] | None:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation if issubclass(annotation, Shape) else None
    if get_origin(annotation) in (Union, UnionType, tuple):
        return next((shape for part in get_args(annotation) if (shape := _shape_in(part))), None)
    return None


@cache
def _whole(model: type[Shape]) -> _Tree:
    inner = nested_models(model)
    return {name: _whole(inner[name]) if name in inner else None for name in model.model_fields}


def _trimmed(model: type[Shape], only: Sequence[Selected]) -> _Tree:
    tree: dict[str, Any] = {}
    inner = nested_models(model)
    for item in only:
        for raw, chosen in ({item: None} if isinstance(item, str) else item).items():
            name = underscored(raw)
            if name not in model.model_fields or (chosen is not None and name not in inner):
                raise ValueError(f"{model.__name__} has no field {raw!r} to ask for in this way")
            if name not in inner:
                tree[name] = None
            else:
                tree[name] = _whole(inner[name]) if chosen is None else _trimmed(inner[name], chosen)
    return tree


def _as_query(tree: _Tree) -> list[Any]:
    # All custom fields are asked for by an empty selection (coupa section 3.0).
    return [
        {name: {}} if name == CUSTOM_FIELDS else name if inner is None else {name: _as_query(inner)}
        for name, inner in tree.items()
    ]


def _missing(record: Mapping[str, Any], tree: _Tree, model: type[Shape], path: str = "") -> list[str]:
    come = {underscored(str(key)): value for key, value in record.items()}
    models = nested_models(model)
    lost: list[str] = []
    for name, inner in tree.items():
        if name not in come:
            if name not in model.OPTIONAL:
                lost.append(path + hyphenated(name))
        elif inner is not None:
            value = come[name]
            # null, and the plain text that older answers give in place of an object, have no fields to miss
            parts = value if isinstance(value, list) else [value]
            for part in parts:
                if isinstance(part, Mapping):
                    lost += _missing(part, inner, models[name], f"{path}{hyphenated(name)}.")
    return list(dict.fromkeys(lost))
