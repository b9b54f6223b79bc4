"""An installation between JD Edwards and BILL, and BILL as its own users see it: for every scenario of this pair.

Fixtures (`jde_bill/conftest.py`), all at nine o'clock on Monday 2 March 2026 (`scenario_books.TODAY`):

    site    a new installation, nothing was ever synced; BILL's organisation is empty
    town    accounts, departments and vendors are in BILL already, and whatever flows `SET_UP` names besides

    site.sync()                      one run of all flows of `BillSite.ALL`, in their order; returns the reports by flow
    site.sync("bills", "payments")   of these; site.configure("bills", …) changes settings, turns on an optional flow
    site.books                       JD Edwards' clerks (`scenario_books.Books`): .voucher(), .pay(), .void() …
    site.bill.all("bills")           BILL's records as its API gives them; "chart_of_accounts", "payments" ...
    site.bill.one("bills", **{"invoice.invoiceNumber": "A-1"})     the only record with these values, dots into objects
    site.bill.act("pay_bill", id=…)  what a user of BILL does (connector_sandbox/bill/acts.py)
    site.bill.create("vendors", {…}), .set("bills", id, **{"dueDate": "…"})    rows behind the API's back
    site.bill.configure(…), site.bill.state()    switches, counts and sums of the sandbox
    site.bill.calls("POST /connect/v3/bills")    how often a route was called
    with site.forgetting() as blank: …           the same installation after it lost its ledger

The rest (exceptions, replay, link, plan, approve …) is `scenario_site.Site`'s, as are `outcomes`, `outcome`,
`planned` and `tally`. A scenario of another flow adds that flow to `BillSite.ALL` and, if it is needed by most others,
to `SET_UP`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import requests
from scenario_acts import ORCHESTRATIONS
from scenario_site import Site

from connector_sandbox.testing import Sandbox

SECONDS = 20
# the pay status of what BILL pays, and how it is set
HANDED_OVER = "B"
SENT = ("bills", "vendor_credits")
HANDING = {name: ORCHESTRATIONS[name] for name in ("voucher_pay_status",)}
# flows that the fixture `town` has run
SET_UP = ("chart_of_accounts", "departments", "vendors")
# BILL's lists by the names of the sandbox's entities, and where they are below /v3
PATHS = {
    "vendors": "vendors",
    "bills": "bills",
    "vendor_credits": "vendor-credits",
    "payments": "payments",
    "chart_of_accounts": "classifications/chart-of-accounts",
    "departments": "classifications/departments",
    "locations": "classifications/locations",
    "accounting_classes": "classifications/accounting-classes",
}


class Organization:
    """What BILL holds, and what its users do. Reads go over HTTP with a session of their own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/json"

    # -- reading --------------------------------------------------------------------------------------------------

    def all(self, entity: str) -> list[dict[str, Any]]:
        """Every record of an entity, archived ones included, in the order in which they were made, amounts as Decimals.

        Lists may leave out what is archived: it is asked for by itself, and comes before others of the same instant.
        """
        found = self._list(entity)
        if entity == "payments":
            return found
        seen = {each["id"] for each in found}
        left_out = [each for each in self._list(entity, filters="archived:eq:true") if each["id"] not in seen]
        return sorted(left_out + found, key=lambda each: str(each["createdTime"])) if left_out else found

    def _list(self, entity: str, **asked: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page = asked
        while True:
            answer = self._ask("GET", PATHS[entity], {"max": "100", **page})
            found += answer["results"]
            if not answer.get("nextPage"):
                return found
            page = {"page": answer["nextPage"]}

    def one(self, entity: str, **wanted: Any) -> dict[str, Any]:
        """The only record of these values; a name with dots leads into objects."""
        found = [each for each in self.all(entity) if all(_value(each, name) == v for name, v in wanted.items())]
        assert len(found) == 1, f"{len(found)} {entity} of {wanted}"
        return found[0]

    def get(self, entity: str, id: str) -> dict[str, Any]:
        """A record by its id."""
        found: dict[str, Any] = self._ask("GET", f"{PATHS[entity]}/{id}")
        return found

    def account(self, number: str) -> dict[str, Any]:
        """An account by its number."""
        return self.one("chart_of_accounts", **{"account.number": number})

    def state(self) -> dict[str, Any]:
        """Counts and sums by entity, from the control interface."""
        found: dict[str, Any] = self._sandbox.get("/state")["bill"]
        return found

    def calls(self, route: str) -> int:
        """How often a route was called since the sandbox was reset: `calls("POST /connect/v3/bills")`."""
        return int(self._sandbox.get("/faults")["routes"].get("bill", {}).get(route, 0))

    # -- its users ------------------------------------------------------------------------------------------------

    def act(self, act: str, **command: Any) -> dict[str, Any]:
        """A user does something that has a name: `act("archive_account", id="0ca…")`."""
        return self._rows({"act": act, **command})

    def create(self, entity: str, body: dict[str, Any]) -> str:
        """A user enters a record; returns its id."""
        return str(self._rows({"entity": entity, "create": body})["id"])

    def set(self, entity: str, id: str, **values: Any) -> None:
        """Any fields of a record, without a check: `set("bills", id, **{"dueDate": "2026-04-01"})`."""
        self._rows({"entity": entity, "id": id, "set": values})

    def configure(self, **options: Any) -> None:
        """Turn switches of the organisation."""
        self._sandbox.post("/options", {"bill": options})

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def _rows(self, command: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._sandbox.post("/rows", {"system": "bill", **_plain(command)})
        return answer

    def _ask(self, method: str, path: str, params: dict[str, str] | None = None) -> Any:
        for _ in range(2):
            url = f"{self._sandbox.url('bill')}/v3/{path}"
            answer = self._session.request(method, url, params=params, timeout=SECONDS)
            if answer.status_code != 401:
                break
            self._login()
        assert answer.status_code == 200, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json(parse_float=Decimal)

    def _login(self) -> None:
        known = self._sandbox.get("/credentials")["bill"]
        names = ("devKey", "username", "password", "organizationId")
        url = f"{self._sandbox.url('bill')}/v3/login"
        answer = requests.post(url, json={name: known[name] for name in names}, timeout=SECONDS)
        self._session.headers.update({"devKey": known["devKey"], "sessionId": answer.json()["sessionId"]})


class BillSite(Site):
    """A home with its ledger and landing store, between JD Edwards and BILL."""

    NAME: ClassVar[str] = "jde_bill"
    SYSTEM: ClassVar[str] = "bill"
    ALL: ClassVar[tuple[str, ...]] = ("chart_of_accounts", "departments", "vendors")

    bill: Organization

    def written(self) -> dict[str, Any]:
        """What BILL pays is handed over first, unless a scenario says otherwise."""
        return self.flows | {name: {"handed_over_status": HANDED_OVER} | self.flows.get(name, {}) for name in SENT}

    def open(self) -> None:
        self.bill = Organization(self.sandbox)
        self.flows = {"chart_of_accounts": {}, "departments": {}, "vendors": {}, **self.flows}
        local = self.local()
        self.connections = {
            "jde": {
                "system": "jde",
                "url": self.sandbox.url("jde"),
                "orchestrations": HANDING,
                "currency_decimals": "as_served",
                **local,
            },
            "bill": {"system": "bill", "url": self.sandbox.url("bill"), "settle_seconds": 0, **local},
        }
        self.connections["bill"]["limits"] = {**local["limits"], "in_flight": 3}

    def close(self) -> None:
        self.bill.close()


def _value(record: Any, path: str) -> Any:
    for name in path.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    return record


def _plain(value: Any) -> Any:
    """Decimals as text, which the sandbox takes for numbers."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Decimal) else value
