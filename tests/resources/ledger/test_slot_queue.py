"""Who gets the next slot: fewest first, then longest waiting; nobody twice, nobody never."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connector_resources.ledger.slot_queue import Holder, last_turn, owed, settle

LEASE = 15.0


def holder(name: str, holding: int = 0, wants: int = 0, turn: int = 1, expires: float = 110.0) -> Holder:
    return Holder(name, holding, wants, turn, expires, "here", 1, "1")


def settled(*holders: Holder, slots: int = 3, gone: str = "") -> dict[str, tuple[int, int]]:
    known = {each.id: each for each in holders}
    settle(known, slots, 100.0, LEASE, lambda each: each.id in gone.split())
    return {each.id: (each.holding, each.wants) for each in known.values()}


def test_the_free_slot_goes_to_who_holds_fewest_then_to_who_waits_longest() -> None:
    assert settled(holder("a", 1, 2, 1), holder("b", 0, 2, 5), holder("c", 0, 2, 4), slots=2)["c"] == (1, 1)
    assert settled(holder("a", 0, 3, 1), holder("b", 0, 3, 2)) == {"a": (2, 1), "b": (1, 2)}


def test_what_has_ended_or_was_not_heard_of_holds_nothing() -> None:
    assert settled(holder("a", 3), holder("b", 0, 2), gone="a") == {"b": (2, 0)}
    assert settled(holder("a", 3, expires=100.0), holder("b", 0, 1)) == {"b": (1, 0)}
    assert settled(holder("a", 3, expires=100.1), holder("b", 0, 1)) == {"a": (3, 0), "b": (0, 1)}


def test_a_lease_from_before_the_clock_was_set_back_ends_within_a_lease() -> None:
    known = {"a": holder("a", 3, expires=9_000.0)}
    settle(known, 3, 100.0, LEASE, lambda each: False)
    assert known["a"].expires == 100.0 + LEASE
    settle(known, 3, 100.0 + LEASE, LEASE, lambda each: False)
    assert known == {}


def test_a_turn_is_owed_to_who_waits_with_fewer() -> None:
    assert owed(holder("a", 3), [holder("b", 0, 1)]) == 1
    assert owed(holder("a", 3), [holder("b", 0, 3)]) == 2
    assert owed(holder("a", 1), [holder("b", 1, 2), holder("c", 1)]) == 0
    assert owed(holder("a", 1), [holder("b", 0, 2), holder("c", 1)]) == 1
    assert owed(holder("a", 2), []) == 0


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 4)), max_size=6), st.integers(1, 4))
def test_no_slot_too_many_and_none_left_while_somebody_waits(rows: list[tuple[int, int]], slots: int) -> None:
    known: dict[str, Holder] = {}
    for index, (holding, wants) in enumerate(rows):
        taken = sum(each.holding for each in known.values())
        known[str(index)] = holder(str(index), min(holding, slots - taken), wants, index)
    before = sum(each.holding + each.wants for each in known.values())
    settle(known, slots, 100.0, LEASE, lambda each: False)
    held = sum(each.holding for each in known.values())
    assert held <= slots and sum(each.holding + each.wants for each in known.values()) == before
    assert held == slots or not any(each.wants for each in known.values())


@given(st.lists(st.integers(1, 3), min_size=2, max_size=6), st.integers(1, 3))
def test_in_so_many_turns_everybody_has_had_one(wants: list[int], slots: int) -> None:
    """Each hands over what is owed, in any order of the processes: nobody is passed over for ever."""
    known = {str(index): holder(str(index), 0, many, index) for index, many in enumerate(wants)}
    served = set()
    for _ in range(len(wants)):
        settle(known, slots, 100.0, LEASE, lambda each: False)
        served |= {each.id for each in known.values() if each.holding}
        for each in known.values():
            others = [other for other in known.values() if other is not each]
            if given := owed(each, others):
                each.holding, each.wants = each.holding - given, each.wants + given
                each.turn = last_turn(known)
                settle(known, slots, 100.0, LEASE, lambda each: False)
                served |= {other.id for other in known.values() if other.holding}
    assert served == known.keys()
