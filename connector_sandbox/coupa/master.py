"""Suppliers, charts of accounts and the reference data around them (coupa sections 3.1 and 3.2)."""

from __future__ import annotations

from connector_sandbox.coupa.schema import (
    ID,
    READ_ONLY_INSTANT,
    STAMPS,
    Entity,
    Field,
    Shape,
    Unique,
    nothing,
    ref,
    text,
)

SEGMENTS = tuple(f"segment-{n}" for n in range(1, 21))
ACTIVE = Field("bool", default=True)
CUSTOM = Field("custom")
FLAG = Field("bool", default=False)
PO_METHODS = ("cxml", "xml", "email", "prompt", "mark_as_sent", "buy_online")

_PLACE = {
    "name": text(),
    "street1": text(),
    "street2": text(),
    "street3": text(),
    "street4": text(),
    "city": text(),
    "state": text(),
    "state-iso-code": text(),
    "postal-code": text(),
    "country": ref("countries"),
    "location-code": text(),
    "attention": text(),
    "active": ACTIVE,
    "vat-number": text(),
    "vat-country": ref("countries"),
    "local-tax-number": text(),
    "external-src-name": text(),
    "external-src-ref": text(),
}
_PHONE = Shape(
    {"country-code": text(), "area-code": text(), "number": text(), "extension": text()},
    identified=False,
)
_CONTACT = Shape(
    {
        "id": ID,
        "email": text(),
        **{f"name-{part}": text() for part in ("given", "family", "prefix", "suffix")},
        "notes": text(None),
        **{f"phone-{kind}": Field("nested", shape=_PHONE) for kind in ("work", "mobile", "fax")},
    }
)
_ADDRESS = Shape({"id": ID, **_PLACE})

