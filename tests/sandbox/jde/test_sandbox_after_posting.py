"""What happens to a voucher after it was entered: deletion, change, void, speed status change (jde-ais section 15)."""

from __future__ import annotations

from typing import Any

import pytest
from ais_caller import Ais
from jde_acts import VOUCHER, JdeActs
from order_books import act as order_act
from order_books import enter_two_lines, figures, line_of, receivers

from connector_sandbox.testing import Sandbox


@pytest.fixture
def acts(sandbox: Sandbox, ais: Ais) -> JdeActs:
    return JdeActs(sandbox, ais)


def test_an_unposted_voucher_is_deleted_for_good(acts: JdeActs) -> None:
    key = acts.enter()
    acts.act("delete_voucher", key)
    assert (acts.rows("F0411", key), acts.rows("F0911", key)) == ([], [])
    posted = acts.enter()
    acts.act("post_batch", posted)
    with pytest.raises(ValueError, match="is posted, void it"):
        acts.act("delete_voucher", posted)


@pytest.mark.parametrize(("way", "left"), [("voided", [("V", "P", "0.00")]), ("deleted", [])])
def test_the_void_of_an_unposted_voucher_is_a_switch(acts: JdeActs, way: str, left: list[tuple[str, ...]]) -> None:
    acts.switch(unposted_void=way)
    key = acts.enter()
    answer = acts.ais.post("/v3/orchestrator/ML_VoucherVoid", {**_named(key), "GLDate": "06/04/2016"})
    assert answer.status_code == 200
    assert acts.items(key, "VOD", "PST", "AAP") == left
    assert bool(acts.lines(key, "AA")) == bool(left)
    # one that was posted is never deleted
    posted = acts.enter()
    acts.act("post_batch", posted)
    acts.act("void_voucher", posted)
    assert [row[:2] for row in acts.items(posted, "VOD", "DCTA")] == [("V", ""), ("V", "PE")]


@pytest.mark.parametrize(
    ("way", "first", "audit"),
    [
        ("delta", ("130.00", "130.00", "A"), ("10.00", "0.00", "P")),
        ("opposite", ("130.00", "130.00", "A"), ("-10.00", "0.00", "P")),
        ("replaced", ("120.00", "0.00", "P"), ("130.00", "130.00", "A")),
    ],
)
def test_a_change_of_a_posted_voucher_leaves_an_audit_row(
    acts: JdeActs, way: str, first: tuple[str, ...], audit: tuple[str, ...]
) -> None:
    acts.switch(changed_rows=way)
    key = acts.enter(Remark="coupa 77")
    acts.act("change_voucher", key, amount="121.00")
    acts.act("change_voucher", key, amount="120.00")
    # before it is posted, it is changed in place
    assert acts.items(key, "SFXE", "AG", "AAP", "PST") == [(0, "120.00", "120.00", "A")]
    acts.act("post_batch", key)
    acts.act("change_voucher", key, amount="130.00")
    assert acts.items(key, "SFXE", "AG", "AAP", "PST") == [(0, *first), (1, *audit)]
    assert acts.items(key, "DCTA", "POST", "RMK") == [("", "D", "coupa 77"), ("PE", "", "Change")]
    one, two = acts.rows("F0411", key)
    assert (two["DCT"], two["SFX"], two["ICU"], two["HDGJ"]) == ("PV", "001", one["ICU"], _today(acts))
    # the batch is open again, and is posted anew
    assert acts.lines(key, "AA", "POST")[-1] == ("10.00", "")
    acts.act("post_batch", key)
    assert {row[0] for row in acts.items(key, "POST")} == {"D"} and {row[0] for row in acts.lines(key, "POST")} == {"P"}


