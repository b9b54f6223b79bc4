"""Coupa's documents as sources: which day a change is of, what lands, and the record that comes back of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from coupa_fake import FakeCoupa, Reply, Seen
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_places import landing_store

from connector_assets.engine.context import Integration, RunContext
from connector_assets.systems.coupa.reader import CoupaReader
from connector_assets.systems.coupa.records import DOCUMENTS, record_of, record_text
from connector_assets.systems.records import window_of
from connector_resources.connections import IntegrationSettings
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.coupa import CoupaClient, Invoice, PayPayment, PurchaseOrder
from connector_resources.ledger import Ledger

INVOICES, ORDERS, PAYMENTS = "/api/invoices", "/api/purchase_orders", "/api/coupa_pay/payments"
ZONES = ("America/Denver", "America/Sao_Paulo", "America/Havana", "Asia/Kolkata", "Pacific/Auckland", "UTC")
EARLIEST, LATEST = datetime.fromisoformat("2015-01-01"), datetime.fromisoformat("2035-01-01")
ANVIL = {"id": 1538, "name": "Anvil & Sons", "number": "4343"}


def whole(model: Any, **given: Any) -> dict[str, Any]:
    """A record with every field of the model, empty but for those given."""
    record = {name.replace("_", "-"): None for name in model.model_fields}
    return record | {name.replace("_", "-"): value for name, value in given.items()}


def invoice(number: int, changed: str, **given: Any) -> dict[str, Any]:
    return whole(Invoice, id=number, invoice_number=f"INV-{number}", updated_at=changed, supplier=ANVIL, **given)


def order(number: int, changed: str, *lines: dict[str, Any], **given: Any) -> dict[str, Any]:
    custom = {"custom_fields": {}}
    named = {"po_number": f"{number}-OP-00001", "updated_at": changed, "order_lines": list(lines)}
    return whole(PurchaseOrder, id=number, **custom | named | given)


def payment(number: int, changed: str, **given: Any) -> dict[str, Any]:
    return whole(PayPayment, id=number, updated_at=changed, payee=ANVIL, payment_details=[], **given)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.db'}") as opened:
        yield opened


@pytest.fixture
def reader_in(ledger: Ledger, client: CoupaClient, fake: FakeCoupa, tmp_path: Path) -> Any:
    """A reader of a connection in some time zone."""

    def build(zone: str = "UTC") -> CoupaReader:
        # a connection of its own each time, since the ledger is shared
        connection = CoupaConnection(name=f"coupa_{tmp_path.name}", url=fake.url, time_zone=zone)
        context = RunContext(
            integration=Integration(
                "pair", "jde_coupa", {"coupa": connection}, IntegrationSettings(name="pair", kind="jde_coupa")
            ),
            ledger=ledger,
            landing=landing_store(tmp_path / "landing", ledger),
            open_client=lambda _: client,
            open_reader=CoupaReader,
            start_date=date(2024, 1, 1),
            run="run",
        )
        reader = context.reader("coupa")
        assert isinstance(reader, CoupaReader)
        return reader

    return build


def rows_of(pages: Iterator[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [row for page in pages for row in page]


class TestDays:
    """A day is one of the connection's time zone, from midnight to midnight there."""

    def test_a_day_in_denver_starts_at_its_own_midnight(self, fake: FakeCoupa, reader_in: Any) -> None:
        """Given changes around two midnights of Denver, when its 1 May is read, then only that day's come."""
        fake.lists[INVOICES] = [
            invoice(1, "2024-05-01T05:59:59Z"),  # still 30 April there
            invoice(2, "2024-05-01T06:00:00Z"),
            invoice(3, "2024-05-02T05:59:59Z"),
            invoice(4, "2024-05-02T06:00:00Z"),  # already 2 May
        ]
        reader = reader_in("America/Denver")
        rows = rows_of(reader.changed_pages("invoices", date(2024, 5, 1), date(2024, 5, 1)))
        assert [(row["id"], row["updated_on"]) for row in rows] == [(2, date(2024, 5, 1)), (3, date(2024, 5, 1))]
        query = fake.api()[0].raw_query
        assert "updated-at%5Bgt_or_eq%5D=2024-05-01T06%3A00%3A00Z" in query
        assert "updated-at%5Blt%5D=2024-05-02T06%3A00%3A00Z" in query

    @pytest.mark.parametrize(
        ("day", "start", "until"),
        [
            (date(2024, 3, 10), "2024-03-10T07:00:00Z", "2024-03-11T06:00:00Z"),  # 23 hours
            (date(2024, 11, 3), "2024-11-03T06:00:00Z", "2024-11-04T07:00:00Z"),  # 25 hours
        ],
    )
    def test_a_day_on_which_the_clock_is_put_is_whole(
        self, fake: FakeCoupa, reader_in: Any, day: date, start: str, until: str
    ) -> None:
        fake.lists[ORDERS] = []
        assert rows_of(reader_in("America/Denver").changed_pages("purchase_orders", day, day)) == []
        query = fake.api()[0].query
        assert (query["updated-at[gt_or_eq]"], query["updated-at[lt]"]) == (start, until)

    @settings(max_examples=150, deadline=None)
    @given(
        zone=st.sampled_from(ZONES),
        moment=st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)),
    )
    def test_each_instant_is_of_exactly_one_day(self, zone: str, moment: datetime) -> None:
        """The window that is asked for and the day that lands agree, also where midnight is skipped or comes twice."""
        record = Invoice(id=1, updated_at=moment)
        day = DOCUMENTS["invoices"].row(record, ZoneInfo(zone), ["updated_on"])["updated_on"]
        start, until = window_of(day, day, ZoneInfo(zone))
        assert start.astimezone(UTC) <= moment < until.astimezone(UTC)

    def test_a_window_lands_and_comes_back_day_by_day(self, fake: FakeCoupa, reader_in: Any) -> None:
        """Given 130 payments over three days, when they are landed, then each day gives its own."""
        fake.lists[PAYMENTS] = [payment(n, f"2024-05-0{n % 3 + 1}T08:00:00Z", pay_to_total="1.10") for n in range(130)]
        reader = reader_in()
        landed = reader.land_window("payments", date(2024, 5, 1), date(2024, 5, 3))
        assert landed.rows == 130
        second = rows_of(reader.windows("payments", date(2024, 5, 2), date(2024, 5, 2)))
        assert [row["id"] for row in second] == [n for n in range(130) if n % 3 == 1]
        assert reader.day_column == "updated_on"
        assert {row["updated_on"] for row in second} == {date(2024, 5, 2)}
        assert {row["updated_at"] for row in second} == {datetime(2024, 5, 2, 8, tzinfo=UTC)}


