"""Nothing is written by a login whose numbers may be read otherwise; reading goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from fake_ais import FakeAis

from connector_resources.errors import Unavailable, UnusableInput
from connector_resources.jde import JdeClient

Connect = Callable[..., JdeClient]
RUN = {"voucher_batch_run": {"name": "Run"}}
TEST = {"self_test": {"name": "Test", "inputs": {"Date": "Any Date"}}}
BATCH = {"BatchNumber": "B", "Mode": "final"}


@pytest.fixture
def sent(ais: FakeAis, ledger: list[Any]) -> list[Any]:
    """What the orchestrations were sent; the self-test reads dates as the site does."""
    calls: list[Any] = []

    def run(inputs: Any) -> tuple[int, Any]:
        calls.append(inputs)
        return 200, {"JobNumber": 1}

    ais.orchestrations["Run"] = run
    return calls


def pinged(client: JdeClient) -> dict[str, tuple[bool, str]]:
    return {check.name: (check.ok, check.detail) for check in client.ping({"F0411": ("AG",)})}


def test_a_decimal_point_needs_no_proof(ais: FakeAis, connect: Connect, sent: list[Any]) -> None:
    connect(orchestrations=RUN).orchestrations.call("voucher_batch_run", BATCH)
    assert len(sent) == 1 and ais.paths("/dataservice") == []


@pytest.mark.parametrize("sign", [",", "#,##0.00", None])
def test_another_sign_is_proved_by_an_amount_that_is_there(
    ais: FakeAis, connect: Connect, sent: list[Any], sign: str | None
) -> None:
    ais.decimals = sign
    client = connect(orchestrations=RUN)
    client.orchestrations.call("voucher_batch_run", BATCH)
    client.orchestrations.call("voucher_batch_run", BATCH)
    counts = [body for body in ais.paths("/dataservice") if body["targetName"] == "F0411" and "COUNT" in body.values()]
    assert len(sent) == 2
    # by the whole primary key and the amount: once that it is found, once that it is not among the others
    reported = [[each["controlId"] for each in body["query"]["condition"]] for body in counts]
    assert reported == [[f"F0411.{alias}" for alias in ("DOC", "DCT", "KCO", "SFX", "SFXE", "AG")]] * 2
    assert "250.05 of F0411 is found by its literal" in pinged(client)["numbers"][1]


def test_a_comma_that_the_site_reads_numbers_by_stops_writing_and_not_reading(
    ais: FakeAis, connect: Connect, sent: list[Any]
) -> None:
    ais.decimals, ais.reads_comma = ",", True
    client = connect(orchestrations=RUN)
    with pytest.raises(UnusableInput, match=r"is not found by its literal: .* nothing is written; use an integration"):
        client.orchestrations.call("voucher_batch_run", BATCH)
    assert sent == []
    assert client.count("F0411") == 25
    ok, reported = pinged(client)["numbers"]
    assert not ok and "decimal point" in reported


def test_a_comma_without_an_amount_to_prove_it_stops_writing(
    ais: FakeAis, connect: Connect, sent: list[Any], ledger: list[Any]
) -> None:
    ais.decimals = ","
    for row in ledger:
        row["AG"] = Decimal("7.00")
    with pytest.raises(UnusableInput, match="no amount with decimals is there to prove it"):
        connect(orchestrations=RUN).orchestrations.call("voucher_batch_run", BATCH)
    assert sent == []


def test_a_sign_that_changes_with_a_new_login_is_proved_anew(ais: FakeAis, connect: Connect, sent: list[Any]) -> None:
    client = connect(orchestrations=RUN)
    client.orchestrations.call("voucher_batch_run", BATCH)
    ais.decimals, ais.reads_comma = ",", True
    client.orchestrations.call("voucher_batch_run", BATCH)
    ais.expire()
    client.count("F0411")
    with pytest.raises(UnusableInput, match="nothing is written"):
        client.orchestrations.call("voucher_batch_run", BATCH)
    assert len(sent) == 2


def self_test(ais: FakeAis, **answer: Any) -> None:
    def worked(inputs: Any) -> tuple[int, Any]:
        day = date.fromisoformat(inputs["Any Date"])
        found = {"NextDay": day.replace(day=day.day + 1).isoformat(), "NumberPlusOne": Decimal(inputs["Number"]) + 1}
        return 200, {"out": {**found, **answer}}

    ais.orchestrations["Test"] = worked


def test_the_sites_own_test_is_run_once_before_anything_is_written(
    ais: FakeAis, connect: Connect, sent: list[Any]
) -> None:
    self_test(ais)
    client = connect(orchestrations=RUN | TEST, orchestration_dates="iso")
    for _ in range(2):
        client.orchestrations.call("voucher_batch_run", BATCH)
    assert ais.paths("/orchestrator/Test") == [{"Any Date": "2025-03-04", "Number": "1234.56"}]
    assert pinged(client)["self_test"] == (True, "self_test (Test) read 2025-03-04 and 1234.56 as they are meant")


@pytest.mark.parametrize(
    ("answer", "reported"),
    [
        ({"NextDay": "2025-04-04"}, "NextDay 2025-04-04, not 2025-03-05"),
        ({"NextDay": "2025-03-04"}, "NextDay 2025-03-04, not 2025-03-05"),
        ({"NextDay": ""}, "NextDay nothing, not 2025-03-05"),
        ({"NumberPlusOne": "123457"}, "NumberPlusOne 123457, not 1235.56"),
        ({"NumberPlusOne": "1235,56"}, "NumberPlusOne 1235,56, not 1235.56"),
    ],
)
def test_what_reads_otherwise_is_never_written_to(
    ais: FakeAis, connect: Connect, sent: list[Any], answer: dict[str, Any], reported: str
) -> None:
    self_test(ais, **answer)
    client = connect(orchestrations=RUN | TEST, orchestration_dates="iso")
    with pytest.raises(UnusableInput, match=reported):
        client.orchestrations.call("voucher_batch_run", BATCH)
    assert sent == []
    assert not pinged(client)["self_test"][0]


def test_a_site_that_cannot_run_its_test_is_not_written_to(ais: FakeAis, connect: Connect, sent: list[Any]) -> None:
    ais.orchestrations["Test"] = lambda inputs: (500, {"message": "x", "userDefinedErrorText": "no Groovy"})
    client = connect(orchestrations=RUN | TEST, orchestration_dates="iso")
    with pytest.raises((UnusableInput, Unavailable), match="no Groovy"):
        client.orchestrations.call("voucher_batch_run", BATCH)
    assert sent == []


def test_formats_that_the_test_says_nothing_of_are_told(ais: FakeAis, connect: Connect, sent: list[Any]) -> None:
    self_test(ais)
    void = {"voucher_void": {"name": "Void", "date_format": "MM/dd/yyyy"}}
    reported = pinged(connect(orchestrations=TEST | void, orchestration_dates="iso"))["self_test"]
    assert reported[0] and reported[1].endswith("it says nothing of the date formats of voucher_void MM/dd/yyyy")
