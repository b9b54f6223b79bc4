"""Who takes part, each at its best setting, and how each is started, started again after a kill, and understood.

"Best" is: first no duplicate and no loss, then speed. Why each setting is the tool's best is said where it is made:
here, in `drt_project.py` and in the programs under `peers/`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.delivery import drt_project
from benchmarks.delivery.scene import CONNECTOR, INTEGRATION, environment

PEERS = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Site:
    """What a contestant is given: a folder for its state, its interpreter, the records, and Coupa with a login.
    `postgres` is the URL of a database that is its own."""

    folder: Path
    python: Path
    records: Path
    coupa: str
    login: Mapping[str, str]
    home: Path
    postgres: str

    @property
    def environment(self) -> dict[str, str]:
        """A peer's environment: its login, a home of its own, and no word to anybody about being used."""
        login = {f"COUPA_{name.upper()}": value for name, value in self.login.items()}
        quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false", "DO_NOT_TRACK": "1"}
        return login | quiet | {"HOME": str(self.folder), "PATH": "/usr/bin:/bin", "NO_COLOR": "1"}


@dataclass(frozen=True)
class Job:
    """`command` starts it, and starts it again after a kill: each keeps its own state. `said` puts in words what its
    standard output tells of success."""

    command: Sequence[str]
    environment: Mapping[str, str]
    said: Callable[[str], str]


@dataclass(frozen=True)
class Contestant:
    """`title` and `setting` are for the table; `peer` names its requirements (None: our own environment).

    `killed`: whether it takes part in the scenario of the kill. `stock`: a peer as it comes, for the second table.
    """

    name: str
    title: str
    setting: str
    job: Callable[[Site], Job]
    peer: str | None = None
    killed: bool = True
    stock: bool = False


# -- ours -------------------------------------------------------------------------------------------------------------


def _sync(site: Site) -> Job:
    # the defaults: 8 calls in flight, an effect window of 120 s, the ledger in SQLite with synchronous=FULL
    return Job([CONNECTOR, "sync", f"{INTEGRATION}/invoices", "--json"], environment(site.home), _outcomes)


def _engine(site: Site) -> Job:
    command = [sys.executable, "-m", "benchmarks.delivery.engine_alone", f"{INTEGRATION}/invoices"]
    return Job(command, environment(site.home) | {"PYTHONPATH": str(PEERS.parents[2])}, _outcomes)


def _outcomes(stdout: str) -> str:
    flows = json.loads(stdout)["flows"]
    return ", ".join(f"{count} {name}" for name, count in flows[0]["outcomes"].items() if count)


# -- the peers --------------------------------------------------------------------------------------------------------


def _drt(site: Site, *, stock: bool = False) -> Job:
    ledger = None if stock else site.postgres
    drt_project.write(site.folder, site.records, site.coupa, site.login["scope"], ledger)
    command = [str(site.python.with_name("drt")), "run", "--output", "json"]
    return Job(command, site.environment, drt_project.said)


def _dlt(site: Site, *, stock: bool = False) -> Job:
    arguments = ["--records", str(site.records), "--coupa", site.coupa, "--pipelines", str(site.folder / "pipelines")]
    command = [str(site.python), str(PEERS / "dlt_pipeline.py"), *arguments, *(["--stock"] if stock else [])]
    return Job(command, site.environment, lambda out: f"jobs: {_counted(out, ('completed', 'failed'))}")


def _singer(site: Site, *, stock: bool = False) -> Job:
    config = {"coupa": site.coupa, "stock": stock, **site.login}
    (site.folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    command = ["bash", str(PEERS / "singer.sh"), str(site.python), str(PEERS), str(site.records), str(site.folder)]
    return Job(command, site.environment, _bookmark)


def _bookmark(stdout: str) -> str:
    return f"state at record {json.loads(stdout)['bookmarks']['invoices']['replication_key_value']}"


def _script(site: Site, *, attempts: int = 6, remembers: bool = True) -> Job:
    arguments = ["--records", str(site.records), "--coupa", site.coupa, "--attempts", str(attempts)]
    done = ["--done", str(site.folder / "done.txt")] if remembers else []
    return Job(
        [str(site.python), str(PEERS / "script.py"), *arguments, *done],
        site.environment,
        lambda out: _counted(out, ("delivered", "skipped", "failed")),
    )


def _counted(stdout: str, names: Sequence[str]) -> str:
    told: dict[str, Any] = json.loads(stdout.strip().splitlines()[-1])
    return ", ".join(f"{told[name]} {name}" for name in names)


EVERYONE = (
    Contestant(
        "ml-connector",
        "ml-connector",
        "`connector sync`, as it comes: 8 in flight, 7 tries, effect window 120 s",
        _sync,
    ),
    Contestant("engine", "ml-connector, without Dagster", "the same engine in a bare process", _engine, killed=False),
    Contestant(
        "drt",
        "drt 1.2.1",
        "idempotency ledger in PostgreSQL, batch of 1, 6 attempts, dead-letter queue",
        _drt,
        "drt",
    ),
    Contestant("dlt", "dlt 1.31.0", "custom destination, batch of 1, one job, incremental, 6 attempts", _dlt, "dlt"),
    Contestant("singer", "Singer SDK 0.54.9", "RecordSink, state out after each record, 6 attempts", _singer, "singer"),
    Contestant("script", "requests + tenacity", "list of what was sent, synchronised; 6 attempts", _script, "script"),
    Contestant(
        "script-once",
        "requests, no retries",
        "list of what was sent, synchronised; 1 attempt",
        lambda site: _script(site, attempts=1),
        "script",
    ),
    Contestant(
        "drt-stock",
        "drt 1.2.1",
        "local state, batch of 100, 3 attempts",
        lambda site: _drt(site, stock=True),
        "drt",
        stock=True,
    ),
    Contestant(
        "dlt-stock",
        "dlt 1.31.0",
        "custom destination, batch of 10, 5 attempts",
        lambda site: _dlt(site, stock=True),
        "dlt",
        stock=True,
    ),
    Contestant(
        "singer-stock",
        "Singer SDK 0.54.9",
        "RecordSink, state out when the SDK drains",
        lambda site: _singer(site, stock=True),
        "singer",
        stock=True,
    ),
    Contestant(
        "script-stock",
        "requests + tenacity",
        "no list of what was sent",
        lambda site: _script(site, remembers=False),
        "script",
        stock=True,
    ),
)

# no faults, no retries, no state: nothing that sends one call after the other can be quicker on this machine
FLOOR = Contestant(
    "floor",
    "a bare loop",
    "no faults, no state",
    lambda site: _script(site, attempts=1, remembers=False),
    "script",
)
