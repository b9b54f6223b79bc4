"""Whole lists, whatever the server makes of `limit`; windows of changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from coupa_fake import FakeCoupa
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_resources.coupa import CoupaClient
from connector_resources.coupa.paging import PageEnd, Raw, changed, keyset
from connector_resources.errors import Unavailable

EUR = {"code": "EUR", "decimals": 2}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def server(ids: list[int], *, cap: int) -> Any:
    def fetch(after: int | None) -> list[Raw]:
        return [{"id": i} for i in sorted(ids) if after is None or i > after][:cap]

    return fetch


def read(fetch: Any, limit: int = 50) -> list[int]:
    return [r["id"] for r in keyset(fetch, PageEnd(limit), what="read", connection="coupa")]


@settings(max_examples=100, deadline=None)
@given(ids=st.sets(st.integers(1, 500), max_size=60), limit=st.integers(1, 20), cap=st.integers(1, 30))
def test_every_record_once_whatever_page_the_server_gives(ids: set[int], limit: int, cap: int) -> None:
    """The server's own page may be larger or smaller than the one asked for."""
    assert read(server(list(ids), cap=cap), limit) == sorted(ids)


@settings(max_examples=60, deadline=None)
@given(ids=st.sets(st.integers(1, 200), min_size=1, max_size=40), gone=st.sets(st.integers(1, 200), max_size=20))
def test_records_that_leave_meanwhile_make_nobody_else_skipped(ids: set[int], gone: set[int]) -> None:
    calls = 0

    def fetch(after: int | None) -> list[Raw]:
        nonlocal calls
        calls += 1
        left = ids if calls == 1 else ids - gone
        return [{"id": i} for i in sorted(left) if after is None or i > after][:5]

    assert set(read(fetch, 5)) >= ids - gone


def test_a_short_page_is_the_end_once_the_server_has_shown_full_ones() -> None:
    calls: list[int | None] = []

    def fetch(after: int | None) -> list[Raw]:
        calls.append(after)
        page: list[Raw] = server(list(range(1, 13)), cap=5)(after)
        return page

    assert len(read(fetch, 5)) == 12
    assert calls == [None, 5, 10]


def test_records_given_twice_by_a_join_come_once() -> None:
    pages: Iterator[list[Raw]] = iter([[{"id": 1}, {"id": 1}, {"id": "2"}], []])
    assert [str(i) for i in read(lambda after: next(pages))] == ["1", "2"]


@pytest.mark.parametrize("page", [[{"id": 3}, {"id": 2}], [{"name": "x"}]])
def test_an_answer_out_of_order_is_not_gone_on_with(page: list[Raw]) -> None:
    with pytest.raises(Unavailable):
        read(lambda after: page)


def test_a_server_that_ignores_the_key_does_not_loop() -> None:
    with pytest.raises(Unavailable, match=r"id\[gt\]"):
        read(lambda after: [{"id": 1}, {"id": 2}])


@pytest.mark.parametrize(("cap", "ignore", "calls"), [(50, 0, 3), (7, 0, 19), (50, 200, 2)])
def test_on_the_wire(fake: FakeCoupa, client: CoupaClient, cap: int, ignore: int, calls: int) -> None:
    fake.lists["/api/currencies"] = [{"id": n, **EUR} for n in range(1, 121)]
    fake.cap, fake.ignore_limit = cap, ignore
    assert [c.id for c in client.currencies.all()] == list(range(1, 121))
    assert len(fake.api()) == calls
    first, second = fake.api()[:2]
    assert {k: first.query[k] for k in ("order_by", "dir", "limit")} == {
        "order_by": "id",
        "dir": "asc",
        "limit": "50",
    }
    assert "id[gt]" in second.query
    assert not any("offset" in seen.query for seen in fake.api())


def test_pages_are_read_as_they_are_needed(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists["/api/currencies"] = [{"id": n, **EUR} for n in range(1, 121)]
    assert next(client.currencies.all()).id == 1
    assert len(fake.api()) == 1


def test_a_window_overlaps_and_needs_a_zone() -> None:
    assert changed(NOON, NOON + timedelta(hours=1), timedelta(minutes=5)) == {
        "updated-at[gt_or_eq]": NOON - timedelta(minutes=5),
        "updated-at[lt]": NOON + timedelta(hours=1),
    }
    with pytest.raises(ValueError, match="zone"):
        changed(NOON.replace(tzinfo=None), None, timedelta(0))


def test_changes_are_read_by_window_without_a_version_already_known(fake: FakeCoupa, client: CoupaClient) -> None:
    def invoice(number: int, stamp: str) -> dict[str, Any]:
        return {"id": number, "updated-at": stamp, "status": "draft"}

    fake.lists["/api/invoices"] = [
        invoice(1, "2026-03-01T11:54:59Z"),
        invoice(2, "2026-03-01T11:56:00Z"),
        invoice(3, "2026-03-01T12:30:00Z"),
        invoice(4, "2026-03-01T13:00:00Z"),
    ]
    found = client.invoices.changed_between(
        NOON,
        NOON + timedelta(hours=1),
        overlap=timedelta(minutes=5),
        fields=["status"],
        known={(2, datetime(2026, 3, 1, 11, 56, tzinfo=UTC))},
    )
    assert [i.id for i in found] == [3]
    query = fake.api()[0].raw_query
    assert "updated-at%5Bgt_or_eq%5D=2026-03-01T11%3A55%3A00Z" in query
    assert "updated-at%5Blt%5D=2026-03-01T13%3A00%3A00Z" in query
