"""JD Edwards in the sandbox: what the kernel asks of a system, on top of the AIS services."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector_sandbox.jde.acting import Program
from connector_sandbox.jde.acts import carry_out
from connector_sandbox.jde.cursors import Cursors
from connector_sandbox.jde.dataservice import DataService
from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.http import Front
from connector_sandbox.jde.options import Options
from connector_sandbox.jde.orchestrator import Orchestrator
from connector_sandbox.jde.reports import Reports
from connector_sandbox.jde.routes import make_routes
from connector_sandbox.jde.server import ServerServices
from connector_sandbox.jde.sessions import USERS, Sessions
from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.system import BadCommandError, Content, NoStore, Store, World


class JdeSystem:
    """One JDE environment behind one AIS server."""

    name = "jde"
    offset = 1
    base_path = "/jderest"

    def __init__(self, clock: SandboxClock, *, limits: bool, options: Mapping[str, Any]) -> None:
        # AIS has no documented rate limit (jde-ais section 5): `limits` changes nothing here.
        self.store: Store = NoStore()
        self._environment = Environment(clock, Options().changed(options), self._changed)
        self._sessions = Sessions(self._environment)
        self._cursors = Cursors(self._environment, self._sessions)
        self._reports = Reports(self._environment, self._changed)
        front = Front(self._environment, self._sessions)
        data = DataService(self._environment, self._sessions, self._cursors)
        self._scans = data.scans
        self._routes = make_routes(
            front,
            ServerServices(self._environment, self._sessions, front),
            data,
            Orchestrator(self._environment, self._sessions, data, self._reports),
        )

    def routes(self) -> Sequence[Route]:
        """All paths of the server."""
        return self._routes

    async def admit(self, request: Request) -> Response | None:
        """No rate limit; batch jobs whose time has come run before the call."""
        self._reports.run_due()
        return None

    def credentials(self) -> dict[str, Any]:
        """Two users: one who may do all, one under data security."""
        options = self._environment.options
        full, limited = (next(user for user in USERS.values() if user.limited is wanted) for wanted in (False, True))
        return {
            "username": full.name,
            "password": full.password,
            "environment": options.environment,
            "role": options.role,
            "limited": {"username": limited.name, "password": limited.password},
        }

    def state(self) -> dict[str, Any]:
        """Rows per table; for F0411 also the sum of the gross amounts, for F4301 that of the order lines.

        `totals` of F0411 is AG, per currency of the voucher's company; `document_totals` is ACR for foreign
        vouchers, AG for the
        others, per currency of the voucher.
        """
        self._reports.run_due()
        state: dict[str, Any] = {data.table.name: {"count": len(data)} for data in self._environment.database}
        state["F0411"] |= self._voucher_totals()
        state["F4301"] |= self._order_totals()
        return state

    def load(self, world: World) -> None:
        """Replace all rows; ValueError names a table or alias that is not in the catalogue."""
        self._forget_sessions()
        self._scans.forget()
        self._reports.clear()
        self._environment.database.load(world)
        self._complete()

    def dump(self) -> dict[str, dict[str, Any]]:
        """All rows, next numbers and batch jobs."""
        return self._environment.database.dump() | self._reports.dump()

    def restore(self, content: Content) -> None:
        """Take back what `dump` gave and what was reported as changed since."""
        self._forget_sessions()
        self._environment.database.restore(content)
        self._complete()
        self._reports.restore(content)

    def _complete(self) -> None:
        """What every environment has, where the content says nothing of it: batch control, users and their role."""
        self._environment.batches.complete()
        database, role = self._environment.database, "CONNECTOR"
        delivered: dict[str, list[dict[str, str]]] = {
            "F0092": [{"USER": user.name} for user in USERS.values()],
            "F00926": [{"USER": role, "ROLEDESC": "Integration"}],
            "F95921": [{"FRROLE": role, "TOROLE": user.name} for user in USERS.values()],
        }
        for name, records in delivered.items():
            if not len(database[name]):
                database[name].fill(records)

    def rows(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Rows of a table, or one of the acts that JDE's users do; BadCommandError says what is wrong."""
        try:
            return carry_out(self._environment, self._reports, command)
        except ValueError as error:
            raise BadCommandError(f"jde rows: {error}") from None

    def options(self) -> dict[str, Any]:
        """The switches as they stand."""
        return self._environment.options.as_dict()

    def configure(self, options: Mapping[str, Any]) -> None:
        """Change switches; sessions and rows stay."""
        self._environment.options = self._environment.options.changed(options)

    def expire_tokens(self) -> None:
        """All sessions end, and their result sets with them."""
        self._forget_sessions()

    def kill_links(self) -> None:
        """All result sets expire."""
        self._cursors.close_all()

    def scans(self) -> dict[str, Any]:
        """What the data service's questions cost since they are counted (switch `count_scans`)."""
        return {"counting": self._environment.options.count_scans, **self._scans.report()}

    def forget_scans(self) -> None:
        """Count from zero again."""
        self._scans.forget()

    def _forget_sessions(self) -> None:
        self._sessions.end_all()
        self._cursors.close_all()

    def _changed(self, entity: str, key: str, record: Mapping[str, Any] | None) -> None:
        self.store.changed(entity, key, record)

    def _voucher_totals(self) -> dict[str, dict[str, str]]:
        database = self._environment.database
        vouchers, companies = database["F0411"], database["F0010"]
        base = {str(companies.value(row, "CO")): str(companies.value(row, "CRCD")) for row in companies.rows.values()}
        at = {alias: vouchers.table.by_alias[alias].position for alias in ("CO", "CRCD", "CRRM", "AG", "ACR")}
        domestic: defaultdict[str, Decimal] = defaultdict(Decimal)
        document: defaultdict[str, Decimal] = defaultdict(Decimal)
        for row in vouchers.rows.values():
            currency, gross = str(row[at["CRCD"]]), Decimal(str(row[at["AG"]]))
            domestic[base.get(str(row[at["CO"]])) or currency] += gross
            document[currency] += Decimal(str(row[at["ACR"]])) if row[at["CRRM"]] == "F" else gross
        return {"totals": self._as_text(domestic), "document_totals": self._as_text(document)}

    def _order_totals(self) -> dict[str, dict[str, str]]:
        """`totals` and `open`: what is ordered and what is open of lines that are not cancelled, in their currency."""
        headers, lines = self._environment.database["F4301"], self._environment.database["F4311"]
        ordered: defaultdict[str, Decimal] = defaultdict(Decimal)
        open_: defaultdict[str, Decimal] = defaultdict(Decimal)
        for row in lines.rows.values():
            record = lines.record(row)
            if record.get("LTTR") == "980":
                continue
            header = headers.get(record)
            foreign = header is not None and headers.value(header, "CRRM") == "F"
            for sums, alias in ((ordered, "FEA" if foreign else "AEXP"), (open_, "FAP" if foreign else "AOPN")):
                sums[str(record.get("CRCD", ""))] += Decimal(str(record.get(alias, 0)))
        return {"totals": self._as_text(ordered), "open": self._as_text(open_)} if len(lines) else {}

    def _as_text(self, totals: Mapping[str, Decimal]) -> dict[str, str]:
        unit = Program(self._environment, "", "").smallest
        return {code: str(total.quantize(unit(code))) for code, total in sorted(totals.items())}
