"""Coupa's Core API, as its pages have it (docs/vendors/coupa.md): what is sent, asked for and answered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from described.routes import Route
from described.shapes import DAY, FLAG, Anything, Each, Either, Fields, Nothing, Number, Shape, Text, without

API = "/api"
# section 1: both headers on every call, of the same type, where the body is empty too
HEADERS = {"authorization": "Bearer .+", "accept": "application/json", "content-type": "application/json"}
KEY = Number(0)
# section 3.0: amounts are strings in answers and in the vendor's examples
AMOUNT = Text(form=r"-?\d+(\.\d+)?")
QUANTITY = Text(form=r"-?\d+(\.\d{1,6})?")
CUSTOM = Anything()
# section 3.4.1: midnight with the instance's offset where a date-time is meant; `Z` prints the evening before, west of
# Greenwich
MOMENT = Text(form=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_TIMES = ("created-at", "updated-at", "created-by", "updated-by")


def _by(*keys: str) -> Fields:
    """A reference: an object with one of the record's natural keys, or its id."""
    known: dict[str, Shape] = {key: Text(255) for key in keys}
    return Fields({"id": KEY, **known}, one_of=(("id", *keys),))


def _emptied(shape: Fields, *needed: str) -> Fields:
    """The same in an update, of which any part may go, where `null` takes a value away (3.0.1), but for what a record
    must have. A reference is not emptied: one that leads nowhere changes nothing."""
    known: dict[str, Shape] = {}
    for name, each in shape.known.items():
        inner = _emptied(each) if isinstance(each, Fields) and name.startswith(("primary-", "phone-")) else each
        known[name] = Either((inner, Nothing())) if isinstance(each, Text) and name not in needed else inner
    return Fields(known, answered=shape.answered)


# -- section 3.1: suppliers -----------------------------------------------------------------------------------------

_WORDS = {name: Text(255, least=0) for name in ("street1", "street2", "street3", "street4", "city", "state")}
ADDRESS = Fields(
    {
        **_WORDS,
        "name": Text(255),
        "state-iso-code": Text(255),
        "postal-code": Text(255, least=0),
        "country": Fields({"id": KEY, "code": Text(form="[A-Z]{2}"), "name": Text()}, one_of=(("code", "id"),)),
        "location-code": Text(255),
        "attention": Text(255),
        "active": FLAG,
        "vat-number": Text(255),
        "vat-country": Anything(),
        "local-tax-number": Text(255),
        "external-src-name": Text(255),
        "external-src-ref": Text(255),
        "id": KEY,
    }
)
REMIT_TO = Fields({**ADDRESS.known, "remit-to-code": Text(255)}, answered=_TIMES)
NEW_REMIT_TO = Fields(REMIT_TO.known, required=("remit-to-code", "street1", "city", "postal-code", "country"))
_PHONE = Fields({name: Text(least=0) for name in ("country-code", "area-code", "number", "extension")})
CONTACT = Fields(
    {
        "id": KEY,
        "email": Text(form=r"[^@\s]+@[^@\s]+"),
        **{name: Text() for name in ("name-given", "name-family", "name-prefix", "name-suffix", "notes")},
        **dict.fromkeys(("phone-work", "phone-mobile", "phone-fax"), _PHONE),
    }
)
_ORDERED_BY = ("cxml", "xml", "email", "prompt", "mark_as_sent", "buy_online")
SUPPLIER = Fields(
    {
        "name": Text(100),
        "number": Text(255),
        "display-name": Text(255),
        "status": Text(among=("active", "inactive", "draft", "onboarding")),
        "account-number": Text(255),
        "tax-id": Text(255),
        "duns": Text(),
        "website": Text(255),
        "po-method": Text(among=_ORDERED_BY),
        "po-change-method": Text(among=_ORDERED_BY),
        "po-email": Text(255, form=r"[^@\s]+@[^@\s]+"),
        "invoice-matching-level": Text(among=("2-way", "3-way", "3-way-direct", "none")),
        "payment-method": Text(among=("invoice", "pcard", "invoice_only", "pcard_only", "virtual_card")),
        "payment-term": Either((_by("code"), Nothing())),
        **{name: _by("code", "name") for name in ("shipping-term", "commodity", "parent", "tax-code")},
        "primary-address": ADDRESS,
        "primary-contact": CONTACT,
        **dict.fromkeys(("on-hold", "buyer-hold", "hold-invoices-for-ap-review", "one-time-supplier"), FLAG),
        "taggings": Each(Anything()),
        "custom-fields": CUSTOM,
    },
    # 3.1.1: the union of what any page asks for, as far as it can be filled
    required=("name", "po-method", "po-change-method", "invoice-matching-level", "payment-method", "status"),
    answered=("id", "remit-to-addresses", "supplier-sites", "content-groups", *_TIMES),
)

