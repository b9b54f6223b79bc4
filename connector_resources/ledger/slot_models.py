"""The tables of what all processes share of a vendor's limits: who holds how many slots, and what an hour has used."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, Integer, Table, Text

from connector_resources.ledger.models import Instant, Key, metadata

# one row for each process that holds slots of a scope or waits for one
slot_holders = Table(
    "slot_holders",
    metadata,
    # a digest of what the vendor counts by, never the key itself
    Column("scope", Key, primary_key=True),
    Column("holder", Key, primary_key=True),
    Column("holding", Integer, nullable=False),
    Column("wants", Integer, nullable=False),
    Column("turn", BigInteger, nullable=False),
    # seconds of the clock that all processes of this ledger share: PostgreSQL's, or the one machine's
    Column("expires", Double, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("born", Text, nullable=False),
)

call_budgets = Table(
    "call_budgets",
    metadata,
    Column("scope", Key, primary_key=True),
    Column("hour", Instant, primary_key=True),
    Column("used", Integer, nullable=False),
    # the vendor itself said that the hour is used up
    Column("spent", Boolean, nullable=False),
)
