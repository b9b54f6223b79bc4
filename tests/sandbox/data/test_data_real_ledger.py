"""The control figures of a real council's ledger, where it is at hand."""

from __future__ import annotations

import os
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from connector_sandbox.data import World, load_ledger

LEDGER = Path(os.environ.get("CONNECTOR_TEST_LEDGER", Path(__file__).parents[4] / "shared" / "data" / "ap-ledger"))

pytestmark = pytest.mark.skipif(
    not LEDGER.is_dir(), reason="the real ledger is not here; CONNECTOR_TEST_LEDGER may name its folder"
)


@pytest.fixture(scope="module")
def loaded() -> tuple[World, float]:
    start = time.process_time()
    world = load_ledger(LEDGER)
    return world, time.process_time() - start


def test_the_published_control_figures_hold(loaded: tuple[World, float]) -> None:
    report = loaded[0]["report"]
    assert report["spend"] == {
        "lines": 40764,
        "documents": 37981,
        "suppliers": 5841,
        "units": 900,
        "accounts": 1983,
        "amount": "441476141.46",
    }
    assert (report["documents"], report["amounts"]) == (37981, {"GBP": "441476141.46"})
    assert (report["start_date"], report["end_date"]) == ("2016-04-04", "2016-09-30")
    assert report["warnings"] == []


def test_the_tables_hold_the_same_money(loaded: tuple[World, float]) -> None:
    tables = loaded[0]["jde"]
    total = Decimal("441476141.46")
    assert sum(row["AG"] for row in tables["F0411"]) == total  # type: ignore[misc]
    assert sum(row["AA"] for row in tables["F0911"] if not row["EXTL"]) == total  # type: ignore[misc]
    assert len(tables["F0411"]) == 37981
    assert len(tables["F0911"]) == 40764 + 37981
    assert len(tables["F0101"]) == len(tables["F0401"]) == len(tables["F0116"]) == 5841
    assert len(tables["F0901"]) == 1983 + 1


def test_it_is_as_untidy_as_its_readme_says(loaded: tuple[World, float]) -> None:
    world = loaded[0]
    assert world["report"]["shared_names"] == 86
    assert world["report"]["alternates"]["suppliers"]["count"] == 93
    assert len(world["report"]["cases"]["blank_invoice_number"]) == 3
    numbers = Counter((row["AN8"], row["VINV"]) for row in world["jde"]["F0411"])
    assert sum(count for count in numbers.values() if count > 1) == 596


def test_it_loads_in_less_than_four_seconds(loaded: tuple[World, float]) -> None:
    assert loaded[1] < 4
