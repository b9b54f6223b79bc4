"""What bills are booked to, under `/v3/classifications` (bill section 3.6).

Which filters and sorts these lists take could not be read in full; there is none by account number: load the list
once, and index it.
"""

from __future__ import annotations

from connector_resources.bill.models import ChartOfAccount, Classification
from connector_resources.bill.writing import Writable

_BULK = 50


class ChartOfAccounts(Writable[ChartOfAccount]):
    """The chart of accounts; names and account numbers are taken to be unique."""

    MODEL = ChartOfAccount
    PATH = "classifications/chart-of-accounts"
    NOUN = "account"
    PROVEN = False
    BULK = _BULK
    BULK_KEY = "chartOfAccounts"
    KEYS = ("name", "account.number")


class Departments(Writable[Classification]):
    """Departments; `name` is required."""

    MODEL = Classification
    PATH = "classifications/departments"
    NOUN = "department"
    PROVEN = False
    BULK = _BULK
    BULK_KEY = "departments"
    KEYS = ("name",)


class Locations(Writable[Classification]):
    """Locations."""

    MODEL = Classification
    PATH = "classifications/locations"
    NOUN = "location"
    PROVEN = False
    BULK = _BULK
    BULK_KEY = "locations"
    KEYS = ("name",)


class AccountingClasses(Writable[Classification]):
    """Accounting classes."""

    MODEL = Classification
    PATH = "classifications/accounting-classes"
    NOUN = "accounting class"
    PROVEN = False
    BULK = _BULK
    BULK_KEY = "accountingClasses"
    KEYS = ("name",)
