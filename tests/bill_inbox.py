"""The inbox of a BILL connection, served as `connector inbox serve` serves it, beside a sandbox that trusts it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from connector_assets.cli.sandboxes import vendors_own
from connector_assets.inbox.app import Inbox
from connector_assets.inbox.receivers import Secrets, open_receivers
from connector_assets.inbox.server import Server, listen
from connector_assets.inbox.tls import ThrowAway
from connector_assets.run_setup import open_client
from connector_assets.systems.bill.subscription import SubscriptionKeeper
from connector_assets.systems.receivers import BillReceiver
from connector_resources.bill import BillClient
from connector_resources.home import Home
from connector_sandbox.testing import Sandbox

BILL = "bill"
# what the sandbox waits between its tries
RETRIES = [0.02, 0.02, 0.02, 0.02]
VENDOR = {"name": "Acme Drilling Supply", "address": {"line1": "1 Dock Rd", "city": "Houston", "country": "US"}}


def connection_of(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    """The settings of a BILL connection to the sandbox."""
    limits = {"in_flight": 3, "backoff_seconds": 0.01, "retries": 1}
    near = {"time_zone": "Europe/London", "effect_window_seconds": 0, "settle_seconds": 0}
    return {"system": BILL, "url": sandbox.url(BILL), "limits": limits, **near, **more}


def log_in(home: Home, sandbox: Sandbox) -> None:
    """Keep the sandbox's login."""
    known = sandbox.get("/credentials")[BILL]
    for name in ("dev_key", "username", "password", "organization_id"):
        home.credentials().set(BILL, name, str(vendors_own(known, name)))


@contextmanager
def trusting(sandbox: Sandbox, home: Home) -> Iterator[None]:
    """The sandbox trusts the home's throw-away authority, and tries again at once."""
    before = sandbox.get("/options")[BILL]
    sandbox.post("/options", {BILL: {"trust": str(home.tls / "ca.pem"), "event_retry_seconds": RETRIES}})
    try:
        yield
    finally:
        sandbox.post("/options", {BILL: before})


@dataclass
class Served:
    """The inbox while it listens, or while it does not: an outage of ours."""

    home: Home
    port: int = 0
    up: bool = False

    @property
    def url(self) -> str:
        """Its public address."""
        return f"https://127.0.0.1:{self.port}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve until the block ends, at the port that it had before."""
        places, _ = open_receivers(self.home)
        secrets = Secrets(self.home.credentials(), places, self.home.ledger().clock)
        inbox = Inbox(self.home.ledger(), places, secrets, answer_seconds=60)
        ready = threading.Event()
        with listen("127.0.0.1", self.port) as listener:
            server = Server(inbox.app, ready.set, ThrowAway(self.home.tls).context())
            thread = threading.Thread(target=server.serve_until_stopped, args=(listener,), name="inbox-server")
            thread.start()
            try:
                assert ready.wait(60)
                yield
            finally:
                server.should_exit = True
                thread.join(60)
                inbox.close()

    @property
    def place(self) -> BillReceiver:
        """Where BILL's notifications come in."""
        found = open_receivers(self.home)[0][BILL]
        assert isinstance(found, BillReceiver)
        return found

    def keeper(self) -> SubscriptionKeeper:
        """What keeps the subscription."""
        return SubscriptionKeeper(self.home.ledger(), self.place, self.home.credentials())

    @contextmanager
    def client(self) -> Iterator[BillClient]:
        """The connection's client."""
        opened: BillClient = open_client(self.home, self.place.connection)
        try:
            yield opened
        finally:
            opened.close()

    def look(self, *, catch_up: bool = False, by_hand: bool = False) -> list[str]:
        """One look at the subscription, as `serve` takes now and then."""
        with self.client() as client:
            return self.keeper().look(client, catch_up=catch_up, by_hand=by_hand)


def free_port() -> int:
    """A port that nobody listens at."""
    with listen("127.0.0.1", 0) as listener:
        return int(listener.getsockname()[1])


def flushed(sandbox: Sandbox) -> dict[str, Any]:
    """What BILL sent and what failed, once nothing waits."""
    report: dict[str, Any] = sandbox.post("/call-outs/flush")[BILL]
    assert report["waiting"] == 0
    return report


def reported(home: Home, integration: str = "jde_bill") -> list[tuple[str, str]]:
    """(document, record) of what waits to be read."""
    return [(each.document, each.record) for each in home.ledger().inbox.pending(integration)]
