"""JD Edwards with Spendly, as everything that lists pairs knows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from connector_assets.pairs.pair import Pair

if TYPE_CHECKING:
    from connector_assets.engine.flow import Flow
    from connector_assets.engine.value_tables import ValueTable


class JdeSpendly(Pair):
    """JD Edwards with Spendly."""

    name = "jde_spendly"
    title = "JD Edwards with Spendly"
    roles: ClassVar[Mapping[str, str]] = {"jde": "jde", "spendly": "spendly"}
    drill = "drill_spendly"

    def flows(self) -> tuple[type[Flow], ...]:
        from connector_assets.pairs.jde_spendly.centres import Centres

        return (Centres,)

    def value_tables(self) -> Mapping[str, ValueTable]:
        from connector_assets.engine.value_tables import RATES

        return {"exchange_rates": RATES}


PAIR = JdeSpendly()
