"""What the control verb `rows` takes for JDE: rows of a table, or an act of JDE's users (docs/sandbox.md)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from connector_sandbox.jde.orders import OrderKey
from connector_sandbox.jde.payables import VoucherKey


class Rows(msgspec.Struct, forbid_unknown_fields=True):
    """{"table": "F0411", "upsert": [{alias: value}], "delete": [{key alias: value}]}."""

    table: str
    upsert: list[dict[str, Any]] = []
    delete: list[dict[str, Any]] = []


class Named(msgspec.Struct, forbid_unknown_fields=True):
    """One of several vouchers, or of its pay items: {"KCO": "00001", "DCT": "PV", "DOC": 4711, "SFX": "001"}."""

    company: str = msgspec.field(name="KCO")
    document: int = msgspec.field(name="DOC")
    type: str = msgspec.field(name="DCT", default="PV")
    item: str = msgspec.field(name="SFX", default="")

    @property
    def voucher(self) -> VoucherKey:
        return VoucherKey(self.company, self.type, self.document)


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """A line of a distribution: {"ANI": "30.4210", "amount": "100.00"}."""

    account: str = msgspec.field(name="ANI")
    amount: Decimal = Decimal(0)


class Act(msgspec.Struct, forbid_unknown_fields=True):
    """{"act": "pay_voucher", "KCO": "00001", "DCT": "PV", "DOC": 4711, "date": "2016-06-30", "number": 5001}."""

    act: str
    company: str = msgspec.field(name="KCO", default="")
    type: str = msgspec.field(name="DCT", default="PV")
    document: int = msgspec.field(name="DOC", default=0)
    item: str = msgspec.field(name="SFX", default="")
    payment: int = msgspec.field(name="PYID", default=0)
    number: int = 0
    batch_type: str = msgspec.field(name="ICUT", default="V")
    batch: int = msgspec.field(name="ICU", default=0)
    group: str = msgspec.field(name="EDBT", default="")
    date: date | None = None
    amount: Decimal | None = None
    amounts: list[Decimal] = []
    foreign: Decimal | None = None
    discount: Decimal = Decimal(0)
    status: str = msgspec.field(name="PST", default="")
    supplier: int = msgspec.field(name="AN8", default=0)
    invoice: str = msgspec.field(name="VINV", default="")
    account: str = msgspec.field(name="ANI", default="")
    remark: str = msgspec.field(name="RMK", default="")
    frequency: str = msgspec.field(name="RF", default="M")
    times: int = msgspec.field(name="DRF", default=1)
    lines: list[Line] = []
    vouchers: list[Named] = []
    set: dict[str, Any] = {}
    with_vouchers: bool = False
    failed: bool = False
    order_company: str = msgspec.field(name="KCOO", default="")
    order_type: str = msgspec.field(name="DCTO", default="OP")
    order: int = msgspec.field(name="DOCO", default=0)
    order_suffix: str = msgspec.field(name="SFXO", default="000")
    line: Decimal = msgspec.field(name="LNID", default=Decimal(0))
    quantity: Decimal | None = None
    price: Decimal | None = None
    hold: str = msgspec.field(name="HOLD", default="")

    @property
    def voucher(self) -> VoucherKey:
        return VoucherKey(self.company, self.type, self.document)

    @property
    def purchase(self) -> OrderKey:
        return OrderKey(self.order_company, self.order_type, self.order, self.order_suffix)
