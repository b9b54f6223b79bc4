"""How long a message is known, and what becomes of one that is older: whether it is new cannot be known any more, so it
is not taken as new.

* A relay's signed time stamp ends before the memory does (`relay.py`; the settings see to it), and so does the token of
  a call-out: what is older is refused there.
* Where no time stamp is signed (a relay with `signed: body`; BILL, bill section 7.4), a message is as old as the
  youngest change that it tells of, by the `updated-at` or `updatedTime` that is signed with it.
* A message of these that carries no time at all is known for good, by its event id or its signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from connector_resources.connections.bill import BillConnection
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.ledger import InboxEvent, Ledger

# what is refused is forgotten later: the clocks of two machines differ
CLOCKS_DIFFER = timedelta(hours=1)


def too_old(message: Sequence[InboxEvent], keep_days: int, now: datetime) -> bool:
    """Whether the message is older than what is kept; False for one without a time."""
    dated = [event.updated_at for event in message if event.updated_at is not None]
    return bool(dated) and max(dated) < now - timedelta(days=keep_days)


def forget(ledger: Ledger, connection: CoupaConnection | BillConnection, now: datetime) -> int:
    """Forget what is refused from now on if it comes again; how many events that were."""
    if connection.inbox is None:
        return 0
    older_than = now - timedelta(days=connection.inbox.keep_days) - CLOCKS_DIFFER
    if isinstance(connection, CoupaConnection) and (connection.inbox.relay is None or connection.inbox.relay.stamped):
        return ledger.inbox.purge(connection.name, older_than)
    return ledger.inbox.purge(connection.name, older_than, timeless=False)
