"""Answers of every shape become the vocabulary, with field messages where a sentence names its field."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from coupa_fake import FakeCoupa, Reply
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector_resources.clock import ManualClock
from connector_resources.coupa import CoupaClient
from connector_resources.coupa.errors import Classifier, ScopedCall, field_of, messages
from connector_resources.errors import (
    ConnectorError,
    FieldMessage,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from connector_resources.http import Answer

WRITE = ScopedCall(method="POST", path="/api/suppliers", what="create supplier")
READ = ScopedCall(method="GET", path="/api/suppliers", what="read suppliers")


def answer(status: int, body: Any, kind: str = "application/json", call: ScopedCall = WRITE, **more: Any) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(
        call=call,
        status=status,
        headers={"Content-Type": kind},
        body=content,
        url="http://x/api/suppliers",
        connection="coupa",
        **more,
    )


def problem(found: Answer) -> ConnectorError | None:
    classify = Classifier(token_path="/oauth2/token", hide=lambda t: t.replace("hunter2", "***"), granted=lambda: ())
    return classify(found.call, found)


def said(body: Any, kind: str = "application/json") -> list[FieldMessage]:
    return messages(answer(400, body, kind))


def test_sentences_by_resource_become_field_messages() -> None:
    refused = problem(answer(400, {"errors": {"supplier": ["Name has already been taken", "It is odd"]}}))
    assert isinstance(refused, Refused)
    assert refused.fields == (
        FieldMessage("name", "Name has already been taken"),
        FieldMessage("", "It is odd"),
    )
    assert "create supplier: coupa answered 400: name: Name has already been taken; It is odd" in str(refused)


@pytest.mark.parametrize(
    ("resource", "sentence", "field"),
    [
        ("supplier", "Number has already been taken", "number"),
        ("supplier", "Supplier status must be one of active, inactive, onboarding.", "status"),
        ("supplier", "Supplier email is not a valid email address.", ""),
        (
            "supplier",
            "PO method must be one of cxml, xml, email, integration, prompt or buy_online",
            "po-method",
        ),
        ("supplier", "Named pipes are not allowed", ""),
        ("account", "Segment 1 - Cost Center can't be blank", "segment-1"),
        ("account", "Segment 12 can't be blank", "segment-12"),
        (
            "account",
            'Unable to find valid AccountType record for account_type with keys {"name"=>"US"}.'
            ' Possible keys are ["id", "name"]. Please verify your xml.',
            "account-type",
        ),
        ("invoice_header", "Invoice number is too long (maximum is 40 characters)", "invoice-number"),
        ("invoice_header", "Supplier can't be blank", "supplier"),
        ("order_header", "Invalid Ship-To Address", ""),
        ("remit_to_address", "Remit-to code has already been taken", "remit-to-code"),
        ("name", "has already been taken", "name"),
        ("base", "Something went wrong", ""),
    ],
)
def test_a_field_is_named_only_where_its_label_starts_the_sentence(resource: str, sentence: str, field: str) -> None:
    assert field_of(sentence, resource) == field


def test_a_value_may_be_a_string_and_warnings_are_no_errors() -> None:
    body = {"errors": {"supplier": "Name can't be blank"}, "warnings": {"supplier": ["Tax id is missing"]}}
    assert said(body) == [FieldMessage("name", "Name can't be blank")]
    assert said({"errors": {"supplier": ["Bad"], "warnings": ["Odd"]}}) == [FieldMessage("", "Bad")]


def test_xml_html_text_and_empty_bodies() -> None:
    sentences = b"<error>Name can&#39;t be blank</error><error><![CDATA[A & B]]></error>"
    xml = b"<?xml version='1.0'?><errors>" + sentences + b"</errors>"
    expected = [FieldMessage("name", "Name can't be blank"), FieldMessage("", "A & B")]
    assert said(xml, "application/xml") == expected
    assert said(xml) == expected  # labelled as JSON
    page = b"<!DOCTYPE html><html><head><title>Gateway  error</title></head><body>x</body></html>"
    assert said(page, "text/html") == [FieldMessage("", "Gateway error")]
    assert said(b"try later", "text/plain") == [FieldMessage("", "try later")]
    assert said(b"") == []


def test_a_refusal_does_not_repeat_a_secret() -> None:
    refused = problem(answer(400, {"errors": {"supplier": ["Website hunter2 is bad"]}}))
    assert isinstance(refused, Refused)
    assert "hunter2" not in f"{refused} {refused.fields}"


@pytest.mark.parametrize(
    ("status", "call", "kind"),
    [
        (400, WRITE, Refused),
        (409, WRITE, Refused),
        (404, READ, NotFound),
        (429, WRITE, RateLimited),
        (500, READ, Unavailable),
        (503, WRITE, OutcomeUnknown),
    ],
)
def test_statuses(status: int, call: ScopedCall, kind: type[ConnectorError]) -> None:
    assert type(problem(answer(status, b"", call=call))) is kind


def test_success_passes() -> None:
    assert problem(answer(201, {"id": 1})) is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@example(body=b'"\\r"')
@given(body=st.one_of(values.map(lambda v: json.dumps(v).encode()), st.binary(max_size=80), st.just(b"<errors>")))
def test_any_body_is_read_without_an_accident(body: bytes) -> None:
    for kind in ("application/json", "application/xml", "text/html", ""):
        for message in messages(answer(400, body, kind)):
            assert message.message
            assert "\n" not in message.message
            assert len(message.message) <= 300


@settings(max_examples=60, deadline=None)
@given(
    sentences=st.lists(
        st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20), max_size=5
    )
)
def test_no_sentence_is_lost(sentences: list[str]) -> None:
    assert [m.message for m in said({"errors": {"supplier": sentences}})] == sentences
    xml = "".join(f"<error>{s}</error>" for s in sentences) or "<error></error>"
    assert [m.message for m in said(f"<errors>{xml}</errors>".encode(), "application/xml")] == sentences


class TestOnTheWire:
    """The same through the client."""

    @pytest.mark.parametrize("header", ["7", "Sun, 01 Mar 2026 12:00:07 GMT"])
    def test_a_read_waits_as_long_as_retry_after_says(
        self, fake: FakeCoupa, client: CoupaClient, clock: ManualClock, header: str
    ) -> None:
        fake.lists["/api/currencies"] = []
        fake.once("GET", "/api/currencies", Reply(429, b"", {"Retry-After": header}))
        assert list(client.currencies.all()) == []
        assert clock.monotonic() == pytest.approx(7.0, abs=0.6)

    def test_a_read_backs_off_without_retry_after(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists["/api/currencies"] = []
        fake.sequence("GET", "/api/currencies", [Reply(429), Reply(503), Reply(None)])
        assert list(client.currencies.all()) == []
        assert len(fake.api()) == 4

    def test_a_write_is_told_of_the_limit_and_not_sent_again(self, fake: FakeCoupa, client: CoupaClient) -> None:
        limited = {"errors": {"base": ["Too many requests."]}}
        fake.once("POST", "/api/suppliers", Reply(429, limited, {"Retry-After": "3"}))
        with pytest.raises(RateLimited) as caught:
            client.suppliers.create({"name": "A"})
        assert caught.value.retry_after == 3.0
        assert len(fake.api()) == 1

    @pytest.mark.parametrize("reply", [Reply(503), Reply(None), Reply(201, b'{"id": 7, "na'), Reply(201)])
    def test_a_create_without_a_trustworthy_answer_is_unknown(
        self, fake: FakeCoupa, client: CoupaClient, reply: Reply
    ) -> None:
        fake.once("POST", "/api/suppliers", reply)
        with pytest.raises(OutcomeUnknown):
            client.suppliers.create({"name": "A"})
        assert len(fake.api("POST")) == 1

    def test_calls_keep_to_25_a_second_after_a_burst_of_20(
        self, fake: FakeCoupa, client: CoupaClient, clock: ManualClock
    ) -> None:
        fake.lists["/api/currencies"] = []
        started = clock.monotonic()
        for _ in range(69):  # and one login
            client.currencies.holds_any()
        assert clock.monotonic() - started == pytest.approx((70 - 20) / 25, abs=0.05)
        assert clock.now() > datetime(2026, 3, 1, 12, tzinfo=UTC)
