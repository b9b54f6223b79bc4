"""An installation between sandbox systems in one process: prepared once, put back before each case."""

from __future__ import annotations

import atexit
import hashlib
import pickle
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from drill_clock import YESTERDAY, Hands, Time
from drill_line import Line, Position, Traffic
from drill_process import Process, WatchedDatabase
from landing_places import column_keys
from sqlalchemy import select

from connector_assets.engine.context import Integration, RunContext
from connector_assets.run_setup import open_reader
from connector_assets.systems.registry import system_of
from connector_resources.connections import Connection
from connector_resources.landing import LandingStore
from connector_resources.ledger import LandedObject, Ledger
from connector_resources.ledger.database import normalised
from connector_resources.ledger.migrate import migrate
from connector_resources.ledger.models import intents
from connector_resources.ledger.vouchers_made import Made
from connector_sandbox.kernel.dispatch import SystemApp
from connector_sandbox.kernel.faults import Faults
from connector_sandbox.kernel.registry import compose
from connector_sandbox.kernel.system import World

MEMORY = Path("/dev/shm")
OPEN_INTENT = select(intents.c.id).where(intents.c.closed_at.is_(None)).limit(1)


@dataclass(frozen=True)
class State:
    """Everything that outlives a process, at one instant."""

    contents: Mapping[str, bytes]
    ledger: bytes
    seconds: float
    switches: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Landing(LandingStore):
    """A landing store for thousands of short runs: what was landed is read from its files once, and what a case landed
    can be thrown away."""

    def __init__(self, url: str, ledger: Ledger, known: dict[str, pa.Table], litter: list[Path]) -> None:
        super().__init__(url, ledger, column_keys(ledger))
        self._known, self._litter = known, litter

    def write(self, *args: Any, **kwargs: Any) -> LandedObject:
        landed = super().write(*args, **kwargs)
        self._litter.append(Path(self.url) / landed.path)
        return landed

    def read(self, objects: LandedObject | Sequence[LandedObject]) -> pa.Table:
        if not isinstance(objects, LandedObject):
            return super().read(objects)
        if objects.path not in self._known:
            self._known[objects.path] = super().read(objects)
        return self._known[objects.path]


class Effects:
    """The store of a sandbox system: hears of each change."""

    def __init__(self, site: Site, system: str) -> None:
        self._site, self._system = site, system

    def changed(self, entity: str, key: str, record: Any) -> None:
        """A record is another one now, or gone."""
        self._site.versions.pop(self._system, None)
        self._site.traffic.effects.append((self._system, entity, key))


