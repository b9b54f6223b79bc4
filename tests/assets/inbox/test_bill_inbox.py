"""BILL's notifications at the inbox: whose are taken, what of them is kept, and what BILL hears."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from bill_inbox_house import BILL, FORMER, HEADER, KEY, LOGIN, BillHouse, minified, notification, sign

from connector_assets.inbox import app
from connector_resources.ledger.inbox import EventGroup

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
PAYMENT = {
    "id": "stp01ABCDEFGHIJKLMNO",
    "billIds": [BILL["id"]],
    "status": "CLEARED",
    "updatedTime": BILL["updatedTime"],
}
VENDOR = {"id": "00901ABCDEFGHIJKLMNO", "name": "Acme", "updatedTime": "2026-03-01T09:00:00Z"}


def seen(house: BillHouse) -> list[tuple[Any, ...]]:
    return [(e.document, e.record, e.updated_at, e.status) for e in house.stored()]


class TestWhatIsKept:
    @pytest.mark.parametrize(
        ("kind", "entity", "kept"),
        [
            ("bill.updated", BILL, ("bills", BILL["id"], NINE, "UNPAID")),
            ("payment.updated", PAYMENT, ("payments", PAYMENT["id"], NINE, "CLEARED")),
            ("vendor.archived", VENDOR, ("vendors", VENDOR["id"], NINE, None)),
            ("bill.created", {**BILL, "updatedTime": "soon", "paymentStatus": 7}, ("bills", BILL["id"], None, None)),
            ("bill.created", {"amount": 1}, ("bills", "7b0e4c52-3f0a-4f0e-9a53-0d6b1a2c3d4e", None, None)),
        ],
    )
    def test_a_notification_is_a_hint_and_is_answered_with_200(
        self, bill_house: BillHouse, kind: str, entity: dict[str, Any], kept: tuple[Any, ...]
    ) -> None:
        answer = bill_house.send(minified(notification(kind, **entity)))
        assert (answer.status, answer.content) == (200, {"stored": 1, "repeated": 0})
        assert seen(bill_house) == [kept]
        assert bill_house.stored()[0].scheme == "notification"

    def test_a_payment_that_was_never_made_is_told_of_by_its_bills(self, bill_house: BillHouse) -> None:
        failed = {
            "bills": [{"id": "00n02", "amount": 2}, {"id": "00n01", "amount": 1}],
            "updatedTime": VENDOR["updatedTime"],
        }
        assert bill_house.send(minified(notification("payment.failed", **failed))).status == 200
        assert seen(bill_house) == [("bills", "00n01", NINE, None), ("bills", "00n02", NINE, None)]

    @pytest.mark.parametrize("signed", ["as sent", "inner"])
    @pytest.mark.parametrize("form", ["text", "payload", "spaced"])
    def test_a_body_may_be_a_text_or_hold_one_or_have_blanks(
        self, bill_house: BillHouse, form: str, signed: str
    ) -> None:
        inner = minified(notification())
        body = {
            "text": json.dumps(inner.decode()).encode(),
            "payload": minified({"payload": inner.decode()}),
            "spaced": json.dumps(notification(), indent=2).encode(),
        }[form]
        assert bill_house.send(body, sign(inner if signed == "inner" else body)).status == 200
        assert seen(bill_house) == [("bills", BILL["id"], NINE, "UNPAID")]

    def test_an_event_is_known_by_its_id_for_ever_and_a_change_by_what_it_tells(self, bill_house: BillHouse) -> None:
        body = minified(notification())
        assert bill_house.send(body).content == {"stored": 1, "repeated": 0}
        assert bill_house.send(body).content == {"stored": 0, "repeated": 1}
        # the same event, told otherwise; another event of the same change
        assert bill_house.send(minified(notification(**{**BILL, "updatedTime": "2026-03-02T01:00:00Z"}))).status == 200
        assert bill_house.send(minified(notification("bill.created", "another-event"))).status == 200
        assert len(bill_house.stored()) == 1
        batch = bill_house.ledger.inbox.batch("jde_bill")
        assert batch is not None and batch.groups == (EventGroup("bill", "bills", 1, NINE),)
        assert bill_house.send(body).content == {"stored": 0, "repeated": 1}
        later = {**BILL, "updatedTime": "2026-03-02T01:00:00Z"}
        assert bill_house.send(minified(notification("bill.updated", "the-next", **later))).content["stored"] == 1

    @pytest.mark.parametrize("kind", ["spend.approved", "autopay.failed", "bank-account.created"])
    def test_of_what_is_no_document_nothing_is_kept_and_bill_is_content(self, bill_house: BillHouse, kind: str) -> None:
        assert bill_house.send(minified(notification(kind, id="1"))).content == {"stored": 0, "repeated": 0}
        assert bill_house.stored() == []

    def test_only_what_is_stored_is_answered_with_200(self, bill_house: BillHouse) -> None:
        with closing(sqlite3.connect(bill_house.home.path / "ledger.sqlite")) as other:
            other.execute("DROP TABLE inbox_events")
        answer = bill_house.send(minified(notification()))
        assert answer.status >= 500

    def test_a_slow_ledger_has_longer_than_other_senders_give_it(
        self, bill_house: BillHouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        take, over = bill_house.ledger.inbox.take, threading.Event()

        def slowly(*given: Any) -> int:
            over.wait(0.1)
            return take(*given)

        monkeypatch.setattr(bill_house.ledger.inbox, "take", slowly)
        bill_house.inbox._answer_seconds = 0
        assert bill_house.send(minified(notification())).status == 200
        monkeypatch.setattr(app, "BILL_ANSWER_SECONDS", 0)
        assert bill_house.send(minified(notification(event="other"))).status == 503


class TestWhoIsHeard:
    @pytest.mark.parametrize(
        "headers",
        [
            [],
            [(HEADER, "")],
            [(HEADER, sign(minified(notification()), "another key"))],
            [(HEADER, sign(minified(notification()))), (HEADER, sign(minified(notification())))],
            [(HEADER, "ÿ")],
            [("x-signature", sign(minified(notification())))],
        ],
    )
    def test_nobody_else_and_he_hears_nothing_of_why(
        self, bill_house: BillHouse, headers: list[tuple[str, str]]
    ) -> None:
        answer = bill_house.post("/bill/bill", headers, minified(notification()))
        assert (answer.status, answer.content) == (401, {"statusCode": 401, "message": "Unauthorized"})
        assert bill_house.stored() == []

    def test_nobody_before_there_is_a_key(self, bill_house: BillHouse) -> None:
        bill_house.store.delete("bill", "inbox_security_key")
        assert bill_house.send(minified(notification()), key="").status == 401
        assert bill_house.send(minified(notification())).status == 401

    def test_after_a_rotation_both_keys_count_at_once_and_then_the_new_one(self, bill_house: BillHouse) -> None:
        old, new = (minified(notification(event=each)) for each in ("old", "new"))
        assert bill_house.send(minified(notification(event="before"))).status == 200
        bill_house.store.set("bill", "inbox_former_security_key", KEY)
        bill_house.store.set("bill", "inbox_security_key", "made just now")
        bill_house.clock.advance(0.3)
        assert bill_house.send(new, key="made just now").status == 200
        assert bill_house.send(old).status == 200
        bill_house.store.delete("bill", "inbox_former_security_key")
        bill_house.clock.advance(3)
        assert bill_house.send(old).status == 401
        assert bill_house.send(new, key=FORMER).status == 401

    @pytest.mark.parametrize("whose", ["00801THEIRS", "", None, [LOGIN["organization_id"]]])
    def test_no_other_organisation(self, bill_house: BillHouse, whose: Any) -> None:
        body = notification()
        body["metadata"]["organizationId"] = whose
        assert bill_house.send(minified(body)).status == 401
        assert bill_house.stored() == []

    def test_what_stands_beside_the_signed_text_is_nobodys_word(self, bill_house: BillHouse) -> None:
        genuine = minified(notification())
        forged = notification("payment.updated", "forged", **PAYMENT) | {"payload": genuine.decode()}
        bill_house.send(minified(forged), sign(genuine))
        assert seen(bill_house) in ([], [("bills", BILL["id"], NINE, "UNPAID")])

    def test_nobody_over_plain_http(self, bill_house: BillHouse) -> None:
        answer = bill_house.send(minified(notification()), scheme="http")
        assert answer.status == 403 and "HTTPS" in answer.content["message"]
        assert bill_house.stored() == []

    @pytest.mark.parametrize("path", ["/bill/coupa", "/bill/nobody", "/call-out/bill", "/relay/bill"])
    def test_no_connection_is_addressed_as_one_of_another_system(self, bill_house: BillHouse, path: str) -> None:
        assert bill_house.send(minified(notification()), path=path).status == 404

    @pytest.mark.parametrize("body", [b"[]", b"no json", b'{"metadata":[]}', b'{"metadata":{}}', b'"no json"', b"1"])
    def test_what_is_signed_and_is_no_notification_is_refused(self, bill_house: BillHouse, body: bytes) -> None:
        assert bill_house.send(body).status == 400

    def test_nothing_long_is_read(self, bill_house: BillHouse) -> None:
        assert bill_house.send(minified(notification(id="1", name="x" * 20_000))).status == 413

    def test_neither_logs_nor_answers_hold_a_secret_or_a_body(
        self, bill_house: BillHouse, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        body = minified(notification())
        heard = [bill_house.send(body), bill_house.send(body, "AAAA"), bill_house.send(b"[]")]
        reported = caplog.text + str([(each.content, each.headers) for each in heard]) + repr(bill_house.inbox._secrets)
        reported += repr(bill_house.inbox._secrets.keys("bill"))
        for secret in (KEY, sign(body), "ACM-1", LOGIN["password"], LOGIN["dev_key"]):
            assert secret not in reported
        assert "bill reported 1 records, 1 of them new" in reported
