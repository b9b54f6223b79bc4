"""A little Coupa for unit tests: lists with the filters that the client sends, and scripted answers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from fake_http import FakeServer, Reply, Seen

__all__ = ["FORBIDDEN", "TOKEN_REFUSED", "FakeCoupa", "Reply", "Seen", "trimmed"]

# Coupa's own envelope; the sentences are not published
TOKEN_REFUSED = {"errors": {"authorization": ["Access token is missing, invalid or expired."]}}
FORBIDDEN = {"errors": {"authorization": ["You are not authorized to do this."]}}


class FakeCoupa(FakeServer):
    """`lists` are the records by path; `scripts` see each request first and may answer it."""

    def __init__(self) -> None:
        super().__init__()
        self.url = self.root
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.cap = 50  # records that a page holds, whatever is asked for
        self.ignore_limit = 0  # pages of this many instead
        self.tokens: list[str] = []
        self.good: set[str] = set()
        self.token_extra: dict[str, Any] = {}

    def api(self, method: str | None = None) -> list[Seen]:
        """The calls but for the logins."""
        return [s for s in self.seen if s.path != "/oauth2/token" and method in (None, s.method)]

    def usual(self, seen: Seen) -> Reply:
        if seen.path == "/oauth2/token":
            return self._token(seen)
        if seen.headers.get("authorization", "").removeprefix("Bearer ") not in self.good:
            return Reply(401, TOKEN_REFUSED)
        return self._records(seen)

    def _token(self, seen: Seen) -> Reply:
        form = dict(parse_qsl(seen.body.decode()))
        token = f"eyJtoken{len(self.tokens) + 1}"
        self.tokens.append(token)
        self.good.add(token)
        body = {"access_token": token, "token_type": "bearer", "expires_in": 86399, "scope": form["scope"]}
        return Reply(200, body | self.token_extra)

    def _records(self, seen: Seen) -> Reply:
        records = self.lists.get(seen.path)
        if records is not None and seen.method == "GET":
            return Reply(200, [trimmed(r, seen) for r in self._page(records, seen.query)])
        parent, _, tail = seen.path.rpartition("/")
        if records is not None and seen.method == "POST":
            record = {**self.lists[seen.path][-1], **seen.json, "id": len(records) + 1000}
            records.append(record)
            return Reply(201, trimmed(record, seen))
        found = next((r for r in self.lists.get(parent, []) if str(r["id"]) == tail), None)
        if found is None:
            return Reply(404, b"<html><title>Not Found</title></html>", {"Content-Type": "text/html"})
        if seen.method == "PUT":
            found.update(seen.json if seen.body else {})
            if seen.query.get("exported") == "true":
                found["exported"] = True
        return Reply(200, trimmed(found, seen))

    def _page(self, records: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
        kept = [r for r in records if all(_passes(r, k, v) for k, v in query.items())]
        kept.sort(key=lambda r: r["id"])
        return kept[: self.ignore_limit or min(int(query.get("limit", 50)), self.cap)]


def trimmed(record: dict[str, Any], seen: Seen) -> dict[str, Any]:
    """The record cut down to what `fields` names at its top level."""
    if "fields" not in seen.query:
        return record
    names = [item if isinstance(item, str) else next(iter(item)) for item in json.loads(seen.query["fields"])]
    return {name.replace("_", "-"): record.get(name.replace("_", "-")) for name in names}


_PAGING = {"limit", "order_by", "dir", "fields", "exported"}


def _passes(record: dict[str, Any], name: str, wanted: str) -> bool:
    if name in _PAGING:
        return True
    key, _, op = name.partition("[")
    value = record.get(key)
    op = op.rstrip("]")
    if op == "gt":
        return value > int(wanted)
    if op == "in":
        return str(value) in wanted.split(",")
    if op == "gt_or_eq":
        return str(value) >= wanted
    if op == "lt":
        return str(value) < wanted
    if isinstance(value, dict):
        return str(value.get(op)) == wanted
    if isinstance(value, bool):
        return wanted == str(value).lower()
    return str(value).lower() == wanted.lower()  # as MySQL compares
