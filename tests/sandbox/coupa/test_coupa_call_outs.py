"""Call-outs: what Coupa sends by itself, to whom, and what becomes of it when the receiver or the way fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from call_out_receiver import CLIENT_ID, CLIENT_SECRET, SCOPE, Receiver, receiving
from coupa_caller import Coupa, invoice

from connector_sandbox.testing import Sandbox


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def set_up(sandbox: Sandbox, *call_outs: dict[str, Any], **options: Any) -> None:
    sandbox.post("/options", {"coupa": {"call_outs": list(call_outs), **options}})


def flushed(sandbox: Sandbox) -> dict[str, Any]:
    report: dict[str, Any] = sandbox.post("/call-outs/flush")["coupa"]
    assert report["waiting"] == 0
    return report


def counts(report: dict[str, Any]) -> tuple[int, int, int]:
    return report["sent"], report["failed"], report["dropped"]


def test_each_change_of_an_invoice_sends_it_as_the_api_shows_it(
    stocked: Coupa, sandbox: Sandbox, receiver: Receiver
) -> None:
    set_up(sandbox, receiver.call_out())
    stocked.invoice()
    stocked.put("invoices/1/submit")
    sandbox.post("/rows", {"system": "coupa", "act": "approve_invoice", "id": 1})
    stocked.put("invoices/1", {"paid": True, "payments": [{"amount-paid": "100", "notes": "1003"}]})
    assert counts(flushed(sandbox)) == (4, 0, 0)
    documents = receiver.documents()
    assert [each["status"] for each in documents] == ["draft", "pending_approval", "approved", "approved"]
    assert [each["paid"] for each in documents] == [False, False, False, True]
    assert documents[-1] == stocked.get("invoices/1")
    assert {kind for kind, _ in receiver.bodies} == {"application/json"}


def test_the_token_is_asked_for_as_documented_and_kept_while_it_is_good(
    stocked: Coupa, sandbox: Sandbox, receiver: Receiver
) -> None:
    set_up(sandbox, receiver.call_out())
    for number in ("A", "B"):
        stocked.invoice(number)
    flushed(sandbox)
    form = {"grant_type": ["client_credentials"], "scope": [SCOPE]}
    assert receiver.logins == [(f"Basic {CLIENT_ID}:{CLIENT_SECRET}", form)]
    sandbox.post("/clock", {"advance": 90_000})
    receiver.token = "token-2"
    later = Coupa(sandbox.url("coupa"), sandbox.get("/credentials")["coupa"])
    later.invoice("C")
    assert counts(flushed(sandbox)) == (3, 0, 0)
    assert len(receiver.logins) == 2


def test_orders_go_out_in_xml_if_so_configured(stocked: Coupa, sandbox: Sandbox, receiver: Receiver) -> None:
    set_up(sandbox, receiver.call_out("purchase_orders", format="xml"))
    stocked.issued()
    assert counts(flushed(sandbox)) == (2, 0, 0)
    kind, body = receiver.bodies[-1]
    root = ElementTree.fromstring(body)
    assert (kind, root.tag) == ("application/xml", "order-header")
    assert (root.findtext("po-number"), root.findtext("status")) == ("100234-OP-00001", "issued")


def test_what_changes_nothing_and_what_nobody_asked_for_sends_nothing(
    stocked: Coupa, sandbox: Sandbox, receiver: Receiver
) -> None:
    stocked.invoice()
    set_up(sandbox, receiver.call_out())
    stocked.put("invoices/1", {"invoice-number": "INV-1"})
    stocked.refused("PUT", "invoices/1", {"paid": True})
    stocked.order()
    assert counts(flushed(sandbox)) == (0, 0, 0)
    assert receiver.bodies == []


def test_a_refused_call_out_is_listed_and_sent_again(stocked: Coupa, sandbox: Sandbox, receiver: Receiver) -> None:
    set_up(sandbox, receiver.call_out())
    receiver.status = 503
    made = stocked.invoice()
    report = flushed(sandbox)
    assert counts(report) == (0, 1, 0)
    [failure] = report["failures"]
    assert (failure["document"], failure["id"], failure["reason"]) == ("invoices", made["id"], "answered 503")
    assert CLIENT_SECRET not in str(report) and receiver.token not in str(report)
    receiver.status = 202
    assert sandbox.post("/call-outs/resend") == {"coupa": {"resent": 1}}
    assert counts(flushed(sandbox)) == (1, 0, 0)
    assert receiver.documents()[0]["invoice-number"] == "INV-1"


def test_a_token_that_is_good_no_more_fails_once(stocked: Coupa, sandbox: Sandbox, receiver: Receiver) -> None:
    set_up(sandbox, receiver.call_out())
    stocked.invoice("A")
    flushed(sandbox)
    receiver.token = "token-2"
    stocked.invoice("B")
    assert flushed(sandbox)["failures"][0]["reason"] == "answered 401"
    sandbox.post("/call-outs/resend")
    assert counts(flushed(sandbox)) == (2, 0, 0)


def test_a_receiver_that_is_not_there_stops_nothing(stocked: Coupa, sandbox: Sandbox) -> None:
    with receiving() as gone:
        address = gone.call_out()
    set_up(sandbox, address)
    assert stocked.invoice()["status"] == "draft"
    report = flushed(sandbox)
    assert counts(report) == (0, 1, 0)
    assert report["failures"][0]["reason"].startswith("no answer: ")


def test_some_are_lost_some_come_twice_and_in_any_order(stocked: Coupa, sandbox: Sandbox, receiver: Receiver) -> None:
    hard = {"call_out_drop": 0.3, "call_out_repeat": 2, "call_out_shuffle": True, "call_out_seed": 7}
    seen = []
    for _ in range(2):
        set_up(sandbox, receiver.call_out(), **hard)
        receiver.bodies.clear()
        before = counts(flushed(sandbox))
        numbers = [f"INV-{len(seen)}-{n}" for n in range(30)]
        for number in numbers:
            stocked.post("invoices", invoice(number))
        report = flushed(sandbox)
        arrived = Counter(each["invoice-number"] for each in receiver.documents())
        seen.append([arrived[number] for number in numbers])
        lost = report["dropped"] - before[2]
        assert lost + sum(arrived.values()) == 60 and 5 < lost < 35
        assert 2 in arrived.values() and set(arrived.values()) <= {1, 2}
    assert seen[0] == seen[1]


def test_a_reset_forgets_what_was_sent(stocked: Coupa, sandbox: Sandbox, receiver: Receiver) -> None:
    set_up(sandbox, receiver.call_out())
    stocked.invoice()
    flushed(sandbox)
    sandbox.post("/reset")
    assert counts(sandbox.get("/call-outs")["coupa"]) == (0, 0, 0)
    flushed(sandbox)
    assert len(receiver.bodies) == 1


def test_call_outs_that_cannot_be_set_up(sandbox: Sandbox, receiver: Receiver) -> None:
    for wrong in (
        receiver.call_out("coupa_pay_payments"),
        receiver.call_out("robots"),
        receiver.call_out(url="nowhere"),
        receiver.call_out(format="csv"),
    ):
        with pytest.raises(ValueError, match="coupa options"):
            set_up(sandbox, wrong)
    for share in (-0.1, 1.1):
        with pytest.raises(ValueError, match="call_out_drop"):
            set_up(sandbox, call_out_drop=share)
    with pytest.raises(ValueError, match="flush takes"):
        sandbox.post("/call-outs/flush", {"minutes": 1})


def test_what_waits_is_sent_in_another_order(stocked: Coupa, sandbox: Sandbox, receiver: Receiver) -> None:
    numbers = [f"INV-{n}" for n in range(20)]
    set_up(sandbox, receiver.call_out(), call_out_shuffle=True)
    receiver.status = 500
    for number in numbers:
        stocked.invoice(number)
    assert counts(flushed(sandbox)) == (0, 20, 0)
    receiver.status = 202
    sandbox.post("/call-outs/resend")
    flushed(sandbox)
    arrived = [each["invoice-number"] for each in receiver.documents()]
    assert sorted(arrived) == sorted(numbers) and arrived != numbers
