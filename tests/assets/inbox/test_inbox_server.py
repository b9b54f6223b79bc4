"""The inbox over HTTP: who may come, what is understood, what is kept, and what a sender hears."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from inbox_house import COUPA, JSON, NORTH, NORTH_READER, SECRETS, XML, House, Served, basic, serving

from connector_assets.inbox import app

GRANT = {"grant_type": "client_credentials"}
INVOICE: dict[str, Any] = {
    "id": 4711,
    "invoice-number": "INV-7781",
    "status": "approved",
    "paid": False,
    "updated-at": "2026-03-01T12:30:00-06:00",
    "supplier": {"id": 9, "status": "active", "updated-at": "2020-01-01T00:00:00Z"},
}
NOON = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
INVOICE_XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<invoice-header>
  <id type="integer">4711</id>
  <updated-at type="dateTime">2026-03-01T12:30:00-06:00</updated-at>
  <status>approved</status><paid type="boolean">false</paid>
  <supplier><id>9</id><status>active</status></supplier>
  <payment-notes nil="true"/>
</invoice-header>"""


def seen(house: House) -> list[tuple[Any, ...]]:
    return [(e.document, e.record, e.updated_at, e.status, e.paid) for e in house.stored()]


class TestTokens:
    @pytest.mark.parametrize("url_safe", [True, False])
    @pytest.mark.parametrize("padded", [True, False])
    def test_a_client_gets_a_token_by_basic_and_may_call_out_with_it(
        self, served: Served, url_safe: bool, padded: bool
    ) -> None:
        authorization = basic(COUPA, url_safe=url_safe, padded=padded)
        answer = served.log_in({**GRANT, "scope": "anything"}, authorization)
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        token = answer.content.pop("access_token")
        assert answer.content == {"token_type": "bearer", "expires_in": 86_399}

        assert served.call_out("/call-out/coupa/invoices", INVOICE, token=token).status == 200
        assert len(served.house.stored()) == 1

    def test_a_client_gets_a_token_by_form_fields(self, served: Served) -> None:
        named = SECRETS[NORTH]
        form = {**GRANT, "client_id": named["inbox_client_id"], "client_secret": named["inbox_client_secret"]}
        token = served.log_in(form).content["access_token"]
        assert served.call_out("/call-out/coupa_north/invoices", INVOICE, token=token).status == 200
        assert len(served.house.stored(NORTH_READER)) == 1

    def test_whoever_else_asks_gets_none(self, served: Served) -> None:
        mine, theirs = SECRETS[COUPA], SECRETS[NORTH]
        crossed = {"client_id": mine["inbox_client_id"], "client_secret": theirs["inbox_client_secret"]}
        refused = [
            served.log_in(GRANT),
            served.log_in(GRANT, basic(COUPA)[:-2] + "AA"),
            served.log_in(GRANT, "Basic !!!"),
            served.log_in(GRANT, basic(COUPA).replace("Basic", "Bearer")),
            served.log_in({**GRANT, **crossed}),
            served.log_in({**GRANT, "client_id": mine["inbox_client_id"]}),
            # the form names another client than the header
            served.log_in({**GRANT, "client_id": theirs["inbox_client_id"]}, basic(COUPA)),
        ]
        assert {(each.status, each.content["error"]) for each in refused} == {(401, "invalid_client")}
        assert all("WWW-Authenticate" in each.headers for each in refused)

    def test_another_grant_is_refused(self, served: Served) -> None:
        reported = [served.log_in(form, basic(COUPA)) for form in ({}, {"grant_type": "password"})]
        assert [(each.status, each.content["error"]) for each in reported] == [
            (400, "invalid_request"),
            (400, "unsupported_grant_type"),
        ]

    def test_a_token_is_for_its_connection_and_its_time(self, served: Served) -> None:
        house = served.house
        token = house.token(COUPA)
        assert served.call_out("/call-out/coupa_north/invoices", INVOICE, token=token).status == 401
        house.clock.advance(86_399)
        late = served.call_out("/call-out/coupa/invoices", INVOICE, token=token)
        assert late.status == late.content["statusCode"] == 401
        assert late.content["message"].startswith("Unauthorized")
        assert house.stored() == house.stored(NORTH_READER) == []

    def test_a_changed_login_counts_at_once(self, served: Served) -> None:
        token = served.house.token(COUPA)
        served.house.home.credentials().set(COUPA, "inbox_client_id", "renamed")
        served.house.clock.advance(3)
        assert served.call_out("/call-out/coupa/invoices", INVOICE, token=token).status == 401
        assert served.log_in(GRANT, basic(COUPA)).status == 401


