"""What people do in the systems of each pair, as the module says that the pair names (`Pair.drill`).

How a record comes into being, is changed, paid or voided cannot be read from a flow. Everything else is: the flows,
their variants, their calls and boundaries. A kind or a flow without an entry fails `test_every_flow_is_in_the_drill`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from drill_place import Place

from connector_assets.pairs.registry import pairs

PLACES: Mapping[str, Place] = {name: import_module(pair.drill).PLACE for name, pair in pairs().items() if pair.drill}
