"""Any mixture of faults and deaths, then calm: every document exactly once, whatever happened on the way."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes import DEFECT_AFTER, ERROR_BEFORE, NOT_ALLOWED, PASSING, FakeTarget, Fault, SetClock
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from test_crashes import Drill
from worlds import Crash, Process, World

from connector_resources.ledger import Ledger

VERBS = ("create", "submit", "pay", "update", "find", "get")
FAULTS = (*PASSING, DEFECT_AFTER, NOT_ALLOWED)
PLANS = st.lists(st.tuples(st.sampled_from(VERBS), st.integers(1, 6), st.sampled_from(FAULTS)), max_size=8)
DEATHS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([0.0, 3.0, 12.0, 30.0, 100.0]), st.integers(-600, 0)), max_size=3
)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], scope="module")
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str | None]:
    """One ledger for all examples, each in a flow of its own."""
    if request.param == "sqlite":
        folder: Path = tmp_path_factory.mktemp("random")
        return f"sqlite:///{folder / 'ledger.sqlite'}", None
    server = request.getfixturevalue("postgres_server")
    return server.url("postgres"), f"test_{secrets.token_hex(8)}"


@pytest.mark.slow
@example(
    faults=[("create", 2, ERROR_BEFORE), ("create", 5, ERROR_BEFORE)],
    deaths=[(12, 3.0, -485), (20, 3.0, -303), (12, 3.0, -485)],
    workers=1,
    unique=False,
)
@settings(
    max_examples=40,
    deadline=None,
    # an example takes half a second: what fails is shown as it is
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(faults=PLANS, deaths=DEATHS, workers=st.sampled_from([1, 3]), unique=st.booleans())
def test_any_faults_and_deaths(
    place: tuple[str, str | None],
    faults: list[tuple[str, int, Fault]],
    deaths: list[tuple[int, float, int]],
    workers: int,
    unique: bool,
) -> None:
    clock = SetClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    with Ledger.open(place[0], place[1], clock=clock) as ledger:
        world = World(ledger, clock, FakeTarget(clock, unique=unique), name=f"random-{secrets.token_hex(6)}")
        made = Drill(world)
        made.begin()
        for verb, call, fault in faults:
            world.target.fail(verb, world.target.seen[verb] + call, fault)
        for dies_at, seconds, put_back in deaths:
            process = Process(ledger, world.target, dies_at)
            flow = world.flow(ledger=process.ledger, target=process.target)
            with suppress(Crash, KeyError):
                world.engine(flow, workers=workers).deliver(made.documents())
            clock.advance(seconds)
            # put forward between two processes, a clock would make the effect window look over: nobody can know better
            clock.set_by(put_back)
        for _ in range(len(faults)):
            try:
                made.finish()
                break
            except (KeyError, AssertionError):
                continue
        made.finish()
        # a claim of the dead runs out by the clock that was put back
        clock.advance(-sum(put_back for _, _, put_back in deaths))
        made.finish()
        made.check()
