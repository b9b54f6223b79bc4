"""Which record of a target is which revision of a document, where the target has no field for a key of ours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "vouchers_made",
        sa.Column("flow", KEY, primary_key=True),
        sa.Column("key", KEY, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("connection", KEY, nullable=False),
        sa.Column("attempts", sa.Text, nullable=False),
        sa.Column("tried", sa.Boolean, nullable=False),
        sa.Column("number", KEY),
        sa.Column("found", KEY),
        sa.Column("seen", sa.Text),
        sa.Column("found_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("connection", "number", name="uq_vouchers_made_number"),
    )
    op.create_index("ix_vouchers_made_found", "vouchers_made", ["connection", "found"])
