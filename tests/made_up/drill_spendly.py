"""The drill of JD Edwards and Spendly: units that are entered and renamed."""

from __future__ import annotations

from collections.abc import Mapping

from drill_bill_testbed import Southmoor
from drill_clerks import LOCAL, nothing
from drill_place import Acts, ForeignRecord, Place
from scenario_books import first_books

from connector_sandbox.kernel.system import World


class Yard(Southmoor):
    """Clerks of JD Edwards, who enter business units."""


def _world() -> Mapping[str, World]:
    return {"jde": first_books(), "spendly": {}}


def _go_on(testbed: Yard) -> None:
    testbed.unit("30", "Parks and ponds")
    testbed.unit("60", "Museum")


def _foreign_record(testbed: Yard) -> list[ForeignRecord]:
    return []


PLACE = Place(
    world=_world,
    connections={
        "jde": {"system": "jde", "url": "http://jde.test/jderest", "page_size": 3, **LOCAL},
        "spendly": {"system": "spendly", "url": "http://spendly.test", **LOCAL},
    },
    sites={"usual": {}},
    acts={
        "centres": Acts(
            nothing,
            _go_on,
            lambda testbed: testbed.unit("30", "Parks, again"),
            lambda testbed: testbed.unit("30", "Parks"),
            late=lambda testbed: testbed.unit("69", "Late unit"),
            forget=nothing,
            foreign_record=_foreign_record,
            leave=lambda testbed, foreign_record: None,
        )
    },
    testbed=Yard,
)
