"""What `connector inbox serve` does beside serving: a thread for each subscription, which looks at it now and then."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress

from connector_assets.systems.bill.subscription import SubscriptionKeeper
from connector_assets.systems.receivers import BillReceiver
from connector_resources.bill import BillClient
from connector_resources.connections.bill import BillConnection
from connector_resources.credentials import CredentialStore
from connector_resources.errors import ConnectorError
from connector_resources.ledger import Ledger
from connector_resources.redact import redact

log = logging.getLogger(__name__)

STOP_SECONDS = 5.0


class Keeping:
    """Looks at the subscriptions of these places from `start` on: at once, and then every `check_seconds` of each.

    The first look, and the first one after a failure, reads the history: it is not known what was missed.
    """

    def __init__(
        self,
        ledger: Ledger,
        store: CredentialStore,
        receivers: Iterable[BillReceiver],
        open_client: Callable[[BillConnection], BillClient],
        *,
        each_time: Callable[[], object] = lambda: None,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._open_client = open_client
        self._each_time = each_time
        self._over = threading.Event()
        self._threads = [
            # a look that hangs in a call does not keep the process alive
            threading.Thread(
                target=self._keep, args=(receiver,), name=f"keeping-{receiver.connection.name}", daemon=True
            )
            for receiver in receivers
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, after the looks that are under way unless they take long."""
        self._over.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(STOP_SECONDS)

    def _keep(self, receiver: BillReceiver) -> None:
        name, client, good = receiver.connection.name, None, False
        keeper = SubscriptionKeeper(self._ledger, receiver, self._store)
        while True:
            try:
                self._each_time()
            except ConnectorError as error:
                log.warning("the inbox goes on with the certificate that it has: %s", error)
            try:
                client = client or self._open_client(receiver.connection)
                for line in keeper.look(client, catch_up=not good):
                    log.info("%s: %s", name, line)
                good = True
            except ConnectorError as error:
                log.warning("%s: its subscription is looked at again later: %s", name, redact(str(error)))
                good = False
            except Exception:  # noqa: BLE001 - whatever it is, the inbox goes on taking what comes
                log.error("a defect of ml-connector:\n%s", redact(traceback.format_exc()))
                good = False
            over = self._over.wait(receiver.settings.check_seconds)
            if client is not None and (over or not good):
                # other credentials count at the next look
                with suppress(ConnectorError):
                    client.close()
                client = None
            if over:
                return
