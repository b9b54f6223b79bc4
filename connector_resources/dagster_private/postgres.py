"""Private names of Dagster's storages on PostgreSQL."""

from dagster_postgres.utils import DagsterPostgresException, retry_pg_connection_fn

__all__ = ["DagsterPostgresException", "retry_pg_connection_fn"]
