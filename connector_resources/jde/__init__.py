"""JD Edwards EnterpriseOne through its AIS server."""

from connector_resources.jde.client import JdeClient
from connector_resources.jde.dataservice import DataService, Stamp
from connector_resources.jde.errors import LinkDead, UnreadableAnswer
from connector_resources.jde.orchestrations import Orchestrations, Outcome
from connector_resources.jde.query import (
    Condition,
    Group,
    Today,
    Where,
    all_of,
    any_of,
    between,
    eq,
    ge,
    gt,
    is_blank,
    le,
    lt,
    ne,
    not_blank,
    one_of,
    starts_with,
)
from connector_resources.jde.shapes import Column, Kind, Table
from connector_resources.jde.tables import TABLES, known_table

__all__ = [
    "TABLES",
    "Column",
    "Condition",
    "DataService",
    "Group",
    "JdeClient",
    "Kind",
    "LinkDead",
    "Orchestrations",
    "Outcome",
    "Stamp",
    "Table",
    "Today",
    "UnreadableAnswer",
    "Where",
    "all_of",
    "any_of",
    "between",
    "eq",
    "ge",
    "gt",
    "is_blank",
    "known_table",
    "le",
    "lt",
    "ne",
    "not_blank",
    "one_of",
    "starts_with",
]
