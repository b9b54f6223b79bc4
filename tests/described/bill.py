"""BILL's AP API v3 and its events API, as its pages have them (docs/vendors/bill.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from described.routes import Route
from described.shapes import DAY, FLAG, Each, Fields, Number, Text, without

AP, EVENTS = "/connect/v3", "/connect-events/v3"
MONEY = Number(2)
TIME = r'"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{3})?)?(Z|[+-]\d\d(:?\d\d)?)?)?"'


def _id(prefix: str) -> Text:
    """Section 3.0: 20 characters with a prefix for the type."""
    return Text(form=rf"{prefix}\w{{17}}")


# -- sections 1 and 2: headers and the login ------------------------------------------------------------------------

SESSION = {"devKey": ".+", "sessionId": ".+", "accept": "application/json"}
JSON = {**SESSION, "content-type": "application/json"}
LOGIN = Fields(
    {
        "devKey": Text(),
        "username": Text(),
        "password": Text(),
        "organizationId": Text(form=r"008\w+"),
        "rememberMeId": Text(),
        "device": Text(),
    },
    required=("devKey", "username", "password", "organizationId"),
)

# -- section 3.1: vendors -------------------------------------------------------------------------------------------

ADDRESS = Fields(
    {
        "line1": Text(),
        "line2": Text(),
        "city": Text(),
        "stateOrProvince": Text(),
        "zipOrPostalCode": Text(),
        "country": Text(form="[A-Z]{2}"),
    },
    answered=("countryName",),
)
# No page says how a line is taken away. An empty text is what we send of a line that BILL holds and nobody wants.
CHANGED_ADDRESS = Fields(
    {**ADDRESS.known, **{name: Text(least=0) for name in ("line2", "stateOrProvince", "zipOrPostalCode", "line1")}},
    answered=ADDRESS.answered,
)
VENDOR = Fields(
    {
        "name": Text(100),
        "address": ADDRESS,
        "shortName": Text(40),
        "accountNumber": Text(),
        "accountType": Text(among=("BUSINESS", "PERSON", "NONE")),
        "email": Text(form=r"[^@\s]+@[^@\s]+"),
        "phone": Text(),
        "billCurrency": Text(form="[A-Z]{3}"),
        "paymentInformation": Fields(
            {"payeeName": Text(), "email": Text()},
            answered=("payByType", "payBySubType", "lastPaymentDate", "virtualCard"),
        ),
        "additionalInfo": Fields(
            {
                "taxId": Text(),
                "taxIdType": Text(among=("EIN", "SSN")),
                "track1099": FLAG,
                "combinePayments": FLAG,
                "leadTimeInDays": Number(0),
                "paymentTermId": _id("00p"),
                "companyName": Text(),
            }
        ),
    },
    required=("name", "address"),
    answered=(
        *("id", "archived", "balance", "networkStatus", "bankAccountStatus", "rppsId", "recurringPayments"),
        *("createdTime", "updatedTime"),
    ),
)

VENDOR_CHANGED = Fields({**VENDOR.known, "address": CHANGED_ADDRESS}, answered=VENDOR.answered)

# -- section 3.2: bills; 3.5: vendor credits ------------------------------------------------------------------------

_FOUR = {
    "chartOfAccountId": _id("0ca"),
    "accountingClassId": _id("cls"),
    "departmentId": _id("0de"),
    "locationId": _id("loc"),
}
OF_BILL = Fields({**_FOUR, "itemId": _id("0ii")})
OF_LINE = Fields({**OF_BILL.known, "employeeId": _id("emp"), "jobId": _id("job"), "customerId": _id("0cu")})
_LINE = {
    "amount": MONEY,
    "quantity": Number(None),
    "price": Number(None),
    "description": Text(4000, least=0),
    "classifications": OF_LINE,
}
CREATED_LINE = Fields(_LINE, one_of=(("amount", "price"),))
CHANGED_LINE = Fields({"id": _id("bli"), **_LINE}, required=("id",))
REPLACED_LINE = Fields({"id": _id("bli"), **_LINE}, one_of=(("amount", "price"),), others=True)
INVOICE = Fields(
    {"invoiceNumber": Text(21), "invoiceDate": DAY},
    required=("invoiceNumber", "invoiceDate"),
)
APPLIED = Each(Fields({"id": _id("vcr"), "amount": MONEY}, required=("id", "amount")))
_BILL_ANSWERED = (
    *("id", "archived", "recordStatus", "vendorName", "amount", "fundingAmount", "paidAmount", "dueAmount"),
    *("scheduledAmount", "creditAmount", "exchangeRate", "paymentStatus", "approvalStatus", "approvers", "createdBy"),
    *("createdTime", "updatedTime"),
)
BILL = Fields(
    {
        "vendorId": _id("009"),
        "dueDate": DAY,
        "invoice": INVOICE,
        "paymentTermId": _id("00p"),
        "billLineItems": Each(CREATED_LINE, least=1),
        "description": Text(4000, least=0),
        "payFromChartOfAccountId": _id("0ca"),
        "classifications": OF_BILL,
        "vendorCredits": APPLIED,
        "purchaseOrderNumber": Text(),
        "billApprovals": FLAG,
    },
    required=("vendorId", "dueDate", "invoice", "billLineItems"),
    answered=_BILL_ANSWERED,
)
BILL_CHANGED = Fields(
    {
        **BILL.known,
        "invoice": Fields(INVOICE.known),
        "billLineItems": Each(CHANGED_LINE),
    },
    answered=_BILL_ANSWERED,
)
BILL_REPLACED = Fields(
    {**BILL.known, "billLineItems": Each(REPLACED_LINE, least=1)},
    required=("vendorId", "dueDate", "billLineItems"),
    answered=_BILL_ANSWERED,
    others=True,
)
_CREDIT_LINE = {"amount": MONEY, "description": Text(4000, least=0), "classifications": OF_LINE}
_CREDIT_ANSWERED = ("id", "archived", "amount", "appliedAmount", "status", "usage", "createdTime", "updatedTime")
CREDIT = Fields(
    {
        "vendorId": _id("009"),
        "referenceNumber": Text(100),
        "creditDate": DAY,
        "description": Text(least=0),
        "applyToChartOfAccountId": _id("0ca"),
        "applyToBankAccountId": _id("bac"),
        "vendorCreditLineItems": Each(Fields(_CREDIT_LINE, required=("amount",)), least=1),
    },
    required=("vendorId", "referenceNumber", "creditDate", "vendorCreditLineItems"),
    answered=_CREDIT_ANSWERED,
)
_KEPT_CREDIT_LINE = Fields({"id": Text(20), **_CREDIT_LINE}, others=True)
CREDIT_CHANGED = Fields({**CREDIT.known, "vendorCreditLineItems": Each(_KEPT_CREDIT_LINE)}, answered=_CREDIT_ANSWERED)
CREDIT_REPLACED = Fields(
    {**CREDIT.known, "vendorCreditLineItems": Each(_KEPT_CREDIT_LINE, least=1)},
    required=CREDIT.required,
    answered=_CREDIT_ANSWERED,
    others=True,
)

# -- section 3.4: a payment made outside (D15; the optional names as the answer has them) ---------------------------

RECORDED = Fields(
    {
        "vendorId": _id("009"),
        "processDate": DAY,
        "toPrintCheck": FLAG,
        "payments": Each(
            Fields({"billId": _id("00n"), "amount": MONEY, "vendorCredits": APPLIED}, required=("billId", "amount")),
            least=1,
        ),
        "description": Text(least=0),
        "syncReference": Text(),
        "allowExport": FLAG,
        "classifications": Fields({"chartOfAccountId": _id("0ca")}),
    },
    required=("vendorId", "processDate", "toPrintCheck", "payments"),
)

# -- section 3.6: classifications -----------------------------------------------------------------------------------

_TYPES = (
    *("UNSPECIFIED", "ACCOUNTS_PAYABLE", "ACCOUNTS_RECEIVABLE", "BANK", "COST_OF_GOODS_SOLD", "CREDIT_CARD", "EQUITY"),
    *("EXPENSE", "FIXED_ASSET", "INCOME", "LONG_TERM_LIABILITY", "OTHER_ASSET", "OTHER_CURRENT_ASSET"),
    *("OTHER_CURRENT_LIABILITY", "OTHER_EXPENSE", "OTHER_INCOME", "NON_POSTING"),
)
_NAMED = {"name": Text(), "description": Text(least=0)}
_STAMPS = ("id", "archived", "createdTime", "updatedTime")
ACCOUNT = Fields(
    {
        **_NAMED,
        "parentId": _id("0ca"),
        "account": Fields({"type": Text(among=_TYPES), "number": Text()}),
    },
    required=("name",),
    answered=_STAMPS,
)


def _unit(prefix: str) -> Fields:
    return Fields({**_NAMED, "shortName": Text(), "parentId": _id(prefix)}, required=("name",), answered=_STAMPS)


CLASSIFICATIONS = {
    "chart-of-accounts": ACCOUNT,
    "departments": _unit("0de"),
    "locations": _unit("loc"),
    "accounting-classes": _unit("cls"),
    "jobs": _unit("job"),
}

# -- section 4: lists -----------------------------------------------------------------------------------------------

_EQUAL, _ONE_OF, _RANGE = ("eq", "ne"), ("eq", "ne", "in"), ("gt", "gte", "lt", "lte")
_TIMES = {"createdTime": _RANGE, "updatedTime": _RANGE}
_STATED = {"id": _ONE_OF, "archived": _EQUAL, **_TIMES}
Filters = Mapping[str, Sequence[str]]
OF_VENDORS: Filters = {
    **_STATED,
    "name": ("eq", "sw"),
    "accountType": (*_ONE_OF, "nin"),
    "address.country": _EQUAL,
    "billCurrency": (*_ONE_OF, "nin"),
    "paymentStatus": (*_ONE_OF, "nin"),
}
OF_BILLS: Filters = {
    **_STATED,
    "vendorId": ("eq", "in"),
    "dueDate": _RANGE,
    "paymentStatus": _ONE_OF,
    "payFromChartOfAccountId": _ONE_OF,
    **{f"classifications.{name}": _ONE_OF for name in OF_BILL.known},
}
# seen in production (3.4); `billId` is refused
OF_PAYMENTS: Filters = {
    **dict.fromkeys(("id", "vendorId", "status", "onlinePayment", "disbursementType"), _ONE_OF),
    "transactionNumber": ("eq",),
    "processDate": _RANGE,
    "amount": _RANGE,
    **_TIMES,
}
# D9's table of these could not be read in full; a public client uses these
OF_CLASSIFICATIONS: Filters = {**_STATED, "name": ("eq", "sw"), "parentId": _ONE_OF}
# nothing is published of vendor credits: what every list has
OF_CREDITS: Filters = {**_STATED, "vendorId": ("eq", "in")}

_SORTS_OF_ALL = ("archived", "createdTime", "updatedTime")
SORTS = {
    "vendors": (*_SORTS_OF_ALL, "name", "shortName", "email", "phone", "billCurrency"),
    "bills": (*_SORTS_OF_ALL, "fundingAmount", "exchangeRate", "description", "dueDate"),
    "payments": (
        *("createdTime", "updatedTime", "description", "processDate", "amount", "confirmationNumber"),
        *("onlinePayment", "disbursementStatus"),
    ),
    "vendor-credits": _SORTS_OF_ALL,
    "classifications": (*_SORTS_OF_ALL, "name", "description"),
}
_CONDITION = re.compile(r'([A-Za-z.]+):([a-z]+):("[^"]*"|[^",:]*)(?:,|$)')


def filter_problems(text: str, known: Filters) -> Iterator[str]:
    """Section 4, filters: which fields, which operators, what goes in quotes."""
    at = 0
    while at < len(text):
        found = _CONDITION.match(text, at)
        if found is None:
            yield f"filters cannot be read from {text[at:]!r} on"
            return
        at = found.end()
        name, op, value = found.groups()
        if op not in known.get(name, ()):
            yield f"filters: {name}:{op} is on no page"
        quoted = value.startswith('"')
        if name.endswith("Time") and not re.fullmatch(TIME, value):
            yield f"filters: {name} is no time in quotes: {value}"
        elif op in ("in", "nin", "sw") and not quoted:
            yield f"filters: {name}:{op} takes its value in quotes: {value}"
        elif name in ("id", "vendorId", "archived", "paymentStatus", "status") and op in _EQUAL and quoted:
            yield f"filters: {name} is an id or an enumeration, which go without quotes: {value}"
        if value in ("", '""'):
            yield f"filters: {name} has no value"


Query = Callable[[Sequence[tuple[str, str]]], Iterator[str]]


def _listed(known: Filters, sorts: Sequence[str]) -> Query:
    def look(query: Sequence[tuple[str, str]]) -> Iterator[str]:
        given = dict(query)
        if len(given) < len(query):
            yield "a parameter is sent twice"
        for name in given.keys() - {"max", "page", "filters", "sort"}:
            yield f"parameter {name} is on no page"
        if "max" not in given:
            yield "max is not sent, and its default is 20 by one page and 100 by another"
        elif not (given["max"].isdigit() and 1 <= int(given["max"]) <= 100):
            yield f"max is {given['max']}"
        yield from filter_problems(given.get("filters", ""), known)
        for each in filter(None, given.get("sort", "").split(",")):
            name, _, order = each.partition(":")
            if name not in sorts or order not in ("asc", "desc"):
                yield f"sort={each} is on no page"

    return look


def _some(*allowed: str, required: Sequence[str] = ()) -> Query:
    def look(query: Sequence[tuple[str, str]]) -> Iterator[str]:
        given = dict(query)
        for name in given.keys() - set(allowed):
            yield f"parameter {name} is on no page"
        for name in required:
            if name not in given:
                yield f"parameter {name} is required"

    return look


def _resource(
    path: str, made: Fields, changed: Fields, most: int, query: Query, *, replaced: Fields | None = None
) -> Iterator[Route]:
    """List, one, create, many at once, change, replace, archive, restore."""
    base = f"{AP}/{path}"
    yield Route("GET", base, headers=SESSION, query=query)
    yield Route("POST", base, made, JSON)
    yield Route("POST", f"{base}/bulk", Each(made, most=most, least=1), JSON)
    yield Route("GET", f"{base}/{{id}}", headers=SESSION)
    yield Route("PATCH", f"{base}/{{id}}", changed, JSON)
    if replaced is not None:
        yield Route("PUT", f"{base}/{{id}}", replaced, JSON)
    for verb in ("archive", "restore"):
        if (path, verb) != ("vendor-credits", "restore"):
            # these have no body, and so no type of one
            yield Route("POST", f"{base}/{{id}}/{verb}", headers=SESSION)


# -- section 7: events ----------------------------------------------------------------------------------------------

KEYED = {**JSON, "x-idempotent-key": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"}
_SUBSCRIPTION = {
    "name": Text(),
    "status": Fields({"enabled": FLAG}, required=("enabled",), answered=("reason", "actor")),
    "events": Each(Fields({"type": Text(), "version": Text()}, required=("type", "version")), least=1),
    "notificationUrl": Text(form="https://.+"),
}
_SUBSCRIPTION_ANSWERED = ("id", "organizationId", "createdTime", "updatedTime", "securityKey")
SUBSCRIPTION = Fields(_SUBSCRIPTION, required=tuple(_SUBSCRIPTION), answered=_SUBSCRIPTION_ANSWERED)
_PAGED = _some("max", "page")
_HISTORY = _some("createdTimeFrom", "createdTimeTo", "entityId", "ascending", "max", "page")


def _events() -> Iterator[Route]:
    one = f"{EVENTS}/subscriptions/{{subscriptionId}}"
    yield Route("GET", f"{EVENTS}/events/catalog", headers=SESSION)
    yield Route("GET", f"{EVENTS}/subscriptions", headers=SESSION, query=_PAGED)
    yield Route("POST", f"{EVENTS}/subscriptions", SUBSCRIPTION, KEYED)
    yield Route("GET", one, headers=SESSION)
    yield Route("PUT", one, SUBSCRIPTION, JSON)
    yield Route("PATCH", one, without(SUBSCRIPTION), JSON)
    yield Route("DELETE", one, headers=SESSION)
    keyed = {name: value for name, value in KEYED.items() if name != "content-type"}
    yield Route("POST", f"{one}/security_key", headers=keyed)
    yield Route("POST", f"{one}/test", headers=SESSION)
    history = f"{EVENTS}/events/subscription/{{subscriptionId}}"
    yield Route("GET", history, headers=SESSION, query=_HISTORY)
    yield Route("POST", f"{history}/event/{{eventId}}", headers=SESSION)
    yield Route("GET", f"{EVENTS}/health", headers={"accept": "application/json"})


def _routes() -> Iterator[Route]:
    plain = {"accept": "application/json"}
    yield Route("POST", f"{AP}/login", LOGIN, {**plain, "content-type": "application/json"})
    yield Route("POST", f"{AP}/logout", headers=SESSION)
    yield Route("GET", f"{AP}/login/session", headers=SESSION)
    yield Route("GET", f"{AP}/health", headers=plain)
    yield from _resource("vendors", VENDOR, VENDOR_CHANGED, 20, _listed(OF_VENDORS, SORTS["vendors"]))
    bank = f"{AP}/vendors/{{id}}/bank-account"
    yield Route("GET", bank, headers=SESSION)
    bills = _listed(OF_BILLS, SORTS["bills"])
    yield from _resource("bills", BILL, BILL_CHANGED, 100, bills, replaced=BILL_REPLACED)
    yield Route("POST", f"{AP}/bills/record-payment", RECORDED, JSON)
    credits_ = _listed(OF_CREDITS, SORTS["vendor-credits"])
    yield from _resource("vendor-credits", CREDIT, CREDIT_CHANGED, 50, credits_, replaced=CREDIT_REPLACED)
    for name, shape in CLASSIFICATIONS.items():
        query = _listed(OF_CLASSIFICATIONS, SORTS["classifications"])
        yield from _resource(f"classifications/{name}", shape, without(shape), 50, query)
    yield Route("GET", f"{AP}/payments", headers=SESSION, query=_listed(OF_PAYMENTS, SORTS["payments"]))
    yield Route("GET", f"{AP}/payments/{{id}}", headers=SESSION)
    yield from _events()


# fixed paths come before those with an id in the same place
ROUTES = sorted(_routes(), key=lambda route: route.path.count("{"))
