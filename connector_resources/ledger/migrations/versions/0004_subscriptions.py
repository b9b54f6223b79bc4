"""The subscriptions that we keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "inbox_subscriptions",
        sa.Column("connection", KEY, primary_key=True),
        sa.Column("subscription", sa.Text),
        sa.Column("create_key", sa.Text),
        sa.Column("create_key_at", INSTANT),
        sa.Column("rotate_key", sa.Text),
        sa.Column("rotate_key_at", INSTANT),
        sa.Column("seen_until", INSTANT),
        sa.Column("rotated_at", INSTANT),
        sa.Column("enabled_at", INSTANT),
        sa.Column("off_reason", sa.Text),
        sa.Column("checked_at", INSTANT),
        sa.Column("problem", sa.Text),
    )
