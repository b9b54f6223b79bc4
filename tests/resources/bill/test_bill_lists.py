"""Whole lists: pages, tokens, archived records, changes (bill section 4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bill_fake import FakeBill, Reply, Seen, error

from connector_resources.bill import BillClient
from connector_resources.errors import Refused, Unavailable

BILLS = "/connect/v3/bills"


def stamp(minute: int) -> str:
    return (datetime(2026, 2, 1, tzinfo=UTC) + timedelta(minutes=minute)).isoformat(timespec="milliseconds")


def record(number: int, *, archived: bool = False, **more: Any) -> dict[str, Any]:
    times = {"createdTime": stamp(number), "updatedTime": stamp(number)}
    return {"id": f"00n{number:017d}", "archived": archived, **times, **more}


def ids(found: Any) -> list[str]:
    return [one.id for one in found]


@pytest.mark.parametrize("end", [None, "", " "])
def test_all_pages_are_read_to_the_end(fake: FakeBill, client: BillClient, end: str | None) -> None:
    fake.lists["payments"] = [record(n) for n in range(250)]
    fake.end = end
    assert len(set(ids(client.payments.all()))) == 250
    calls = fake.api("GET", "payments")
    assert len(calls) == 3
    assert {(seen.query["max"], seen.query["sort"]) for seen in calls} == {("100", "createdTime:asc")}


def test_a_null_token_is_the_end(fake: FakeBill, client: BillClient) -> None:
    fake.once("GET", "/connect/v3/payments", Reply(200, {"results": [record(1)], "nextPage": None}))
    assert len(list(client.payments.all())) == 1
    assert len(fake.api("GET")) == 1


def test_an_empty_page_with_a_token_is_not_the_end(fake: FakeBill, client: BillClient) -> None:
    pages = [{"results": [], "nextPage": "a+/="}, {"results": [record(1)]}]
    fake.sequence("GET", "/connect/v3/payments", [Reply(200, page) for page in pages])
    assert len(list(client.payments.all())) == 1
    assert fake.api()[1].query["page"] == "a+/="


def test_each_page_repeats_filters_sort_and_size(fake: FakeBill, make: Any) -> None:
    fake.lists["payments"] = [record(n, vendorId="00901A") for n in range(5)]
    assert len(list(make(page_size=2).payments.of_vendor("00901A"))) == 5
    queries = [{key: value for key, value in seen.query.items() if key != "page"} for seen in fake.api()]
    assert queries == [{"max": "2", "filters": "vendorId:eq:00901A", "sort": "createdTime:asc"}] * 3


def test_lists_are_read_lazily(fake: FakeBill, make: Any) -> None:
    fake.lists["payments"] = [record(n) for n in range(6)]
    next(make(page_size=2).payments.all())
    assert len(fake.api("GET")) == 1


def test_a_rejected_token_starts_again_from_the_last_record(fake: FakeBill, make: Any) -> None:
    fake.lists["payments"] = [record(n) for n in range(7)]
    dead = iter([True, False, True])

    def expire(seen: Seen) -> Reply | None:
        return error("BDC_1119", "Invalid page.", 400) if "page" in seen.query and next(dead, False) else None

    fake.scripts.append(expire)
    assert ids(make(page_size=3).payments.all()) == [record(n)["id"] for n in range(7)]
    assert 'createdTime:gte:"2026-02-01T00:02:00.000Z"' in fake.filters("payments")


def test_a_window_with_a_rejected_token_keeps_its_end(fake: FakeBill, make: Any) -> None:
    fake.lists["payments"] = [record(n) for n in range(7)]
    start = datetime(2026, 2, 1, tzinfo=UTC)
    dead = iter([True])

    def expire(seen: Seen) -> Reply | None:
        return error("BDC_1119", "Invalid page.", 400) if "page" in seen.query and next(dead, False) else None

    fake.scripts.append(expire)
    client = make(page_size=3)
    found = client.payments.changed_between(start, start + timedelta(minutes=5), overlap=timedelta(0))
    assert ids(found) == [record(n)["id"] for n in range(5)]
    again = [filters for filters in fake.filters("payments") if "00:02:00" in filters]
    assert again and set(again) == {
        'updatedTime:lt:"2026-02-01T00:05:00.000Z",updatedTime:gte:"2026-02-01T00:02:00.000Z"'
    }


def test_tokens_that_are_always_rejected_end_the_reading(fake: FakeBill, make: Any) -> None:
    fake.lists["classifications/departments"] = [record(n) for n in range(4)]
    fake.no_filters.add("classifications/departments")
    fake.scripts.append(lambda seen: error("BDC_1119", "Invalid page.") if "page" in seen.query else None)
    with pytest.raises(Unavailable, match="page tokens"):
        list(make(page_size=2).departments.all())


def test_a_token_that_leads_to_itself_ends_the_reading(fake: FakeBill, client: BillClient) -> None:
    fake.scripts.append(
        lambda seen: Reply(200, {"results": [], "nextPage": "again"}) if "payments" in seen.path else None
    )
    with pytest.raises(Unavailable, match="same next page"):
        list(client.payments.all())


def test_an_answer_without_a_list_is_no_empty_list(fake: FakeBill, client: BillClient) -> None:
    fake.sequence("GET", BILLS, [Reply(200, {"bills": []})] * 9)
    with pytest.raises(Unavailable, match="list of records"):
        list(client.bills.all())


@pytest.mark.parametrize("hides", [True, False])
def test_archived_records_are_read_whether_or_not_lists_hold_them(
    fake: FakeBill, client: BillClient, hides: bool
) -> None:
    fake.hides_archived = hides
    fake.lists["bills"] = [record(n, archived=n % 3 == 0) for n in range(9)]
    assert sorted(ids(client.bills.all())) == [record(n)["id"] for n in range(9)]
    assert len(ids(client.bills.all({"archived": False}))) == 6
    assert sorted(ids(client.bills.by_ids([record(n)["id"] for n in (1, 3, 77)]))) == [record(n)["id"] for n in (1, 3)]
    assert client.bills.latest()[0].id == record(8)["id"]


def test_once_seen_among_the_others_archived_records_are_not_asked_for_besides(
    fake: FakeBill, client: BillClient
) -> None:
    fake.lists["bills"] = [record(1, archived=True), record(2)]
    list(client.bills.all())
    list(client.bills.all())
    assert fake.filters("bills") == ["", ""]


def test_a_record_archived_and_restored_between_two_readings_is_found(fake: FakeBill, client: BillClient) -> None:
    fake.hides_archived = True
    moving, other = record(1, archived=True), record(2, archived=True)
    fake.lists["vendors"] = [moving, other]

    def restore(seen: Seen) -> Reply | None:
        if "archived:eq:true" in seen.query.get("filters", ""):
            moving.update(archived=False, updatedTime="2026-03-01T12:00:00.500+00:00")
        return None

    fake.scripts.append(restore)
    assert sorted(ids(client.vendors.all())) == [moving["id"], other["id"]]


def test_holds_any_sees_archived_records_too(fake: FakeBill, client: BillClient) -> None:
    fake.hides_archived = True
    fake.lists["bills"] = []
    assert client.bills.holds_any() is False
    fake.lists["bills"] = [record(1, archived=True)]
    assert client.bills.holds_any() is True
    assert fake.api()[-1].query["max"] == "1"


def test_changes_overlap_by_the_connections_setting(fake: FakeBill, client: BillClient) -> None:
    fake.lists["bills"] = [record(n) for n in range(30)]
    start = datetime(2026, 2, 1, 0, 10, tzinfo=UTC)
    found = list(client.bills.changed_between(start, start + timedelta(minutes=5)))
    assert ids(found) == [record(n)["id"] for n in range(5, 15)]
    assert fake.api()[0].query["sort"] == "updatedTime:asc"
    known = {(one.id, one.updated_time) for one in found}
    assert list(client.bills.changed_between(start, start + timedelta(minutes=5), known=known)) == []


def test_a_window_needs_a_zone(client: BillClient) -> None:
    with pytest.raises(ValueError, match="zone"):
        client.bills.changed_between(datetime(2026, 2, 1))  # noqa: DTZ001


def test_latest_does_not_believe_another_order(fake: FakeBill, client: BillClient) -> None:
    fake.sequence("GET", BILLS, [Reply(200, {"results": [record(1), record(2)]})] * 9)
    with pytest.raises(Unavailable, match="updatedTime:desc"):
        client.bills.latest()


def test_an_undocumented_sort_that_is_not_kept_is_done_here(fake: FakeBill, client: BillClient) -> None:
    page = Reply(200, {"results": [record(1), record(2)]})
    fake.sequence("GET", "/connect/v3/classifications/locations", [page] * 3)
    assert ids(client.locations.latest()) == [record(2)["id"], record(1)["id"]]


def test_a_list_without_documented_filters_is_read_whole_where_it_refuses_them(
    fake: FakeBill, client: BillClient
) -> None:
    fake.no_filters.add("vendor-credits")
    fake.lists["vendor-credits"] = [record(n, vendorId="00901A" if n % 2 else "00901B") for n in range(6)]
    assert ids(client.vendor_credits.of_vendor("00901A")) == [record(n)["id"] for n in (1, 3, 5)]
    start = datetime(2026, 2, 1, 0, 4, tzinfo=UTC)
    assert len(list(client.vendor_credits.changed_between(start, overlap=timedelta(0)))) == 2
    assert client.vendor_credits.latest()[0].id == record(5)["id"]
    assert fake.filters("vendor-credits") == ["vendorId:eq:00901A", "", "", ""]  # with a filter once, and never again


def test_a_filter_that_is_passed_over_in_silence_is_compared_here(fake: FakeBill, client: BillClient) -> None:
    records = [record(n, name=f"D{n}") for n in range(3)]
    fake.sequence("GET", "/connect/v3/classifications/departments", [Reply(200, {"results": records})] * 2)
    assert ids(client.departments.all({"name": "D1"})) == [records[1]["id"]]


def test_a_documented_list_that_refuses_a_filter_says_so(fake: FakeBill, client: BillClient) -> None:
    fake.lists["payments"] = []
    fake.no_filters.add("payments")
    with pytest.raises(Refused, match="BDC_1130"):
        list(client.payments.all({"billId": "00n01"}))


def test_ids_are_read_one_by_one_where_they_cannot_be_listed(fake: FakeBill, client: BillClient) -> None:
    fake.lists["payments"] = [record(1), record(2)]
    fake.no_filters.add("payments")
    assert ids(client.payments.by_ids([record(2)["id"], "stp-gone"])) == [record(2)["id"]]


@pytest.mark.parametrize("reply", [Reply(404), Reply(404, {"status": "no such route"})])
def test_a_404_that_bill_need_not_have_said_is_no_absence(fake: FakeBill, make: Any, reply: Reply) -> None:
    fake.lists["payments"] = [record(1)]
    fake.no_filters.add("payments")
    fake.scripts.append(lambda seen: reply if seen.path.endswith(record(1)["id"]) else None)
    with pytest.raises(Unavailable, match="nothing shows that BILL said so"):
        list(make(limits={"retries": 0}).payments.by_ids([record(1)["id"]]))


def test_no_ids_are_no_call(fake: FakeBill, client: BillClient) -> None:
    assert list(client.bills.by_ids([])) == []
    assert list(client.bills.all({"id:in": []})) == []
    assert fake.seen == []


def test_a_record_of_another_id_is_not_taken(fake: FakeBill, client: BillClient) -> None:
    fake.sequence("GET", f"{BILLS}/00n01", [Reply(200, record(7))] * 9)
    with pytest.raises(Unavailable, match="answered with bill"):
        client.bills.get("00n01")
