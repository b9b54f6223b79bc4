"""The code in the body decides, whatever the status (bill section 5)."""

from __future__ import annotations

import random
from typing import Any

import pytest
from bill_fake import FakeBill, Reply, error

from connector_resources.bill import DUPLICATE, BillClient
from connector_resources.clock import ManualClock
from connector_resources.errors import (
    FieldMessage,
    NotAllowed,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)

BILLS = "/connect/v3/bills"
BODY: dict[str, Any] = {"vendorId": "00901A", "invoice": {"invoiceNumber": "INV-1"}}


@pytest.fixture(autouse=True)
def bills(fake: FakeBill) -> None:
    fake.lists["bills"] = []


def refused(fake: FakeBill, client: BillClient, reply: Reply) -> Refused:
    fake.once("POST", BILLS, reply)
    with pytest.raises(Refused) as caught:
        client.bills.create(BODY)
    assert len(fake.api("POST")) == 1
    return caught.value


def test_a_validation_has_no_code_and_names_its_fields(fake: FakeBill, client: BillClient) -> None:
    said = [{"severity": "ERROR", "message": m} for m in ("address: must not be null", "name: must not be blank")]
    problem = refused(fake, client, Reply(400, said))
    assert problem.code == ""
    assert problem.fields == (FieldMessage("address", "must not be null"), FieldMessage("name", "must not be blank"))


def test_a_wrong_type_is_refused(fake: FakeBill, client: BillClient) -> None:
    problem = refused(fake, client, error(None, "Cannot construct instance of `Invoice` from String", 400))
    assert "Cannot construct instance" in str(problem)


def test_the_same_sentence_is_told_once_and_placeholders_go(fake: FakeBill, client: BillClient) -> None:
    sentence = "Invalid Process Date : ${paramName0}."
    said = [
        {"code": "BDC_1152", "severity": "ERROR", "message": sentence},
        {"code": "BDC_1152", "severity": "ERROR", "message": f"00n01ABCDEFGHIJKLMNO : {sentence}"},
    ]
    problem = refused(fake, client, Reply(422, said))
    assert problem.fields == (FieldMessage("", "Invalid Process Date."),)
    assert str(problem) == "create bill: bill answered 422: BDC_1152 Invalid Process Date."


def test_a_placeholder_is_filled_where_the_answer_says_with_what(fake: FakeBill, client: BillClient) -> None:
    params = [{"name": "paramName0", "value": "2026-02-31"}]
    problem = refused(fake, client, error("BDC_1152", "Invalid Process Date : ${paramName0}.", params=params))
    assert "Invalid Process Date : 2026-02-31." in str(problem)


def test_a_business_rule_names_its_field(fake: FakeBill, client: BillClient) -> None:
    sentence = "Invalid entity data. invoiceNumber: Maximum length cannot be greater than 21 characters."
    problem = refused(fake, client, error("BDC_1143", sentence, 400))
    assert problem.code == "BDC_1143"
    assert problem.fields[0].field == "invoiceNumber"


def test_a_duplicate_has_its_code(fake: FakeBill, client: BillClient) -> None:
    problem = refused(fake, client, error(DUPLICATE, "Duplicate invoice number."))
    assert problem.code == DUPLICATE


def test_bank_and_tax_numbers_show_their_last_four(fake: FakeBill, client: BillClient) -> None:
    fake.once("POST", "/connect/v3/vendors", error(None, "additionalInfo.taxId: 12-3456789 is not valid", 400))
    with pytest.raises(Refused) as caught:
        client.vendors.create({"name": "A", "additionalInfo": {"taxId": "12-3456789"}})
    assert "12-3456789" not in str(caught.value) + str(caught.value.fields)
    assert "…6789" in str(caught.value)


@pytest.mark.parametrize("status", [422, 429, 400, 403])
def test_taken_slots_are_waited_for_by_reads_and_writes(
    fake: FakeBill, client: BillClient, clock: ManualClock, status: int
) -> None:
    client.log_in()
    full = error("BDC_1322", "Max number of concurrent requests per organization reached.", status)
    fake.sequence("POST", BILLS, [full] * 3)
    begun = clock.monotonic()
    assert client.bills.create(BODY).vendor_id == "00901A"
    assert 7 <= clock.monotonic() - begun <= 9
    fake.sequence("GET", BILLS, [full])
    assert len(list(client.bills.all())) == 1


def test_slots_that_stay_taken_are_a_rate_limit(fake: FakeBill, client: BillClient) -> None:
    fake.sequence("POST", BILLS, [error("BDC_1322", "Max number of concurrent requests.")] * 9)
    with pytest.raises(RateLimited, match="same developer key"):
        client.bills.create(BODY)
    assert len(fake.api("POST")) == 5


def test_taken_slots_at_the_login_are_waited_for(fake: FakeBill, client: BillClient) -> None:
    fake.once("POST", "/connect/v3/login", error("BDC_1322", "Max number of concurrent requests."))
    client.log_in()
    assert len(fake.logins) == 1


