"""A little BILL for unit tests: logins, lists with the filters that the client sends, and scripted answers."""

from __future__ import annotations

import re
from typing import Any

from fake_http import FakeServer, Reply, Seen

__all__ = ["STAMP", "FakeBill", "Reply", "Seen", "error"]

STAMP = "2026-03-01T12:00:00.000+00:00"
_PART = re.compile(r'(?:[^,"]|"[^"]*")+')
_ACTS = {"archive": True, "restore": False}


def error(code: str | None, message: str, status: int = 422, **more: Any) -> Reply:
    """An error as BILL's envelope has it; without a code it is a validation."""
    named = {} if code is None else {"code": code, "category": "DOWNSTREAM"}
    return Reply(status, [{"timestamp": STAMP, **named, "severity": "ERROR", "message": message, **more}])


class FakeBill(FakeServer):
    """`lists` are the records by path under `/v3/`."""

    def __init__(self) -> None:
        super().__init__()
        self.url = f"{self.root}/connect"
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.hides_archived = False  # lists without a filter on `archived` leave those out
        self.no_filters: set[str] = set()  # paths whose lists refuse any filter and sort
        self.end: Any = None  # `nextPage` of a last page; None: absent
        self.tokens: dict[str, int] = {}
        # what a PUT leaves, though it cannot be written (bill section 3.2: "Response adds")
        self.reported = {"id", "archived", "recordStatus", "createdTime", "updatedTime", "approvalStatus", "approvers"}
        self.reported |= {"paymentStatus", "creditAmount", "exchangeRate", "createdBy", "usage"}
        self.logins: list[str] = []
        self.good: set[str] = set()
        self._made = 0

    def api(self, method: str | None = None, path: str | None = None) -> list[Seen]:
        """The calls but for log-ins and log-outs, their paths under `/v3/`."""
        return [
            seen
            for seen in self.seen
            if self.tail(seen) not in ("login", "logout")
            and method in (None, seen.method)
            and path in (None, self.tail(seen))
        ]

    def tail(self, seen: Seen) -> str:
        return seen.path.partition("/v3/")[2]

    def filters(self, path: str) -> list[str]:
        """What was sent as `filters` to the list of that path, call by call."""
        return [seen.query.get("filters", "") for seen in self.api("GET", path)]

    def end_sessions(self) -> None:
        self.good.clear()

    def usual(self, seen: Seen) -> Reply:
        tail = self.tail(seen)
        if tail == "login":
            self._made += 1
            session = f"session-{self._made:04d}"
            self.logins.append(session)
            self.good.add(session)
            known = {"organizationId": seen.json["organizationId"], "userId": "00601", "trusted": False}
            return Reply(200, {"sessionId": session, **known})
        if seen.headers.get("sessionid") not in self.good or not seen.headers.get("devkey"):
            return error("BDC_1109", "Session is invalid.  Please log in.", 401)
        if tail == "logout":
            self.good.discard(seen.headers["sessionid"])
            return Reply(200)
        if tail == "login/session":
            return Reply(200, {"organizationId": "00801ORG", "userId": "00601", "mfaStatus": "DISABLED"})
        return self._records(seen, tail)

    def _records(self, seen: Seen, tail: str) -> Reply:
        records = self.lists.get(tail)
        if records is not None:
            return self._page(seen, tail, records) if seen.method == "GET" else self._created(seen, records)
        parent, _, last = tail.rpartition("/")
        if last == "bulk":
            made = [self._created(seen, self.lists[parent], body).body for body in seen.json]
            keys = {"vendors": "vendors", "vendor-credits": "vendorCredits"}
            key = keys.get(parent, "departments" if "departments" in parent else "")
            return Reply(201, {key: made} if key else made)
        act = _ACTS.get(last)
        if act is not None:
            parent, _, last = parent.rpartition("/")
        found = next((record for record in self.lists.get(parent, []) if record["id"] == last), None)
        if found is None:
            return error("BDC_1205", "No data found for the given id.", 404)
        if act is not None:
            found["archived"] = act
        elif seen.method == "PATCH":
            found.update(_floats(seen.json))
        elif seen.method == "PUT":
            # what is not repeated is gone, but for what BILL says by itself
            gone = [name for name in found if name not in self.reported]
            for name in gone:
                del found[name]
            found.update(_floats(seen.json))
        return Reply(200, found)

    def _created(self, seen: Seen, records: list[dict[str, Any]], body: Any = None) -> Reply:
        self._made += 1
        content = seen.json if body is None else body
        times = {"createdTime": STAMP, "updatedTime": STAMP}
        record = {**_floats(content), "id": f"new{self._made:017d}", "archived": False, **times}
        records.append(record)
        return Reply(201, record)

    def _page(self, seen: Seen, tail: str, records: list[dict[str, Any]]) -> Reply:
        asked = seen.query
        size = int(asked.get("max", 20))
        if not 1 <= size <= 100:
            return error(None, "max: must be between 1 and 100", 400)
        if tail in self.no_filters and ("filters" in asked or "sort" in asked):
            return error("BDC_1130", "Invalid list filter field.")
        parts = [part.split(":", 2) for part in _PART.findall(asked.get("filters", ""))]
        kept = [record for record in records if all(_passes(record, *part) for part in parts)]
        if self.hides_archived and not any(part[0] == "archived" for part in parts):
            kept = [record for record in kept if not record.get("archived")]
        field, _, way = asked.get("sort", "").partition(":")
        if field:
            kept = sorted(kept, key=lambda record: str(record.get(field)), reverse=way == "desc")
        start = 0
        if "page" in asked:
            if asked["page"] not in self.tokens:
                return error("BDC_1119", "Invalid value of field page.")
            start = self.tokens[asked["page"]]
        body: dict[str, Any] = {"results": kept[start : start + size]}
        if start + size < len(kept):
            body["nextPage"] = f"token+/{len(self.tokens)}="
            self.tokens[body["nextPage"]] = start + size
        elif self.end is not None:
            body["nextPage"] = self.end
        return Reply(200, body)


def _passes(record: dict[str, Any], field: str, op: str, wanted: str) -> bool:
    found: Any = record
    for part in field.split("."):
        found = (found or {}).get(part)
    value = wanted.strip('"')
    text = str(found).lower() if isinstance(found, bool) else str(found)
    if op == "in":
        return text in value.split(",")
    if op == "sw":
        return text.startswith(value)
    if op in ("gte", "lt"):
        moment = value.replace("Z", "+00:00")
        return text >= moment if op == "gte" else text < moment
    assert op == "eq", op
    return text == value


def _floats(content: Any) -> Any:
    """Decimals of a request as JSON can write them back."""
    if isinstance(content, dict):
        return {key: _floats(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_floats(value) for value in content]
    return float(content) if type(content).__name__ == "Decimal" else content
