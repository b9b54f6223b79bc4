"""Payments of BILL as rows: what a pair of statuses means, and which outside payments are our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from connector_assets.engine.context import RunContext
from connector_assets.pairs.jde_bill.payments.entries import entries_of, key_of, keys_of, made_in_jde
from connector_assets.pairs.jde_bill.payments.settings import PaymentsSettings, journal_problem
from connector_assets.systems.bill.records import record_text
from connector_resources.bill import Payment
from connector_resources.connections import IntegrationSettings

POSTED = PaymentsSettings().posted_statuses
STP, BLP = "stp01ABCDEFGHIJKLMNO", "blp01ABCDEFGHIJKLMNO"


def payment(status: str = "PAID", single: str | None = "CLEARED", **more: Any) -> Payment:
    """A payment of one bill, as the API gives it."""
    body = {
        "id": STP,
        "vendorId": "00901ABCDEFGHIJKLMNO",
        "billPayments": [
            {
                "id": BLP,
                "billId": "00n01ABCDEFGHIJKLMNO",
                "amount": Decimal("100.00"),
                "vendorCredits": [
                    {"id": "vcr1", "amount": Decimal("12.34")},
                    {"id": "vcr2", "amount": Decimal("7.66")},
                ],
            }
        ],
        "processDate": "2026-03-02",
        "status": status,
        "updatedTime": datetime(2026, 3, 2, 9, tzinfo=UTC),
        **({"singleStatus": single} if single else {}),
        **more,
    }
    return Payment.model_validate(body)


@dataclass
class Landed:
    """A bench whose reader has these payments landed."""

    payments: list[Payment]

    def reader(self, role: str) -> Landed:
        return self

    def complete(self, entity: str, columns: list[str], keys: list[tuple[str]]) -> list[dict[str, Any]]:
        assert (entity, columns) == ("payments", ["id"])
        return [row for row in self.rows() if (row["id"],) in keys]

    def rows(self) -> list[dict[str, Any]]:
        day = date(2026, 3, 2)
        return [{"id": each.id, "updated_on": day, "record": record_text(each)} for each in self.payments]


def row_of(found: Payment) -> Mapping[str, Any]:
    """The only document of a payment."""
    context = Landed([found])
    [row] = entries_of(cast(RunContext, context), keys_of(context.rows()), POSTED).documents
    return row


@pytest.mark.parametrize(
    ("status", "single", "settled", "undone", "trouble"),
    [
        ("PAID", "PROCESSED", True, False, False),
        ("PAID", "PARTIALLY_CLAIMED", True, False, False),
        ("PAID", "FUNDING_STARTED", False, False, False),
        ("PAID", "UNDEFINED", False, False, False),
        ("PAID", None, False, False, False),
        ("SCHEDULED", "CLEARED", False, False, False),
        ("PAID", "VOIDED", False, True, False),
        ("VOID", "CLEARED", False, True, False),
        ("CANCELLED", None, False, True, False),
        ("CANCELED", None, False, True, False),
        ("SCHEDULED", "CANCELED", False, True, False),
        ("SCHEDULED", "CANCELLED", False, True, False),
        ("PAID", "FUNDING_FAILED_VOIDED", False, True, False),
        ("PAID", "FUNDING_FAILED_ACTION_NEEDED", False, False, True),
        ("PAID", "DISBURSEMENT_FAILED_VENDOR_BANK_REJECTED", False, False, True),
        ("VOID", "DISBURSEMENT_FAILED_ACTION_NEEDED", False, True, False),
        ("ESCHEATED", "FUNDS_ESCHEATED", False, False, False),
    ],
)
def test_what_the_two_statuses_of_a_payment_mean(
    status: str, single: str | None, settled: bool, undone: bool, trouble: bool
) -> None:
    row = row_of(payment(status, single))
    assert (row["settled"], row["undone"], row["trouble"]) == (settled, undone, trouble)


@pytest.mark.parametrize(("single", "settled"), [(None, True), ("UNDEFINED", True), ("SCHEDULED", False)])
def test_of_an_outside_payment_bill_need_not_know_how_far_it_is(single: str | None, settled: bool) -> None:
    assert row_of(payment("PAID", single, onlinePayment=False))["settled"] is settled


@pytest.mark.parametrize(
    ("reported", "ours"),
    [
        ({"description": "JDE 5001"}, True),
        ({"syncReference": "JDE 5001 of 2026-03-02"}, True),
        ({"description": "JDE 5001-A"}, False),
        ({"description": "JDE 5001", "onlinePayment": True}, False),
        ({"description": "JDE 00001-PV-4711-001"}, False),
        ({"description": "paid in JDE 5001"}, False),
        ({"description": "JDE PO 00001-OP-77"}, False),
        ({}, False),
    ],
)
def test_which_outside_payments_jd_edwards_made(reported: dict[str, Any], ours: bool) -> None:
    assert made_in_jde(payment(**{"onlinePayment": False, **reported})) is ours


def test_cash_is_the_amount_less_the_credits_and_each_credit_is_a_line() -> None:
    context = Landed([payment()])
    found = entries_of(cast(RunContext, context), {key_of(STP, BLP): None}, POSTED)
    [row] = found.documents
    assert (row["gross"], row["amount"]) == (Decimal(100), Decimal(80))
    assert [(line["credit"], line["amount"]) for line in found.lines] == [
        ("vcr1", Decimal("12.34")),
        ("vcr2", Decimal("7.66")),
    ]
    found.check("payments")


def test_a_payment_without_bill_payments_is_counted_and_left_alone() -> None:
    context = Landed([payment(billPayments=[], billId="00n01ABCDEFGHIJKLMNO")])
    found = entries_of(cast(RunContext, context), {key_of(STP, BLP): None}, POSTED)
    assert (found.documents, found.ignored_rows) == ([], {"no_bill_payments": 1})
    found.check("payments")


# -- the mode journal --------------------------------------------------------------------------------------------------

SAFE: dict[str, Any] = {
    "mode": "journal",
    "never_selected": ["H", "B"],
    "journal_closes_pay_item": True,
    "payables_accounts": {"*": "1.4110"},
    "clearing_accounts": {"*": "1.1110"},
}


@pytest.mark.parametrize(
    ("changes", "sent", "why"),
    [
        ({}, ["H"], ""),
        ({}, ["H", "B"], ""),
        ({"mode": "settle", "never_selected": []}, ["A"], ""),
        ({}, None, "pay status A"),
        ({}, ["H", "A"], "pay status A"),
        ({"journal_closes_pay_item": False}, ["H"], "journal_closes_pay_item"),
        ({"payables_accounts": {}}, ["H"], "payables_accounts"),
    ],
)
def test_the_mode_journal_needs_that_nobody_else_can_pay(
    changes: dict[str, Any], sent: list[str] | None, why: str
) -> None:
    settings = PaymentsSettings.model_validate(SAFE | changes)
    flows: dict[str, Any] = {"bills": {"pay_statuses": sent}} if sent else {}
    reported = journal_problem(settings, IntegrationSettings(name="b", kind="jde_bill", flows=flows))
    assert (why in reported) and bool(reported) == bool(why)


def test_a_company_has_its_own_account_or_the_one_of_every_other() -> None:
    settings = PaymentsSettings.model_validate(SAFE)
    accounts = {"00001": "1.1110", "*": "9.1110"}
    assert [settings.account(accounts, each) for each in ("00001", "00002")] == ["1.1110", "9.1110"]
    assert settings.account({"00001": "1.1110"}, "00002") is None
