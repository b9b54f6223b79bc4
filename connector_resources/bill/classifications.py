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


class _Named(Writable[Classification]):
    """What the lists of names share."""

    MODEL = Classification
    PROVEN = False
    BULK = _BULK
    KEYS = ("name",)


class Departments(_Named):
    """Departments; `name` is required."""

    PATH = "classifications/departments"
    NOUN = "department"
    BULK_KEY = "departments"


class Locations(_Named):
    """Locations."""

    PATH = "classifications/locations"
    NOUN = "location"
    BULK_KEY = "locations"


class AccountingClasses(_Named):
    """Accounting classes."""

    PATH = "classifications/accounting-classes"
    NOUN = "accounting class"
    BULK_KEY = "accountingClasses"
