"""Where the credential store and the landing store keep their ciphertexts. Nothing here can read them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from sqlalchemy import delete, select, update

from connector_resources.errors import UnusableInput
from connector_resources.ledger.database import Database
from connector_resources.ledger.models import credentials as table
from connector_resources.ledger.models import landing_keys


class Credentials:
    """The group `ledger.credentials`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, connection: str) -> dict[str, bytes]:
        """Name -> ciphertext of one connection."""
        query = select(table.c.name, table.c.ciphertext).where(table.c.connection == connection)
        with self._db.read() as db:
            return {row[0]: bytes(row[1]) for row in db.execute(query)}

    def list(self) -> list[tuple[str, str, datetime]]:
        """(connection, name, when it was set), in order."""
        query = select(table.c.connection, table.c.name, table.c.updated_at)
        with self._db.read() as db:
            rows = db.execute(query.order_by(table.c.connection, table.c.name)).all()
        return [(row[0], row[1], row[2]) for row in rows]

    def put(self, connection: str, name: str, ciphertext: bytes, now: datetime) -> None:
        """Set one, replacing what was there."""
        insert = self._db.insert(table).values(connection=connection, name=name, ciphertext=ciphertext, updated_at=now)
        statement = insert.on_conflict_do_update(
            index_elements=[table.c.connection, table.c.name],
            set_={each: insert.excluded[each] for each in ("ciphertext", "updated_at")},
        )
        with self._db.write() as db:
            db.execute(statement)

    def delete(self, connection: str, name: str) -> bool:
        """Remove one; False where there was none."""
        condition = (table.c.connection == connection) & (table.c.name == name)
        with self._db.write() as db:
            return db.execute(delete(table).where(condition).returning(table.c.name)).first() is not None

    def rewrite(self, begin: Callable[[], Callable[[bytes], bytes]]) -> int:
        """Replace every ciphertext by what the function that `begin` returns makes of it, all or none; returns how many
        are credentials.

        Keys of the landing store are among them; one that cannot be read stays as it is, since nothing but what landed
        with it depends on it. One at a time: `begin` is called when no other rewrite is under way.
        """
        with self._db.write() as db:
            if not self._db.is_sqlite:
                db.exec_driver_sql("LOCK TABLE credentials, landing_keys IN SHARE ROW EXCLUSIVE MODE")
            change = begin()
            rows = db.execute(select(table.c.connection, table.c.name, table.c.ciphertext)).all()
            for connection, name, ciphertext in rows:
                condition = (table.c.connection == connection) & (table.c.name == name)
                db.execute(update(table).where(condition).values(ciphertext=change(bytes(ciphertext))))
            for name, ciphertext in db.execute(select(landing_keys.c.name, landing_keys.c.ciphertext)).all():
                with suppress(UnusableInput):
                    turned = change(bytes(ciphertext))
                    db.execute(update(landing_keys).where(landing_keys.c.name == name).values(ciphertext=turned))
        return len(rows)


class LandingKeys:
    """The group `ledger.landing_keys`: the encrypted keys of the landing store's encrypted columns."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def list(self) -> list[tuple[str, bytes]]:
        """(name, ciphertext), the oldest first."""
        query = select(landing_keys.c.name, landing_keys.c.ciphertext)
        with self._db.read() as db:
            rows = db.execute(query.order_by(landing_keys.c.id)).all()
        return [(row[0], bytes(row[1])) for row in rows]

    def add(self, name: str, ciphertext: bytes, now: datetime) -> None:
        """Keep one more."""
        with self._db.write() as db:
            db.execute(landing_keys.insert().values(name=name, ciphertext=ciphertext, made_at=now))