# -- section 3.2: the chart of accounts -----------------------------------------------------------------------------

_SEGMENTS = [f"segment-{number}" for number in range(1, 21)]
ACCOUNT = Fields(
    {
        "account-type": _by("name"),
        **dict.fromkeys(_SEGMENTS, Text(100)),
        "name": Text(1024),
        "active": FLAG,
    },
    required=("account-type",),
    answered=("id", "code", "account-type-id", *_TIMES),
)
LOOKUP_VALUE = Fields(
    {
        "name": Text(255),
        "lookup": _by("name"),
        # no hyphen inside: a hyphen is read as the next segment (3.2.1)
        "external-ref-num": Text(255, form="[^-]+"),
        "active": FLAG,
        "parent": _by("name", "external-ref-num", "external-ref-code"),
        "parent-id": KEY,
        "account-type": _by("name"),
        "description": Text(least=0),
        "is-default": FLAG,
    },
    required=("name", "lookup"),
    answered=("id", "external-ref-code", "depth", "children-count", *_TIMES),
)

# -- section 3.3: purchase orders -----------------------------------------------------------------------------------

ACCOUNT_OF_LINE = Fields(
    {
        "id": KEY,
        "code": Text(),
        "account-type": _by("name"),
        **{f"segment-{number}": Text(100) for number in range(1, 21)},
    },
    one_of=(("id", "code", "segment-1"),),
)
ALLOCATIONS = Each(
    Fields(
        {
            "account": ACCOUNT_OF_LINE,
            "pct": Text(form=r"\d{1,3}(\.\d{1,10})?"),
            "amount": AMOUNT,
            "period": Anything(),
            "billing-note": Text(),
        },
        required=("account", "pct"),
    )
)
_ORDER_LINE: dict[str, Shape] = {
    "id": KEY,
    "type": Text(among=("OrderQuantityLine", "OrderAmountLine")),
    "line-num": Text(255),  # a string here, a number on invoices
    "description": Text(255),
    "price": QUANTITY,
    "quantity": QUANTITY,
    "uom": _by("code"),
    "currency": _by("code"),
    "account": ACCOUNT_OF_LINE,
    "account-allocations": ALLOCATIONS,
    "account-type": _by("name"),
    "commodity": _by("name"),
    "department": _by("name"),
    "need-by-date": Either((DAY, MOMENT)),
    **{name: Text(255) for name in ("source-part-num", "supp-aux-part-num", "external-reference-number")},
    "match-type": Text(among=("direct_matching", "3-way-fifo", "3-way", "2-way", "none")),
    "receipt-required": FLAG,
    "custom-fields": CUSTOM,
}
_LINE_ANSWERED = ("received", "total-invoiced", "invoiced", "total", "status", "version", *_TIMES)
ORDER_LINE = Fields(_ORDER_LINE, ("type", "description", "price", "currency"), _LINE_ANSWERED)
CHANGED_ORDER_LINE = Fields({**_ORDER_LINE, "_delete": FLAG}, (), _LINE_ANSWERED)
_ORDER: dict[str, Shape] = {
    "type": Text(among=("ExternalOrderHeader",)),
    "po-number": Text(20),
    "version": Number(0),
    "transmission-method-override": Text(among=("supplier_default", "email", "do_not_transmit")),
    "transmission-emails": Text(),
    "supplier": _by("number", "name"),
    "supplier-site": _by("code"),
    "currency": _by("code"),
    "ship-to-address": _by("location-code", "name"),
    "ship-to-user": _by("login", "email"),
    "ship-to-attention": Text(255),
    "payment-term": _by("code"),
    "shipping-term": _by("code"),
    "payment-method": Text(255),
    "custom-fields": CUSTOM,
}
_ORDER_ANSWERED = (
    *("id", "status", "transmission-status", "internal-revision", "change-type", "requisition-header", "exported"),
    *("last-exported-at", *_TIMES),
)
ORDER = Fields(
    {**_ORDER, "order-lines": Each(ORDER_LINE, least=1)},
    required=("po-number", "supplier", "ship-to-address", "ship-to-user", "order-lines", "type"),
    answered=_ORDER_ANSWERED,
)
ORDER_CHANGED = Fields(
    {**_ORDER, "order-lines": Each(CHANGED_ORDER_LINE), "_cancel": FLAG, "_close": FLAG}, (), _ORDER_ANSWERED
)
# `ping` asks whether external orders are on by a body that no instance can make an order of
NO_ORDER = Fields({"type": Text(among=("ExternalOrderHeader",))}, required=("type",))
REASON = Fields(
    {
        "reason-insight-code": Text(),
        "reason-insight-id": KEY,
        "reason-insight-event-comment": Text(),
    },
    one_of=(("reason-insight-code", "reason-insight-id"),),
)

