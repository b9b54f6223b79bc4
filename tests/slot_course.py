"""Processes that call one small server at once through leased slots: for the tests, and for the benchmark.

The server counts the requests that it has in hand. As a script this module is one such process: it reads a `Runner` as
JSON from its arguments, waits for a line on standard input, calls until the time is over, and prints a `Ran`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from connector_resources.errors import SystemProblem
from connector_resources.http import Call, HttpLimits, HttpSession
from connector_resources.ledger import Ledger
from connector_resources.ledger.slots import CallSlots

KEY, ORGANISATION = "developer-key-of-a-test", "00801TESTTESTTESTTES"


class CountingServer:
    """Answers every request after `seconds`, and knows how many it had in hand at once, in all and by caller."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.in_hand = self.most = self.answered = 0
        self.by_caller: dict[str, list[float]] = {}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="counting server")
        self._thread.start()
        self._ready.wait(10)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def hold(self) -> None:
        """Answer nothing from now on."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def release(self) -> None:
        """Answer again, also what was held."""
        self._loop.call_soon_threadsafe(self._open.set)

    def stop(self) -> None:
        """Close everything."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._until_over())
        self._loop.close()

    async def _until_over(self) -> None:
        self._over, self._open = asyncio.Event(), asyncio.Event()
        self._open.set()
        self._callers: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._caller, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        for task in self._callers:
            task.cancel()
        await asyncio.gather(*self._callers, return_exceptions=True)

    async def _caller(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._callers.add(task)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                caller = head.split(b" ", 2)[1].decode().strip("/")
                self.in_hand += 1
                self.most = max(self.most, self.in_hand)
                self.by_caller.setdefault(caller, []).append(time.monotonic())
                try:
                    await asyncio.sleep(self.seconds)
                    await self._open.wait()
                finally:
                    self.in_hand -= 1
                self.answered += 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._callers.discard(task)
            writer.close()


@dataclass
class Runner:
    """One process: where it calls and keeps its slots, with how many threads, until it is over or has so many calls."""

    name: str
    server: str
    ledger: str
    schema: str | None
    threads: int = 3
    seconds: float = 120.0
    calls: int | None = None
    slots: int = 3
    lease: float = 15.0
    leased: bool = True
    calls_per_hour: int | None = 1_000_000


@dataclass
class Ran:
    """What a process came to: its calls, the longest that a thread waited between two answers, what went wrong."""

    calls: int = 0
    longest: float = 0.0
    problems: list[str] = field(default_factory=list)


class Started:
    """A runner as a process that waits for the word."""

    def __init__(self, runner: Runner) -> None:
        here = Path(__file__).resolve()
        self._ready = False
        self.process = subprocess.Popen(
            [sys.executable, str(here), json.dumps(asdict(runner))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=here.parents[1],
        )

    def ready(self) -> None:
        """Wait until it could begin."""
        assert self.process.stdout is not None
        if not self._ready:
            assert self.process.stdout.readline() == "ready\n"
            self._ready = True

    def go(self) -> None:
        """Let it begin."""
        self.ready()
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def ended(self) -> Ran:
        """Wait for its end."""
        out, _ = self.process.communicate(timeout=120)
        return Ran(**json.loads(out))

    def kill(self) -> None:
        """Leave nothing behind, also of one that stands still."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def together(runners: Sequence[Runner]) -> list[Ran]:
    """Run processes at once, to their ends."""
    started: list[Started] = []
    try:
        for runner in runners:
            started.append(Started(runner))
        for each in started:
            each.ready()
        for each in started:
            each.go()
        return [each.ended() for each in started]
    finally:
        for each in started:
            each.kill()


def until(true: Callable[[], object], what: str) -> None:
    """Wait for it, looking often."""
    deadline = time.monotonic() + 60
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within a minute: {what}")
        time.sleep(0.005)


def run(runner: Runner, slots: Any) -> Ran:
    """Call with all threads, until the time is over or the calls are made."""
    ran, lock = Ran(), threading.Lock()
    over, left = time.monotonic() + runner.seconds, itertools.count()
    limits = HttpLimits(in_flight=runner.threads, retries=0)
    with HttpSession(
        connection="bill", base_url=runner.server, limits=limits, classify=lambda call, answer: None, slots=slots
    ) as session:

        def work() -> None:
            while (began := time.monotonic()) < over and (runner.calls is None or next(left) < runner.calls):
                try:
                    session.send(Call(method="POST", path=f"/{runner.name}", what="call"))
                except SystemProblem as problem:
                    with lock:
                        ran.problems.append(str(problem))
                    return
                with lock:
                    ran.calls += 1
                    ran.longest = max(ran.longest, time.monotonic() - began)

        threads = [threading.Thread(target=work) for _ in range(runner.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return ran


def main() -> None:
    """One process of the course."""
    runner = Runner(**json.loads(sys.argv[1]))
    with Ledger.open(runner.ledger, runner.schema) as ledger:
        slots = CallSlots(
            ledger._db,
            ledger.clock,
            name="bill",
            key=KEY,
            organisation=ORGANISATION,
            in_flight=runner.slots,
            calls_per_hour=runner.calls_per_hour,
            lease=runner.lease,
        )
        print("ready", flush=True)
        sys.stdin.readline()
        ran = run(runner, slots if runner.leased else None)
        slots.close()
    print(json.dumps(asdict(ran)))


if __name__ == "__main__":
    main()
