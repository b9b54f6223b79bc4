"""Spendly, as everything that lists systems knows it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import ClassVar

from connector_assets.systems.spendly.connection import SpendlyConnection

from connector_assets.engine.reasons.entry import Reason
from connector_assets.systems.system import Entity, System


class Spendly(System):
    """Spendly's API."""

    name = "spendly"
    title = "Spendly"
    port = 9
    connection = SpendlyConnection
    entities: ClassVar[Mapping[str, Entity]] = {
        "centres": Entity("Cost centres of Spendly, whole.", noun="cost centre")
    }

    def client(self) -> Callable[..., object]:  # type: ignore[override]
        from connector_assets.systems.spendly.client import SpendlyClient

        return SpendlyClient

    def reader(self):  # type: ignore[no-untyped-def]
        from connector_assets.systems.spendly.reader import SpendlyReader

        return SpendlyReader

    def reasons(self) -> Sequence[Reason]:
        return (
            Reason("centre_is_frozen", "normal", "cost centre {value} is frozen", "thaw it in Spendly, then replay"),
        )

    def ignoring_rules(self) -> Mapping[str, tuple[str, str]]:
        return {"frozen": ("it is frozen", "thaw it in Spendly")}

    def absent(self, reader: object, keys: Collection[str]) -> Mapping[str, tuple[str, str]]:
        return dict.fromkeys(keys, ("Spendly has no such cost centre", "open it there"))


SYSTEM = Spendly()
