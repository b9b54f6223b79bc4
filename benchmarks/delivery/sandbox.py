"""One served sandbox: its process, its control port, and what Coupa truly holds."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connector_assets.cli.sandbox import serving
from connector_assets.cli.sandboxes import HOST, served

PAGE = 50
CREATE = "POST /api/invoices"

Key = tuple[int, str]
"""The natural key of an invoice in Coupa: supplier id and invoice number."""


class Sandbox:
    """Talks to a sandbox on this port base as anybody could: over HTTP."""

    def __init__(self, base: int) -> None:
        self.base = base
        self.coupa = f"http://{HOST}:{base + 2}"

    def get(self, path: str) -> Any:
        """An answer of the control port."""
        return _json(urllib.request.Request(f"http://{HOST}:{self.base}{path}"))

    def post(self, path: str, told: Any) -> Any:
        """The control port's answer to a command."""
        return _json(urllib.request.Request(f"http://{HOST}:{self.base}{path}", json.dumps(told).encode()))

    def login(self) -> dict[str, str]:
        """Coupa's login, under Coupa's own names."""
        found: dict[str, str] = self.get("/credentials")["coupa"]
        return {name: found[name] for name in ("client_id", "client_secret", "scope")}

    def calls(self) -> dict[str, int]:
        """Coupa's routes and how often each was called, the login among them."""
        counted: dict[str, int] = self.get("/faults")["routes"].get("coupa", {})
        return counted

    def fired(self) -> Counter[str]:
        """How often each fault happened, by the name of its rule."""
        return Counter(each["name"] for each in self.get("/faults")["fired"])

    def invoices(self) -> Counter[Key]:
        """How many invoices Coupa holds of each natural key, read through its API; agrees with `GET /state`."""
        form = self.login() | {"grant_type": "client_credentials"}
        token = _json(urllib.request.Request(f"{self.coupa}/oauth2/token", urllib.parse.urlencode(form).encode()))[
            "access_token"
        ]
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        held: Counter[Key] = Counter()
        while True:
            url = f"{self.coupa}/api/invoices?limit={PAGE}&offset={held.total()}&order_by=id"
            page = _json(urllib.request.Request(url, headers=headers))
            held.update((each["supplier"]["id"], each["invoice-number"]) for each in page)
            if len(page) < PAGE:
                break
        stated = self.get("/state")["coupa"]["invoices"]["count"]
        if held.total() != stated:
            raise AssertionError(f"read {held.total()} invoices, and the sandbox says that there are {stated}")
        return held


@contextmanager
def sandbox(
    base: int,
    state: Path,
    log: Path,
    *,
    seed: int = 1,
    size: int | None = None,
    faults: Sequence[Mapping[str, Any]] = (),
) -> Iterator[Sandbox]:
    """Serve a sandbox until the block ends; its content is in `state` and stays there.

    It takes a second draft of a supplier and number, as Coupa is not known to refuse one: what a tool sends twice is
    there twice.
    """
    with served(serving(base, seed=seed, size=size, limits="off", state=state), log):
        found = Sandbox(base)
        found.post("/options", {"coupa": {"unique_invoice_drafts": False}})
        found.post("/faults", {"replace": True, "rules": list(faults)})
        yield found


def _json(request: urllib.request.Request) -> Any:
    # every address here is loopback
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())
