"""A small ledger, and a thin caller for the sandbox that serves it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import requests

from connector_sandbox.testing import Sandbox

DAY = date(2016, 4, 5)

# These tests say in a call what they are about, and dates as their user writes them: which inputs the contract
# requires, and in which format it has dates, is what test_jde_contract.py is about. They see every column, too.
LENIENT: dict[str, Any] = {
    "required_inputs": False,
    "orchestration_dates": {"*": "user"},
    "reference_schema": False,
}


def world() -> dict[str, list[dict[str, Any]]]:
    """Two suppliers, an employee, three accounts, twelve vouchers over three days."""
    return {
        "F0010": [{"CO": "00001", "NAME": "City Council", "CRCD": "GBP"}],
        "F0006": [{"MCU": "30", "CO": "00001", "DL01": "Roads"}, {"MCU": "39284", "CO": "00001", "DL01": "Parks"}],
        "F0901": [
            {"AID": "00000001", "MCU": "30", "OBJ": "4210", "DL01": "Repairs", "CO": "00001"},
            {"AID": "00000002", "MCU": "39284", "OBJ": "4210", "SUB": "01", "CO": "00001", "PEC": "L"},
            {"AID": "00000003", "MCU": "30", "OBJ": "9999", "CO": "00001", "PEC": "N"},
        ],
        "F0101": [
            {"AN8": 4343, "ALPH": "Acme Paving Ltd", "AT1": "V", "TAX": "GB123", "UPMJ": DAY, "UPMT": 93005},
            {"AN8": 4344, "ALPH": "Café Zoë", "AT1": "V", "UPMJ": date(2016, 4, 6), "UPMT": 120000},
            {"AN8": 7, "ALPH": "A Clerk", "AT1": "E", "UPMJ": DAY, "UPMT": 10},
        ],
        "F0401": [{"AN8": 4343, "TRAP": "N30"}, {"AN8": 4344, "TRAP": "N14"}],
        "F0411": [voucher(4711 + number) for number in range(12)],
    }


def voucher(document: int) -> dict[str, Any]:
    """One open voucher of one pay item."""
    number = document - 4711
    return {
        "KCO": "00001",
        "DCT": "PV",
        "DOC": document,
        "SFX": "001",
        "CO": "00001",
        "AN8": 4343 + number % 2,
        "VINV": f"INV-{document}",
        "CRCD": "GBP",
        "CRRM": "D",
        "PST": "A",
        "AG": Decimal("1250.50") + number,
        "AAP": Decimal("1250.50") + number,
        "DGJ": date(2016, 4, 5 + number // 4),
        "UPMJ": date(2016, 4, 5 + number // 4),
        "UPMT": 93005 + number,
    }


@dataclass
class Ais:
    """Calls the sandbox as a logged-in user."""

    sandbox: Sandbox
    username: str = "MLCONN"
    password: str = "Sandbox-Only-1"
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        answer = self.login()
        assert answer.status_code == 200, answer.text
        self.user_info = answer.json()["userInfo"]
        self.headers = {"jde-AIS-Auth": self.user_info["token"], "jde-AIS-Auth-Device": "tests"}

    @property
    def url(self) -> str:
        return self.sandbox.url("jde")

    def login(self, **body: Any) -> requests.Response:
        login = {"username": self.username, "password": self.password, "deviceName": "tests", **body}
        return requests.post(f"{self.url}/v2/tokenrequest", json=login, timeout=10)

    def post(self, path: str, body: Any = None, **extra: Any) -> requests.Response:
        return self.session.post(self.url + path, json=body, headers=self.headers, timeout=30, **extra)

    def get(self, path: str, **extra: Any) -> requests.Response:
        return self.session.get(self.url + path, headers=self.headers, timeout=30, **extra)

    def browse(self, table: str, *conditions: dict[str, Any], **request: Any) -> dict[str, Any]:
        """A BROWSE answer; `request` adds to the body or replaces what is in it."""
        body = {
            "targetName": table,
            "targetType": "table",
            "dataServiceType": "BROWSE",
            "findOnEntry": "TRUE",
            "query": {"autoFind": True, "condition": list(conditions)},
            **request,
        }
        answer = self.post("/v2/dataservice", body)
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json(parse_float=Decimal)
        return made

    def rows(self, table: str, *conditions: dict[str, Any], **request: Any) -> list[dict[str, Any]]:
        """The rows of a BROWSE answer, by alias."""
        return plain_rows(table, self.browse(table, *conditions, **request))

    def documents(self, *conditions: dict[str, Any], **request: Any) -> list[int]:
        """The DOCs of the vouchers that a BROWSE finds."""
        return [row["DOC"] for row in self.rows("F0411", *conditions, **request)]


def plain_rows(table: str, answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The rowset of an answer with aliases for keys."""
    grid = answer[f"fs_DATABROWSE_{table}"]["data"]["gridData"]
    return [{key.removeprefix(f"{table}_"): value for key, value in row.items()} for row in grid["rowset"]]


def condition(control: str, operator: str, *contents: object, special: str = "LITERAL") -> dict[str, Any]:
    """A condition as a client writes it."""
    values = [{"content": str(content), "specialValueId": special} for content in contents]
    return {"controlId": control, "operator": operator, "value": values}
