"""Pay items are put on a status in JD Edwards: what is called, what is left alone, and what is believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connector_assets.documents.jde.vouchers.handing_over import PAY_STATUS, body, hand_over
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Prepared
from connector_resources.errors import OutcomeUnknown, Refused, Unavailable

VOUCHER = ("00001", "PV", 4711)
KEY = dict(zip(("KCO", "DCT", "DOC"), VOUCHER, strict=True))
MOVABLE = ("A", "V")


class Ledger:
    """JD Edwards' pay items of one voucher: suffix -> pay status; `says` is what its orchestration does instead."""

    def __init__(self, says: Exception | None = None, *, sets: bool = True, **statuses: str) -> None:
        self.statuses = {name.removeprefix("item"): status for name, status in statuses.items()}
        self.says, self.sets = says, sets
        self.called: list[Mapping[str, Any]] = []
        self.orchestrations = self

    def by_keys(self, table: str, columns: Any, keys: Any) -> Iterator[list[dict[str, Any]]]:
        assert (table, list(keys)) == ("F0411", [VOUCHER])
        yield [
            {**KEY, "SFX": suffix, "PST": status, "AAP": Decimal("0.00" if status == "P" else "60.00"), "CRCD": "GBP"}
            for suffix, status in self.statuses.items()
        ]

    def call(self, act: str, values: Mapping[str, Any]) -> None:
        assert act == PAY_STATUS
        self.called.append(values)
        if self.sets:
            self.statuses |= {each["PayItem"]: values["PayStatus"] for each in values["PayItems"]}
        if self.says is not None:
            raise self.says


def handed(ledger: Ledger, *suffixes: str) -> Prepared:
    """Hand these pay items over on B."""
    context = SimpleNamespace(
        client=lambda role, kind=None: ledger, connection=lambda role: SimpleNamespace(name="jde")
    )
    return hand_over(cast(RunContext, context), body(VOUCHER, suffixes or ("001",), "B"), MOVABLE)


def test_the_pay_items_that_are_named_are_set_and_the_others_stay() -> None:
    ledger = Ledger(item001="A", item002="V", item003="A")
    assert handed(ledger, "002", "001") == Prepared()
    named = {"DocumentCompany": "00001", "DocumentType": "PV", "DocumentNumber": 4711, "PayStatus": "B"}
    assert ledger.called == [{**named, "PayItems": [{"PayItem": "001"}, {"PayItem": "002"}]}]
    assert ledger.statuses == {"001": "B", "002": "B", "003": "A"}


def test_what_is_handed_over_already_is_not_sent_again() -> None:
    ledger = Ledger(item001="B")
    assert handed(ledger) == Prepared() and ledger.called == []


@pytest.mark.parametrize("status", ["H", "#", "Z"])
def test_what_a_person_or_a_payment_run_has_in_hand_is_left_alone(status: str) -> None:
    ledger = Ledger(item001="A", item002=status)
    with pytest.raises(Unavailable, match=rf"002, 60\.00 GBP open on pay status {status}"):
        handed(ledger, "001", "002")
    assert ledger.called == [] and ledger.statuses["001"] == "A"


def test_what_is_paid_by_now_does_not_keep_the_rest() -> None:
    ledger = Ledger(item001="A", item002="P")
    assert handed(ledger, "001", "002") == Prepared() and ledger.statuses["001"] == "B"


def test_what_is_not_open_any_more_is_read_again() -> None:
    with pytest.raises(Unavailable, match="is not open any more"):
        handed(Ledger(item001="P"))


def test_a_success_is_believed_only_where_it_shows() -> None:
    with pytest.raises(OutcomeUnknown, match=r"001, 60\.00 GBP open on pay status A"):
        handed(Ledger(item001="A", sets=False))


def test_a_lost_answer_is_looked_up_at_once() -> None:
    assert handed(Ledger(OutcomeUnknown("reset"), item001="A")) == Prepared()
    with pytest.raises(OutcomeUnknown):
        handed(Ledger(OutcomeUnknown("reset"), item001="A", sets=False))


def test_a_refusal_is_told_as_it_is() -> None:
    with pytest.raises(Refused, match="in a payment process"):
        handed(Ledger(Refused("Voucher 4711 is in a payment process"), item001="A", sets=False))
