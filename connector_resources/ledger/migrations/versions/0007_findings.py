"""What a sweep finds stands beside a delivery, and a delivery says whose document it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("exceptions", sa.Column("stands", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("deliveries", sa.Column("party", sa.Text))
