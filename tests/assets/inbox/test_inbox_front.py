"""What waits at the inbox's front for its turn, and in which order the turns are."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

from connector_assets.inbox import front as module
from connector_assets.inbox.callers import Caller, Callers, Stage
from connector_assets.inbox.front import Front, Turns
from connector_assets.inbox.protocol import Deadlines
from connector_assets.inbox.server import listen
from connector_resources.inbox_settings import ServingSettings


class Yard:
    """A front at which nobody has a turn until `serve`; those who had one are in `met`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        monkeypatch.setattr(module, "MEET_AT_ONCE", 0)
        monkeypatch.setattr(module, "Turns", self._turns)
        self._patch = monkeypatch
        self.callers = Callers(ServingSettings(**settings), lambda: 0.0)
        self.met: list[Caller] = []
        self.waiting = 0
        self._called: list[socket.socket] = []

    def _turns(self) -> Turns:
        yard = self

        class Counted(Turns):
            def add(self, arrived: socket.socket, caller: Caller) -> None:
                yard.waiting += 1
                super().add(arrived, caller)

        return Counted()

    def _protocol(self, caller: Caller) -> asyncio.Protocol:
        self.met.append(caller)
        return asyncio.Protocol()

    async def call(self, *addresses: str) -> None:
        """Somebody from each of them, until all wait for their turns."""
        for address in addresses:
            before = self.waiting
            self._called.append(socket.create_connection(("127.0.0.1", self._port), 20, (address, 0)))
            self._called[-1].sendall(b"x")
            await until(lambda: self.waiting > before)  # noqa: B023 - it is over within this turn

    async def serve(self) -> None:
        """One of each kind at a time, until all have had their turns."""
        self._patch.setattr(module, "MEET_AT_ONCE", 1)
        await until(lambda: len(self.met) == len(self.callers))
        self._patch.setattr(module, "MEET_AT_ONCE", 0)

    async def __aenter__(self) -> Yard:
        self._listener = listen("127.0.0.1", 0)
        self._port = self._listener.getsockname()[1]
        self._front = Front(self._listener, self.callers, self._protocol, None, Deadlines())
        self._front.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.sleep(0)
        self._front.close()
        self._listener.close()
        for each in self._called:
            each.close()
        await asyncio.sleep(0.1)


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not done():
            await asyncio.sleep(0)


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))  # noqa: PTH208


def test_who_makes_room_while_it_waits_for_its_turn_gives_its_descriptor_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def besieged() -> tuple[int, int]:
        async with Yard(monkeypatch, each_address=4) as yard:
            await yard.call("127.0.0.2")
            before = descriptors()
            await yard.call(*["127.0.0.2"] * 40)
            return len(yard.callers), descriptors() - before

    # forty of the siege, and three more of the four that are taken in
    assert asyncio.run(besieged()) == (4, 40 + 3)


def test_an_address_that_has_sent_a_request_does_not_wait_for_those_that_have_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def besieged() -> list[str]:
        async with Yard(monkeypatch) as yard:
            earlier = yard.callers.enter("127.0.0.6", lambda: None)
            assert earlier is not None
            yard.callers.move(earlier, Stage.ANSWERED)
            yard.callers.leave(earlier)
            foreign_records = [f"127.0.0.{2 + number % 4}" for number in range(20)]
            await yard.call(*foreign_records, "127.0.0.6", "127.0.0.6", *foreign_records)
            await yard.serve()
            return [caller.origin for caller in yard.met]

    met = asyncio.run(besieged())
    assert len(met) == 42
    assert met[:4].count("127.0.0.6") == 2


def test_whose_turn_has_come_makes_room_as_one_that_has_just_called(monkeypatch: pytest.MonkeyPatch) -> None:
    async def besieged() -> list[bool]:
        async with Yard(monkeypatch, each_address=4) as yard:
            await yard.call(*["127.0.0.2"] * 3)
            await yard.serve()
            await yard.call(*["127.0.0.2"] * 2)
            return [caller in yard.callers for caller in yard.met]

    # the last one of the three had the first turn
    assert asyncio.run(besieged()) == [False, True, True]
