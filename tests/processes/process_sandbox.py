"""The sandbox as a process, what it is asked to do wrong, and the truth about its two systems."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
from loopback import free_port

from connector_assets.cli.sandboxes import PORTS

CREATE = {"system": "coupa", "route": "POST /api/invoices"}
SUBMIT = {"system": "coupa", "route": "PUT /api/invoices/{id:int}/submit"}
REFUSED = {**CREATE, "kind": "status", "status": 400, "body": {"errors": {"invoice_date": ["is in a closed period"]}}}


class SandboxProcess:
    """`python -m connector_sandbox` on ports that stay the same when it is started again."""

    def __init__(self, state: Path, size: int, *, limits: bool = False) -> None:
        self.state = state
        self.limits = limits
        self.size = size
        self.base = free_port(PORTS)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Serve, from where the state directory left off; ready when this returns."""
        arguments = ["--port-base", self.base, "--size", self.size, "--state", self.state]
        arguments += [] if self.limits else ["--limits", "off"]
        command = [sys.executable, "-m", "connector_sandbox", *map(str, arguments)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert json.loads(self._process.stdout.readline())["ready"] is True

    def kill(self) -> None:
        """`kill -9`."""
        assert self._process is not None and self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._process = None

    def stop(self) -> None:
        """The end, if it has not come yet."""
        if self._process is not None:
            self.kill()

    def get(self, path: str) -> Any:
        """Ask the control interface."""
        return self._ask(path, None)

    def post(self, path: str, body: Any) -> Any:
        """Tell the control interface."""
        return self._ask(path, json.dumps(body).encode())

    def _ask(self, path: str, body: bytes | None) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.base}{path}", body, timeout=60) as answer:
            return json.load(answer)

    def script(self, *rules: Mapping[str, Any]) -> None:
        """These faults and no others."""
        self.post("/faults", {"replace": True, "rules": list(rules)})

    def called(self, what: Mapping[str, str]) -> int:
        """How often a route was called since the start of the process."""
        return int(self.get("/faults")["routes"].get(what["system"], {}).get(what["route"], 0))

    def coupa(self, entity: str) -> list[dict[str, Any]]:
        """All records of Coupa, read through its API as any other client would."""
        login = self.get("/credentials")["coupa"]
        form = {name: login[name] for name in ("client_id", "client_secret", "grant_type", "scope")}
        url = f"http://127.0.0.1:{self.base + 2}"
        found: list[dict[str, Any]] = []
        with requests.Session() as session:
            token = session.post(f"{url}/oauth2/token", form, timeout=60).json()["access_token"]
            session.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
            while True:
                answer = session.get(f"{url}/api/{entity}", params={"offset": len(found), "limit": 50}, timeout=60)
                assert answer.status_code == 200, answer.text
                found += (page := answer.json())
                if len(page) < 50:
                    return found

    def invoices(self) -> list[tuple[str, ...]]:
        """What counts of Coupa's invoices, in order: two of one voucher, or one changed, make a difference."""
        return sorted(
            (
                each["custom-fields"]["jde-voucher"],
                each["invoice-number"],
                each["supplier"]["number"],
                each["currency"]["code"],
                str(each["gross-total"]),
                each["status"],
            )
            for each in self.coupa("invoices")
        )

    def totals(self) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
        """The vouchers of JD Edwards and the invoices of Coupa, by currency."""
        state = self.get("/state")
        both = state["jde"]["F0411"]["document_totals"], state["coupa"]["invoices"]["totals"]
        read, held = ({currency: Decimal(total) for currency, total in each.items()} for each in both)
        return read, held
