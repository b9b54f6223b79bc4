"""Orders and receipts of JD Edwards, and what its buyers do to them (jde-ais section 3.6)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ais_caller import LENIENT, Ais, condition, world
from order_books import FOREIGN, act, enter_foreign, enter_two_lines, figures, line_of, receivers

from connector_sandbox.testing import Sandbox, running


def header_of(ais: Ais, number: int) -> dict[str, Any]:
    (row,) = ais.rows("F4301", condition("F4301.DOCO", "EQUAL", number))
    return row


def test_an_order_is_entered_with_its_lines(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    enter_foreign(sandbox)
    header = header_of(ais, 9001)
    assert (header["OTOT"], header["CRRM"], header["SHAN"], header["ANBY"]) == (Decimal("425.0"), "D", 4343, 7)
    assert (header["UPMJ"], header["TDAY"], "UPMT" in header) == ("20160401", 90000, False)
    line = line_of(ais, 9001)
    assert (line["PRRC"], line["LNID"], line["ANI"].strip()) == (Decimal("12.5"), Decimal("1.0"), "30.4210")
    foreign = line_of(ais, 9002)
    assert (foreign["FRRC"], foreign["PRRC"]) == (Decimal("33.3333"), Decimal("26.6666"))
    assert figures(foreign) == {
        "UORG": "3.00", "UOPN": "3.00", "AEXP": "80.00", "AOPN": "80.00", "FEA": "100.00", "FAP": "100.00",
        "LTTR": "380", "NXTR": "400",
    }  # fmt: skip


def test_receipts_move_what_is_open_to_what_is_received(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    first = act(sandbox, "receive_order", line=1, quantity=4, date="2016-04-10")["DOC"]
    assert figures(line_of(ais, 9001)) == {
        "UORG": "10.00", "UOPN": "6.00", "UREC": "4.00", "AEXP": "125.00", "AOPN": "75.00", "AREC": "50.00",
        "LTTR": "400", "NXTR": "400",
    }  # fmt: skip
    act(sandbox, "receive_order", line=1)
    act(sandbox, "receive_order", line=2, amount="120.00")
    assert figures(line_of(ais, 9001, 2))["AREC"] == "120.00"
    assert receivers(ais, 9001) == [
        ("1", "1.00", 1, "OV", "4.00", "50.00", "4.00", "50.00"),
        ("1", "1.00", 2, "OV", "6.00", "75.00", "6.00", "75.00"),
        ("1", "2.00", 1, "OV", "0.00", "120.00", "0.00", "120.00"),
    ]
    (row,) = ais.rows("F43121", condition("F43121.DOC", "EQUAL", first))
    assert (row["RCDJ"], row["AN8"], row["KCO"]) == ("20160410", 4343, "00001")
    for wrong in ({"line": 1, "quantity": 1}, {"line": 2, "amount": "180.01"}, {"line": 3}):
        with pytest.raises(ValueError, match=r"exceeds the open|no line 3"):
            act(sandbox, "receive_order", **wrong)


def test_a_receipt_of_a_foreign_order_takes_the_last_cent_with_it(sandbox: Sandbox, ais: Ais) -> None:
    enter_foreign(sandbox)
    act(sandbox, "receive_order", FOREIGN, 1, quantity=1)
    assert figures(line_of(ais, 9002)) == {
        "UORG": "3.00", "UOPN": "2.00", "UREC": "1.00", "AEXP": "80.00", "AOPN": "53.33", "AREC": "26.67",
        "FEA": "100.00", "FAP": "66.67", "FREC": "33.33", "LTTR": "400", "NXTR": "400",
    }  # fmt: skip
    act(sandbox, "receive_order", FOREIGN, 1)
    shown = figures(line_of(ais, 9002))
    assert (shown["AREC"], shown["FREC"], "AOPN" in shown) == ("80.00", "100.00", False)


def test_a_site_may_count_a_received_line_as_complete(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    sandbox.post("/options", {"jde": {"received_is_complete": True}})
    act(sandbox, "receive_order", line=1)
    assert (line_of(ais, 9001)["LTTR"], line_of(ais, 9001)["NXTR"]) == ("400", "999")


def test_a_reversed_receipt_is_a_row_of_its_own(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    document = act(sandbox, "receive_order", line=1, quantity=4)["DOC"]
    act(sandbox, "reverse_receipt", line=1, number=document)
    assert figures(line_of(ais, 9001)) == {
        "UORG": "10.00", "UOPN": "10.00", "AEXP": "125.00", "AOPN": "125.00", "LTTR": "380", "NXTR": "400",
    }  # fmt: skip
    assert receivers(ais, 9001) == [
        ("1", "1.00", 1, "OV", "4.00", "50.00", "0.00", "0.00"),
        ("1", "1.00", 2, "OV", "-4.00", "-50.00", "0.00", "0.00"),
    ]
    with pytest.raises(ValueError, match="reversed or vouchered"):
        act(sandbox, "reverse_receipt", line=1, number=document)


def test_a_cancelled_line_leaves_the_total_and_says_980(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    act(sandbox, "cancel_order_line", line=2)
    assert figures(line_of(ais, 9001, 2)) == {"AEXP": "300.00", "LTTR": "980", "NXTR": "999"}
    assert header_of(ais, 9001)["OTOT"] == Decimal("125.0")
    with pytest.raises(ValueError, match="nothing is open of line 2"):
        act(sandbox, "cancel_order_line", line=2)
    act(sandbox, "receive_order", line=1, quantity=3)
    assert act(sandbox, "close_order")["closed"] == 1
    assert figures(line_of(ais, 9001)) == {
        "UORG": "10.00", "UREC": "3.00", "AEXP": "125.00", "AREC": "37.50", "LTTR": "400", "NXTR": "999",
    }  # fmt: skip


def test_a_changed_line_has_another_quantity_or_price(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    enter_foreign(sandbox)
    act(sandbox, "change_order_line", line=1, quantity=12, price="13.00")
    assert (line_of(ais, 9001)["AEXP"], line_of(ais, 9001)["UOPN"]) == (Decimal("156.0"), Decimal("12.0"))
    assert header_of(ais, 9001)["OTOT"] == Decimal("456.0")
    act(sandbox, "change_order_line", FOREIGN, 1, price="40.00")
    shown = line_of(ais, 9002)
    assert (shown["FEA"], shown["FAP"], shown["AEXP"], shown["PRRC"]) == tuple(map(Decimal, ("120", "120", "96", "32")))
    act(sandbox, "receive_order", line=1, quantity=5)
    with pytest.raises(ValueError, match="below the 5"):
        act(sandbox, "change_order_line", line=1, quantity=4)


def test_a_held_order_takes_no_receipts(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    act(sandbox, "hold_order", HOLD="B1")
    assert header_of(ais, 9001)["HOLD"] == "B1"
    with pytest.raises(ValueError, match="on hold"):
        act(sandbox, "receive_order", line=1)
    act(sandbox, "hold_order", HOLD="")
    act(sandbox, "receive_order", line=1)
    assert len(receivers(ais, 9001)) == 1


def test_order_tables_are_read_by_their_own_clock(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    act(sandbox, "receive_order", line=1)
    (receipt,) = ais.rows("F43121")
    changed = line_of(ais, 9001)
    assert (changed["UPMJ"], changed["TDAY"]) == (receipt["UPMJ"], receipt["TDAY"]) != ("20160401", 90000)
    assert header_of(ais, 9001)["UPMJ"] == "20160401"
    later = condition("F4311.UPMJ", "GREATER_EQUAL", 1, special="TODAY_MINUS_DAY")
    assert [row["LNID"] for row in ais.rows("F4311", later)] == [Decimal("1.0")]


def test_state_has_what_is_ordered_and_what_is_open(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    enter_foreign(sandbox)
    act(sandbox, "receive_order", line=1, quantity=4)
    act(sandbox, "receive_order", FOREIGN, 1, quantity=1)
    state = sandbox.get("/state")["jde"]
    assert state["F4301"] == {
        "count": 2,
        "totals": {"EUR": "100.00", "GBP": "425.00"},
        "open": {"EUR": "66.67", "GBP": "375.00"},
    }
    assert (state["F4311"], state["F43121"]) == ({"count": 3}, {"count": 2})
    act(sandbox, "cancel_order_line", line=2)
    assert sandbox.get("/state")["jde"]["F4301"]["totals"]["GBP"] == "125.00"


def test_orders_survive_a_restart(tmp_path: Path) -> None:
    with running(world={"jde": world()}, only=["jde"], state=tmp_path, options={"jde": LENIENT}) as sandbox:
        enter_two_lines(sandbox)
        act(sandbox, "receive_order", line=1, quantity=4)
        before = sandbox.get("/state")["jde"]
    with running(world={"jde": {}}, only=["jde"], state=tmp_path, options={"jde": LENIENT}) as sandbox:
        assert sandbox.get("/state")["jde"] == before
        act(sandbox, "receive_order", line=1)
        assert [row[4] for row in receivers(Ais(sandbox), 9001)] == ["4.00", "6.00"]