# -- section 3.4: invoices; 3.5: payments ---------------------------------------------------------------------------

TAX_LINE = Fields(
    {
        "type": Text(among=("TaxLine",)),
        "rate": AMOUNT,
        "amount": AMOUNT,
        "tax-code": _by("code"),
        "taxable-amount": AMOUNT,
        "description": Text(),
    },
    answered=("id",),
)
_INVOICE_LINE: dict[str, Shape] = {
    "id": KEY,
    "type": Text(among=("InvoiceQuantityLine", "InvoiceAmountLine")),
    "line-num": Number(0),
    "description": Text(1550),
    "price": Text(form=r"-?\d+(\.\d{1,20})?"),
    "quantity": QUANTITY,
    "uom": _by("code"),
    "currency": _by("code"),
    "account": ACCOUNT_OF_LINE,
    "account-allocations": ALLOCATIONS,
    "order-line-id": KEY,
    "commodity": _by("name"),
    "tax-lines": Each(TAX_LINE),
    "tax-amount": AMOUNT,
    "tax-rate": AMOUNT,
    "tax-code": _by("code"),
    "match-reference": Text(),
    "custom-fields": CUSTOM,
}
_INVOICE_LINE_ANSWERED = ("total", "status", "po-number", "order-header-num", "order-line-num", *_TIMES)
INVOICE_LINE = Fields(_INVOICE_LINE, ("type", "description", "price", "currency"), _INVOICE_LINE_ANSWERED)
CHANGED_INVOICE_LINE = Fields({**_INVOICE_LINE, "_delete": FLAG}, (), _INVOICE_LINE_ANSWERED)
CHARGE = Fields(
    {
        "id": KEY,
        "type": Text(among=("InvoiceShippingCharge", "InvoiceHandlingCharge", "InvoiceMiscCharge")),
        "total": AMOUNT,
        "line-num": Number(0),
        "account": ACCOUNT_OF_LINE,
        "account-allocations": ALLOCATIONS,
        "tax-lines": Each(TAX_LINE),
        "currency": _by("code"),
        "description": Text(1550),
    },
    required=("type", "total"),
    answered=("accounting-total", "accounting-total-currency", *_TIMES),
)
# 3.5: what is sent is added, so `id` never is; `notes` carries the reference
PAYMENT = Fields(
    {
        "amount-paid": Text(form=r"-?\d+\.\d{2,4}"),
        "payment-date": DAY,
        "notes": Text(255),
        "check-number": Text(255),
        "payable-type": Text(among=("InvoiceHeader",)),
        "payable-id": Either((KEY, Text())),
    },
    required=("amount-paid", "payment-date"),
    answered=("id", "category"),
)
_INVOICE: dict[str, Shape] = {
    "invoice-number": Text(40),
    "invoice-date": DAY,  # a date alone: a time breaks the linking of credit notes
    "supplier": _by("number", "name"),
    "account-type": _by("name"),
    "currency": _by("code"),
    "line-level-taxation": FLAG,
    "is-credit-note": FLAG,
    "original-invoice-number": Text(40),
    "original-invoice-date": DAY,
    "payment-term": _by("code"),
    "tax-lines": Each(TAX_LINE),
    "tax-code": _by("code"),
    **dict.fromkeys(
        (
            *("supplier-total", "tax-amount", "tax-rate", "shipping-amount", "handling-amount", "misc-amount"),
            *("discount-amount", "discount-percent"),
        ),
        AMOUNT,
    ),
    "internal-note": Text(),
    "supplier-note": Text(),
    "comments": Text(255),
    "bill-to-address": _by("location-code", "name"),
    "ship-to-address": _by("location-code", "name"),
    "remit-to-address": _by("remit-to-code", "name"),
    "invoice-charges": Each(CHARGE),
    "custom-fields": CUSTOM,
}
_INVOICE_ANSWERED = (
    *("id", "status", "document-type", "payment-channel", "net-due-date", "discount-due-date", "gross-total"),
    *("total-with-taxes", "amount-due", "approvals", "failed-tolerances", "dispute-reasons", "canceled"),
    *("gross-total-less-discount", "net-total-less-discount", "total-taxes-less-discount"),
    *("amount-due-less-discount", "lock-version-key", "exported", "last-exported-at", *_TIMES),
)
INVOICE = Fields(
    {**_INVOICE, "invoice-lines": Each(INVOICE_LINE, least=1)},
    required=(
        *("invoice-number", "invoice-date", "supplier", "account-type", "currency", "line-level-taxation"),
        "invoice-lines",
    ),
    answered=_INVOICE_ANSWERED,
)
INVOICE_CHANGED = Fields(
    {
        **_INVOICE,
        "invoice-lines": Each(CHANGED_INVOICE_LINE),
        "paid": FLAG,
        "payment-date": MOMENT,
        "payment-notes": Text(),
        "payments": Each(PAYMENT, least=1),
    },
    answered=_INVOICE_ANSWERED,
)

