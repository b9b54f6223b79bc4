"""What landed before tax and bank numbers were encrypted: written again as encrypted objects, the old files deleted.

It is done when a home's landing store is opened. First the new object is whole, then the ledger names it in the place
of the old one, then the old file is deleted, and only then the ledger forgets that there was one: whoever dies in
between leaves the rest to the next, and two at once do no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from connector_resources.encrypted import encrypted_field
from connector_resources.landing import LandingProblem, LandingStore, MissingObject
from connector_resources.ledger import LandedObject

log = logging.getLogger(__name__)

# Which columns of which entities landed in the clear. It is history: migration 0006 has marked their objects.
COLUMNS: Mapping[str, frozenset[str]] = {
    "F0101": frozenset({"TAX", "TX2", "TXCT"}),
    "vendors": frozenset({"record"}),
    "suppliers/documents": frozenset({"tax_id"}),
    "vendors/documents": frozenset({"tax_id"}),
}
ABANDONED = timedelta(hours=24)


def encrypt_landed(store: LandingStore) -> int:
    """Write again what is in the clear, and return how many files with numbers in the clear are gone.

    A damaged object stays, told in the log each time. Raises UnusableInput where the home's keys cannot be read, and
    StorageProblem where the store takes nothing.
    """
    waiting = store.ledger.landing.in_clear()
    count = 0
    for landed, clear in waiting:
        try:
            if landed.path == clear:
                _write_anew(store, landed)
        except MissingObject:
            pass  # nothing of it is left to be encrypted; who needs it is reported so
        except LandingProblem as problem:
            log.warning("%s; its tax and bank numbers are in the clear: restore it, or delete its file", problem)
            continue
        store.delete(clear)
        store.ledger.landing.cleared(landed.id)
        count += 1
    for connection, entity in sorted({(each.connection, each.entity) for each, _ in waiting}):
        count += _delete_abandoned(store, connection, entity)
    return count


def _write_anew(store: LandingStore, landed: LandedObject) -> None:
    table = store.read(landed)
    schema = _declared(table, landed.entity)
    path = store.keep(landed.connection, landed.entity, landed.kind, landed.run, [table], schema)
    if not store.ledger.landing.move(landed, path):
        store.delete(path)


def _declared(table: pa.Table, entity: str) -> pa.Schema:
    return pa.schema(
        [encrypted_field(each.name, each.metadata) if each.name in COLUMNS[entity] else each for each in table.schema],
        metadata=table.schema.metadata,
    )


def _delete_abandoned(store: LandingStore, connection: str, entity: str) -> int:
    """Delete what processes left behind that died between writing an object and registering it, a day ago or more."""
    registered = store.ledger.landing.paths(connection, entity)
    before = datetime.now(UTC) - ABANDONED
    left = [path for path, written in store.files(connection, entity) if path not in registered and written < before]
    for path in left:
        store.delete(path)
    return len(left)
