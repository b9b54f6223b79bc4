"""Any value in any field: a record is read and lands, or it is told as unreadable, and nothing else ever happens."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector_assets.systems.bill import records as bill_records
from connector_assets.systems.coupa import records as coupa_records
from connector_assets.systems.records import DocumentKind
from connector_resources.bill import (
    Bill,
    BillClient,
    ChartOfAccount,
    Classification,
    Payment,
    Vendor,
    VendorCredit,
)
from connector_resources.connections.bill import BillConnection
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.coupa import CoupaClient, Invoice, PayPayment, PurchaseOrder, Supplier
from connector_resources.coupa.fields import hyphenated
from connector_resources.jde.keys import id_of_row, row_key
from connector_resources.jde.tables import TABLES
from connector_resources.jde.wire import PageReader
from connector_resources.unreadable import Unreadable, UnreadableRecord, set_aside

ZONE = ZoneInfo("America/Denver")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(10**40), max_value=10**40),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(
        ["2026-03-02", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1e999999999", "8051", ""]
    ),
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab-_", max_size=4), inner, max_size=3)
)
BILL_MODELS = (Bill, Payment, Vendor, VendorCredit, ChartOfAccount, Classification)
COUPA_MODELS = (Invoice, PurchaseOrder, PayPayment, Supplier)


def names_of(model: Any, spelt: Any) -> list[str]:
    """The fields of a model as the vendor spells them."""
    return [spelt(name, field) for name, field in model.model_fields.items()]


def as_bill(name: str, field: Any) -> str:
    return str(field.alias or name)


def as_coupa(name: str, field: Any) -> str:
    return hyphenated(name)


def records_of(models: Any, spelt: Any) -> st.SearchStrategy[tuple[Any, dict[str, Any]]]:
    """A model, and a record with an id and any value in some of its fields."""
    return st.sampled_from(models).flatmap(
        lambda model: st.tuples(
            st.just(model), st.dictionaries(st.sampled_from(names_of(model, spelt)), JSON, min_size=1, max_size=4)
        )
    )


def lands(document: DocumentKind | None, record: Any) -> None:
    """The record as a landed row: Arrow takes it."""
    if document is not None:
        row = document.row(record, ZONE, list(document.columns))
        pa.Table.from_pylist([row], schema=document.schema)


@pytest.fixture(scope="module")
def bill() -> BillClient:
    """Never asked anything: records are given to its resources as they came."""
    return BillClient(BillConnection(name="bill", system="bill", url="http://127.0.0.1:1/connect"), {})


@pytest.fixture(scope="module")
def coupa() -> CoupaClient:
    """Never asked anything either."""
    return CoupaClient(CoupaConnection(name="coupa", system="coupa", url="http://127.0.0.1:1"), {})


@settings(max_examples=300, deadline=None)
@given(given_one=records_of(BILL_MODELS, as_bill))
def test_bill_any_value_in_any_field(bill: BillClient, given_one: tuple[Any, dict[str, Any]]) -> None:
    model, fields = given_one
    resources = (bill.bills, bill.payments, bill.vendors, bill.vendor_credits, bill.accounts, bill.departments)
    resource: Any = next(each for each in resources if each.MODEL is model)
    documents = {kind.model: kind for kind in bill_records.DOCUMENTS.values()}
    with set_aside() as unreadable:
        for record in resource._readable([{**fields, "id": "00n"}]):
            lands(documents.get(model), record)
            return
    [reported] = unreadable
    assert reported.key == f"bill:{resource.entity}:00n"
    assert Unreadable.from_json(reported.as_json()) == reported


@settings(max_examples=300, deadline=None)
@given(given_one=records_of(COUPA_MODELS, as_coupa))
def test_coupa_any_value_in_any_field(coupa: CoupaClient, given_one: tuple[Any, dict[str, Any]]) -> None:
    model, fields = given_one
    resources = (coupa.invoices, coupa.purchase_orders, coupa.pay_payments, coupa.suppliers)
    resource: Any = next(each for each in resources if each.MODEL is model)
    documents = {kind.model: kind for kind in coupa_records.DOCUMENTS.values()}
    asked = resource._select([name for name in model.model_fields if hyphenated(name) in fields or name == "id"])
    call = resource.probe()
    with set_aside() as unreadable:
        for record in resource._readable(call, [{**fields, "id": 7}], _all_there(asked)):
            lands(documents.get(model), record)
            return
    [reported] = unreadable
    assert reported.key == f"coupa:{resource.entity}:7"


class _all_there:  # noqa: N801 - stands for a function
    """A selection that misses nothing: what is hidden is another matter than what cannot be read."""

    def __init__(self, selection: Any) -> None:
        self.gathered = selection.gathered

    def missing(self, record: Any) -> list[str]:
        return []


@settings(max_examples=300, deadline=None)
@example(table="F0101", cells=[(0, "10E999999")])
@example(table="F0411", cells=[(n, "1E-999999") for n in range(40)])
@given(table=st.sampled_from(sorted(TABLES)), cells=st.lists(st.tuples(st.integers(0, 300), JSON), max_size=4))
def test_jde_any_value_in_any_cell(table: str, cells: list[tuple[int, Any]]) -> None:
    """A row that can be read lands; one that cannot is told by its key, and the row beside it is there."""
    described = TABLES[table]
    raw: dict[str, Any] = {f"{table}_{alias}": " " for alias in described.usual}
    raw |= {f"{table}_{described.usual[place % len(described.usual)]}": value for place, value in cells}
    good = {f"{table}_{alias}": None for alias in described.usual}
    grid = {"columns": dict.fromkeys(raw, ""), "rowset": [raw, good, "no row"], "summary": {}}
    reader = PageReader(
        connection="jde", name=table, table=described, columns=described.usual, order=list(described.key)
    )
    page = reader.page({f"fs_DATABROWSE_{table}": {"data": {"gridData": grid}}})
    readable = [row for row in page.rows if id(row) not in page.broken]
    pa.Table.from_pylist(readable, schema=described.schema())
    reported = [*page.broken.values(), *page.lost]
    assert len(readable) + len(reported) == 3
    assert len(reported) >= 1 and len(readable) >= 1
    assert all(each.connection == "jde" and each.entity == table and each.id for each in reported)


def test_the_key_of_a_row_is_found_again() -> None:
    """A text with a slash in it, a number, a date and nothing survive in the id of a row."""
    described = TABLES["F0116"]
    row = {"AN8": 4343, "EFTB": date(2026, 3, 2)}
    assert row_key(described, id_of_row(row, described.key)) == (4343, date(2026, 3, 2))
    order = TABLES["F4311"]
    line = dict(
        zip(
            order.key,
            [Decimal(1) if order.columns[a].kind.value == "number" else "a/b" for a in order.key],
            strict=True,
        )
    )
    line = {a: (7 if order.columns[a].kind.value == "whole" else line[a]) for a in order.key}
    assert row_key(order, id_of_row(line, order.key)) == tuple(line[alias] for alias in order.key)


@pytest.mark.parametrize("value", [8051, Decimal("8051"), "8051", " 8051"])
def test_a_number_is_accepted_where_a_text_belongs(value: Any) -> None:
    """BILL gives check numbers either way."""
    payment = Payment.model_validate({"id": "stp1", "transactionNumber": value, "amount": "1.00"})
    assert payment.transaction_number is not None and payment.transaction_number.strip() == "8051"


def test_unused_fields_never_matter() -> None:
    """A field that nothing uses, and one that no model has, is as if it had not come."""
    plain = {"id": "stp1", "amount": "1.00"}
    odd = plain | {"disbursementInfo": [1], "voidInfo": "x", "createdBy": {}, "neverHeardOf": {"a": [None]}}
    for name, value in Payment.model_validate(plain):
        assert getattr(Payment.model_validate(odd), name) == value


def test_by_default_an_unreadable_record_raises(bill: BillClient) -> None:
    """Whoever does not account for it must not go on as if it were not there."""
    with pytest.raises(UnreadableRecord, match="bill:payments:stp1 cannot be read: amount is an array"):
        list(bill.payments._readable([{"id": "stp1", "amount": []}]))
