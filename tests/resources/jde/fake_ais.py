"""A very small AIS for unit tests: rows in memory, one user, and knobs to make it misbehave."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

TODAY = date(2026, 8, 23)
USER, PASSWORD = "INTEGRATION", "pass/word+1"

Row = dict[str, Any]
# What a knob may answer instead: status, body (JSON or text), content type
Instead = tuple[int, Any]


class FakeAis(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.RLock()
        self.tables: dict[str, list[Row]] = {}
        self.padded: dict[str, int] = {"MCU": 12, "KY": 10}  # right-justified columns
        self.java_pattern, self.strptime = "dd/MM/yyyy", "%d/%m/%Y"
        self.decimals: str | None = "."  # decimalFormat of the login; None: it tells none
        self.reads_comma = False
        self.environment, self.role = "JPD920", "*ALL"
        self.hidden: set[str] = set()  # TABLE.ALIAS that data security takes away
        self.forbidden: set[str] = set()  # tables that answer 403
        self.fetch_limit: int | None = None
        self.link_host = "http://ais.internal:9999/jderest"
        self.orchestrations: dict[str, Callable[[Mapping[str, Any]], Instead]] = {}
        self.described: dict[str, list[Any]] = {}
        self.before: Callable[[str, str, Any], Instead | str | None] = lambda method, path, body: None
        self.requests: list[tuple[str, str, Any]] = []
        self.tokens: set[str] = set()
        self.given: list[str] = []
        self.devices: dict[str, str] = {}
        self.cursors: dict[str, tuple[str, list[Row], list[str], int]] = {}
        self._numbers = itertools.count(1)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/jderest"

    def paths(self, part: str) -> list[Any]:
        return [body for _, path, body in self.requests if part in path]

    def expire(self) -> None:
        with self.lock:
            self.tokens.clear()
            self.cursors.clear()

    def kill_links(self) -> None:
        with self.lock:
            self.cursors.clear()

    def respond(self, method: str, target: str, headers: Mapping[str, str], body: Any) -> Instead | str:
        parts = urlsplit(target)
        path = parts.path.removeprefix("/jderest")
        with self.lock:
            self.requests.append((method, target, body))
            instead = self.before(method, path, body)
            if instead is not None:
                return instead
            bare = path.removeprefix("/v2").removeprefix("/v3")
            if bare == "/defaultconfig":
                return 200, {
                    "jasHost": "jas",
                    "aisVersion": "EnterpriseOne 9.2.8.3",
                    "defaultEnvironment": "JDV920",
                    "capabilityList": [
                        {"name": name} for name in ("dataservice", "dataServiceAggregation", "outputType")
                    ],
                }
            if bare == "/tokenrequest":
                return self._log_in(body)
            token = headers.get("jde-AIS-Auth", "")
            if token not in self.tokens or self.devices[token] != headers.get("jde-AIS-Auth-Device"):
                return 444, {"message": "Invalid Token", "exception": "java.lang.Exception", "timeStamp": "x"}
            if bare == "/tokenrequest/logout":
                self.tokens.discard(token)
                return 200, {"status": "Success"}
            if bare == "/dataservice":
                return self._data(body, token)
            if bare == "/dataservice/next":
                return self._next(parse_qs(parts.query))
            if bare.startswith("/discover/"):
                name = bare.removeprefix("/discover/")
                if name not in self.described:
                    return 404, "<html><body>Not found</body></html>"
                return 200, {"orchestrations": [{"name": name, "inputs": self.described[name]}]}
            if bare.startswith("/orchestrator/"):
                return self.orchestrations[bare.removeprefix("/orchestrator/")](body)
            return 404, "<html><body><h1>Not found</h1></body></html>"

    def _log_in(self, body: Mapping[str, str]) -> Instead:
        if (body.get("username"), body.get("password")) != (USER, PASSWORD):
            return 403, {"message": "Authorization Failure", "exception": "java.lang.Exception"}
        token = f"044tok+en/{next(self._numbers)}=="
        self.tokens.add(token)
        self.given.append(token)
        self.devices[token] = body["deviceName"]
        return 200, {
            "username": USER,
            "environment": self.environment,
            "role": self.role,
            "userInfo": {
                "token": token,
                "simpleDateFormat": self.java_pattern,
                "dateSeperator": "/",
                **({} if self.decimals is None else {"decimalFormat": self.decimals}),
            },
        }

    def _data(self, body: Mapping[str, Any], token: str) -> Instead:
        name = body["targetName"]
        if name in self.forbidden:
            return 403, {"message": "Not authorized", "exception": "java.lang.Exception"}
        rows = [row for row in self.tables.get(name, []) if self._holds(row, body["query"])]
        if body["dataServiceType"] == "COUNT":
            return 200, {f"ds_{name}": {"count": len(rows)}}
        if body["dataServiceType"] == "AGGREGATION":
            return 200, {f"ds_{name}": {"output": self._aggregate(name, rows, body["aggregation"])}}
        for sort in reversed(body["aggregation"]["orderBy"]):
            alias = sort["column"].partition(".")[2]
            rows.sort(key=lambda row: self._sortable(alias, row[alias]), reverse=sort["direction"] == "DESC")
        cut = self.fetch_limit is not None and len(rows) > self.fetch_limit
        columns = [column.partition(".")[2] for column in body["returnControlIDs"].split("|")]
        cursor = f"{next(self._numbers)}"
        limited = rows[: self.fetch_limit] if cut else rows
        self.cursors[cursor] = (name, limited, columns, int(body["maxPageSize"]))
        answer = self._page(cursor, token if body.get("enableNextPageProcessing") else "")
        if cut and not self.cursors.get(cursor):
            answer[f"fs_DATABROWSE_{name}"]["data"]["gridData"]["summary"]["moreRecords"] = True
        return 200, answer

    def _next(self, query: Mapping[str, list[str]]) -> Instead:
        cursor = query["rid"][0]
        if cursor not in self.cursors:
            words = "JAS_MSG347: The query results expired."
            return 500, {"sysErrors": [{"TITLE": words, "DESC": words}]}
        return 200, self._page(cursor, query["token"][0])

    def _page(self, cursor: str, token: str) -> dict[str, Any]:
        name, rows, columns, size = self.cursors.pop(cursor)
        page, rest = rows[:size], rows[size:]
        shown = [alias for alias in columns if f"{name}.{alias}" not in self.hidden]
        grid = {
            "columns": {f"{name}_{alias}": "label" for alias in shown},
            "rowset": [{f"{name}_{alias}": self._wire(alias, row[alias]) for alias in shown} for row in page],
            "summary": {"records": len(page), "moreRecords": bool(rest)},
        }
        answer: dict[str, Any] = {
            f"fs_DATABROWSE_{name}": {"data": {"gridData": grid}, "errors": [], "warnings": []},
            "sysErrors": [],
        }
        if rest and token:
            self.cursors[cursor] = (name, rest, columns, size)
            href = f"{self.link_host}/v2/dataservice/next?rid={cursor}&token={quote(token, safe='')}&formOID={name}"
            answer["links"] = [{"rel": "next", "href": href}]
        return answer

    def _aggregate(self, name: str, rows: list[Row], asked: Mapping[str, Any]) -> list[Row]:
        groups: dict[tuple[Any, ...], list[Row]] = {}
        by = [group["column"].partition(".")[2] for group in asked.get("groupBy", [])]
        for row in rows:
            groups.setdefault(tuple(row[alias] for alias in by), []).append(row)
        output = []
        for key, members in (groups or {(): []}).items():
            element: Row = {"groupBy": {f"{name}.{a}": v for a, v in zip(by, key, strict=True)}} if by else {}
            for item in asked["aggregations"]:
                function, alias = item["aggregation"], item["column"].partition(".")[2]
                values = [row[alias] for row in members if row[alias] is not None]
                found: Any = len(members)
                if function != "COUNT":
                    known: dict[str, Callable[[Any], Any]] = {"MAX": max, "MIN": min, "SUM": sum}
                    found = known[function](values) if values else None
                element[f"{item['column']}_{function}"] = self._wire(alias, found)
            output.append(element)
        return output

    def _holds(self, row: Row, query: Mapping[str, Any]) -> bool:
        conditions = [self._condition(row, condition) for condition in query.get("condition", ())]
        held = any(conditions) if query.get("matchType") == "MATCH_ANY" and conditions else all(conditions)
        for part in query.get("complexQuery", ()):
            inner = self._holds(row, part["query"])
            held = (held and inner) if part["andOr"] == "AND" else (held or inner)
        return held

    def _condition(self, row: Row, condition: Mapping[str, Any]) -> bool:
        alias = condition["controlId"].partition(".")[2]
        stored = row[alias]
        operator: str = condition["operator"]
        if operator in ("STR_BLANK", "STR_NOT_BLANK"):
            blank: bool = not str(stored or "").strip()
            return blank == (operator == "STR_BLANK")
        wanted = [self._literal(alias, stored, value) for value in condition["value"]]
        mine = self._sortable(alias, stored)
        theirs = [self._sortable(alias, value) for value in wanted]
        compare: dict[str, Callable[[], bool]] = {
            "EQUAL": lambda: mine == theirs[0],
            "NOT_EQUAL": lambda: mine != theirs[0],
            "LESS": lambda: mine < theirs[0],
            "LESS_EQUAL": lambda: mine <= theirs[0],
            "GREATER": lambda: mine > theirs[0],
            "GREATER_EQUAL": lambda: mine >= theirs[0],
            "BETWEEN": lambda: theirs[0] <= mine <= theirs[1],
            "LIST": lambda: mine in theirs,
        }
        held: bool = compare[operator]()
        return held

    def _literal(self, alias: str, stored: Any, value: Mapping[str, str]) -> Any:
        content = value["content"]
        if value["specialValueId"] != "LITERAL":
            sign = -1 if "MINUS" in value["specialValueId"] else 1
            return TODAY + timedelta(days=sign * int(content or 0))
        if alias in ("UPMJ", "DGJ", "EFTB"):
            return datetime.strptime(content, self.strptime).date()  # noqa: DTZ007
        if isinstance(stored, int | Decimal):
            # a user with a decimal comma, as far as a server reads numbers by that (jde-ais section 17)
            return Decimal(content.replace(".", "") if self.reads_comma else content)
        return content

    def _sortable(self, alias: str, value: Any) -> Any:
        if value is None:
            return (0, "")
        if isinstance(value, str):
            return (1, value.rjust(self.padded[alias]) if alias in self.padded else value)
        return (1, value)

    def _wire(self, alias: str, value: Any) -> Any:
        if value is None:
            return " " if alias in ("UPMJ", "DGJ", "EFTB") else ""
        if isinstance(value, date):
            return value.strftime("%Y%m%d")
        if isinstance(value, str):
            return value.rjust(self.padded[alias]) if alias in self.padded else value.ljust(12)
        return value


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: FakeAis

    def do_GET(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.loads(raw) if raw else None
        if raw and self.headers.get("Content-Type") != "application/json":
            self._send(415, {"message": "Unsupported Media Type"})
            return
        found = self.server.respond(self.command, self.path, dict(self.headers.items()), body)
        if isinstance(found, str):  # "drop": the answer gets lost
            self.close_connection = True
            return
        self._send(*found)

    do_POST = do_GET  # noqa: N815

    def _send(self, status: int, body: Any) -> None:
        html = isinstance(body, str)
        data = body.encode() if html else json.dumps(body, default=float).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if html else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass
