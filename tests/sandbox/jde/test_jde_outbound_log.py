"""The outbound log F0411Z3, F0911Z4 and its like as a feed of changes (jde-ais section 16)."""

from __future__ import annotations

from typing import Any

import pytest
from ais_caller import Ais, condition
from jde_acts import JdeActs
from order_books import act as order_act
from order_books import enter_two_lines
from test_sandbox_batch_vouchers import add, process
from test_sandbox_special_vouchers import PAPER
from test_sandbox_voucher_match import FOUR, match, reverse

from connector_sandbox.testing import Sandbox

VOUCHER = {"KCO": "00001", "DCT": "PV", "DOC": 4711}


@pytest.fixture
def logging(ais: Ais) -> Ais:
    switch(ais, outbound_log=["JDEVOUCH", "JDEJE", "JDEPYMNT", "JDESM"])
    return ais


def switch(ais: Ais, **options: Any) -> None:
    ais.sandbox.post("/options", {"jde": options})


def act(sandbox: Sandbox, name: str, **more: Any) -> dict[str, Any]:
    done: dict[str, Any] = sandbox.post("/rows", {"system": "jde", "act": name, **more})
    return done


def logged(ais: Ais, table: str = "F0411Z3") -> list[dict[str, Any]]:
    """The log in the order in which it was written."""
    rows = ais.rows(table, maxPageSize="No Max")
    return sorted(rows, key=lambda row: int(row["EDTN"]))


def test_nothing_is_logged_as_delivered(ais: Ais) -> None:
    act(ais.sandbox, "set_pay_status", **VOUCHER, PST="H")
    assert [len(ais.rows(table)) for table in ("F0411Z3", "F0911Z4", "F0413Z1", "F0414Z1")] == [0, 0, 0, 0]


def test_a_change_of_a_voucher_is_logged_as_it_is_afterwards(logging: Ais) -> None:
    logging.sandbox.post("/clock", {"now": "2016-05-02T10:20:30+01:00"})
    act(logging.sandbox, "set_pay_status", **VOUCHER, PST="H")
    act(logging.sandbox, "set_pay_status", **VOUCHER, PST="A")
    first, second = logged(logging)
    assert [row["PST"] for row in (first, second)] == ["H", "A"]
    assert {row["DOC"] for row in (first, second)} == {4711}
    assert (first["TNAC"], first["TYTN"].strip(), first["EDSP"]) == ("UA", "JDEVOUCH", "N")
    assert (first["UPMJ"], first["UPMT"], first["EDUS"].strip()) == ("20160502", 102030, "APCLERK")
    assert first["EDTN"] != second["EDTN"]
    [by_key] = logging.rows("F0411Z3", condition("F0411Z3.EDTN", "EQUAL", second["EDTN"].strip()))
    assert by_key["PST"] == "A"
    assert len(logging.rows("F0411Z3", condition("F0411Z3.DOC", "EQUAL", 4711))) == 2


def test_only_the_types_that_are_switched_on_are_logged(logging: Ais) -> None:
    switch(logging, outbound_log=["JDEPYMNT"])
    act(logging.sandbox, "set_pay_status", **VOUCHER, PST="H")
    act(logging.sandbox, "pay_voucher", **{**VOUCHER, "DOC": 4712})
    assert [len(logging.rows(table)) for table in ("F0411Z3", "F0413Z1", "F0414Z1")] == [0, 1, 1]
    with pytest.raises(ValueError, match="transaction type JDENONE"):
        switch(logging, outbound_log=["JDENONE"])


def test_a_voucher_that_the_batch_makes_and_its_journal_are_logged(logging: Ais) -> None:
    assert add(logging).status_code == 200
    assert logged(logging) == []
    (processed,) = process(logging)
    assert processed["Processed"] == "1"
    vouchers, journal = logged(logging), logged(logging, "F0911Z4")
    document = logging.rows("F0411", condition("F0411.VINV", "EQUAL", "CP-77"))[0]["DOC"]
    assert [(row["DOC"], row["POST"], row["AG"]) for row in vouchers] == [(document, " ", 120)]
    assert [row["DOC"] for row in journal] == [document]
    act(logging.sandbox, "post_batch", KCO="00001", DOC=document)
    # Posting is logged although it moves no UPMJ of the voucher.
    assert [row["POST"] for row in logged(logging)] == [" ", "D"]


def test_voucher_match_logs_neither_voucher_nor_journal_and_its_posting_does(logging: Ais) -> None:
    enter_two_lines(logging.sandbox)
    order_act(logging.sandbox, "receive_order", line=1, quantity=4, date="2016-04-10")
    document = match(logging, FOUR).json()["DocumentNumber"]
    assert len(logging.rows("F0411", condition("F0411.DOC", "EQUAL", document))) == 1
    assert (logged(logging), logged(logging, "F0911Z4")) == ([], [])
    act(logging.sandbox, "post_batch", KCO="00001", DOC=document)
    assert [(row["DOC"], row["POST"]) for row in logged(logging)] == [(document, "D")]
    # Voucher match reverses what it made, and does not log that either.
    assert reverse(logging, document).status_code == 200
    assert [row["VOD"] for row in logged(logging)] == [" "]


