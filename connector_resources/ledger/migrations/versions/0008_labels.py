"""A delivery says by what number a person knows its document, and the number of its supplier."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("deliveries", sa.Column("label", sa.Text))
    op.add_column("deliveries", sa.Column("party_number", sa.Text))
