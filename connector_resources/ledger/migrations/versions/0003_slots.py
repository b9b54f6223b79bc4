"""Slots and hourly budgets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the two tables."""
    op.create_table(
        "slot_holders",
        sa.Column("scope", KEY, primary_key=True),
        sa.Column("holder", KEY, primary_key=True),
        sa.Column("holding", sa.Integer, nullable=False),
        sa.Column("wants", sa.Integer, nullable=False),
        sa.Column("turn", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("born", sa.Text, nullable=False),
    )
    op.create_table(
        "call_budgets",
        sa.Column("scope", KEY, primary_key=True),
        sa.Column("hour", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("used", sa.Integer, nullable=False),
        sa.Column("spent", sa.Boolean, nullable=False),
    )
