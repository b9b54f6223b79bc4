"""A drt project that creates invoices in Coupa, at drt's best setting.

`state.backend: warehouse` with `idempotency: true` is the one thing drt has against sending a record twice: a table in
PostgreSQL of what was delivered, asked before a batch and written after it. A batch of 1 makes a kill cost one record
at most. Six attempts with short back-off, so that no record is given up; `on_error: skip` with the dead-letter queue,
so that one refusal does not stop the rest. The idempotency key goes out as a header as well; Coupa's API has no such
header and takes no notice. One sync runs in one thread: drt has no setting for more. Without `ledger`, drt as it
comes: local state, batches of 100, three attempts.
"""

from __future__ import annotations

import json
import sqlite3
import urllib.parse
from pathlib import Path
from typing import Any

import yaml


def write(folder: Path, records: Path, coupa: str, scope: str, ledger: str | None) -> None:
    """The project in `folder`, its profiles in the home that `folder` is, the records in a SQLite source beside it."""
    source = folder / "vouchers.sqlite"
    if source.exists():
        return
    with sqlite3.connect(source) as database:
        database.execute("CREATE TABLE vouchers (seq INTEGER PRIMARY KEY, key TEXT, body TEXT)")
        rows = (json.loads(line) for line in records.open(encoding="utf-8"))
        database.executemany("INSERT INTO vouchers VALUES (:seq, :key, :body)", rows)
    profiles: dict[str, Any] = {"records": {"type": "sqlite", "database": str(source)}}
    project: dict[str, Any] = {"name": "vouchers", "version": "1", "profile": "records"}
    if ledger is not None:
        url = urllib.parse.urlsplit(ledger)
        profiles["ledger"] = {
            "type": "postgres",
            "host": url.hostname,
            "port": url.port,
            "dbname": url.path.lstrip("/"),
            "user": url.username,
            "password": url.password,
        }
        project["state"] = {"backend": "warehouse", "connection_profile": "ledger", "idempotency": True}
    _yaml(folder / ".drt" / "profiles.yml", profiles)
    _yaml(folder / "drt_project.yml", project)
    _yaml(folder / "syncs" / "vouchers.yml", _sync(coupa, scope, best=ledger is not None))


def _sync(coupa: str, scope: str, *, best: bool) -> dict[str, Any]:
    destination: dict[str, Any] = {
        "type": "rest_api",
        "url": f"{coupa}/api/invoices",
        "method": "POST",
        "headers": {"Accept": "application/json", "Content-Type": "application/json"},
        "body_template": "{{ row.body }}",
        "auth": {
            "type": "oauth2_client_credentials",
            "token_url": f"{coupa}/oauth2/token",
            "client_id_env": "COUPA_CLIENT_ID",
            "client_secret_env": "COUPA_CLIENT_SECRET",
            "scope": scope,
        },
    }
    # the default is 10 calls a second; nobody is limited here
    options: dict[str, Any] = {"mode": "full", "on_error": "skip", "rate_limit": {"requests_per_second": 1_000_000}}
    if best:
        destination["native_idempotency_key"] = "{{ row.key }}"
        options |= {
            "batch_size": 1,
            "idempotency_key": "{{ row.key }}",
            "retry": {"max_attempts": 6, "initial_backoff": 0.1},
            "dlq": {"enabled": True},
        }
    model = "SELECT seq, key, body FROM vouchers ORDER BY seq"
    return {"name": "vouchers", "model": model, "destination": destination, "sync": options}


def said(stdout: str) -> str:
    """What `drt run --output json` tells of its one sync."""
    told = json.loads(stdout)["syncs"][0]
    counts = ", ".join(f"{told[f'rows_{name}']} {name}" for name in ("synced", "skipped", "failed"))
    return f"{told['status']}, {counts}"


def _yaml(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
