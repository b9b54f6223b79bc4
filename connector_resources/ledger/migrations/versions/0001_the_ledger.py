"""The ledger as it began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

SQLITE_TRIGGERS = (
    """CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events
    BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END""",
    """CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
    BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END""",
    """CREATE TRIGGER audit_heads_no_delete BEFORE DELETE ON audit_heads
    BEGIN SELECT RAISE(ABORT, 'chains of audit events only grow'); END""",
    """CREATE TRIGGER audit_heads_grow BEFORE UPDATE ON audit_heads
    WHEN NEW.flow IS NOT OLD.flow OR NEW.events < OLD.events
    BEGIN SELECT RAISE(ABORT, 'chains of audit events only grow'); END""",
)
POSTGRES_TRIGGERS = (
    """CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'audit events are append-only'; END $$""",
    """CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()""",
    """CREATE FUNCTION refuse_head_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'chains of audit events only grow'; END $$""",
    """CREATE TRIGGER audit_heads_no_delete BEFORE DELETE OR TRUNCATE ON audit_heads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_head_change()""",
    """CREATE TRIGGER audit_heads_grow BEFORE UPDATE ON audit_heads FOR EACH ROW
    WHEN (NEW.flow <> OLD.flow OR NEW.events < OLD.events) EXECUTE FUNCTION refuse_head_change()""",
)


def upgrade() -> None:
    """Create every table, and the triggers that keep the audit trail append-only."""
    _deliveries()
    _links_and_mappings()
    _exceptions()
    _staged()
    _audit()
    _reading()
    op.create_table(
        "credentials",
        sa.Column("connection", KEY, primary_key=True),
        sa.Column("name", KEY, primary_key=True),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )


def _where(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("flow", KEY, primary_key=True),
        sa.Column("key", KEY, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("target_entity", sa.Text),
        sa.Column("target_id", KEY),
        sa.Column("content_hash", sa.Text),
        sa.Column("content", sa.Text),
        sa.Column("seen_hash", sa.Text),
        sa.Column("read_at", INSTANT),
        sa.Column("stage", sa.Text),
        sa.Column("waiting", sa.Text),
        sa.Column("due_at", INSTANT),
        sa.Column("released", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("partition", sa.Text),
        sa.Column("amount", sa.Text),
        sa.Column("currency", sa.Text),
        sa.Column("run", sa.Text),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claimed_until", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_index("ix_deliveries_state", "deliveries", ["flow", "state", "due_at"])
    op.create_index("ix_deliveries_target", "deliveries", ["target_id", "target_entity"])
    op.create_index(
        "ix_deliveries_released",
        "deliveries",
        ["flow"],
        sqlite_where=sa.text("released = 1"),
        postgresql_where=sa.text("released"),
    )
    _where("ix_deliveries_waiting", "deliveries", ["flow", "due_at"], "waiting IS NOT NULL")
    op.create_table(
        "intents",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("flow", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("body_hash", sa.Text),
        sa.Column("run", sa.Text),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("result", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("result_detail", sa.Text),
    )
    _where("ix_intents_open", "intents", ["flow", "key"], "closed_at IS NULL")
    _where("ix_intents_absent", "intents", ["flow", "key"], "result = 'absent'")


def _links_and_mappings() -> None:
    op.create_table(
        "links",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("flow", KEY, nullable=False),
        sa.Column("source_connection", sa.Text, nullable=False),
        sa.Column("source_entity", sa.Text, nullable=False),
        sa.Column("source_key", KEY, nullable=False),
        sa.Column("target_connection", sa.Text, nullable=False),
        sa.Column("target_entity", sa.Text, nullable=False),
        sa.Column("target_id", KEY, nullable=False),
        sa.Column("target_label", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("attributes", sa.Text, nullable=False),
        sa.Column("run", sa.Text),
        sa.Column("at", INSTANT, nullable=False),
        sa.UniqueConstraint("flow", "source_key", name="uq_links_source"),
        sa.UniqueConstraint("flow", "target_entity", "target_id", name="uq_links_target"),
    )
    op.create_index("ix_links_source_key", "links", ["source_key"])
    op.create_index("ix_links_target_id", "links", ["target_id", "target_entity"])
    op.create_table(
        "mappings",
        sa.Column("integration", KEY, primary_key=True),
        sa.Column("name", KEY, primary_key=True),
        sa.Column("key", KEY, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("updated_by", sa.Text, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )


def _exceptions() -> None:
    op.create_table(
        "exceptions",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("flow", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("fix", sa.Text, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("partition", sa.Text),
        sa.Column("run", sa.Text),
        sa.Column("closed_at", INSTANT),
        sa.Column("closed_how", sa.Text),
    )
    _where("uq_exceptions_open", "exceptions", ["flow", "key", "reason"], "closed_at IS NULL", unique=True)
    _where("ix_exceptions_open", "exceptions", ["id"], "closed_at IS NULL")
    op.create_table(
        "awaited",
        sa.Column("exception", KEY, primary_key=True),
        sa.Column("source", KEY, primary_key=True),
        sa.Column("key", KEY, primary_key=True),
    )
    op.create_index("ix_awaited_key", "awaited", ["source", "key"])


def _staged() -> None:
    op.create_table(
        "staged",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("flow", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("body_hash", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("target_id", KEY),
        sa.Column("target_version", sa.Text),
        sa.Column("changes", sa.Text, nullable=False),
        sa.Column("amount", sa.Text),
        sa.Column("currency", sa.Text),
        sa.Column("stake", sa.Text),
        sa.Column("plan", KEY),
        sa.Column("partition", sa.Text),
        sa.Column("run", sa.Text),
        sa.Column("staged_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT),
        sa.Column("decided_by", sa.Text),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("begun", sa.Boolean, nullable=False),
        sa.Column("closed_at", INSTANT),
    )
    _where("uq_staged_open", "staged", ["flow", "key"], "closed_at IS NULL", unique=True)
    _where("ix_staged_plan", "staged", ["plan"], "plan IS NOT NULL")


def _audit() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("flow", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text),
        sa.Column("target_id", KEY),
        sa.Column("run", sa.Text),
        sa.Column("partition", sa.Text),
        sa.Column("actor", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_index("uq_audit_events_place", "audit_events", ["flow", "place"], unique=True)
    op.create_index("ix_audit_events_key", "audit_events", ["key"])
    _where("ix_audit_events_target", "audit_events", ["target_id"], "target_id IS NOT NULL")
    op.create_table(
        "audit_heads",
        sa.Column("flow", KEY, primary_key=True),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    triggers = SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRES_TRIGGERS
    for statement in triggers:
        op.execute(statement)


def _reading() -> None:
    op.create_table(
        "landing_objects",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("connection", KEY, nullable=False),
        sa.Column("entity", KEY, nullable=False),
        sa.Column("run", KEY, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("window_from", sa.Date),
        sa.Column("window_to", sa.Date),
        sa.Column("path", sa.Text, nullable=False, unique=True),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("schema_hash", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("ix_landing_objects_entity", "landing_objects", ["connection", "entity", "kind"])
    op.create_index("ix_landing_objects_run", "landing_objects", ["run"])
    op.create_table(
        "watermarks",
        sa.Column("flow", KEY, primary_key=True),
        sa.Column("entity", KEY, primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("probe", sa.Text),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("run", sa.Text),
    )
    op.create_table(
        "flow_state",
        sa.Column("flow", KEY, primary_key=True),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("baseline_to", sa.Date),
        sa.Column("run", sa.Text),
    )
    op.create_table(
        "reports",
        sa.Column("run", KEY, primary_key=True),
        sa.Column("flow", KEY, primary_key=True),
        sa.Column("plan", sa.Boolean, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("ix_reports_flow", "reports", ["flow", "at"])