class TestBodies:
    @pytest.mark.parametrize(
        ("path", "body", "content_type"),
        [
            ("/call-out/coupa/invoices", json.dumps(INVOICE).encode(), JSON),
            ("/call-out/coupa/invoice-header", json.dumps(INVOICE).encode(), "application/vnd.api+json; charset=utf-8"),
            ("/call-out/coupa?document=invoice", json.dumps([INVOICE]).encode(), JSON),
            ("/call-out/coupa", json.dumps({"invoice-header": INVOICE}).encode(), JSON),
            ("/call-out/coupa", json.dumps({"invoice_header": {**INVOICE, "paid": "false"}}).encode(), JSON),
            ("/call-out/coupa", INVOICE_XML, XML),
            ("/call-out/coupa/invoices", INVOICE_XML, "text/xml; charset=UTF-8"),
            ("/call-out/coupa", b'<invoice-headers type="array">' + INVOICE_XML[38:] + b"</invoice-headers>", XML),
        ],
    )
    def test_a_document_is_understood_in_either_format_and_told_by_body_or_address(
        self, served: Served, path: str, body: bytes, content_type: str
    ) -> None:
        answer = served.call_out(path, body, content_type)
        assert (answer.status, answer.content) == (200, {"stored": 1, "repeated": 0})
        assert seen(served.house) == [("invoices", "4711", NOON, "approved", False)]

    def test_what_a_filter_cut_away_is_unknown_and_a_time_without_a_zone_is_the_connections(
        self, served: Served
    ) -> None:
        served.call_out("/call-out/coupa/orders", {"id": "12"})
        served.call_out("/call-out/coupa/payments", {"id": 5, "updated_at": "2026-07-01T12:00:00", "status": None})
        assert seen(served.house) == [
            ("purchase_orders", "12", None, None, None),
            ("payments", "5", datetime(2026, 7, 1, 11, tzinfo=UTC), None, None),
        ]

    def test_several_documents_come_together_or_not_at_all(self, served: Served) -> None:
        several = [{**INVOICE, "id": number} for number in (1, 2, 2)]
        assert served.call_out("/call-out/coupa/invoices", several).content == {"stored": 2, "repeated": 1}
        assert served.call_out("/call-out/coupa/invoices", [{**INVOICE, "id": 3}, {}]).status == 422
        assert [each.record for each in served.house.stored()] == ["1", "2"]

    @pytest.mark.parametrize(
        ("path", "body", "content_type", "status", "why"),
        [
            ("/call-out/coupa", json.dumps(INVOICE).encode(), JSON, 422, "does not say which kind"),
            ("/call-out/coupa/contracts", json.dumps(INVOICE).encode(), JSON, 422, "unknown kind of document"),
            ("/call-out/coupa", b"<contract><id>1</id></contract>", XML, 422, "does not say which kind"),
            ("/call-out/coupa/orders", INVOICE_XML, XML, 422, "address says purchase_orders, the body invoices"),
            ("/call-out/coupa/orders?document=invoice", INVOICE_XML, XML, 400, "names two kinds"),
            ("/call-out/coupa/invoices", b"{", JSON, 400, "not JSON"),
            ("/call-out/coupa/invoices", b"[" * 20_000, JSON, 400, "not JSON"),
            ("/call-out/coupa/invoices", b'{"id": 1e400, "paid": NaN}', JSON, 400, "not JSON"),
            ("/call-out/coupa/invoices", b"[]", JSON, 422, "no document"),
            ("/call-out/coupa/invoices", b'"4711"', JSON, 422, "must be a document"),
            ("/call-out/coupa/invoices", b"<invoice><id>1</invoice>", XML, 400, "not XML"),
            ("/call-out/coupa/invoices", b"<a>" * 100 + b"</a>" * 100, XML, 400, "nested deeper"),
            ("/call-out/coupa/invoices", b"<invoice><id>1</id><id>2</id></invoice>", XML, 422, "id more than once"),
            (
                "/call-out/coupa/invoices",
                b'{"id": 1, "updated-at": "x", "updated_at": "y"}',
                JSON,
                422,
                "more than once",
            ),
            ("/call-out/coupa/invoices", b'{"id": 1.5}', JSON, 422, "no usable id"),
            ("/call-out/coupa/invoices", b'{"id": true}', JSON, 422, "no usable id"),
            ("/call-out/coupa/invoices", b'{"id": "1; DROP TABLE"}', JSON, 422, "no usable id"),
            ("/call-out/coupa/invoices", b'{"id": 1, "updated-at": "yesterday"}', JSON, 422, "updated-at"),
            (
                "/call-out/coupa/invoices",
                b'{"id": 1, "updated-at": "0001-01-01T00:00:00+14:00"}',
                JSON,
                422,
                "updated-at",
            ),
            ("/call-out/coupa/invoices", b'{"id": 1, "status": "a\\u0000"}', JSON, 422, "status"),
            ("/call-out/coupa/invoices", b'{"id": 1, "paid": 1}', JSON, 422, "paid"),
            ("/call-out/coupa/invoices", b"id=4711", "application/x-www-form-urlencoded", 415, "application/json or"),
            ("/call-out/elsewhere/invoices", json.dumps(INVOICE).encode(), JSON, 404, "nothing here"),
        ],
    )
    def test_what_is_not_understood_is_refused_in_one_line(
        self, served: Served, path: str, body: bytes, content_type: str, status: int, why: str
    ) -> None:
        answer = served.call_out(path, body, content_type)
        assert (answer.status, answer.content["statusCode"]) == (status, status)
        assert why in answer.content["message"] and "\n" not in answer.content["message"]
        assert served.house.stored() == []

    @pytest.mark.parametrize(
        "declared",
        [
            b'<!DOCTYPE a [<!ENTITY x "4711">]>',
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
            b'<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY x "&a;&a;&a;&a;">]>',
        ],
    )
    def test_a_document_type_is_refused_whatever_is_in_it(self, served: Served, declared: bytes) -> None:
        answer = served.call_out("/call-out/coupa/invoices", declared + b"<invoice><id>&x;</id></invoice>", XML)
        assert answer.status == 400
        assert answer.content["message"] == "a body with a document type or an entity of its own is not read"

    def test_a_body_beyond_the_limit_is_refused_whether_its_length_was_told_or_not(self, served: Served) -> None:
        long = json.dumps({**INVOICE, "comments": "x" * 20_000}).encode()

        def in_pieces() -> Iterator[bytes]:
            for start in range(0, len(long), 4_000):
                yield long[start : start + 4_000]

        reported = [served.call_out("/call-out/coupa/invoices", long)]
        reported.append(served.post("/call-out/coupa/invoices", in_pieces(), served.house.bearer(served.house.token())))
        assert [each.status for each in reported] == [413, 413]
        assert served.call_out("/call-out/coupa/invoices", INVOICE).status == 200

    def test_a_compressed_body_is_refused(self, served: Served) -> None:
        headers = served.house.bearer(served.house.token()) | {"Content-Encoding": "gzip"}
        assert served.post("/call-out/coupa/invoices", b"\x1f\x8b", headers).status == 415

    def test_ten_thousand_pairs_of_brackets_do_not_end_the_server(self, served: Served) -> None:
        deep = b'{"id": 1, "lines": ' + b"[" * 9_000 + b"]" * 9_000 + b"}"
        assert served.call_out("/call-out/coupa/invoices", deep).status in (200, 400)
        assert requests.get(served.url + "/health", timeout=60).json() == {"ok": True}


