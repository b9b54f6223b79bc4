"""Orchestrations succeed only when all of the criterion holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from fake_ais import FakeAis

from connector_resources.errors import OutcomeUnknown, Refused, TooLong, UnusableInput
from connector_resources.jde import JdeClient

Connect = Callable[..., JdeClient]
ACT = "payment_record"
SETTINGS = {
    ACT: {
        "name": "ML_Payment",
        "inputs": {
            "PaymentNumber": "Payment ",
            "PaymentDate": "Payment Date",
            "PayItems": "Grid",
            "PayItems.ItemAmount": "Amount Paid",
        },
        "key_output": "Payment ID",
    }
}
VALUES = {
    "DocumentCompany": "00001",
    "DocumentType": "PV",
    "DocumentNumber": 4711,
    "PaymentNumber": 80000001,
    "PaymentDate": date(2026, 4, 5),
    "GLDate": date(2026, 4, 6),
    "PayItems": [{"PayItem": "001", "ItemAmount": Decimal("10.50")}],
}


@pytest.fixture
def client(connect: Connect) -> JdeClient:
    return connect(orchestrations=SETTINGS, orchestration_dates="iso")


def answering(ais: FakeAis, status: int, body: Any) -> list[Any]:
    sent: list[Any] = []

    def orchestration(inputs: Any) -> tuple[int, Any]:
        sent.append(inputs)
        return status, body

    ais.orchestrations["ML_Payment"] = orchestration
    return sent


def test_inputs_have_the_sites_names_and_the_dates_of_the_contract(ais: FakeAis, client: JdeClient) -> None:
    sent = answering(ais, 200, {"jde__status": "SUCCESS", "out": [{"Payment ID": 4711}]})
    outcome = client.orchestrations.call(ACT, VALUES)
    assert outcome.key == "4711"
    assert sent == [
        {
            "DocumentCompany": "00001",
            "DocumentType": "PV",
            "DocumentNumber": "4711",
            "Payment ": "80000001",
            "Payment Date": "2026-04-05",
            "GLDate": "2026-04-06",
            "Grid": [{"PayItem": "001", "Amount Paid": "10.50"}],
        }
    ]
    assert ais.requests[-1][1] == "/jderest/v3/orchestrator/ML_Payment"
    assert client.calls.write == 1


FORM = {"ServiceRequest1": {"forms": [{"fs_P0411_W0411A": {"errors": [{"CODE": "0082", "TITLE": "Duplicate"}]}}]}}


WARNED = {
    "ServiceRequest1": {
        "forms": [{"fs_P0411_W0411A": {"errors": [], "warnings": [{"CODE": "0082", "TITLE": "Duplicate"}]}}]
    }
}


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (200, FORM, Refused, "0082 Duplicate"),
        (200, {"sysErrors": [{"TITLE": "Bad"}]}, Refused, "Bad"),
        (200, {"exception": "X", "message": "broken"}, Refused, "broken"),
        (200, {"jde__status": "ERROR", "jde__simpleMessage": "No supplier"}, Refused, "No supplier"),
        (200, {"jde__status": "PENDING", "Payment ID": 7}, OutcomeUnknown, "neither success nor error"),
        (200, {"jde__status": "WARN"}, OutcomeUnknown, "without Payment ID"),
        (200, WARNED, OutcomeUnknown, "without Payment ID, with the warning: 0082 Duplicate"),
        (500, {"message": "x", "status": "WARNING", "userDefinedErrorText": "Check it"}, OutcomeUnknown, "Check it"),
        (200, {"continuedOnError": [{"message": "step 2"}]}, OutcomeUnknown, "step 2"),
        (200, {**FORM, "Payment ID": 7}, OutcomeUnknown, "0082"),
        (200, {"jde__status": "SUCCESS"}, OutcomeUnknown, "without Payment ID"),
        (200, {"Payment ID": 0}, OutcomeUnknown, "without Payment ID"),
        (200, {"Payment ID": " "}, OutcomeUnknown, "without Payment ID"),
        (200, [], OutcomeUnknown, "no object"),
        (200, "<html>Log in</html>", OutcomeUnknown, "web page"),
        (500, {"message": "x", "jde__simpleMessage": "Duplicate Supplier/Invoice"}, Refused, "Duplicate Supplier"),
        (500, {"message": {"ServiceRequest1": {"errors": [{"TITLE": "Bad date"}]}}}, Refused, "Bad date"),
        (500, {"message": "COSE#1000 timeout", "userDefinedErrorText": "failed"}, OutcomeUnknown, "COSE"),
        (500, {"message": "boom", "exception": "java.lang.NullPointerException"}, OutcomeUnknown, "boom"),
        (500, "<html>Error 500</html>", OutcomeUnknown, "Error 500"),
        (502, "<html>Bad gateway</html>", OutcomeUnknown, "502"),
        (404, "<html>none</html>", OutcomeUnknown, "no such orchestration"),
        (406, {}, OutcomeUnknown, "Accept"),
    ],
)
def test_anything_else_is_no_success(
    ais: FakeAis, client: JdeClient, status: int, body: Any, kind: type[Exception], words: str
) -> None:
    sent = answering(ais, status, body)
    with pytest.raises(kind, match=words):
        client.orchestrations.call(ACT, VALUES)
    assert len(sent) == 1


@pytest.mark.parametrize("body", [{**WARNED, "Payment ID": 7}, {"jde__status": "WARN", "Payment ID": 7}])
def test_a_warning_with_the_documents_number_is_a_success(ais: FakeAis, client: JdeClient, body: Any) -> None:
    answering(ais, 200, body)
    assert client.orchestrations.call(ACT, VALUES).key == "7"


def test_a_warning_without_the_number_of_a_document_that_is_made_is_looked_up(ais: FakeAis, connect: Connect) -> None:
    client = connect(orchestrations={ACT: {"name": "ML_Payment"}}, orchestration_dates="iso")
    answering(ais, 200, WARNED)
    with pytest.raises(OutcomeUnknown, match="with a warning: 0082 Duplicate; look whether it was written"):
        client.orchestrations.call(ACT, VALUES)


@pytest.mark.parametrize("body", [WARNED, {"jde__status": "WARN"}, {"JobNumber": 12}])
def test_what_an_act_did_that_makes_no_document_is_for_its_caller_to_see(
    ais: FakeAis, connect: Connect, body: Any
) -> None:
    client = connect(orchestrations={"voucher_batch_run": {"name": "ML_Payment"}})
    answering(ais, 200, body)
    assert client.orchestrations.call("voucher_batch_run", {"BatchNumber": "B", "Mode": "final"}).key is None
    answering(ais, 200, FORM)
    with pytest.raises(Refused, match="0082 Duplicate"):
        client.orchestrations.call("voucher_batch_run", {"BatchNumber": "B", "Mode": "final"})


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("iso", "2026-04-05"),
        ("MM/dd/yyyy", "04/05/2026"),
        ("dd/MM/yyyy", "05/04/2026"),
        ("yyyyMMdd", "20260405"),
        ("epoch_ms", "1775404800000"),
    ],
)
def test_an_orchestration_may_take_dates_in_a_form_of_its_own(
    ais: FakeAis, connect: Connect, written: str, text: str
) -> None:
    sent = answering(ais, 200, {"Payment ID": 7})
    own = {ACT: {**SETTINGS[ACT], "date_format": written}}
    # noon in New York
    client = connect(orchestrations=own, orchestration_dates="user", time_zone="America/New_York")
    client.orchestrations.call(ACT, VALUES)
    assert sent[0]["Payment Date"] == text


def test_where_nothing_says_how_dates_are_taken_none_is_sent(ais: FakeAis, connect: Connect) -> None:
    sent = answering(ais, 200, {"Payment ID": 7})
    client = connect(orchestrations=SETTINGS)
    with pytest.raises(UnusableInput, match=r"set orchestration_dates: iso where .* or user where"):
        client.orchestrations.call(ACT, VALUES)
    assert sent == []


def test_no_date_is_written_that_the_site_would_read_otherwise(
    ais: FakeAis, connect: Connect, ledger: list[Any]
) -> None:
    sent = answering(ais, 200, {"Payment ID": 4711})
    client = connect(orchestrations=SETTINGS, orchestration_dates="user")
    client.orchestrations.call(ACT, VALUES)
    assert sent.pop()["GLDate"] == "06/04/2026"
    ais.strptime = "%m/%d/%Y"
    client = connect(orchestrations=SETTINGS, orchestration_dates="user")
    with pytest.raises(UnusableInput, match="date literals are not understood"):
        client.orchestrations.call(ACT, VALUES)
    assert sent == []


def test_a_lost_answer_is_not_sent_again(ais: FakeAis, client: JdeClient) -> None:
    ais.before = lambda method, path, body: "drop" if "/orchestrator/" in path else None
    with pytest.raises(OutcomeUnknown):
        client.orchestrations.call(ACT, VALUES)
    assert len(ais.paths("/orchestrator/")) == 1


def test_a_dead_token_is_renewed_and_the_call_sent_once_more(ais: FakeAis, client: JdeClient) -> None:
    sent = answering(ais, 200, {"Payment ID": 4711})
    client.count("F0101")
    ais.expire()
    assert client.orchestrations.call(ACT, VALUES).key == "4711"
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("changed", "reported"),
    [
        ({"Comment": "x"}, "Comment is not declared"),
        ({"DocumentType": None, "PaymentNumber": None}, "PaymentNumber is missing"),
        ({"PaymentDate": "2026-04-05"}, "PaymentDate is a str, not a date"),
        ({"PaymentNumber": "8 000"}, "PaymentNumber is a str, not a numeric"),
        ({"PayItems": [{"PayItem": "001", "Paid": 1}]}, "PayItems 1: Paid is not declared"),
        ({"PayItems": [{"ItemAmount": Decimal(1)}]}, "PayItems 1: PayItem is missing"),
        ({"PayItems": ["001"]}, "PayItems 1 is a str, not an object"),
        ({"PayItems": "001"}, "PayItems is a str, not an array"),
    ],
)
def test_what_the_contract_does_not_declare_is_not_sent(
    ais: FakeAis, client: JdeClient, changed: dict[str, Any], reported: str
) -> None:
    sent = answering(ais, 200, {"Payment ID": 4711})
    with pytest.raises(UnusableInput, match=f"{ACT} of erp is not sent: {reported}$"):
        client.orchestrations.call(ACT, VALUES | changed)
    assert sent == []


def test_an_act_that_the_contract_does_not_know_is_not_called(ais: FakeAis, connect: Connect) -> None:
    client = connect(orchestrations={"voucher": {"name": "ML_Voucher"}})
    with pytest.raises(UnusableInput, match="no act of the contract"):
        client.orchestrations.call("voucher", {})
    assert ais.paths("/orchestrator/") == []


def test_an_act_without_an_orchestration_names_the_setting(client: JdeClient) -> None:
    with pytest.raises(UnusableInput, match=r"set orchestrations\.payment\.name"):
        client.orchestrations.call("payment", {})


def test_what_is_longer_than_the_contract_allows_is_not_sent(ais: FakeAis, client: JdeClient) -> None:
    sent = answering(ais, 200, {"jde__status": "SUCCESS", "Payment ID": 4711})
    with pytest.raises(TooLong, match=r"is not sent: DocumentType: PVX has 3 characters, 2 at most") as reported:
        client.orchestrations.call(ACT, VALUES | {"DocumentType": "PVX"})
    assert [(each.field, each.message) for each in reported.value.fields] == [
        (f"{ACT}.DocumentType", "PVX has 3 characters, 2 at most")
    ]
    assert sent == []
