"""What the kernel asks of a system (a vendor on one loopback port), and what it gives to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

World = Mapping[str, Sequence[Mapping[str, Any]]]
"""Entity -> records, as the data package makes it: plain values, Decimal, date; never to be changed."""

Worlds = Callable[[], Mapping[str, World]]
"""Makes the content that a sandbox starts with; called once, when it is first needed."""

Content = Mapping[str, Mapping[str, Any]]
"""Entity -> key -> record: what `dump` gives and `restore` takes."""


class BadCommandError(ValueError):
    """A control command that cannot be carried out; its text is the one-line answer to whoever sent it."""


class Store(Protocol):
    """Where a system reports each change, so that its content survives a restart, `kill -9` included.

    A record may hold str, int, bool, None, Decimal, date, datetime, lists and dicts of these (with text
    keys).
    `changed` is to be called once an effect is complete and before its answer is sent.
    """

    def changed(self, entity: str, key: str, record: Any) -> None:
        """`record` is now what `entity` holds under `key`; None says that it is gone."""


class NoStore:
    """The store of a sandbox that remembers nothing."""

    def changed(self, entity: str, key: str, record: Any) -> None:
        """Do nothing."""


class System(Protocol):
    """One vendor. Constructed as `XSystem(clock, *, limits: bool, options: Mapping[str, Any])`.

    All of it runs on one event loop, so what touches memory only needs no lock. A handler is
    `async def handler(request: Request) -> Response`, with a Response whose body is complete (no streaming).
    The kernel has read the request's body before it calls a handler, matches routes itself (those without
    path
    parameters first, then in the order given), applies the scripted faults around the handler, and answers
    404
    or 405 with an empty body where no route fits: a system that wants its own words there ends with a
    catch-all.
    """

    name: str
    """"jde": the key in the printed URLs, faults, rows and options."""
    offset: int
    """The port is the control port plus this."""
    base_path: str
    """"/jderest", or "": what the printed URL has after the port. Routes carry it themselves."""
    store: Store
    """NoStore() after construction; the kernel puts the real one in place before `load` or `restore`."""

    def routes(self) -> Sequence[Route]:
        """The routes, each with its whole path: Route("/api/invoices/{id:int}", handler, methods=["GET"])."""

    async def admit(self, request: Request) -> Response | None:
        """Apply the vendor's rate limits before a handler: None lets the call in, a response refuses it."""

    def credentials(self) -> dict[str, Any]:
        """The made-up logins that it accepts, under the vendor's own names."""

    def state(self) -> dict[str, Any]:
        """{"<entity>": {"count": n, "totals": {"GBP": "123.45"}}}, exact amounts as text."""

    def load(self, world: World) -> None:
        """Replace the content by a copy of this one and end all sessions; the same world gives the same ids.

        Nothing is reported to the store: the kernel takes a `dump` after it.
        """

    def dump(self) -> dict[str, dict[str, Any]]:
        """All content, as records that `restore` takes back."""

    def restore(self, content: Content) -> None:
        """Replace the content by what an earlier process dumped and then reported as changed."""

    def rows(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Change records as the vendor's own users would (POST /rows); BadCommandError says what is wrong."""

    def options(self) -> dict[str, Any]:
        """The switches for what the vendor's documentation leaves open, as they stand."""

    def configure(self, options: Mapping[str, Any]) -> None:
        """Change some of the switches; BadCommandError for a name or a value that is not one."""

    def expire_tokens(self) -> None:
        """All sessions and tokens become invalid now (fault `expire_token`)."""

    def kill_links(self) -> None:
        """All links to a further page die now (fault `dead_link`)."""


@runtime_checkable
class CallsOut(Protocol):
    """A system that also calls others by itself, to tell them what changed."""

    def call_outs(self) -> dict[str, Any]:
        """{"sent", "failed", "dropped", "waiting": counts, "failures": [{...}]}."""

    def resend_call_outs(self) -> dict[str, Any]:
        """Send again what failed: {"resent": n}."""

    async def flush_call_outs(self, seconds: float) -> dict[str, Any]:
        """Wait until nothing waits to be sent, at most `seconds`; then what `call_outs` says."""


@runtime_checkable
class WatchesCalls(Protocol):
    """A system that counts the calls under way: from when one has been read to when its answer goes out or never will,
    whatever a scripted fault does to it in between."""

    def arrived(self, request: Request) -> None:
        """A call begins; this comes before a fault and before `admit`."""

    def left(self, request: Request) -> None:
        """The call that arrived is over."""

    def calls(self) -> dict[str, Any]:
        """What came so far (GET /calls)."""


@runtime_checkable
class CountsScans(Protocol):
    """A system that counts the rows which its database looks at for each question."""

    def scans(self) -> dict[str, Any]:
        """What the questions cost so far (GET /scans)."""

    def forget_scans(self) -> None:
        """Begin again (POST /scans/reset)."""