class TestRelay:
    BODY = json.dumps({"invoice-header": INVOICE}).encode()

    def test_a_signed_message_is_kept(self, served: Served) -> None:
        answer = served.post("/relay/coupa", self.BODY, served.house.signed(COUPA, self.BODY))
        assert (answer.status, answer.content) == (200, {"stored": 1, "repeated": 0})
        [event] = served.house.stored()
        assert (event.document, event.record, event.scheme) == ("invoices", "4711", "relay")

    def test_the_signature_may_be_over_the_body_alone_in_base64(self, served: Served) -> None:
        headers = served.house.signed(NORTH, INVOICE_XML) | {"Content-Type": XML}
        assert served.post("/relay/coupa_north", INVOICE_XML, headers).status == 200
        assert [each.record for each in served.house.stored(NORTH_READER)] == ["4711"]

    def test_the_time_stamp_may_be_iso_8601(self, served: Served) -> None:
        headers = served.house.signed(COUPA, self.BODY, at="2026-03-02T10:01:00+01:00")
        assert served.post("/relay/coupa", self.BODY, headers).status == 200

    @pytest.mark.parametrize("minutes", [-6, 6, -60 * 24 * 400])
    def test_an_old_or_a_future_time_stamp_is_refused_though_the_signature_is_right(
        self, served: Served, minutes: int
    ) -> None:
        at = int((served.house.clock.now() + timedelta(minutes=minutes)).timestamp())
        answer = served.post("/relay/coupa", self.BODY, served.house.signed(COUPA, self.BODY, at=at))
        assert (answer.status, answer.content["message"]) == (401, "the time stamp is more than 300 s from now")
        assert served.house.stored() == []

    def test_a_message_that_comes_again_changes_nothing(self, served: Served) -> None:
        house = served.house
        undated = json.dumps({"invoice-header": {"id": 4711}}).encode()
        headers = house.signed(COUPA, undated)
        assert served.post("/relay/coupa", undated, headers).content["stored"] == 1
        assert house.ledger.inbox.batch("jde_coupa") is not None
        # as it was; signed anew under its id; and, which is news, under another
        assert served.post("/relay/coupa", undated, headers).content == {"stored": 0, "repeated": 1}
        house.clock.advance(20)
        assert served.post("/relay/coupa", undated, house.signed(COUPA, undated)).content["stored"] == 0
        assert served.post("/relay/coupa", undated, house.signed(COUPA, undated, id="evt-2")).content["stored"] == 1

    def test_where_the_body_alone_is_signed_no_header_makes_it_another_message(self, served: Served) -> None:
        undated = json.dumps({"payment": {"id": 5}}).encode()
        headers = served.house.signed(NORTH, undated)
        assert served.post("/relay/coupa_north", undated, headers).content["stored"] == 1
        assert served.house.ledger.inbox.batch(NORTH_READER) is not None
        again = headers | {"X-Event-Id": "evt-9", "X-Timestamp": "1", "Date": "today"}
        assert served.post("/relay/coupa_north", undated, again).content == {"stored": 0, "repeated": 1}

    def test_the_address_says_nothing_since_it_is_not_signed(self, served: Served) -> None:
        bare = json.dumps(INVOICE).encode()
        signed = served.house.signed(COUPA, bare)
        assert served.post("/relay/coupa?document=invoices", bare, signed).status == 422
        assert served.post("/relay/coupa/invoices", bare, signed).status == 404