class Site:
    """The systems of one integration and our memory of them. One case at a time."""

    def __init__(self, world: Mapping[str, World], options: Mapping[str, Mapping[str, Any]]) -> None:
        self.time = Time()
        self.clock = Hands(self.time)
        self.traffic = Traffic(self.time)
        self.versions: dict[str, str] = {}
        self._vendors = Hands(self.time)
        vendors: Any = self._vendors
        self.systems = compose(vendors, limits=False, only=list(world), options=options)
        for name, system in self.systems.items():
            system.store = Effects(self, name)
            system.load(world[name])
        self.switches: Mapping[str, Mapping[str, Any]] = {}
        self._first_switches = {name: system.options() for name, system in self.systems.items()}
        faults = Faults(vendors)
        self.desks = {name: SystemApp(system, faults) for name, system in self.systems.items()}
        self.folder = Path(tempfile.mkdtemp(prefix="drill-", dir=MEMORY if MEMORY.is_dir() else None))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self._path = self.folder / "ledger.sqlite"
        self._path.touch(mode=0o600)
        self.database = WatchedDatabase(normalised(f"sqlite:///{self._path}"))
        migrate(self.database)
        # its home is made now, and not within the first run
        Ledger(self.database, self.clock)
        self._landed: dict[str, pa.Table] = {}
        self._litter: list[Path] = []

    def close(self) -> None:
        """Forget everything."""
        self.database.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- one instant ----------------------------------------------------------------------------------------------

    def keep(self) -> State:
        """Everything as it is now; what was landed so far stays for good."""
        contents = {name: pickle.dumps(system.dump()) for name, system in self.systems.items()}
        self._litter.clear()
        return State(contents, self.database.take(self._path), self.time.seconds, self.switches)

    def put_back(self, state: State, plan: Mapping[Position, Any] | None = None) -> None:
        """Everything as it was then, under a new plan of what goes wrong."""
        self.database.process = Process()
        self.time.seconds, self.clock.wrong_by = state.seconds, 0.0
        self._switch(state.switches)
        for name, system in self.systems.items():
            system.restore(pickle.loads(state.contents[name]))
        self.versions = {name: digest(content) for name, content in state.contents.items()}
        self.database.put(self._path, state.ledger)
        self.traffic = Traffic(self.time, plan or {}, announced=self._announced)
        for path in self._litter:
            path.unlink(missing_ok=True)
        self._litter.clear()

    def _switch(self, switches: Mapping[str, Mapping[str, Any]]) -> None:
        """The systems are of another kind of site now."""
        if switches == self.switches:
            return
        for name, changed in self.switches.items():
            self.systems[name].configure({each: self._first_switches[name][each] for each in changed})
        for name, changed in switches.items():
            self.systems[name].configure(changed)
        self.switches = switches

    def _announced(self) -> bool:
        """Whether the ledger knows of a call that has no outcome yet."""
        with self.database.engine.connect() as connection:
            return connection.execute(OPEN_INTENT).first() is not None

    @contextmanager
    def stamped(self, seconds: float) -> Iterator[None]:
        """What is changed now is stamped as of that time, so that two cases in which the same is changed at different
        times end with one content."""
        self._vendors.wrong_by = seconds - self.time.seconds
        try:
            yield
        finally:
            self._vendors.wrong_by = 0.0

    def version(self, system: str) -> str:
        """What a system holds, as a digest."""
        if system not in self.versions:
            self.versions[system] = digest(pickle.dumps(self.systems[system].dump()))
        return self.versions[system]

    # -- our side -------------------------------------------------------------------------------------------------

    def context(self, integration: Integration, process: Process) -> RunContext:
        """The tools of one run in a process, with clients and logins of its own."""
        self.database.process = process
        ledger = Ledger(self.database, self.clock)
        return RunContext(
            integration=integration,
            ledger=ledger,
            landing=Landing(str(self.folder / "landing"), ledger, self._landed, self._litter),
            open_client=lambda connection: self._client(connection, process),
            open_reader=open_reader,
            start_date=YESTERDAY,
            run=secrets.token_hex(8),
            clock=self.clock,
        )

    def _client(self, connection: Connection, process: Process) -> Any:
        # under the vendor's own names: devKey for dev_key
        known = {name.casefold(): value for name, value in self.systems[connection.system].credentials().items()}
        credentials = {
            name: known.get(name) or known[name.replace("_", "").casefold()] for name in connection.CREDENTIALS
        }
        client = system_of(connection.system).client()(connection, credentials, clock=self.clock)
        name = connection.system
        Line(self.systems[name], self.desks[name], self.traffic, process, self.clock).connect(client)
        return client

    def remembers(self, made: Made) -> None:
        """A voucher was made by a run of ours of which no case tells."""
        process, self.database.process = self.database.process, Process()
        Ledger(self.database, self.clock).vouchers_made.recognise([made], self.clock.now())
        self.database.process = process

    # -- the control interface, for users -------------------------------------------------------------------------

    def post(self, path: str, command: dict[str, Any]) -> Any:
        """What the sandbox's control interface takes: `post("/rows", {"system": "jde", …})`."""
        if path != "/rows":
            raise ValueError(path)
        system = self.systems[command.pop("system")]
        return system.rows(command)


def digest(content: bytes) -> str:
    """Tells one content from another."""
    return hashlib.sha256(content).hexdigest()[:16]
