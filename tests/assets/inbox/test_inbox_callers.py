"""Who makes room for whom, where more people are connected to the inbox than it takes."""

from __future__ import annotations

import logging
import socket
from typing import Any

import pytest

from connector_assets.inbox import callers as module
from connector_assets.inbox.callers import Caller, Callers, Stage
from connector_assets.inbox.front import Turns
from connector_resources.inbox_settings import ServingSettings


class Door:
    """Callers, and who of them was closed."""

    def __init__(self, **settings: Any) -> None:
        self.now = 0.0
        self.callers = Callers(ServingSettings(**settings), lambda: self.now)
        self.closed: list[str] = []

    def enter(self, name: str, address: str = "10.0.0.1", stage: Stage = Stage.NEW) -> Caller | None:
        caller = self.callers.enter(address, lambda: self.closed.append(name))
        if caller is not None:
            self.callers.move(caller, stage)
        return caller

    def fill(self, count: int, address: str = "10.0.0.1", stage: Stage = Stage.NEW) -> None:
        for number in range(count):
            assert self.enter(f"{address}#{number}", address, stage) is not None


class TestEachAddress:
    def test_the_one_that_has_waited_longest_makes_room_for_the_next_of_its_address(self) -> None:
        door = Door(each_address=4)
        door.fill(4)
        door.fill(4, "10.0.0.2")
        assert door.enter("next") is not None
        assert door.enter("next but one") is not None
        assert door.closed == ["10.0.0.1#0", "10.0.0.1#1"]
        assert len(door.callers) == 8

    def test_who_had_a_request_goes_after_those_who_had_none(self) -> None:
        door = Door(each_address=5)
        for stage in (Stage.READING, Stage.WAITING, Stage.NEW, Stage.ANSWERED, Stage.NEW):
            door.enter(stage.name, stage=stage)
        for _ in range(2):
            door.enter("next", stage=Stage.ANSWERED)
        assert door.closed == ["NEW", "NEW"]
        door.enter("next", stage=Stage.ANSWERED)
        door.enter("next", stage=Stage.ANSWERED)
        assert door.closed[2:] == ["WAITING", "READING"]

    def test_who_is_being_answered_is_not_closed_and_the_next_one_is_turned_away(self) -> None:
        door = Door(each_address=4)
        door.fill(4, stage=Stage.ANSWERED)
        assert door.enter("next") is None
        assert (door.closed, len(door.callers)) == ([], 4)
        assert door.enter("elsewhere", "10.0.0.2") is not None

    def test_who_left_takes_no_place(self) -> None:
        door = Door(each_address=4)
        for _ in range(3):
            gone = [door.enter(str(number)) for number in range(4)]
            for each in gone:
                assert each is not None
                door.callers.leave(each)
                door.callers.leave(each)
                door.callers.move(each, Stage.WAITING)
        assert (door.closed, len(door.callers)) == ([], 0)

    def test_a_named_relay_has_no_limit_of_its_own(self) -> None:
        door = Door(each_address=4, relays=["10.0.0.0/30", "2001:db8:7::9"])
        door.fill(20, "10.0.0.1")
        door.fill(20, "::ffff:10.0.0.2")
        door.fill(20, "2001:db8:7::9")
        assert door.closed == []
        door.fill(5, "2001:db8:7::8")
        assert len(door.closed) == 1

    def test_of_ipv6_a_network_counts_as_one_address_and_a_mapped_address_as_what_it_is(self) -> None:
        door = Door(each_address=4)
        for host in range(5):
            door.enter(str(host), f"2001:db8::{host}")
        assert door.closed == ["0"]
        door.fill(4, "fe80::1%eth0")
        door.fill(2, "10.0.0.9")
        door.fill(2, "::ffff:10.0.0.9")
        assert door.closed == ["0"]
        door.enter("fifth", "10.0.0.9")
        assert door.closed == ["0", "10.0.0.9#0"]