COUNTRY = Entity(
    "countries", "country", "Country", Shape({"id": ID, "code": text(), "name": text()}),
    keys=("id", "code", "name"), stub=("id", "code", "name"), indexed=("code", "name"), stamps=(),
)  # fmt: skip
CURRENCY = Entity(
    "currencies", "currency", "Currency",
    Shape({**STAMPS, "code": text(6), "decimals": Field("int", default=2)}),
    keys=("id", "code"), stub=("id", "code", "decimals"), indexed=("code",),
)  # fmt: skip
USER = Entity(
    "users", "user", "User",
    Shape(
        {
            "id": ID, "created-at": READ_ONLY_INSTANT, "updated-at": READ_ONLY_INSTANT,
            "login": text(), "email": text(), "employee-number": text(), "firstname": text(), "lastname": text(),
            "fullname": text(), "salesforce-id": text(), "avatar-thumb-url": text(), "active": ACTIVE,
        }
    ),
    keys=("id", "login", "email"),
    stub=("id", "login", "email", "employee-number", "firstname", "lastname", "fullname", "salesforce-id",
          "avatar-thumb-url"),
    indexed=("login", "email"),
)  # fmt: skip
UOM = Entity(
    "uoms", "uom", "Uom",
    Shape({**STAMPS, "code": text(6), "name": text(100), "allowable-precision": Field("int"), "active": ACTIVE}),
    keys=("id", "code", "name"), stub=("id", "code", "name"), required=("code", "name"),
    unique=(Unique(("code",), "code", "Code"),), indexed=("name",),
)  # fmt: skip
DEPARTMENT = Entity(
    "departments", "department", "Department", Shape({**STAMPS, "name": text(), "active": ACTIVE}),
    keys=("id", "name"), stub=("id", "name", "active"), required=("name",),
    unique=(Unique(("name",), "name", "Name"),),
)  # fmt: skip
PAYMENT_TERM = Entity(
    "payment_terms", "payment_term", "PaymentTerm",
    Shape(
        {
            **STAMPS, "code": text(), "description": text(),
            "days-for-net-payment": Field("int"), "days-for-discount-payment": Field("int"),
            "discount-rate": Field("decimal", places=1, bare=True),
            "type": text(choices=("DaysAfterNetPaymentTerm", "SpecificDayPaymentTerm", "BaseEomToDaysPaymentTerm",
                                  "DaysToBaseEomPaymentTerm"), default="DaysAfterNetPaymentTerm"),
            "active": ACTIVE,
        }
    ),
    keys=("id", "code"),
    stub=("id", "code", "days-for-net-payment", "days-for-discount-payment", "discount-rate", "active"),
    required=("code",), unique=(Unique(("code",), "code", "Code"),),
)  # fmt: skip
TAX_CODE = Entity(
    "tax_codes", "tax_code", "TaxCode",
    Shape({**STAMPS, "code": text(), "description": text(), "percentage": Field("decimal", places=1, bare=True),
           "country": ref("countries"), "active": ACTIVE}),
    keys=("id", "code"), stub=("id", "code", "description"), indexed=("code",),
)  # fmt: skip
COMMODITY = Entity(
    "commodities", "commodity", "Commodity", Shape({**STAMPS, "name": text(), "active": ACTIVE}),
    keys=("id", "name"), stub=("id", "name"), required=("name",), unique=(Unique(("name",), "name", "Name"),),
)  # fmt: skip
SHIPPING_TERM = Entity(
    "shipping_terms", "shipping_term", "ShippingTerm",
    Shape({**STAMPS, "code": text(), "description": text(), "active": ACTIVE}),
    keys=("id", "code"), stub=("id", "code", "description"), required=("code",),
    unique=(Unique(("code",), "code", "Code"),),
)  # fmt: skip
DISPUTE_REASON = Entity(
    "dispute_reasons", "dispute_reason", "DisputeReason",
    Shape({**STAMPS, "code": text(), "description": text(), "active": ACTIVE}),
    keys=("id", "code"), stub=("id", "code", "description"), required=("code",),
    unique=(Unique(("code",), "code", "Code"),),
)  # fmt: skip
EXCHANGE_RATE = Entity(
    "exchange_rates", "exchange_rate", "ExchangeRate",
    Shape({**STAMPS, "from-currency": ref("currencies"), "to-currency": ref("currencies"),
           "rate": Field("decimal", scale=9), "rate-date": Field("instant")}),
    required=("from-currency", "to-currency", "rate", "rate-date"),
)  # fmt: skip
ADDRESS = Entity(
    "addresses", "address", "Address",
    # How a type is spelled is not in the documents; only that an order insists on the right one.
    Shape({**STAMPS, **_PLACE, "type": text(default="ship-to"), "business-group-name": text()}),
    keys=("id", "name", "location-code"), stub=("id", *_PLACE), required=("street1", "city", "country"),
    indexed=("name", "location-code"),
)  # fmt: skip
LOOKUP = Entity(
    "lookups", "lookup", "Lookup",
    Shape({**STAMPS, "name": text(), "description": text(), "active": ACTIVE, "fixed-depth": Field("int"),
           **{f"level-{level}-name": text() for level in range(1, 11)},
           "values-count": Field("int", read_only=True, default=0)}),
    keys=("id", "name"), stub=("id", "name", "active"), required=("name",),
    unique=(Unique(("name",), "name", "Name"),),
)  # fmt: skip
LOOKUP_VALUE = Entity(
    "lookup_values", "lookup_value", "LookupValue",
    Shape(
        {
            **STAMPS, "name": text(), "lookup": ref("lookups"), "external-ref-num": text(),
            "external-ref-code": text(read_only=True), "active": ACTIVE, "parent": ref("lookup_values"),
            "parent-id": Field("int"), "account-type": ref("account_types"), "description": text(None),
            "is-default": FLAG,
            "depth": Field("int", read_only=True), "children-count": Field("int", read_only=True),
        }
    ),
    keys=("id", "name", "external-ref-num", "external-ref-code", "lookup", "parent"),
    stub=("id", "name", "external-ref-num", "external-ref-code", "active"),
    required=("name", "lookup"),
    unique=(
        Unique(("lookup", "name", "parent"), "name", "Name"),
        Unique(("lookup", "external-ref-num", "parent"), "external-ref-num", "External ref num"),
    ),
    indexed=("external-ref-num", "external-ref-code", "name", "lookup", "parent"),
)  # fmt: skip
ACCOUNT_TYPE = Entity(
    "account_types", "account_type", "AccountType",
    Shape(
        {
            **STAMPS, "name": text(50), "currency": ref("currencies"), "active": ACTIVE,
            "dynamic-flag": Field("bool", read_only=True, default=False),
            "legal-entity-name": text(read_only=True),
            "primary-address": Field("nested", shape=_ADDRESS), "primary-contact": Field("nested", shape=_CONTACT),
        }
    ),
    keys=("id", "name"), stub=("id", "name", "active"), required=("name", "currency"),
    unique=(Unique(("name",), "name", "Name"),),
)  # fmt: skip
ACCOUNT = Entity(
    "accounts", "account", "Account",
    Shape(
        {
            **STAMPS, "name": text(1024), "code": text(None, read_only=True), "active": ACTIVE,
            "account-type-id": Field("int", read_only=True), "account-type": ref("account_types"),
            **{segment: text(100) for segment in SEGMENTS},
        }
    ),
    keys=("id", "code", "account-type", *SEGMENTS),
    stub=("id", "name", "code", "active", "account-type-id", "account-type", *SEGMENTS),
    required=("account-type",),
    unique=(Unique(("account-type", *SEGMENTS), "account-type", "Segment combination"),),
    indexed=("code", "account-type", *SEGMENTS[:4]),
)  # fmt: skip
ACCOUNT_RULE = Entity(
    "account_validation_rules", "account_validation_rule", "AccountValidationRule",
    Shape(
        {
            **STAMPS, "name": text(100), "description": text(), "error-message": text(), "active": ACTIVE,
            "account-type": ref("account_types"),
            **{f"{segment}-{end}": text() for segment in SEGMENTS for end in ("min", "max", "condition")},
        }
    ),
    required=("name", "description", "error-message"), unique=(Unique(("name",), "name", "Name"),),
)  # fmt: skip
REMIT_TO = Entity(
    "remit_to_addresses", "address", "RemitToAddress",
    Shape({**STAMPS, "supplier": ref("suppliers", read_only=True), "remit-to-code": text(), **_PLACE}),
    keys=("id", "remit-to-code"), stub=("id", "remit-to-code", *_PLACE),
    required=("remit-to-code", "street1", "city", "postal-code", "country"),
    indexed=("supplier", "remit-to-code"),
)  # fmt: skip
SUPPLIER_SITE = Entity(
    "supplier_sites", "supplier_site", "SupplierSite",
    Shape(
        {
            **STAMPS, "supplier": ref("suppliers"), "code": text(20), "name": text(),
            "po-method": text(choices=PO_METHODS, label="PO method"),
            "po-email": text(label="PO email"), "payment-term": ref("payment_terms"), "active": ACTIVE,
        }
    ),
    keys=("id", "code"), stub=("id", "code", "name", "po-method", "po-email", "active"),
    required=("supplier", "code", "name"), unique=(Unique(("code",), "code", "Code"),), indexed=("supplier",),
)  # fmt: skip
SUPPLIER = Entity(
    "suppliers", "supplier", "Supplier",
    Shape(
        {
            **STAMPS,
            "name": text(100), "display-name": text(), "number": text(),
            "status": text(choices=("active", "inactive", "onboarding"), more_choices=("draft",), default="draft",
                           label="Supplier status"),
            "account-number": text(), "tax-id": text(), "duns": text(), "website": text(),
            "po-method": text(choices=PO_METHODS, label="PO method"),
            "po-change-method": text(choices=PO_METHODS, label="PO change method"),
            "po-email": text(label="PO email"),
            "invoice-matching-level": text(choices=("2-way", "3-way", "3-way-direct", "none")),
            "payment-method": text(choices=("invoice", "pcard", "invoice_only", "pcard_only", "virtual_card"),
                                   default="invoice"),
            "payment-term": ref("payment_terms"), "parent": ref("suppliers"), "tax-code": ref("tax_codes"),
            "shipping-term": ref("shipping_terms"), "commodity": ref("commodities"),
            "primary-address": Field("nested", shape=_ADDRESS), "primary-contact": Field("nested", shape=_CONTACT),
            "remit-to-addresses": Field("backrefs", read_only=True, target="remit_to_addresses", via="supplier"),
            "supplier-sites": Field("backrefs", read_only=True, target="supplier_sites", via="supplier"),
            "account-types": Field("refs", target="account_types"),
            "restricted-account-types": Field("refs", target="account_types"),
            "content-groups": nothing(), "taggings": nothing(),
            "on-hold": FLAG, "buyer-hold": FLAG, "hold-invoices-for-ap-review": FLAG, "one-time-supplier": FLAG,
            "custom-fields": CUSTOM,
        }
    ),
    keys=("id", "number", "name"), stub=("id", "name", "display-name", "number"),
    required=("name", "invoice-matching-level"),
    unique=(Unique(("name",), "name", "Name"), Unique(("number",), "number", "Number")),
)  # fmt: skip

MASTER = (
    COUNTRY, CURRENCY, USER, UOM, DEPARTMENT, COMMODITY, SHIPPING_TERM, DISPUTE_REASON, PAYMENT_TERM, TAX_CODE,
    EXCHANGE_RATE, ADDRESS, LOOKUP, ACCOUNT_TYPE, LOOKUP_VALUE, ACCOUNT_RULE, ACCOUNT, SUPPLIER, REMIT_TO,
    SUPPLIER_SITE,
)  # fmt: skip
"""In the order in which content is loaded: what is referred to comes first."""