class TestAnswers:
    def test_only_what_is_kept_is_answered_well_and_what_was_late_is_a_repetition(self, house: House) -> None:
        inbox, path = house.inbox, house.home.path / "ledger.sqlite"
        inbox._answer_seconds = 0.2
        token = house.token()
        with serving(house) as served:
            blocker = sqlite3.connect(path, isolation_level=None)
            blocker.execute("BEGIN IMMEDIATE")
            busy = served.call_out("/call-out/coupa/invoices", INVOICE, token=token)
            blocker.execute("COMMIT")
            blocker.close()
            assert (busy.status, busy.content["message"]) == (503, "not stored yet: send it again")
            assert "Retry-After" in busy.headers
            inbox.close()  # which lets what is under way come to its end
        assert [each.record for each in house.stored()] == ["4711"]

    def test_senders_do_not_wait_for_each_other(self, served: Served) -> None:
        answers = []

        def send(number: int) -> None:
            answers.append(served.call_out("/call-out/coupa/invoices", {**INVOICE, "id": number % 10}).content)

        threads = [threading.Thread(target=send, args=(number,)) for number in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert sum(each["stored"] for each in answers) == 10
        assert sum(each["repeated"] for each in answers) == 20
        assert len(served.house.stored()) == 10

    def test_a_missing_credential_is_our_trouble_and_is_not_told_to_the_sender(self, served: Served) -> None:
        token = served.house.token()
        served.house.home.credentials().delete(COUPA, "inbox_client_id")
        served.house.clock.advance(3)
        answer = served.call_out("/call-out/coupa/invoices", INVOICE, token=token)
        assert (answer.status, answer.content["message"]) == (503, "out of order: send it again")

    def test_a_defect_shows_nothing_of_our_insides_and_no_secret(
        self, served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken(*_: Any) -> Any:
            raise RuntimeError("Authorization: Bearer abcdefghijklmnop")

        monkeypatch.setattr(app, "documents_of", broken)
        answer = served.call_out("/call-out/coupa/invoices", INVOICE)
        assert (answer.status, answer.content) == (500, {"statusCode": 500, "message": "a defect of ours"})
        assert "RuntimeError" in caplog.text and "abcdefghijklmnop" not in caplog.text

    def test_neither_logs_nor_answers_hold_a_secret_or_a_body(
        self, served: Served, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        logging.getLogger("urllib3").setLevel(logging.WARNING)
        token = served.log_in(GRANT, basic(COUPA)).content["access_token"]
        heard = [
            served.call_out("/call-out/coupa/invoices", INVOICE, token=token),
            served.call_out("/call-out/coupa/invoices", {**INVOICE, "status": "\x00"}, token=token),
            served.call_out("/call-out/coupa/invoices", INVOICE, token="x" + token),
            served.post("/relay/coupa", b"{}", served.house.signed(COUPA, b"[]")),
            served.call_out(f"/call-out/{token}/invoices", INVOICE, token=token),
        ]
        reported = caplog.text + str([(each.content, dict(each.headers)) for each in heard])
        named = {value for each in SECRETS.values() for name, value in each.items() if "secret" in name}
        for secret in (token, basic(COUPA)[6:], *named, "INV-7781"):
            assert secret not in reported
        assert "coupa reported 1 records, 1 of them new" in caplog.text

    def test_only_posts_are_taken(self, served: Served) -> None:
        for path in ("/call-out/coupa/invoices", "/relay/coupa", "/oauth2/token"):
            assert requests.get(served.url + path, timeout=60).status_code == 405
        assert requests.get(served.url + "/", timeout=60).status_code == 404