class TestInAll:
    def test_the_address_with_the_most_idle_ones_makes_room(self) -> None:
        door = Door(connections=16)
        door.fill(5, "10.0.0.1")
        door.fill(6, "10.0.0.2")
        door.fill(5, "10.0.0.3", Stage.ANSWERED)
        for number in range(3):
            assert door.enter("next", f"10.0.1.{number}") is not None
        # six, then five and five
        assert door.closed[0] == "10.0.0.2#0"
        assert sorted(door.closed[1:]) in (["10.0.0.1#0", "10.0.0.2#1"], ["10.0.0.1#0", "10.0.0.1#1"])
        assert len(door.callers) == 16

    def test_a_named_relay_makes_room_last(self) -> None:
        door = Door(connections=16, relays=["10.0.0.1"])
        door.fill(15, "10.0.0.1")
        door.fill(1, "10.0.0.2")
        door.fill(1, "10.0.0.1")
        assert door.closed == ["10.0.0.2#0"]
        door.fill(1, "10.0.0.1")
        assert door.closed[1:] == ["10.0.0.1#0"]

    def test_where_all_are_being_answered_the_next_one_is_turned_away(self) -> None:
        door = Door(connections=16)
        door.fill(16, stage=Stage.ANSWERED)
        assert door.enter("next", "10.0.0.2") is None
        assert door.closed == []


def test_of_unfinished_bodies_the_oldest_makes_room_unless_a_relay_sends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BODIES", 3)
    door = Door(relays=["10.0.0.9"])
    door.fill(5, "10.0.0.9", Stage.READING)
    door.fill(3, "10.0.0.1", Stage.READING)
    done = door.enter("done", "10.0.0.2", Stage.READING)
    assert done is not None and door.closed == ["10.0.0.1#0"]
    door.callers.move(done, Stage.ANSWERED)
    door.fill(1, "10.0.0.3", Stage.READING)
    assert door.closed == ["10.0.0.1#0"]


class TestTurns:
    def test_those_who_shake_hands_take_turns_by_address_and_of_each_the_last_and_the_first(self) -> None:
        turns, door = Turns(), Door()
        with socket.socket() as arrived:
            for name, address in (("a", 1), ("b", 1), ("c", 1), ("d", 2), ("e", 2), ("f", 3)):
                caller = door.enter(name, f"10.0.0.{address}")
                assert caller is not None
                turns.add(arrived, caller)
            while turns:
                turns.take()[1].close()
        assert "".join(door.closed) == "cdfaeb"

    def test_who_is_gone_has_no_turn(self) -> None:
        turns, door = Turns(), Door()
        with socket.socket() as arrived:
            callers = [door.enter(name) for name in "abc"]
            for caller in callers:
                assert caller is not None
                turns.add(arrived, caller)
            for caller in callers[1:]:
                assert caller is not None
                turns.drop(caller)
            assert turns.take() == (arrived, callers[0])
        assert not turns


def test_an_address_is_known_once_a_whole_request_came_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KNOWN", 2)
    door = Door()
    for last in (1, 2, 1, 3):
        asking = door.enter("asking", f"10.0.0.{last}", Stage.ANSWERED)
        assert asking is not None
        door.callers.leave(asking)
    reported = []
    for last in (1, 2, 3, 4):
        caller = door.enter("next", f"10.0.0.{last}", Stage.READING)
        assert caller is not None
        reported.append(door.callers.known(caller))
    assert reported == [True, False, True, False]


def test_what_was_closed_is_told_in_one_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    door = Door(each_address=4)
    door.fill(500)
    [first] = caplog.messages
    assert first == "connections closed without a request: more than 4 from 10.0.0.1: 1 (4 are open)"
    door.now = 61.0
    door.fill(500)
    [_, second] = caplog.messages
    assert second == "connections closed without a request: more than 4 from 10.0.0.1: 496 (4 are open)"
