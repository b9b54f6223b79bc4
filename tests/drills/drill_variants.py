"""Which flows there are to drill, and in which variants: read from the code, never listed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from drill_testbeds import PLACES
from pydantic import BaseModel

from connector_assets.engine.flow import Flow
from connector_assets.pairs.registry import all_flows, flow_class

Choice = tuple[str, Any]
# the setting that says what a document becomes in the target, where a flow has one
MODE = "mode"
# what a kind of site decides, since its systems must do as it says
OF_THE_SITE = frozenset({"voucher_key"})


@dataclass(frozen=True)
class Variant:
    """One flow under one choice of its settings, at one kind of site."""

    kind: str
    flow: str
    site: str
    choices: tuple[Choice, ...] = ()

    @property
    def name(self) -> str:
        """`jde_coupa/invoices mode=external_payables`; the usual site is not named."""
        chosen = [f"{name}={_shown(value)}" for name, value in self.choices]
        site = [] if self.site == usual_site(self.kind) else [f"at={self.site.replace(' ', '_')}"]
        return " ".join([f"{self.kind}/{self.flow}", *site, *chosen])

    @property
    def flow_class(self) -> type[Flow]:
        """The flow's class."""
        return flow_class(self.kind, self.flow)

    @property
    def flows(self) -> dict[str, dict[str, Any]]:
        """The flows' settings, as `connections.yaml` has them."""
        place = PLACES[self.kind]
        flows = {flow: dict(settings) for flow, settings in place.sites[self.site].items()}
        for other, settings in place.beside.get(self.flow, {}).items():
            flows[other] = flows.get(other, {}) | dict(settings)
        flows[self.flow] = flows.get(self.flow, {}) | dict(self.choices)
        return flows

    @property
    def usual(self) -> Variant:
        """The same flow as it is without a choice."""
        return Variant(self.kind, self.flow, self.site)


def usual_site(kind: str) -> str:
    """The first kind of site of the table."""
    return next(iter(PLACES[kind].sites))


def every_variant() -> list[Variant]:
    """All variants of all flows of all kinds."""
    return [each for kind, flows in all_flows().items() for flow in flows for each in variants(kind, flow)]


def variants(kind: str, flow: type[Flow]) -> Iterator[Variant]:
    """The usual one first. At the usual site every mode with every switch, and each other choice by itself; at the
    others every mode."""
    defaults = {name: _default(flow.Settings, name) for name in dimensions(flow.Settings)}
    place = PLACES[kind]
    for site in place.sites:
        if flow.name not in place.only.get(site, (flow.name,)):
            continue
        single = [((name, value),) for name, values in dimensions(flow.Settings).items() for value in values]
        modes = [choices for choices in single if choices[0][0] == MODE]
        chosen = [*_products(flow.Settings), *single] if site == usual_site(kind) else [(), *modes]
        differing = [tuple(each for each in choices if each[1] != defaults[each[0]]) for choices in chosen]
        for choices in dict.fromkeys(differing):
            yield Variant(kind, flow.name, site, choices)


def dimensions(settings: type[BaseModel]) -> dict[str, tuple[Any, ...]]:
    """Setting -> its values, of every setting that has only so many: literals and switches."""
    found = {}
    for name, field in settings.model_fields.items():
        values = _values(field.annotation)
        if values and name not in OF_THE_SITE:
            found[field.alias or name] = values
    return found


def _default(settings: type[BaseModel], name: str) -> Any:
    """What a setting is where nobody says anything, by its name in `connections.yaml`."""
    return next(field.default for own, field in settings.model_fields.items() if (field.alias or own) == name)


def _values(annotation: Any) -> tuple[Any, ...]:
    if annotation is bool:
        return (False, True)
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return tuple(value for part in get_args(annotation) for value in _values(part))
    return ()


def _products(settings: type[BaseModel]) -> list[tuple[Choice, ...]]:
    """Each mode with each combination of switches."""
    chosen = {name: values for name, values in dimensions(settings).items() if name == MODE or values == (False, True)}
    return [
        tuple(zip(chosen, values, strict=True))
        for values in sorted(
            itertools.product(*chosen.values()), key=lambda values: _distance(settings, chosen, values)
        )
    ]


def _distance(settings: type[BaseModel], chosen: Mapping[str, Any], values: tuple[Any, ...]) -> int:
    """How many settings are not as usual: the usual comes first."""
    return sum(_default(settings, name) != value for name, value in zip(chosen, values, strict=True))


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
