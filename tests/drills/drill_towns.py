"""The one table of the drill that is written by hand: what people do in the systems of an integration.

How a record comes into being, is changed, paid or voided cannot be read from a flow. Everything else is: the flows,
their variants, their calls and boundaries. A kind or a flow without an entry fails `test_every_flow_is_in_the_drill`.
"""

from __future__ import annotations

from collections.abc import Mapping

import drill_bill
import drill_coupa
from drill_place import Place

PLACES: Mapping[str, Place] = {"jde_coupa": drill_coupa.PLACE, "jde_bill": drill_bill.PLACE}
