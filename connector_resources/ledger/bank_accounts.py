"""Where each supplier was paid when it was last looked at, so that a change is known for one.

A number is never here: a digest with a key that the ledger does not hold, and its last four characters for people.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from connector_resources.ledger.database import FLOW, KEYS, Database, chunks
from connector_resources.ledger.models import bank_accounts as table

_OF = select(table.c.key, table.c.accounts, table.c.seal).where(
    table.c.flow == FLOW, table.c.side == bindparam("side"), table.c.key.in_(KEYS)
)


@dataclass(frozen=True, slots=True)
class KeptAccounts:
    """The accounts of one party in one system: (digest, last four) of each. `seal` says which key the digests were made
    with."""

    accounts: tuple[tuple[str, str], ...]
    seal: str


class BankAccounts:
    """The group `ledger.bank_accounts`. Each flow of suppliers has a memory of its own of each system (`side`)."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, flow: str, side: str, keys: Collection[str]) -> dict[str, KeptAccounts]:
        """Document key of the party -> its accounts; those that were never looked at are left out."""
        found: dict[str, KeptAccounts] = {}
        with self._db.read() as connection:
            for part in chunks(sorted(keys)):
                for row in connection.execute(_OF, {"flow": flow, "side": side, "keys": part}):
                    accounts = tuple((digest, shown) for digest, shown in row.accounts)
                    found[row.key] = KeptAccounts(accounts, row.seal)
        return found

    def forget(self, flow: str, side: str, keys: Collection[str]) -> None:
        """The next look at these parties is the first one again."""
        with self._db.write() as connection:
            for part in chunks(sorted(keys)):
                own = table.c.flow == flow, table.c.side == side, table.c.key.in_(part)
                connection.execute(delete(table).where(*own))

    def put(self, flow: str, side: str, seen: Mapping[str, KeptAccounts], now: datetime) -> None:
        """Remember the accounts of these parties, in the place of what was known of them."""
        if not seen:
            return
        insert = self._db.insert(table)
        statement = insert.on_conflict_do_update(
            index_elements=[table.c.flow, table.c.side, table.c.key],
            set_={name: insert.excluded[name] for name in ("accounts", "seal", "seen_at")},
        )
        rows = [
            {"flow": flow, "side": side, "key": key, "accounts": each.accounts, "seal": each.seal, "seen_at": now}
            for key, each in sorted(seen.items())
        ]
        with self._db.write() as connection:
            connection.execute(statement, rows)