class TestRows:
    """What a person finds in the landed table."""

    def test_of_an_invoice(self, fake: FakeCoupa, reader_in: Any) -> None:
        fake.lists[INVOICES] = [
            invoice(
                7,
                "2024-05-02T09:00:00-07:00",
                status="approved",
                currency={"id": 2, "code": "EUR"},
                gross_total="100.00",
                total_with_taxes="120.0000004",
            )
        ]
        reader = reader_in()
        reader.land_window("invoices", date(2024, 5, 2), date(2024, 5, 2))
        [row] = rows_of(reader.windows("invoices", date(2024, 5, 2), date(2024, 5, 2)))
        record = reader.record("invoices", row)
        assert record.total_with_taxes == Decimal("120.0000004")
        assert {name: value for name, value in row.items() if name != "record"} == {
            "id": 7,
            "updated_on": date(2024, 5, 2),
            "updated_at": datetime(2024, 5, 2, 16, tzinfo=UTC),
            "invoice_number": "INV-7",
            "status": "approved",
            "supplier": "4343",
            "currency": "EUR",
            "amount": Decimal("120"),
        }

    def test_the_amount_of_an_order_is_that_of_its_lines(self, reader_in: Any, fake: FakeCoupa) -> None:
        bolts = {"id": 1, "line-num": "1", "description": "Bolts", "price": "2.50", "quantity": "10", "total": None}
        fee = {"id": 2, "line-num": "2", "description": "Fee", "price": "99.99"}
        given_total = {"id": 3, "line-num": "3", "description": "Nuts", "price": "3", "quantity": "2", "total": "6.01"}
        fake.lists[ORDERS] = [order(9, "2024-05-02T09:00:00Z", bolts, fee, given_total, status="issued")]
        [row] = rows_of(reader_in().all_pages("purchase_orders"))
        assert (row["po_number"], row["amount"], row["currency"]) == ("9-OP-00001", Decimal("131.00"), None)

    def test_some_columns_cost_no_whole_record(self, fake: FakeCoupa, reader_in: Any) -> None:
        fake.lists[PAYMENTS] = [payment(n, "2024-05-02T09:00:00Z", status="draft") for n in range(1, 61)]
        pages = list(reader_in().all_rows("payments", ["id", "status", "supplier"]))
        assert [len(page) for page in pages] == [50, 10]
        assert pages[0][0] == {"id": 1, "status": "draft", "supplier": "4343"}
        assert json.loads(fake.api()[0].query["fields"]) == ["id", "status", {"payee": ["number"]}]

    def test_every_column_asks_for_what_it_shows(self, fake: FakeCoupa, reader_in: Any) -> None:
        for entity, kind in DOCUMENTS.items():
            names = [name for name in kind.columns if name != "record"]
            asked = json.dumps(kind.fields(names))
            assert all(part in asked for part in ("updated_at", "status", "number", "code"))
            assert kind.fields(["record"]) is None
            assert CoupaReader.schema(entity).names == list(kind.columns)


