"""The inbox's tables: what senders told, in which batch it was drained, the tokens that we issued, and the
subscriptions that we keep."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, text

from connector_resources.ledger.models import Id, Instant, Key, metadata

# one row for each integration that reads the connection: each drains its own
inbox_events = Table(
    "inbox_events",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("integration", Key, nullable=False),
    Column("connection", Key, nullable=False),
    Column("document", Text, nullable=False),
    Column("record", Key, nullable=False),
    Column("updated_at", Instant),
    Column("status", Text),
    Column("paid", Boolean),
    Column("scheme", Text, nullable=False),
    Column("relay_event", Key),
    # a digest of the relay's signature: the same signature is the same message, whatever its other headers say
    Column("signature", Key),
    # a digest of connection, document, record, updated_at, status and paid
    Column("content", Key, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("batch", Key),
    # what has no date of its own may come again, once what came before was drained
    Index(
        "uq_inbox_events_dated",
        "integration",
        "content",
        unique=True,
        sqlite_where=text("updated_at IS NOT NULL"),
        postgresql_where=text("updated_at IS NOT NULL"),
    ),
    Index(
        "uq_inbox_events_undated",
        "integration",
        "content",
        unique=True,
        sqlite_where=text("updated_at IS NULL AND batch IS NULL"),
        postgresql_where=text("updated_at IS NULL AND batch IS NULL"),
    ),
    Index(
        "uq_inbox_events_relay",
        "integration",
        "connection",
        "relay_event",
        "record",
        "document",
        unique=True,
        sqlite_where=text("relay_event IS NOT NULL"),
        postgresql_where=text("relay_event IS NOT NULL"),
    ),
    Index(
        "uq_inbox_events_signature",
        "integration",
        "connection",
        "signature",
        "record",
        "document",
        unique=True,
        sqlite_where=text("signature IS NOT NULL"),
        postgresql_where=text("signature IS NOT NULL"),
    ),
    Index(
        "ix_inbox_events_pending",
        "integration",
        "id",
        sqlite_where=text("batch IS NULL"),
        postgresql_where=text("batch IS NULL"),
    ),
    Index("ix_inbox_events_batch", "batch"),
    Index("ix_inbox_events_received", "connection", "received_at"),
)

inbox_batches = Table(
    "inbox_batches",
    metadata,
    Column("id", Key, primary_key=True),
    Column("integration", Key, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("outcome", Text),
    # one batch of an integration at a time: its events would all be read by one run anyway
    Index(
        "uq_inbox_batches_open",
        "integration",
        unique=True,
        sqlite_where=text("done_at IS NULL"),
        postgresql_where=text("done_at IS NULL"),
    ),
)

inbox_tokens = Table(
    "inbox_tokens",
    metadata,
    Column("digest", Key, primary_key=True),
    Column("connection", Key, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

inbox_subscriptions = Table(
    "inbox_subscriptions",
    metadata,
    Column("connection", Key, primary_key=True),
    # the vendor's id of the subscription whose key is in the credential store
    Column("subscription", Text),
    # idempotent keys of calls whose answer, which holds a security key, is not known to be kept
    Column("create_key", Text),
    Column("create_key_at", Instant),
    Column("rotate_key", Text),
    Column("rotate_key_at", Instant),
    # what was created before it is known to us
    Column("seen_until", Instant),
    Column("rotated_at", Instant),
    # when we put it on again last, and why it was off
    Column("enabled_at", Instant),
    Column("off_reason", Text),
    # the last look at it, and what stood in its way
    Column("checked_at", Instant),
    Column("problem", Text),
)
