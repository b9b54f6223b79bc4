"""Reference content that every world has: currencies and payment terms, in JD Edwards and in Coupa."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from .rows import Stamp
from .world import Row

# Code, name, decimals (F0013.CDEC).
_CURRENCIES = (
    ("GBP", "Pound sterling", 2),
    ("EUR", "Euro", 2),
    ("USD", "US dollar", 2),
    ("SEK", "Swedish krona", 2),
    ("JPY", "Yen", 0),
)
# JD Edwards knows more than this customer has in Coupa.
_MORE_CURRENCIES = (("KWD", "Kuwaiti dinar", 3), ("BHD", "Bahraini dinar", 3))
# Code, text, days net, discount days, discount percent. D10 is called otherwise in Coupa, X99 is not known there.
_TERMS = (
    ("N14", "Net 14 days", 14, 0, 0),
    ("N30", "Net 30 days", 30, 0, 0),
    ("N60", "Net 60 days", 60, 0, 0),
    ("D10", "2% 10 days, net 30", 30, 10, 2),
    ("X99", "By special agreement", 45, 0, 0),
)

# What one unit costs in pounds (F0015), since long ago.
_RATES = {"EUR": "0.8532100", "USD": "0.7841300", "SEK": "0.0742000", "JPY": "0.0052310"}
_RATES_SINCE = date(2010, 1, 1)

MAPPED_TERMS = "D10"
"""Payment terms that Coupa holds under another code ("2/10N30")."""
UNKNOWN_TERMS = "X99"
"""Payment terms that Coupa does not hold."""


def terms_days(code: str) -> int:
    """The net days of a payment term of JD Edwards; 30 for blank."""
    return next((days for term, _, days, _, _ in _TERMS if term == code), 30)


def currencies(stamp: Stamp) -> list[Row]:
    """F0013."""
    return [
        stamp.onto({"CRCD": code, "DL01": name, "CDEC": str(decimals), "CKR": ""})
        for code, name, decimals in (*_CURRENCIES, *_MORE_CURRENCIES)
    ]


def smallest(currency: str) -> Decimal:
    """The smallest amount of a currency; a hundredth where it is not known."""
    known = {code: decimals for code, _, decimals in (*_CURRENCIES, *_MORE_CURRENCIES)}
    return Decimal(1).scaleb(-known.get(currency, 2))


def payment_terms(stamp: Stamp) -> list[Row]:
    """F0014; DCP is the discount percent, DCD its days, NDTP the net days."""
    return [
        stamp.onto({"PTC": code, "PTD": text, "DCP": percent, "DCD": discount, "NDTP": net, "NSP": 1})
        for code, text, net, discount, percent in _TERMS
    ]


def exchange_rates(stamp: Stamp) -> list[Row]:
    """F0015: rates to pounds, and of the pound to euros; CRR is CRDC's currency for one unit of CRCD's."""
    pairs = [(code, "GBP", Decimal(rate)) for code, rate in _RATES.items()]
    pairs.append(("GBP", "EUR", Decimal("1.1720440")))
    return [
        stamp.onto({"CRCD": code, "CRDC": to, "AN8": 0, "RTTYP": "", "EFT": _RATES_SINCE, "CRR": rate})
        for code, to, rate in pairs
    ]


def coupa() -> dict[str, Any]:
    """What a customer has set up in Coupa before the first sync (coupa sections 3.1 to 3.4), with hyphen keys.

    Two charts of accounts: `JDE`, whose accounts are loaded, and `JDE dynamic`, whose accounts come into being on
    first use from the values of the lookups that its segments name. `segments` of a chart, `lookups` and
    `custom_fields` (resource -> field names) are settings of the instance, not API records. There are no
    suppliers, accounts or invoices.
    """
    return {
        "currencies": [
            {"id": place, "code": code, "name": name, "decimals": decimals}
            for place, (code, name, decimals) in enumerate(_CURRENCIES, start=1)
        ],
        "payment_terms": _coupa_terms(),
        "account_types": [_chart(1, "JDE", dynamic=False), _chart(2, "JDE dynamic", dynamic=True)],
        "lookups": [{"id": place, "name": name, "active": True} for place, name in enumerate(_SEGMENTS, start=1)],
        "lookup_values": [],
        "accounts": [],
        "suppliers": [],
        "invoices": [],
        "users": [
            _user(1, "integration", "ML", "Connector"),
            _user(2, "erp_receiver", "Stores", "Receiver"),
            _user(3, "ap.clerk", "Ada", "Clerk"),
            _user(4, "ap.manager", "Noor", "Manager"),
        ],
        "uoms": [{"id": place, "code": code, "name": name} for place, (code, name) in enumerate(_UNITS, start=1)],
        "addresses": [_address(1, "HQ", "Head office"), _address(2, "DEPOT", "Depot"), _address(3, "M30", "Main yard")],
        "custom_fields": {
            "suppliers": ["jde-address-number"],
            "purchase_orders": ["jde-order"],
            "invoices": ["jde-voucher"],
        },
    }


_UNITS = (("EA", "Each"), ("HR", "Hour"), ("KG", "Kilogram"), ("BX", "Box"), ("LS", "Lump sum"))
"""Units of measure: code and name."""
_SEGMENTS = ("Cost centre", "Object", "Subsidiary")


def _chart(number: int, name: str, *, dynamic: bool) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "active": True,
        "currency": {"code": "GBP"},
        "dynamic-flag": dynamic,
        "legal-entity-name": "Northmoor Council",
        "segments": [
            {
                "number": place,
                "name": segment,
                "required": segment != "Subsidiary",
                "lookup": {"name": segment} if dynamic else None,
            }
            for place, segment in enumerate(_SEGMENTS, start=1)
        ],
    }


def _coupa_terms() -> list[dict[str, Any]]:
    # "2/10N30" is what a customer's D10 is called there: a mapping has to say so.
    terms: tuple[tuple[str, int, int | None, str | None], ...] = (
        ("N14", 14, None, None),
        ("N30", 30, None, None),
        ("N60", 60, None, None),
        ("2/10N30", 30, 10, "2.0"),
        ("Due on receipt", 0, None, None),
    )
    return [
        {
            "id": place,
            "code": code,
            "description": code,
            "days-for-net-payment": net,
            "days-for-discount-payment": discount,
            "discount-rate": Decimal(rate) if rate else None,
            "type": "DaysAfterNetPaymentTerm",
            "active": True,
        }
        for place, (code, net, discount, rate) in enumerate(terms, start=1)
    ]


def _user(number: int, login: str, given: str, family: str) -> dict[str, Any]:
    return {
        "id": number,
        "login": login,
        "email": f"{login}@northmoor.example",
        "firstname": given,
        "lastname": family,
        "fullname": f"{given} {family}",
        "active": True,
    }


def _address(number: int, code: str, name: str) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "location-code": code,
        "street1": f"{number} Town Hall Square",
        "city": "Northmoor",
        "postal-code": f"NM{number} 1AA",
        "country": {"code": "GB"},
        "active": True,
    }