class TestKeys:
    def test_read_by_id_and_what_is_gone_is_absent(self, fake: FakeCoupa, reader_in: Any) -> None:
        fake.lists[INVOICES] = [invoice(n, "2024-05-02T09:00:00Z") for n in range(1, 81)]
        reader = reader_in()
        rows = reader.complete("invoices", ["id"], {(n,) for n in range(11, 91)})
        assert sorted(row["id"] for row in rows) == list(range(11, 81))
        assert all(len(seen.query["id[in]"].split(",")) <= 50 for seen in fake.api())
        assert reader.complete("invoices", ["id"], {("12",)})[0]["id"] == 12

    def test_orders_by_their_number(self, fake: FakeCoupa, reader_in: Any) -> None:
        fake.lists[ORDERS] = [order(n, "2024-05-02T09:00:00Z") for n in (1, 2)]
        rows = reader_in().complete("purchase_orders", ["po_number"], {("2-OP-00001",), ("none",)})
        assert [row["id"] for row in rows] == [2]

    def test_nothing_else_is_a_key(self, reader_in: Any) -> None:
        with pytest.raises(ValueError, match="by status"):
            reader_in().complete("invoices", ["status"], {("draft",)})
        with pytest.raises(NotImplementedError, match="snapshot"):
            reader_in().land_window("currencies", date(2024, 5, 1), date(2024, 5, 1))


class TestStamp:
    """What a poll's probe compares with the last one."""

    def page(self, fake: FakeCoupa, *records: tuple[int, str]) -> None:
        answer = [{"id": number, "updated-at": moment} for number, moment in records]
        fake.scripts.insert(0, lambda seen: Reply(200, answer) if "order_by" in seen.query else None)

    def test_it_is_one_call_and_moves_with_the_latest_change(self, fake: FakeCoupa, reader_in: Any) -> None:
        early, late = "2024-05-02T09:00:00Z", "2024-05-02T11:30:00+02:00"
        reader = reader_in()
        self.page(fake, (7, early), (3, "2024-05-01T00:00:00Z"))
        first = reader.stamp("invoices")
        assert len(fake.api()) == 1
        assert reader.stamp("invoices") == first
        self.page(fake, (3, late), (7, early))
        assert reader.stamp("invoices") != first
        assert json.loads(json.dumps(first)) == first

    def test_a_second_change_within_the_same_second_is_seen(self, fake: FakeCoupa, reader_in: Any) -> None:
        moment = "2024-05-02T09:00:00Z"
        reader = reader_in()
        self.page(fake, (7, moment), (3, "2024-05-01T00:00:00Z"))
        before = reader.stamp("payments")
        self.page(fake, (7, moment), (3, moment))
        assert reader.stamp("payments") != before

    def test_nothing_there_is_no_change(self, fake: FakeCoupa, reader_in: Any) -> None:
        fake.lists[ORDERS] = []
        assert reader_in().stamp("purchase_orders") == {}
        assert reader_in().stamp("currencies") == {}