# -- section 3.5.2: external payables -------------------------------------------------------------------------------

_PAYABLE_AMOUNT = Text(form=r"-?\d+(\.\d{1,6})?")
_PAYEE = _by("number", "name")
PAYABLE = Fields(
    {
        "source-name": Text(50),
        "source-reference": Text(255),
        "document-number": Text(255),
        "document-type": Text(50),
        **{f"{name}-amount": _PAYABLE_AMOUNT for name in ("document", "payable", "paid", "remaining", "remittance")},
        "account-type": _by("name"),
        "currency": _by("code"),
        "document-date": Either((DAY, MOMENT)),
        "due-date": Either((DAY, MOMENT)),
        "paid-date": Either((DAY, MOMENT)),
        # the attribute of the payee is not established: what the sheet lists to choose from
        "payable-detail": Fields({"supplier-id": KEY, "supplier": _PAYEE}, one_of=(("supplier-id", "supplier"),)),
        "payee": _PAYEE,
    },
    required=(
        *("account-type", "currency", "document-amount", "document-number", "document-type", "payable-amount"),
        *("source-name", "source-reference"),
    ),
    answered=("id", "status", "currency-id", *_TIMES),
)

# -- what may be asked for and filtered by --------------------------------------------------------------------------

_ANSWERED_TIMES = ("created-at", "updated-at")
_ALLOCATED = ("id", "pct", "amount", "account", "period", "billing-note")
_TAXES = ("id", "type", "rate", "amount", "tax-code", "taxable-amount", "description")
# association -> the attributes of its records
_OF_ASSOCIATION: Mapping[str, Sequence[str]] = {
    "account": ("id", "code", "name", "account-type", *(f"segment-{n}" for n in range(1, 21))),
    "account-type": ("id", "name"),
    "account-allocations": _ALLOCATED,
    "commodity": ("id", "name"),
    "country": ("id", "code", "name"),
    "currency": ("id", "code", "decimals"),
    "department": ("id", "name"),
    "invoice-charges": tuple(CHARGE.known) + CHARGE.answered,
    "invoice-lines": tuple(_INVOICE_LINE) + _INVOICE_LINE_ANSWERED,
    "lookup": ("id", "name"),
    "order-lines": tuple(_ORDER_LINE) + _LINE_ANSWERED,
    "parent": ("id", "name", "external-ref-num", "external-ref-code"),
    "pay-to-currency": ("id", "code", "decimals"),
    "pay-from-currency": ("id", "code", "decimals"),
    "payment-batch": ("id",),
    "payee": ("id", "name", "display-name", "number", "status"),
    "payable-detail": ("supplier-id", "supplier", "discount-amount", "discount-due-date", "payment-term-descr"),
    "digital-check": ("check-number", "status"),
    "pay-to-account": ("id", "type", "supplier", "remit-to-address", "account-kind", "payment-option"),
    "pay-from-account": ("id", "type", "name"),
    "payment-details": (
        *("id", "payment-id", "payable-id", "payable-type", "source-transaction-id", "source-transaction-type"),
        *("source-transaction-reference", "transaction-total", "discount-total", "adjustment-total"),
        *("payment-total", "currency", "payable-allocations"),
    ),
    "payment-term": (
        *("id", "code", "description", "days-for-net-payment", "days-for-discount-payment", "discount-rate", "type"),
        "active",
    ),
    "payments": ("id", *PAYMENT.known, "category"),
    "phone-work": tuple(_PHONE.known),
    "phone-mobile": tuple(_PHONE.known),
    "phone-fax": tuple(_PHONE.known),
    "primary-address": tuple(ADDRESS.known),
    "primary-contact": tuple(CONTACT.known),
    "remit-to-address": tuple(REMIT_TO.known),
    "ship-to-address": tuple(ADDRESS.known),
    "ship-to-user": ("id", "login", "email", "employee-number", "firstname", "lastname", "fullname"),
    "shipping-term": ("id", "code"),
    "supplier": ("id", "name", "display-name", "number"),
    "tax-code": ("id", "code"),
    "tax-lines": _TAXES,
    "uom": ("id", "code", "name"),
    "vat-country": ("id", "code", "name"),
    "withholding-tax-lines": _TAXES,
    "created-by": ("id", "login", "email"),
}


