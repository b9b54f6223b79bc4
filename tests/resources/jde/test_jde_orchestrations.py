"""Orchestrations succeed only when all of the criterion holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from fake_ais import FakeAis

from connector_resources.errors import OutcomeUnknown, Refused, UnusableInput
from connector_resources.jde import JdeClient

Connect = Callable[..., JdeClient]
SETTINGS = {
    "voucher": {
        "name": "ML_Voucher",
        "inputs": {"supplier": "Supplier ", "date": "Invoice Date", "lines": "Grid", "lines.amount": "Amount"},
        "key_output": "Document Number",
    }
}
VALUES = {
    "supplier": 4343,
    "date": date(2026, 4, 5),
    "number": "INV-1",
    "lines": [{"amount": Decimal("10.50"), "account": "30.8720"}],
}


@pytest.fixture
def client(connect: Connect) -> JdeClient:
    return connect(orchestrations=SETTINGS)


def answering(ais: FakeAis, status: int, body: Any) -> list[Any]:
    sent: list[Any] = []

    def orchestration(inputs: Any) -> tuple[int, Any]:
        sent.append(inputs)
        return status, body

    ais.orchestrations["ML_Voucher"] = orchestration
    return sent


def test_inputs_have_the_sites_names_and_the_users_dates(ais: FakeAis, client: JdeClient) -> None:
    sent = answering(ais, 200, {"jde__status": "SUCCESS", "out": [{"Document Number": 4711}]})
    outcome = client.orchestrations.call("voucher", VALUES)
    assert outcome.key == "4711"
    assert sent == [
        {
            "Supplier ": "4343",
            "Invoice Date": "05/04/2026",
            "number": "INV-1",
            "Grid": [{"Amount": "10.50", "account": "30.8720"}],
        }
    ]
    assert ais.requests[-1][1] == "/jderest/v3/orchestrator/ML_Voucher"
    assert client.calls.write == 1


FORM = {"ServiceRequest1": {"forms": [{"fs_P0411_W0411A": {"errors": [{"CODE": "0082", "TITLE": "Duplicate"}]}}]}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (200, FORM, Refused, "0082 Duplicate"),
        (200, {"sysErrors": [{"TITLE": "Bad"}]}, Refused, "Bad"),
        (200, {"exception": "X", "message": "broken"}, Refused, "broken"),
        (200, {"jde__status": "ERROR", "jde__simpleMessage": "No supplier"}, Refused, "No supplier"),
        (200, {"jde__status": "WARN", "Document Number": 7}, OutcomeUnknown, "WARN"),
        (200, {"continuedOnError": [{"message": "step 2"}]}, OutcomeUnknown, "step 2"),
        (200, {**FORM, "Document Number": 7}, OutcomeUnknown, "0082"),
        (200, {"jde__status": "SUCCESS"}, OutcomeUnknown, "without Document Number"),
        (200, {"Document Number": 0}, OutcomeUnknown, "without Document Number"),
        (200, {"Document Number": " "}, OutcomeUnknown, "without Document Number"),
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
        client.orchestrations.call("voucher", VALUES)
    assert len(sent) == 1


def test_no_date_is_written_that_the_site_would_read_otherwise(
    ais: FakeAis, client: JdeClient, ledger: list[Any]
) -> None:
    sent = answering(ais, 200, {"Document Number": 4711})
    ais.strptime = "%m/%d/%Y"
    with pytest.raises(UnusableInput, match="date literals are not understood"):
        client.orchestrations.call("voucher", VALUES)
    assert sent == []


def test_a_lost_answer_is_not_sent_again(ais: FakeAis, client: JdeClient) -> None:
    ais.before = lambda method, path, body: "drop" if "/orchestrator/" in path else None
    with pytest.raises(OutcomeUnknown):
        client.orchestrations.call("voucher", VALUES)
    assert len(ais.paths("/orchestrator/")) == 1


def test_a_dead_token_is_renewed_and_the_call_sent_once_more(ais: FakeAis, client: JdeClient) -> None:
    sent = answering(ais, 200, {"Document Number": 4711})
    client.count("F0101")
    ais.expire()
    assert client.orchestrations.call("voucher", VALUES).key == "4711"
    assert len(sent) == 1


def test_discovery_finds_what_does_not_agree(ais: FakeAis, client: JdeClient) -> None:
    assert "no orchestration 'ML_Voucher'" in client.orchestrations.lacking("voucher")
    ais.described["ML_Voucher"] = [{"name": "Supplier "}, "Invoice Date"]
    assert client.orchestrations.lacking("voucher") == "voucher: ML_Voucher has no input 'Grid', 'Amount'"
    ais.described["ML_Voucher"].append({"name": "Grid", "inputs": [{"name": "Amount"}]})
    assert client.orchestrations.lacking("voucher") == ""


def test_an_act_without_an_orchestration_names_the_setting(client: JdeClient) -> None:
    with pytest.raises(UnusableInput, match=r"set orchestrations\.payment\.name"):
        client.orchestrations.call("payment", {})
