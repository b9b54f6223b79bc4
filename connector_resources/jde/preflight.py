"""`ping` of a JDE connection: each question once, with what to do where the answer is no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime

from connector_resources.checks import Check
from connector_resources.clock import Clock
from connector_resources.connections.jde import JdeConnection
from connector_resources.currencies import USUAL
from connector_resources.errors import ConnectorError, NotAllowed, Refused, SystemProblem, UnusableInput
from connector_resources.http import Answer, Call, HttpSession
from connector_resources.jde.contract import ACTS
from connector_resources.jde.currencies import unlike_iso
from connector_resources.jde.dataservice import DataService
from connector_resources.jde.orchestrations import Orchestrations
from connector_resources.jde.selftest import ACT as SELF_TEST
from connector_resources.jde.session import JdeLogin, Login, service_prefix
from connector_resources.jde.tables import TABLES

# What the flows read; asked for by key and audit columns only, the flows know which others they need.
FLOW_TABLES = (
    "F0101",
    "F0116",
    "F0115",
    "F01151",
    "F0401",
    "F0006",
    "F0901",
    "F0411",
    "F0911",
    "F0413",
    "F0414",
    "F0011",
)
# with `changes: log`
LOG_TABLES = ("F0411Z3", "F0911Z4")
_NEEDED = ("dataservice", "dataServiceAggregation", "outputType")
_SKEW_SECONDS = 120.0


class Preflight:
    """The checks, in the order in which one rests on the other."""

    def __init__(
        self,
        *,
        http: HttpSession,
        login: JdeLogin,
        data: DataService,
        orchestrations: Orchestrations,
        connection: JdeConnection,
        clock: Clock,
    ) -> None:
        self._http = http
        self._login = login
        self._data = data
        self._orchestrations = orchestrations
        self._connection = connection
        self._clock = clock

    def checks(self, tables: Mapping[str, Sequence[str]] | None = None) -> list[Check]:
        """All checks that can be made; those that rest on a failed one are left out. `tables`: table ->
        columns."""
        try:
            answer = self._default_config()
        except ConnectorError as problem:
            return [_failed("reach", problem, "check the connection's url, the AIS server and the way to it")]
        checks = [self._reach(answer), self._capabilities(answer), self._clock_check(answer)]
        try:
            login = self._login.current(self._http)
        except ConnectorError as problem:
            return [
                *checks,
                _failed("authenticate", problem, "set user and password with `connector credentials set`"),
            ]
        checks.append(Check("authenticate", True, self._session(login)))
        logs = LOG_TABLES if self._connection.changes == "log" else ()
        chosen = tables if tables is not None else dict.fromkeys((*FLOW_TABLES, *logs), ())
        return [
            *checks,
            self._permissions(chosen),
            self._dates(),
            self._numbers(),
            *self._self_test(),
            self._currencies(),
            *self._orchestration_checks(),
            self._limits(),
        ]

    def _session(self, login: Login) -> str:
        """What the login gave, what the token hangs on, and where our calls come from."""
        shown = f"logged in on {login.environment or 'the default environment'} as {login.role or 'the default role'}"
        shown += f", dates {login.dates.pattern}, decimal sign {login.decimals or 'not shown'}"
        shown += f"; token for the device {self._connection.device_name}, from any address"
        if self._http.own_address:
            shown += f"; calls leave this machine from {self._http.own_address} (behind a NAT the server sees another)"
        return shown

    def _default_config(self) -> Answer:
        """GET, or POST with a JSON null where a site takes only that (jde-ais section 1)."""
        path = f"{service_prefix(self._connection.api_version)}/defaultconfig"
        what = "ask for the default configuration"
        try:
            return self._http.send(Call(method="GET", path=path, what=what, retries=1), authorized=False)
        except (UnusableInput, Refused):
            headers = {"Content-Type": "application/json"}
            call = Call(method="POST", path=path, what=what, data=b"null", headers=headers, safe=True, retries=1)
            return self._http.send(call, authorized=False)

    def _reach(self, answer: Answer) -> Check:
        body = answer.json()
        if not isinstance(body, Mapping) or not {"aisVersion", "jasHost", "defaultEnvironment"} & set(body):
            return Check(
                "reach",
                False,
                f"{answer.url} answers, but not as an AIS server",
                "correct the connection's url",
            )
        return Check("reach", True, f"{body.get('aisVersion') or 'AIS'} at {self._connection.url}")

    def _capabilities(self, answer: Answer) -> Check:
        body = answer.json()
        listed = body.get("capabilityList") if isinstance(body, Mapping) else None
        names = {str(entry.get("name")) for entry in listed or () if isinstance(entry, Mapping)}
        if not names:
            return Check("capabilities", True, "the server lists none")
        missing = [name for name in _NEEDED if name not in names]
        if missing:
            return Check(
                "capabilities",
                False,
                f"the AIS server lacks {', '.join(missing)}",
                "a newer Tools release is needed (9.2.1.2 for v2)",
            )
        return Check("capabilities", True, f"{len(names)}, with {', '.join(_NEEDED)}")

    def _clock_check(self, answer: Answer) -> Check:
        zone = self._connection.time_zone
        note = f"audit times are taken as {zone}, the clock of the server that writes them"
        try:
            theirs = parsedate_to_datetime(answer.headers["Date"])
        except (KeyError, ValueError):
            return Check("clock", True, f"{note}; the server sends no time of its own")
        theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
        apart = (theirs - self._clock.now()).total_seconds()
        if abs(apart) > _SKEW_SECONDS:
            return Check(
                "clock",
                False,
                f"the server's clock and ours are {abs(apart):.0f} s apart; {note}",
                "set both by a time server; a poll's overlap of a day covers less than that",
            )
        return Check("clock", True, f"{abs(apart):.0f} s apart; {note}")

    def _permissions(self, tables: Mapping[str, Sequence[str]]) -> Check:
        problems: list[str] = []
        fixes: list[str] = []
        for name, columns in tables.items():
            try:
                self._data.first_page(name, columns=[*columns, *_audit(name)], page_size=1)
            except ConnectorError as problem:
                problems.append(str(problem))
                if isinstance(problem, NotAllowed) and problem.fix:
                    fixes.append(problem.fix)
        if not problems:
            return Check("permissions", True, f"reads {', '.join(tables)}")
        fix = "; ".join(dict.fromkeys(fixes)) or "give the JD Edwards user access to these tables"
        return Check("permissions", False, "; ".join(problems), fix)

    def _dates(self) -> Check:
        try:
            return Check("dates", True, self._data.proof.detail())
        except ConnectorError as problem:
            return _failed("dates", problem, "check the date format in the JD Edwards user's profile")

    def _numbers(self) -> Check:
        try:
            return Check("numbers", True, self._data.numbers.detail())
        except ConnectorError as problem:
            return _failed("numbers", problem, "use an integration user with a decimal point; reading goes on")

    def _self_test(self) -> list[Check]:
        """The site's own proof, where it has one; and which formats it says nothing of."""
        if SELF_TEST not in self._connection.orchestrations:
            return []
        try:
            shown = self._orchestrations.self_test.detail()
        except ConnectorError as problem:
            return [_failed("self_test", problem, "build self_test as docs/orchestrations.md says, and run ping again")]
        proved = self._connection.dates_of(SELF_TEST)
        formats = {act: self._connection.dates_of(act) for act in self._connection.orchestrations}
        others = [f"{act} {written}" for act, written in formats.items() if written not in (proved, None)]
        if others:
            shown += f"; it says nothing of the date formats of {', '.join(others)}"
        return [Check("self_test", True, shown)]

    def _currencies(self) -> Check:
        """Whose decimals of the currencies are used, and where JD Edwards' are others than ISO 4217's."""
        try:
            own = self._data.amounts.decimals
            shown = {code: self._data.amounts.proved(code) for code in sorted(own) if own[code] != USUAL}
        except ConnectorError as problem:
            return _failed("currencies", problem, "let the JD Edwards user read F0013 and F0411")
        others = [f"{code} {ours}, not {iso}" for code, (ours, iso) in unlike_iso(own).items()]
        in_words = f"decimals of {len(own)} currencies by F0013"
        if others:
            in_words += f"; unlike ISO 4217: {', '.join(others)}"
        if not own:
            in_words = "F0013 is not shown: amounts have the decimals that ISO 4217 gives their currency"
        said = self._connection.currency_decimals
        wrong = [code for code, way in shown.items() if way is not None and way != (said or "as_served")]
        if wrong:
            way = shown[wrong[0]]
            in_words += f"; by its vouchers {wrong[0]} comes {way}, and `currency_decimals` says {said or 'nothing'}"
            return Check("currencies", False, in_words, f"set `currency_decimals: {way}` for the connection")
        if said is None and (unproved := [code for code, way in shown.items() if way is None]):
            in_words += (
                f"; no voucher proves how amounts in {', '.join(unproved)} come: `currency_decimals` is not said"
            )
        return Check("currencies", True, in_words)

    def _orchestration_checks(self) -> list[Check]:
        """Every configured orchestration, held against the contract."""
        acts = list(self._connection.orchestrations)
        if not acts:
            return []
        try:
            found = self._orchestrations.agreements()
        except ConnectorError as problem:
            return [_failed("orchestrations", problem, "let the user see the orchestrations (UDO security)")]
        wrong = [each for one in found for each in one.wrong]
        if undated := [act for act in acts if _has_dates(act) and self._connection.dates_of(act) is None]:
            wrong.append(
                f"nothing says how {', '.join(undated)} take dates, and none is sent: set orchestration_dates: iso"
                " where they are built as the page says, or user where they take the login user's format, as was sent"
                " before"
            )
        checks = [each for one in found for each in one.notes]
        if wrong:
            fix = (
                "build them as docs/orchestrations.md says, correct the setting orchestrations, or share them with the"
                " user's role"
            )
            return [Check("orchestrations", False, "; ".join([*wrong, *checks]), fix)]
        return [Check("orchestrations", True, "; ".join([", ".join(acts), *checks]))]

    def _limits(self) -> Check:
        limits = self._connection.limits
        rate = f"{limits.per_second:g} calls/s" if limits.per_second else "no rate of its own"
        return Check(
            "limits",
            True,
            f"{limits.in_flight} calls in flight, {rate}, {self._connection.page_size} rows a page",
        )


def _has_dates(act: str) -> bool:
    declared = ACTS.get(act)
    return declared is not None and any(each.type == "date" for _, each in declared.paths())


def _audit(name: str) -> tuple[str, ...]:
    table = TABLES.get(name)
    return ("UPMJ", table.clock) if table and table.clock else ()


def _failed(name: str, problem: ConnectorError, otherwise: str) -> Check:
    fix = problem.fix if isinstance(problem, NotAllowed) and problem.fix else otherwise
    status = f" ({problem.status})" if isinstance(problem, SystemProblem) and problem.status else ""
    text = str(problem)
    return Check(name, False, text if status.strip(" ()") in text else text + status, fix)