def _attributes(*shapes: Fields, more: Sequence[str] = ()) -> frozenset[str]:
    return frozenset({"id", *_ANSWERED_TIMES, *more}.union(*({*each.known, *each.answered} for each in shapes)))


OF_SUPPLIER = _attributes(SUPPLIER)
OF_ADDRESS = _attributes(REMIT_TO)
OF_ACCOUNT = _attributes(ACCOUNT)
OF_CHART = frozenset(
    {"id", "name", "currency", "active", "dynamic-flag", "legal-entity-name", "primary-address", *_ANSWERED_TIMES}
)
OF_LOOKUP = frozenset({"id", "name", "description", "active", "fixed-depth", "values-count", *_ANSWERED_TIMES})
OF_VALUE = _attributes(LOOKUP_VALUE)
OF_ORDER = _attributes(ORDER)
OF_INVOICE = _attributes(INVOICE, INVOICE_CHANGED, more=("withholding-tax-lines",))
OF_PAYABLE = _attributes(PAYABLE)
OF_TERM = frozenset({*_OF_ASSOCIATION["payment-term"], *_ANSWERED_TIMES})
OF_PAYMENT = frozenset(
    {
        *("id", "status", "type", "transfer-type", "payment-identifier", "external-ref-id", "pay-to-total"),
        *("pay-from-total", "pay-to-currency", "pay-from-currency", "exchange-rate", "released-at"),
        *("requested-execution-date", "error-text", "payee", "pay-to-account", "pay-from-account", "payment-batch"),
        *("digital-check", "payment-details", "exported", "last-exported-at", *_ANSWERED_TIMES),
    }
)
OF_USER = frozenset({*_OF_ASSOCIATION["ship-to-user"], "active", *_ANSWERED_TIMES})
OF_CODED = frozenset({"id", "code", "name", "active", "description", *_ANSWERED_TIMES})

