"""The keys of the landing store's encrypted columns, and which objects landed before there were any."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# what held tax or bank numbers in the clear, whatever the connection's or the integration's name
ENTITIES = ("F0101", "vendors", "suppliers/documents", "vendors/documents")


def upgrade() -> None:
    """Create the table, and mark the objects whose files are to be written again."""
    op.create_table(
        "landing_keys",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("name", KEY, nullable=False, unique=True),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.add_column("landing_objects", sa.Column("clear_path", sa.Text))
    objects = sa.table("landing_objects", sa.column("entity"), sa.column("path"), sa.column("clear_path"))
    op.execute(objects.update().where(objects.c.entity.in_(ENTITIES)).values(clear_path=objects.c.path))
    op.create_index(
        "ix_landing_objects_clear",
        "landing_objects",
        ["id"],
        sqlite_where=sa.text("clear_path IS NOT NULL"),
        postgresql_where=sa.text("clear_path IS NOT NULL"),
    )
