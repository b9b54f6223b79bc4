"""The ledger's tables. Their history is in `migrations`; a test holds the two together.

Instants are UTC and come back with their zone, amounts are exact decimals kept as text, JSON is kept as
sorted text.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)


class Instant(TypeDecorator[datetime]):
    """An aware instant; a naive one is a bug of ours and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the ledger takes only instants with a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An exact amount, kept as plain decimal text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise ValueError(f"an amount is a finite Decimal, not {type(value).__name__}")
        return format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in the ledger's JSON")


def dump_json(value: object) -> str:
    """Sorted, compact, ASCII: PostgreSQL's text takes neither NUL nor half a surrogate, their escapes it
    does.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)


class Json(TypeDecorator[Any]):
    """Any JSON value as sorted text. Decimals are written as strings, and come back as strings."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else dump_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class Words(TypeDecorator[str]):
    """Free text from anywhere; characters that a database refuses become the replacement character."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        clean = value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
        return clean.replace("\x00", "\ufffd")


# Keys compare by code point in both databases, whatever the server's language.
Key = Text().with_variant(Text(collation="C"), "postgresql")
Id = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()

deliveries = Table(
    "deliveries",
    metadata,
    Column("flow", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("state", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("target_entity", Text),
    Column("target_id", Key),
    Column("content_hash", Text),
    Column("content", Json),
    Column("seen_hash", Text),
    Column("read_at", Instant),
    Column("stage", Text),
    Column("waiting", Words),
    Column("due_at", Instant),
    Column("released", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("partition", Text),
    Column("amount", Money),
    Column("currency", Text),
    Column("run", Text),
    Column("party", Text),
    Column("party_number", Text),
    Column("label", Text),
    Column("claimed_by", Text),
    Column("claimed_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("ix_deliveries_state", "flow", "state", "due_at"),
    Index("ix_deliveries_target", "target_id", "target_entity"),
    # each database uses it only for the very condition that it is asked with
    Index("ix_deliveries_released", "flow", sqlite_where=text("released = 1"), postgresql_where=text("released")),
    Index(
        "ix_deliveries_waiting",
        "flow",
        "due_at",
        sqlite_where=text("waiting IS NOT NULL"),
        postgresql_where=text("waiting IS NOT NULL"),
    ),
)

intents = Table(
    "intents",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("flow", Key, nullable=False),
    Column("key", Key, nullable=False),
    Column("step", Text, nullable=False),
    Column("body_hash", Text),
    Column("run", Text),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("result", Text),
    Column("detail", Json, nullable=False),
    Column("result_detail", Json),
    # only the open ones are ever looked for by key
    Index(
        "ix_intents_open",
        "flow",
        "key",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(
        "ix_intents_absent",
        "flow",
        "key",
        sqlite_where=text("result = 'absent'"),
        postgresql_where=text("result = 'absent'"),
    ),
)

links = Table(
    "links",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("flow", Key, nullable=False),
    Column("source_connection", Text, nullable=False),
    Column("source_entity", Text, nullable=False),
    Column("source_key", Key, nullable=False),
    Column("target_connection", Text, nullable=False),
    Column("target_entity", Text, nullable=False),
    Column("target_id", Key, nullable=False),
    Column("target_label", Words, nullable=False),
    Column("origin", Text, nullable=False),
    Column("attributes", Json, nullable=False),
    Column("run", Text),
    Column("at", Instant, nullable=False),
    UniqueConstraint("flow", "source_key", name="uq_links_source"),
    UniqueConstraint("flow", "target_entity", "target_id", name="uq_links_target"),
    Index("ix_links_source_key", "source_key"),
    Index("ix_links_target_id", "target_id", "target_entity"),
)

mappings = Table(
    "mappings",
    metadata,
    Column("integration", Key, primary_key=True),
    Column("name", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("value", Text, nullable=False),
    Column("note", Words, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

exceptions = Table(
    "exceptions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("flow", Key, nullable=False),
    Column("key", Key, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Words, nullable=False),
    Column("message", Words, nullable=False),
    Column("fix", Words, nullable=False),
    Column("since", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("partition", Text),
    Column("run", Text),
    Column("closed_at", Instant),
    Column("closed_how", Text),
    # found by a sweep: stays open whatever becomes of the delivery, until a sweep no longer finds it
    Column("stands", Boolean, nullable=False, server_default=false()),
    Index(
        "uq_exceptions_open",
        "flow",
        "key",
        "reason",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    # ids sort by age: a flow's open ones are listed without looking at the closed
    Index(
        "ix_exceptions_open",
        "id",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

# what would release an open exception: 'link:<flow>' and a source key, or a mapping's name and a key of it
awaited = Table(
    "awaited",
    metadata,
    Column("exception", Key, primary_key=True),
    Column("source", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Index("ix_awaited_key", "source", "key"),
)

staged = Table(
    "staged",
    metadata,
    Column("id", Key, primary_key=True),
    Column("flow", Key, nullable=False),
    Column("key", Key, nullable=False),
    Column("state", Text, nullable=False),
    Column("step", Text, nullable=False),
    # not JSON to the ledger: it comes back as it went in, in the order of its fields
    Column("body", Text, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("content", Json, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("target_id", Key),
    Column("target_version", Text),
    Column("changes", Json, nullable=False),
    Column("amount", Money),
    Column("currency", Text),
    Column("stake", Money),
    Column("plan", Key),
    Column("partition", Text),
    Column("run", Text),
    Column("staged_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Text),
    Column("rule", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("begun", Boolean, nullable=False),
    Column("closed_at", Instant),
    Index(
        "uq_staged_open",
        "flow",
        "key",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(
        "ix_staged_plan",
        "plan",
        sqlite_where=text("plan IS NOT NULL"),
        postgresql_where=text("plan IS NOT NULL"),
    ),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("flow", Key, nullable=False),
    Column("key", Key, nullable=False),
    Column("event", Text, nullable=False),
    Column("source_id", Text),
    Column("target_id", Key),
    Column("run", Text),
    Column("partition", Text),
    Column("actor", Text),
    Column("detail", Json, nullable=False),
    # the event's place in its flow's chain, from 1, and the hash that binds it to the one before: see `chain`
    Column("place", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Index("uq_audit_events_place", "flow", "place", unique=True),
    Index("ix_audit_events_key", "key"),
    Index(
        "ix_audit_events_target",
        "target_id",
        sqlite_where=text("target_id IS NOT NULL"),
        postgresql_where=text("target_id IS NOT NULL"),
    ),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("flow", Key, primary_key=True),
    Column("events", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)

landing_objects = Table(
    "landing_objects",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("connection", Key, nullable=False),
    Column("entity", Key, nullable=False),
    Column("run", Key, nullable=False),
    Column("kind", Text, nullable=False),
    Column("window_from", Date),
    Column("window_to", Date),
    Column("path", Text, nullable=False, unique=True),
    Column("rows", BigInteger, nullable=False),
    Column("schema_hash", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # the file in which its tax and bank numbers stand in the clear, until it is deleted: `path` itself before it is
    # written again (see `landed_in_clear`)
    Column("clear_path", Text),
    Index("ix_landing_objects_entity", "connection", "entity", "kind"),
    Index("ix_landing_objects_run", "run"),
    Index(
        "ix_landing_objects_clear",
        "id",
        sqlite_where=text("clear_path IS NOT NULL"),
        postgresql_where=text("clear_path IS NOT NULL"),
    ),
)

# where each supplier was paid when it was last looked at: digests and last four characters, never a number. `seal` is a
# fingerprint of what the digests were made with
bank_accounts = Table(
    "bank_accounts",
    metadata,
    Column("flow", Key, primary_key=True),
    Column("side", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("accounts", Json, nullable=False),
    Column("seal", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

# which record of a target is which revision of a document, where the target has no field for a key of ours: `attempts`
# is what was asked for, `number` one that we gave it, `found` the record, `seen` the signs of ours that it showed
vouchers_made = Table(
    "vouchers_made",
    metadata,
    Column("flow", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("connection", Key, nullable=False),
    Column("attempts", Json, nullable=False),
    Column("tried", Boolean, nullable=False),
    Column("number", Key),
    Column("found", Key),
    Column("seen", Json),
    Column("found_at", Instant),
    Index("ix_vouchers_made_found", "connection", "found"),
    UniqueConstraint("connection", "number", name="uq_vouchers_made_number"),
)

# by what the vouchers of a flow are known where its settings do not say so: decided once, and why
voucher_keys = Table(
    "voucher_keys",
    metadata,
    Column("flow", Key, primary_key=True),
    Column("known_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("since", Instant, nullable=False),
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("flow", Key, primary_key=True),
    Column("entity", Key, primary_key=True),
    Column("day", Date, nullable=False),
    Column("probe", Json),
    Column("at", Instant, nullable=False),
    Column("run", Text),
)

flow_state = Table(
    "flow_state",
    metadata,
    Column("flow", Key, primary_key=True),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("baseline_to", Date),
    Column("run", Text),
)

reports = Table(
    "reports",
    metadata,
    Column("run", Key, primary_key=True),
    Column("flow", Key, primary_key=True),
    Column("plan", Boolean, nullable=False),
    Column("report", Json, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_reports_flow", "flow", "at"),
)

credentials = Table(
    "credentials",
    metadata,
    Column("connection", Key, primary_key=True),
    Column("name", Key, primary_key=True),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

home = Table(
    "home",
    metadata,
    # always 1: of two first openers, one makes the row
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("place", Text, nullable=False),
    Column("since", Instant, nullable=False),
)

# the keys of the landing store's encrypted columns, encrypted with those of the home
landing_keys = Table(
    "landing_keys",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("name", Key, nullable=False, unique=True),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
)