def test_a_payment_logs_its_own_tables_and_not_the_voucher(logging: Ais) -> None:
    paid = act(logging.sandbox, "pay_voucher", **VOUCHER)["PYID"]
    assert [(row["PYID"], row["DOC"]) for row in logged(logging, "F0414Z1")] == [(paid, 4711)]
    assert logged(logging) == []
    act(logging.sandbox, "void_payment", PYID=paid)
    assert [bool(row["VDGJ"] and row["VDGJ"].strip()) for row in logged(logging, "F0413Z1")] == [False, True]


def test_before_images_and_deletions_only_where_the_site_has_them(logging: Ais) -> None:
    act(logging.sandbox, "set_pay_status", **VOUCHER, PST="H")
    key = {**VOUCHER, "SFX": "001", "SFXE": 0}
    logging.sandbox.post("/rows", {"system": "jde", "table": "F0411", "delete": [key]})
    assert [(row["TNAC"], row["PST"]) for row in logged(logging)] == [("UA", "H")]
    switch(logging, outbound_before_image="UB", outbound_deletion="D")
    act(logging.sandbox, "set_pay_status", **{**VOUCHER, "DOC": 4712}, PST="H")
    logging.sandbox.post("/rows", {"system": "jde", "table": "F0411", "delete": [{**key, "DOC": 4713}]})
    later = [(row["TNAC"].strip(), row["DOC"], row["PST"]) for row in logged(logging)[1:]]
    assert later == [("UB", 4712, "A"), ("UA", 4712, "H"), ("D", 4713, "A")]


def test_the_purge_empties_the_log_and_numbers_go_on(logging: Ais) -> None:
    act(logging.sandbox, "set_pay_status", **VOUCHER, PST="H")
    [before] = logged(logging)
    assert act(logging.sandbox, "purge_outbound") == {"purged": 1}
    assert logged(logging) == []
    act(logging.sandbox, "set_pay_status", **VOUCHER, PST="A")
    [after] = logged(logging)
    assert int(after["EDTN"]) > int(before["EDTN"])


def test_the_log_has_an_index_on_the_document(logging: Ais) -> None:
    for number in (4711, 4712, 4713):
        act(logging.sandbox, "set_pay_status", **{**VOUCHER, "DOC": number}, PST="H")
    switch(logging, count_scans=True)
    logging.rows("F0411Z3", condition("F0411Z3.DOC", "EQUAL", 4712))
    counted = logging.sandbox.get("/scans")["jde"]["tables"]["F0411Z3"]
    assert (counted["rows"], list(counted["indexes"])) == (1, ["DOC,DCT,KCO,SFX"])


def key_of(made: dict[str, Any]) -> dict[str, Any]:
    return {alias: made[alias] for alias in ("KCO", "DCT", "DOC")}


@pytest.mark.parametrize("moves", [True, False])
def test_every_program_of_the_list_logs_what_it_does_to_vouchers(logging: Ais, moves: bool) -> None:
    """Entry, change, split, speed status change (whether it moves UPMJ or not), prepayment, recurring voucher and its
    copy, logged voucher and its redistribution, void."""
    switch(logging, speed_status_moves_date=moves)
    acts = JdeActs(logging.sandbox, logging)

    def grown(table: str = "F0411Z3") -> int:
        return len(logging.rows(table, maxPageSize="No Max"))

    key = acts.enter()
    vouchers = [key]
    for name, more in (
        ("change_voucher", {"amount": "110.00"}),
        ("speed_status_change", {"set": {"PST": "H"}}),
        ("split_voucher", {"SFX": "001", "amounts": ["10.00"]}),
    ):
        before = grown()
        acts.act(name, key, **more)
        assert grown() > before, name
    for name, more in (
        ("enter_prepayment", {}),
        ("enter_recurring", {"ANI": "30.4210", "RF": "M", "DRF": 2}),
        ("enter_logged", {"ANI": "30.4210"}),
    ):
        before = grown()
        vouchers.append(key_of(acts.act(name, **{**PAPER, "VINV": name.upper()}, **more)))
        assert grown() > before, name
    _, _, model, paper = vouchers
    copied = key_of(acts.act("recycle_voucher", model))
    assert len(logging.rows("F0411Z3", condition("F0411Z3.DOC", "EQUAL", copied["DOC"]))) == 1
    before, seen = grown(), grown("F0911Z4")
    acts.act("redistribute_voucher", paper, lines=[{"ANI": "39284.4210.01", "amount": "120.00"}])
    assert grown() > before and grown("F0911Z4") > seen
    before = grown()
    acts.act("post_batch", copied)
    before = grown()
    acts.act("void_voucher", copied)
    assert grown() > before