_OPERATORS = {
    *("", "contains", "starts_with", "ends_with", "gt", "lt", "gt_or_eq", "lt_or_eq", "not_eq", "in", "not_in"),
    "blank",
}
_LONGEST_PAGE = 50


def _hyphens(name: str) -> str:
    return name.replace("_", "-")


def selected_problems(selection: Any, attributes: frozenset[str], where: str = "fields") -> Iterator[str]:
    """Section 3.0, `fields`: names with underscores, associations as objects, all custom fields as an empty object."""
    if not isinstance(selection, list):
        yield f"{where} is no list: {selection!r}"
        return
    for each in selection:
        names: Mapping[str, Any] = {each: None} if isinstance(each, str) else each
        for name, nested in names.items():
            if "-" in name:
                yield f"{where}: {name} is written with hyphens"
            if _hyphens(name) not in attributes:
                yield f"{where}: {name} is no attribute on any page"
            elif nested is not None and not (name == "custom_fields" and nested == {}):
                below = frozenset(_OF_ASSOCIATION.get(_hyphens(name), ()))
                yield from selected_problems(nested, below, f"{where}: {name}")


def condition_problems(name: str, value: str, attributes: frozenset[str]) -> Iterator[str]:
    """Section 3.0, filters: `attribute[operator]`, `association[attribute][operator]`."""
    if not re.fullmatch(r"[\w-]+(\[[\w-]+\])*", name):
        yield f"filter {name} cannot be read"
        return
    first, *rest = re.findall(r"[\w-]+", name)
    op = ""
    known = attributes
    path = [first, *rest]
    while path:
        part = _hyphens(path.pop(0))
        if part not in known:
            yield f"filter {name}: {part} is no attribute on any page"
            return
        if not path:
            break
        if path[0] in _OPERATORS:
            op = path.pop(0)
            if path:
                yield f"filter {name}: something follows the operator"
            break
        known = frozenset(_OF_ASSOCIATION.get(part, ()))
    if value == "":
        yield f"filter {name} has no value"
    if part.endswith(("-at", "-date")):
        if op in ("contains", "starts_with", "ends_with", "blank"):
            yield f"filter {name}: {op} is not for dates"
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)(,.+)?", value):
            yield f"filter {name}: {value} has no zone, and would be midnight UTC"
    if op == "blank" and value not in ("true", "false"):
        yield f"filter {name}: {value} is neither true nor false"


Query = Callable[[Sequence[tuple[str, str]]], Iterator[str]]


def _shared(query: Sequence[tuple[str, str]], attributes: frozenset[str]) -> Iterator[str]:
    names = [name for name, _ in query]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"parameter {name} is sent twice"
    given = dict(query)
    if "fields" in given:
        try:
            yield from selected_problems(json.loads(given["fields"]), attributes)
        except ValueError:
            yield f"fields is no JSON: {given['fields']!r}"
    if given.get("return_object", "none") not in ("none", "limited", "shallow"):
        yield f"return_object is {given['return_object']}"


def _listed(attributes: frozenset[str]) -> Query:
    def look(query: Sequence[tuple[str, str]]) -> Iterator[str]:
        yield from _shared(query, attributes)
        given = dict(query)
        limit = given.get("limit", "")
        if not (limit.isdigit() and 1 <= int(limit) <= _LONGEST_PAGE):
            yield f"limit is {limit!r}"
        if not given.get("offset", "0").isdigit():
            yield f"offset is {given['offset']}"
        if given.get("dir", "asc") not in ("asc", "desc"):
            yield f"dir is {given['dir']}"
        order = given.get("order_by", "id")
        if "-" in order or _hyphens(order) not in attributes:
            yield f"order_by is {order}"
        if "fields" not in given:
            yield "fields is not sent: reads of whole records are slow"
        for name, value in query:
            if name not in ("fields", "limit", "offset", "order_by", "dir", "return_object", "filter"):
                yield from condition_problems(name, value, attributes)

    return look


