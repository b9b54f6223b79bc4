"""The inbox: events, batches and tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
EVENTS, BATCHES = "inbox_events", "inbox_batches"


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        EVENTS,
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("integration", KEY, nullable=False),
        sa.Column("connection", KEY, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("record", KEY, nullable=False),
        sa.Column("updated_at", INSTANT),
        sa.Column("status", sa.Text),
        sa.Column("paid", sa.Boolean),
        sa.Column("scheme", sa.Text, nullable=False),
        sa.Column("relay_event", KEY),
        sa.Column("signature", KEY),
        sa.Column("content", KEY, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("batch", KEY),
    )
    content = ["integration", "content"]
    _where("uq_inbox_events_dated", EVENTS, content, "updated_at IS NOT NULL", unique=True)
    _where("uq_inbox_events_undated", EVENTS, content, "updated_at IS NULL AND batch IS NULL", unique=True)
    relayed = ["integration", "connection", "relay_event", "record", "document"]
    _where("uq_inbox_events_relay", EVENTS, relayed, "relay_event IS NOT NULL", unique=True)
    signed = ["integration", "connection", "signature", "record", "document"]
    _where("uq_inbox_events_signature", EVENTS, signed, "signature IS NOT NULL", unique=True)
    _where("ix_inbox_events_pending", EVENTS, ["integration", "id"], "batch IS NULL")
    op.create_index("ix_inbox_events_batch", EVENTS, ["batch"])
    op.create_index("ix_inbox_events_received", EVENTS, ["connection", "received_at"])
    op.create_table(
        BATCHES,
        sa.Column("id", KEY, primary_key=True),
        sa.Column("integration", KEY, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT),
        sa.Column("outcome", sa.Text),
    )
    _where("uq_inbox_batches_open", BATCHES, ["integration"], "done_at IS NULL", unique=True)
    op.create_table(
        "inbox_tokens",
        sa.Column("digest", KEY, primary_key=True),
        sa.Column("connection", KEY, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
    )


def _where(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
