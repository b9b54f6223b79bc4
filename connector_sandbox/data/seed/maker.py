"""The world of a seed."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from ..reference import coupa, currencies, exchange_rates, payment_terms
from ..rows import Stamp
from ..totals import as_text, control_figures, document_amounts
from ..world import Tables, World
from .cases import CASES, OBSTACLES
from .chart import make_chart
from .orders import make_orders
from .parties import make_parties, party_tables
from .seeder import DAYS, VoucherSeeder
from .vouchers import Document

DEFAULT_SIZE = 500


def load_seed(seed: int = 1, size: int | None = None, *, today: date | None = None) -> World:
    """A made-up world: `size` vouchers (500) of two companies, entered over the 30 days up to `today`.

    The same seed, size and today give the same world; `today` is the machine's day in UTC unless given. More than nine
    in ten vouchers are clean open ones at any size; from 500 on every case is there, below that as many as fit.

    `report` holds the control figures of totals.control_figures; `cases`: label -> document keys "KCO/DCT/DOC", or
    address numbers for the labels that begin with `supplier_`, `employee` or `customer`; `obstacles`: which labels
    are on vouchers that are not plainly to be sent; `clean`: documents and amounts per currency of all others;
    `order_cases`: label -> order keys "KCOO/DCTO/DOCO".

    Raises ValueError for a size below 1.
    """
    size = DEFAULT_SIZE if size is None else size
    if size < 1:
        raise ValueError(f"a size of {size}: there must be at least one voucher")
    today = today or datetime.now(UTC).date()
    start = today - timedelta(days=DAYS - 1)
    rng = random.Random(f"{seed}/{size}")  # noqa: S311 - reproducible choices, no secrets
    first = Stamp.at(start, 0)
    chart = make_chart(rng, first, today)
    parties = make_parties(rng, size, today)
    seeder = VoucherSeeder(rng, size, today, chart, parties)
    documents = _documents(seeder, size)
    orders, order_cases = make_orders(seed, size, today, chart, parties)
    tables: Tables = {
        **chart.tables,
        **orders,
        **party_tables(rng, parties, start, today),
        "F0013": currencies(first),
        "F0014": payment_terms(first),
        "F0015": exchange_rates(first),
        "F0411": [row for document in documents for row in document.items],
        "F0911": [row for document in documents for row in document.lines],
        "F0413": [row for document in documents for row in document.payments],
        "F0414": [row for document in documents for row in document.details],
    }
    clean = [document for document in documents if not document.labels & OBSTACLES]
    report = {
        "source": "seed",
        "seed": seed,
        "size": size,
        **control_figures(tables),
        "cases": {**_labels(documents), **parties.labels()},
        "order_cases": order_cases,
        "obstacles": sorted(OBSTACLES),
        "clean": {
            "documents": len(clean),
            "amounts": as_text(document_amounts([row for document in clean for row in document.items])),
        },
    }
    return {"jde": tables, "coupa": coupa(), "report": report}


def _documents(seeder: VoucherSeeder, size: int) -> list[Document]:
    """The cases that fit, and ordinary vouchers for the rest, in order of document number."""
    room, obstacles = max(size // 2, (size - 1) // 10), (size - 1) // 10
    documents: list[Document] = []
    for case in CASES:
        if len(documents) + case.count > room or case.obstacles > obstacles:
            continue
        made = list(case.make(seeder))
        if len(made) != case.count:
            raise AssertionError(f"{case.make.__name__} made {len(made)} vouchers instead of {case.count}")
        obstacles -= case.obstacles
        documents += made
    while len(seeder):
        documents.append(seeder.ordinary())
    for document in documents:
        document.labels |= _features(document)
    return sorted(documents, key=lambda document: (document.voucher.number, document.key))


def _features(document: Document) -> set[str]:
    """What the rows themselves show."""
    voucher, items, costs = document.voucher, document.items, document.costs
    # beside the lines: sales and use tax have labels of their own
    taxed = any(item["STAM"] and item["EXR1"] == "V" for item in items)
    negative = sum(1 for item in items if str(item["AG"]).startswith("-")) == len(items)
    shown = {
        "several_pay_items": len(items) > 1,
        "several_lines": len(costs) > 1,
        "tax": taxed,
        "foreign": voucher.foreign,
        "foreign_tax": voucher.foreign and taxed,
        "foreign_several_pay_items": voucher.foreign and len(items) > 1,
        "currency_without_decimals": voucher.currency == "JPY",
        "other_company": voucher.company != "00001",
        "other_ledgers": any(line["LT"] != "AA" for line in document.lines),
        "blank_invoice_number": not voucher.invoice,
        "credit": negative and voucher.kind == "PV",
        "debit_memo": negative and voucher.kind == "PD",
    }
    return {label for label, holds in shown.items() if holds}


def _labels(documents: list[Document]) -> dict[str, list[str]]:
    labels: dict[str, list[str]] = {}
    for document in documents:
        for label in sorted(document.labels):
            labels.setdefault(label, []).append(document.key)
    return dict(sorted(labels.items()))
