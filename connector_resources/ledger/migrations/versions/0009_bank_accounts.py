"""Where each supplier was paid when it was last looked at: digests and last four characters, never a number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "bank_accounts",
        sa.Column("flow", KEY, primary_key=True),
        sa.Column("side", KEY, primary_key=True),
        sa.Column("key", KEY, primary_key=True),
        sa.Column("accounts", sa.Text, nullable=False),
        sa.Column("seal", sa.Text, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