@pytest.mark.parametrize("status", [422, 429])
def test_a_spent_hour_stops_all_calls_until_the_next_full_hour(
    fake: FakeBill, client: BillClient, clock: ManualClock, status: int
) -> None:
    clock.advance(20 * 60)
    fake.once("GET", BILLS, error("BDC_1144", "Max number of allowed requests per hour reached: 20000.", status))
    with pytest.raises(RateLimited) as caught:
        list(client.bills.all())
    assert caught.value.retry_after == pytest.approx(40 * 60 + 1)
    sent = len(fake.seen)
    with pytest.raises(RateLimited):
        client.bills.create(BODY)
    assert len(fake.seen) == sent
    clock.advance(40 * 60 + 1)
    client.bills.create(BODY)


def test_a_spent_hour_is_told_to_the_other_processes(fake: FakeBill, make: Any) -> None:
    slots = RecordingSlots()
    fake.once("POST", BILLS, error("BDC_1144", "Max number of allowed requests per hour reached: 20000."))
    with pytest.raises(RateLimited):
        make(slots=slots).bills.create(BODY)
    assert slots.reported == 1


def test_every_exchange_is_in_a_slot(fake: FakeBill, make: Any) -> None:
    slots = RecordingSlots()
    fake.once("GET", "/connect-events/v3/events/catalog", Reply(200, []))
    client = make(slots=slots)
    client.bills.create(BODY)
    client.events.catalog()
    client.close()
    assert slots.taken == len(fake.seen) == 4
    assert slots.held == 0


def test_our_own_hourly_budget(fake: FakeBill, make: Any, clock: ManualClock) -> None:
    client = make(limits={"calls_per_hour": 3})
    client.bills.create(BODY)
    client.bills.create(BODY)
    with pytest.raises(RateLimited, match="this hour"):
        client.bills.create(BODY)
    clock.advance(3600)
    client.bills.create(BODY)


def test_a_permission_is_named_by_what_was_to_be_done(fake: FakeBill, client: BillClient) -> None:
    fake.once("GET", f"{BILLS}/00n01", error("BDC_1145", "Operation not permitted.", 422))
    with pytest.raises(NotAllowed) as caught:
        client.bills.get("00n01")
    assert "permission to read bill 00n01" in caught.value.fix


@pytest.mark.parametrize("reply", [error("BDC_1120", "No data found.", 422), Reply(404), error(None, "Gone.", 404)])
def test_no_data_is_not_found(fake: FakeBill, client: BillClient, reply: Reply) -> None:
    fake.once("GET", f"{BILLS}/00n01", reply)
    with pytest.raises(NotFound):
        client.bills.get("00n01")


def test_an_unknown_address_is_not_a_missing_record(fake: FakeBill, client: BillClient) -> None:
    fake.once("GET", f"{BILLS}/00n01", error("BDC_1121", "API not supported.", 404))
    with pytest.raises(NotAllowed, match="url"):
        client.bills.get("00n01")


def test_somebody_elses_page_is_not_a_missing_record(fake: FakeBill, client: BillClient) -> None:
    page = Reply(404, b"<html><title>Not Found</title></html>", {"Content-Type": "text/html"})
    fake.sequence("GET", f"{BILLS}/00n01", [page] * 9)
    with pytest.raises(Unavailable, match="not BILL's"):
        client.bills.get("00n01")


def test_a_server_error_is_tried_again_for_reads_only(fake: FakeBill, client: BillClient) -> None:
    down = Reply(502, b"<html><title>Bad Gateway</title></html>", {"Content-Type": "text/html"})
    fake.sequence("GET", BILLS, [down, error("BDC_1001", "System error.", 500)])
    assert list(client.bills.all()) == []
    fake.once("POST", BILLS, down)
    with pytest.raises(OutcomeUnknown, match="502"):
        client.bills.create(BODY)
    assert len(fake.api("POST")) == 1


def test_a_lost_answer_is_unknown_and_lists_wait_a_little(
    fake: FakeBill, client: BillClient, clock: ManualClock
) -> None:
    fake.once("POST", BILLS, Reply(None))
    with pytest.raises(OutcomeUnknown):
        client.bills.create(BODY)
    begun = clock.monotonic()
    list(client.bills.of_vendor("00901A"))
    assert clock.monotonic() - begun == pytest.approx(client.connection.settle_seconds)


def test_any_body_of_any_status_is_some_problem(fake: FakeBill, client: BillClient) -> None:
    """Whatever an error looks like, it comes out in the vocabulary."""
    bodies: list[Any] = [b"", b"[", b"null", [], {}, [[]], ["text"], {"message": "no"}, {"errors": [{"code": 7}]}]
    chance = random.Random(13)
    for status in (400, 403, 409, 418, 422, 423):
        body = chance.choice(bodies)
        fake.once("POST", BILLS, Reply(status, body))
        with pytest.raises(OutcomeUnknown):
            client.bills.create(BODY)
        fake.once("GET", f"{BILLS}/00n01", Reply(status, body))
        with pytest.raises((Refused, NotAllowed)):
            client.bills.get("00n01")


class RecordingSlots:
    """`Slots` that count."""

    def __init__(self) -> None:
        self.taken = self.held = self.reported = 0

    def take(self) -> RecordingSlots:
        return self

    def __enter__(self) -> None:
        self.taken += 1
        self.held += 1

    def __exit__(self, *_: object) -> None:
        self.held -= 1

    def exhausted(self) -> None:
        self.reported += 1