def _one(attributes: frozenset[str], *more: str) -> Query:
    def look(query: Sequence[tuple[str, str]]) -> Iterator[str]:
        yield from _shared(query, attributes)
        for name, _ in query:
            if name not in ("fields", "return_object", *more):
                yield f"parameter {name} is on no page"

    return look


def _reference(path: str, attributes: frozenset[str]) -> Iterator[Route]:
    yield Route("GET", f"{API}/{path}", headers=HEADERS, query=_listed(attributes))
    yield Route("GET", f"{API}/{path}/{{id}}", headers=HEADERS, query=_one(attributes))


def _resource(path: str, attributes: frozenset[str], made: Shape, changed: Shape) -> Iterator[Route]:
    yield from _reference(path, attributes)
    yield Route("POST", f"{API}/{path}", made, HEADERS, _one(attributes))
    yield Route("PUT", f"{API}/{path}/{{id}}", changed, HEADERS, _one(attributes, "exported"))


def _verbs(path: str, attributes: frozenset[str], *verbs: str) -> Iterator[Route]:
    for verb in verbs:
        yield Route("PUT", f"{API}/{path}/{{id}}/{verb}", None, HEADERS, _one(attributes))


def _routes() -> Iterator[Route]:
    form = Fields(
        {
            "grant_type": Text(among=("client_credentials",)),
            "client_id": Text(),
            "client_secret": Text(),
            "scope": Text(form=r"\w+(\.\w+)+( \w+(\.\w+)+)*"),
        },
        required=("grant_type", "client_id", "client_secret", "scope"),
    )
    of_form = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
    yield Route("POST", "/oauth2/token", headers=of_form, form=form)
    yield from _resource("suppliers", OF_SUPPLIER, SUPPLIER, _emptied(SUPPLIER, "name", "status"))
    yield from _resource("suppliers/{supplier}/addresses", OF_ADDRESS, NEW_REMIT_TO, _emptied(REMIT_TO))
    yield from _reference("account_types", OF_CHART)
    yield from _resource("accounts", OF_ACCOUNT, ACCOUNT, _emptied(ACCOUNT, *_SEGMENTS))
    yield from _reference("lookups", OF_LOOKUP)
    yield from _resource("lookup_values", OF_VALUE, LOOKUP_VALUE, _emptied(LOOKUP_VALUE, "name"))
    yield from _reference("payment_terms", OF_TERM)
    for path in ("currencies", "uoms", "tax_codes", "departments"):
        yield from _reference(path, OF_CODED)
    yield from _reference("users", OF_USER)
    yield from _reference("addresses", frozenset({*ADDRESS.known, *_ANSWERED_TIMES}))
    yield from _resource("purchase_orders", OF_ORDER, Either((ORDER, NO_ORDER)), ORDER_CHANGED)
    issues = ("issue", "issue_without_send", "ignore_window_and_issue", "cancel", "close", "release_from_buyer_hold")
    yield from _verbs("purchase_orders", OF_ORDER, *issues)
    yield Route("PUT", f"{API}/purchase_orders/{{id}}/reopen", REASON, HEADERS, _one(OF_ORDER))
    yield from _resource("invoices", OF_INVOICE, INVOICE, INVOICE_CHANGED)
    moves = ("submit", "void", "abandon", "withdraw_dispute", "bypass_approvals", "bypass_current_approval")
    yield from _verbs("invoices", OF_INVOICE, *moves)
    yield from _resource("payables/external/payables", OF_PAYABLE, PAYABLE, without(PAYABLE))
    yield from _verbs("payables/external/payables", OF_PAYABLE, "void")
    yield from _reference("coupa_pay/payments", OF_PAYMENT)


# fixed paths come before those with an id in the same place
ROUTES = sorted(_routes(), key=lambda route: route.path.count("{"))