def test_a_void_after_a_change_takes_back_the_new_amount(acts: JdeActs) -> None:
    acts.switch(void_clears_gross=True)
    key = acts.enter()
    acts.act("post_batch", key)
    acts.act("change_voucher", key, amount="130.00")
    acts.act("void_voucher", key, date="2016-04-07")
    assert acts.items(key, "SFXE", "DCTA", "AG", "AAP", "PST", "VOD") == [
        (0, "", "0.00", "0.00", "P", "V"),
        (1, "PE", "10.00", "0.00", "P", ""),
        (2, "PE", "-130.00", "0.00", "P", "V"),
    ]
    lines = acts.rows("F0911", key)
    back = [line for line in lines if line["RE"] == "V"]
    assert sorted(line["AA"] for line in back) == [-120, -10]
    assert {(line["POST"], line["DGJ"]) for line in back} == {("", "20160407")}
    assert len({line["JELN"] for line in lines}) == len(lines)


def test_a_voucher_of_no_amount_is_voided_without_an_audit_row(acts: JdeActs) -> None:
    key = acts.enter(PayItems=[{"GrossAmount": "0"}], Distribution=[])
    assert acts.items(key, "PST", "AAP") == [("P", "0.00")]
    acts.act("post_batch", key)
    acts.act("void_voucher", key)
    assert acts.items(key, "SFXE", "VOD", "PST") == [(0, "V", "P")]
    with pytest.raises(ValueError, match="is void"):
        acts.act("void_voucher", key)


@pytest.mark.parametrize("status", ["#", "Z"])
def test_a_voucher_that_is_paid_in_part_or_in_payment_is_not_voided(acts: JdeActs, status: str) -> None:
    key = acts.enter()
    acts.act("pay_voucher", key, amount="20.00")
    with pytest.raises(ValueError, match="has payments"):
        acts.act("void_voucher", key)
    other = acts.enter()
    item = {**other, "SFX": "001", "SFXE": 0, "PST": status}
    acts.sandbox.post("/rows", {"system": "jde", "table": "F0411", "upsert": [item]})
    with pytest.raises(ValueError, match="in a payment process"):
        acts.act("void_voucher", other)


@pytest.mark.parametrize("dated", [True, False])
def test_the_speed_status_change_touches_the_pay_items_of_several_vouchers_alone(acts: JdeActs, dated: bool) -> None:
    acts.switch(speed_status_moves_date=dated)
    keys = [acts.enter(InvoiceNumber=f"NEW-{place}") for place in (1, 2)]
    for key in keys:
        acts.act("post_batch", key)
    before = [acts.rows("F0911", key) for key in keys]
    entered = {key["DOC"]: acts.items(key, "UPMJ", "UPMT") for key in keys}
    acts.sandbox.clock.advance(600)
    changes = {"PST": "H", "DDJ": "2016-06-30", "PYE": 4344, "GLBA": "00000001", "PYIN": "C", "AC07": "A1"}
    assert acts.act("speed_status_change", vouchers=keys, set=changes) == {"changed": 2}
    for key in keys:
        wanted = ("H", "20160630", 4344, "00000001", "C", "A1", "D")
        assert acts.items(key, "PST", "DDJ", "PYE", "GLBA", "PYIN", "AC07", "POST") == [wanted]
        assert (acts.items(key, "UPMJ", "UPMT") != entered[key["DOC"]]) == dated
    assert [acts.rows("F0911", key) for key in keys] == before
    with pytest.raises(ValueError, match="cannot set AG"):
        acts.act("speed_status_change", keys[0], set={"AG": "1"})
    # the 1099 code may change of what is paid, too
    acts.act("pay_voucher", keys[0])
    with pytest.raises(ValueError, match="is paid"):
        acts.act("speed_status_change", keys[0], set={"PYE": 4343})
    acts.act("speed_status_change", keys[0], set={"AC07": "A3"})
    assert acts.items(keys[0], "AC07", "PST") == [("A3", "P")]


