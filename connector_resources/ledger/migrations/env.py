"""Alembic's way in. The connection, and its transaction, come from `connector_resources.ledger.migrate`."""

from alembic import context

from connector_resources.ledger.migrate import VERSION_TABLE
from connector_resources.ledger.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
