"""JD Edwards and BILL in the drill: what their people do about each flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drill_place import Acts, Place, Stranger, Town
from drill_site import Site
from scenario_books import CHART, Books, first_books

from connector_sandbox.kernel.system import World

ACCOUNTS = ("30.5010", "40.5010", "30.5190", "00001.4110", "00001.4433")
UNITS = ("30", "40")


class Southmoor(Town):
    """A town whose clerks keep their chart in JD Edwards, and whose managers have their own ideas in BILL."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.books = Books(site)  # type: ignore[arg-type]

    def bill(self, **command: Any) -> dict[str, Any]:
        """A user of BILL does something, or changes a record."""
        answer: dict[str, Any] = self.site.post("/rows", {"system": "bill", **command})
        return answer

    def held(self, entity: str) -> Mapping[str, Any]:
        """BILL's records of an entity by id."""
        return self.site.systems["bill"].dump()[entity]

    def of_bill(self, entity: str, name: str) -> str | None:
        """The id of the record whose name begins so, if there is one."""
        return next((id for id, each in self.held(entity).items() if each["name"].startswith(name)), None)


def _world() -> Mapping[str, World]:
    tables = first_books()
    tables["F0901"] = [CHART[number] for number in ACCOUNTS]
    tables["F0006"] = [row for row in tables["F0006"] if str(row["MCU"]).strip() in UNITS]
    return {"jde": tables, "bill": {}}


def _nothing(_: Southmoor) -> None:
    """What the first content holds is enough."""


def _archived(town: Southmoor, entity: str, name: str) -> None:
    """A manager archives and renames what he does not know."""
    found = town.of_bill(entity, name)
    if found:
        town.bill(act="edit_account", entity=entity, id=found, set={"name": "Whatever"})
        town.bill(act="archive_account", entity=entity, id=found)


def _stranger(entity: str) -> Any:
    def enters(town: Southmoor) -> Stranger:
        body = {"name": f"Theirs {len(town.held(entity))}"}
        return entity, str(town.bill(entity=entity, create=body)["id"])

    return enters


def _leave(town: Southmoor, stranger: Stranger) -> None:
    entity, id = stranger
    town.bill(entity=entity, id=id, delete=True)


def _accounts_begin(town: Southmoor) -> None:
    town.books.account("30.5030", "Fountains")


def _accounts_go_on(town: Southmoor) -> None:
    town.books.account("30.5010", "Grounds, parks and ponds")
    town.books.account("40.5010", "Housing repairs", posting="N")
    town.books.account("30.6010", "Bandstand")
    town.books.account("30.6020", "Bowling green")
    _archived(town, "chart_of_accounts", "30.5030")


def _accounts_amend(town: Southmoor) -> None:
    town.books.upsert("F0901", {"AID": CHART["30.5010"]["AID"], "OBJ": "5011", "DL01": "Grounds, again"})


def _accounts_undo(town: Southmoor) -> None:
    town.books.account("30.5010", "Grounds upkeep")
    town.books.account("40.5010", "Housing repairs")


def _unit(town: Southmoor, number: str, name: str) -> None:
    town.books.upsert("F0006", {"MCU": number, "DL01": name, "CO": "00001"})


def _units_begin(town: Southmoor) -> None:
    _unit(town, "45", "Fountains")


def _units_go_on(town: Southmoor) -> None:
    _unit(town, "30", "Parks and trees")
    _unit(town, "60", "Roads")
    _unit(town, "61", "Bridges")
    for entity in ("departments", "locations", "accounting_classes"):
        _archived(town, entity, "45 ")


def _units_amend(town: Southmoor) -> None:
    _unit(town, "30", "Parks again")


def _units_undo(town: Southmoor) -> None:
    _unit(town, "30", "Parks")


_LOCAL = {"time_zone": "Europe/London", "limits": {"in_flight": 1}}

BILL = Place(
    world=_world,
    connections={
        "jde": {"system": "jde", "url": "http://jde.test/jderest", "page_size": 3, **_LOCAL},
        "bill": {
            "system": "bill",
            "url": "http://bill.test/connect",
            "settle_seconds": 0,
            "page_size": 2,
            **_LOCAL,
        },
    },
    sites={"usual": {}},
    acts={
        "chart_of_accounts": Acts(
            _accounts_begin,
            _accounts_go_on,
            _accounts_amend,
            _accounts_undo,
            late=lambda town: town.books.account("40.6090", "Late account"),
            forget=lambda town: town.books.delete("F0901", {"AID": CHART["30.5190"]["AID"]}),
            stranger=_stranger("chart_of_accounts"),
            leave=_leave,
        ),
        "departments": Acts(
            _units_begin,
            _units_go_on,
            _units_amend,
            _units_undo,
            late=lambda town: _unit(town, "69", "Late unit"),
            forget=_nothing,
            stranger=_stranger("departments"),
            leave=_leave,
        ),
    },
    town=Southmoor,
)