def matched(acts: JdeActs, *, posted: bool) -> dict[str, Any]:
    """A voucher that procurement made of four received units; as a clerk's act names it."""
    enter_two_lines(acts.sandbox)
    order_act(acts.sandbox, "receive_order", line=1, quantity=4, date="2016-04-10")
    line = {"POCompany": "00001", "PONumber": "9001", "POType": "OP", "POLine": 1, "Quantity": 4, "Amount": "50.00"}
    header = {name: value for name, value in VOUCHER.items() if name not in ("PayItems", "Distribution")}
    answer = acts.ais.post("/v3/orchestrator/ML_VoucherMatch", {**header, "Lines": [line]}).json()
    key = {"KCO": "00001", "DCT": "PV", "DOC": answer["DocumentNumber"]}
    if posted:
        acts.act("post_batch", key)
    return key


@pytest.mark.parametrize(("way", "warned"), [("silent", 0), ("warn", 1)])
def test_a_matched_voucher_that_is_voided_in_payables_leaves_its_order_lines_vouchered(
    acts: JdeActs, way: str, warned: int
) -> None:
    acts.switch(matched_void=way)
    key = matched(acts, posted=True)
    before = (figures(line_of(acts.ais, 9001)), receivers(acts.ais, 9001))
    answer = acts.ais.post("/v3/orchestrator/ML_VoucherVoid", _named(key))
    assert (answer.status_code, answer.json()["jde__status"]) == (200, "WARN" if warned else "SUCCESS")
    assert {row[0] for row in acts.items(key, "VOD")} == {"V"}
    assert (figures(line_of(acts.ais, 9001)), receivers(acts.ais, 9001)) == before


def test_a_matched_voucher_may_be_refused_in_payables(acts: JdeActs) -> None:
    acts.switch(matched_void="refuse")
    key = matched(acts, posted=True)
    with pytest.raises(ValueError, match="created by Procurement"):
        acts.act("void_voucher", key)
    assert {row[0] for row in acts.items(key, "VOD")} == {""}


@pytest.mark.parametrize("posted", [True, False])
@pytest.mark.parametrize("by", ["clerk", "orchestration"])
def test_voucher_match_takes_back_what_it_made_and_the_receipt_is_open_again(
    acts: JdeActs, posted: bool, by: str
) -> None:
    acts.switch(matched_void="refuse")
    key = matched(acts, posted=posted)
    vouchered = figures(line_of(acts.ais, 9001))
    if by == "clerk":
        assert acts.act("reverse_match", key) == {"DOC": key["DOC"], "posted": posted}
    else:
        answer = acts.ais.post("/v3/orchestrator/ML_VoucherMatchReverse", {**_named(key), "GLDate": "20/04/2016"})
        assert answer.status_code == 200
    assert figures(line_of(acts.ais, 9001)) != vouchered
    (receipt,) = [row for row in receivers(acts.ais, 9001) if row[0] == "1"]
    assert receipt[-2:] == receipt[-4:-2]
    matches = [row for row in receivers(acts.ais, 9001) if row[0] == "2"]
    assert len(matches) == (2 if posted else 0)
    assert acts.items(key, "VOD", "DCTA") == ([("V", ""), ("V", "PE")] if posted else [])
    assert [line[0] for line in acts.lines(key, "RE")] == (["", "V"] if posted else [])
    again = acts.ais.post("/v3/orchestrator/ML_VoucherMatchReverse", _named(key))
    assert again.status_code == 500


def test_voucher_match_takes_back_nothing_that_payables_entered(acts: JdeActs) -> None:
    key = acts.enter()
    with pytest.raises(ValueError, match="procurement did not make"):
        acts.act("reverse_match", key)


def _named(key: dict[str, Any]) -> dict[str, Any]:
    return {"DocumentCompany": key["KCO"], "DocumentType": key["DCT"], "DocumentNumber": key["DOC"]}


def _today(acts: JdeActs) -> str:
    return f"{acts.sandbox.clock.now():%Y%m%d}"