def test_a_record_that_moves_while_it_is_read_comes_once(fake: FakeCoupa, reader_in: Any) -> None:
    """Given a record that changes between two pages, when the window is read on, then it is there once."""
    fake.lists[INVOICES] = [invoice(n, "2024-05-02T09:00:00Z") for n in range(1, 61)]

    def touch(seen: Seen) -> Reply | None:
        if "id[gt]" in seen.query:
            fake.lists[INVOICES][0]["updated-at"] = "2024-05-02T10:00:00Z"
        return None

    fake.scripts.append(touch)
    rows = rows_of(reader_in().changed_pages("invoices", date(2024, 5, 2), date(2024, 5, 2)))
    assert [row["id"] for row in rows] == list(range(1, 61))


class TestRecords:
    """The whole record lands as text, and the model that comes of it is the one that was read."""

    def test_an_invoice_with_everything(self, fake: FakeCoupa, client: CoupaClient) -> None:
        line = {
            "id": 78762,
            "line-num": 1,
            "type": "InvoiceQuantityLine",
            "description": "Bolts \u201cM8\u201d",
            "price": "2.50000000000000000001",
            "quantity": "10.0",
            "total": "25.00",
            "account": {"id": 1563, "code": "1-6110-200", "account-type": {"id": 1, "name": "US CoA"}},
            "account-allocations": [{"id": 1, "account": None, "pct": "100.0"}],
            "order-line-num": 3,
            "tax-lines": [{"rate": "20", "amount": "5.00", "tax-code": "V20"}],
        }
        paid = {"id": 1, "amount-paid": "25.0000", "payment-date": "2024-05-30T18:00:00-06:00", "notes": "1003"}
        fake.lists[INVOICES] = [
            invoice(
                7,
                "2024-05-02T09:00:00-07:00",
                invoice_date="2024-05-01T00:00:00-07:00",
                invoice_lines=[line],
                payments=[paid],
                paid="true",
                custom_fields={"jde-key": "00001-PV-77", "of_old": 3, "flag": True},
            )
        ]
        read = client.invoices.get(7)
        text = record_text(read)
        again = record_of("invoices", text)
        assert again == read
        assert again.payments[0].payment_date.utcoffset() == timedelta(hours=-6)
        kept = json.loads(text)
        assert kept["invoice-lines"][0]["price"] == "2.50000000000000000001"
        assert kept["invoice-date"] == "2024-05-01"
        assert kept["custom-fields"] == {"jde-key": "00001-PV-77", "of_old": 3, "flag": True}

    def test_the_text_is_the_same_for_the_same_record(self) -> None:
        fields = {"id": 1, "status": "draft", "po-number": "1"}
        one = PurchaseOrder.model_validate(fields)
        other = PurchaseOrder.model_validate(dict(reversed(fields.items())))
        assert record_text(one) == record_text(other) == '{"id":1,"po-number":"1","status":"draft"}'

    def test_what_was_not_read_is_not_made_up(self) -> None:
        trimmed = PayPayment.model_validate({"id": 1, "status": "draft"})
        again = record_of("payments", record_text(trimmed))
        assert again.model_fields_set == {"id", "status"}

    @settings(max_examples=60, deadline=None)
    @given(
        totals=st.lists(st.decimals(-(10**12), 10**12, places=4), max_size=4),
        moment=st.datetimes(EARLIEST, LATEST, timezones=st.timezones()),
        # a text with NUL is no text to PostgreSQL: such a record cannot be read
        name=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    )
    def test_any_payment_comes_back(self, totals: list[Decimal], moment: datetime, name: str) -> None:
        details = [{"id": n, "payment-total": str(total)} for n, total in enumerate(totals)]
        read = PayPayment.model_validate(
            {
                "id": 1,
                "released-at": moment.isoformat(),
                "payee": {"id": 1, "name": name},
                "pay-to-total": str(sum(totals, Decimal(0))),
                "payment-details": details,
            }
        )
        again = record_of("payments", record_text(read))
        assert again == read
        assert again.pay_to_total == sum((each.payment_total for each in again.payment_details), Decimal(0))
