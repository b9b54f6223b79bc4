"""The inbox over HTTP. A 2xx is only sent once the events are kept; whatever takes longer is told to come again.

Storing runs in threads, so that a slow database never stands in the way of the next request's answer.
"""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connector_assets.inbox.age import too_old
from connector_assets.inbox.bodies import documents_of
from connector_assets.inbox.hints import events_of
from connector_assets.inbox.logins import TokenRefused, client_of
from connector_assets.inbox.receivers import Secrets
from connector_assets.inbox.relay import verify
from connector_assets.systems.bill.notifications import genuine, hints_of
from connector_assets.systems.receivers import AnyReceiver, BillReceiver, Receiver
from connector_assets.systems.refusal import Refusal, only
from connector_resources.bill.signature import HEADER
from connector_resources.errors import ConnectorError
from connector_resources.inbox_settings import BILL_PATH, CLIENT_ID, RELAY_SECRET
from connector_resources.ledger import InboxEvent, Ledger
from connector_resources.redact import redact

log = logging.getLogger(__name__)
T = TypeVar("T")
P = TypeVar("P", Receiver, BillReceiver)

ANSWER_SECONDS = 0.9  # for all that a request waits for, its body aside
# BILL waits for ten seconds, and turns its subscription off after a few answers that were not 200 (bill section 7.5)
BILL_ANSWER_SECONDS = 7.0
BODY_SECONDS = 10.0  # for a sender to finish its request
THREADS = 8
TOKEN_REQUEST_BYTES = 10_000
TOKEN_PATH = "/oauth2/token"  # noqa: S105


class Inbox:
    """The endpoints, over the places that take events. A request waits for the ledger `answer_seconds` at most."""

    def __init__(
        self,
        ledger: Ledger,
        receivers: Mapping[str, AnyReceiver],
        secrets: Secrets,
        *,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._ledger = ledger
        self._receivers = receivers
        self._secrets = secrets
        self._answer_seconds = answer_seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="inbox")
        taking = {"/call-out/{connection}": self._call_out, "/call-out/{connection}/{document}": self._call_out}
        signed = {"/relay/{connection}": self._relay, BILL_PATH + "{connection}": self._bill}
        routes = {TOKEN_PATH: self._token, **taking, **signed}
        self.app = Starlette(
            routes=[
                Route("/health", self._guarded(self._health), methods=["GET"]),
                *(
                    # a trailing slash names the same place: a redirected call-out would lose its body
                    Route(each, self._guarded(handler), methods=["POST"])
                    for path, handler in routes.items()
                    for each in dict.fromkeys((path, path.rstrip("/") + "/"))
                ),
            ]
        )

    def close(self) -> None:
        """Let what is being stored be stored."""
        self._threads.shutdown(wait=True)

    # -- endpoints ----------------------------------------------------------------------------------------------------

    async def _health(self, request: Request) -> Response:
        await self._in_thread(request, self._ledger.inbox.waiting)
        return JSONResponse({"ok": True})

    async def _token(self, request: Request) -> Response:
        body = await self._body(request, TOKEN_REQUEST_BYTES)
        clients = await self._in_thread(request, self._secrets.clients)
        authorization = only(request.headers.getlist("authorization"), "Authorization")
        client = client_of(clients, authorization, body)
        receiver = self._receivers[client.connection]
        if not isinstance(receiver, Receiver) or receiver.settings.bearer is None:
            raise AssertionError("a client of a connection without tokens")
        seconds = receiver.settings.bearer.token_seconds
        issue = self._ledger.inbox.issue_token
        token = await self._in_thread(request, lambda: issue(client.connection, client.id, seconds))
        log.info("a token for %s was issued", client.connection)
        answer = {"access_token": token, "token_type": "bearer", "expires_in": seconds}
        return JSONResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    async def _call_out(self, request: Request) -> Response:
        receiver = self._receiver(request, Receiver)
        if receiver.settings.bearer is None:
            raise Refusal(404, "there is nothing here")
        # before a byte of the body is kept
        await self._check_token(request, receiver.connection.name)
        body = await self._body(request, receiver.settings.max_bytes)
        called, kind = _called(request), _content_type(request)

        def read() -> list[InboxEvent]:
            documents = documents_of(kind, body)
            return events_of(receiver.connection, receiver.settings, documents, scheme="call_out", called=called)

        return await self._take(request, receiver, read)

    async def _check_token(self, request: Request, connection: str) -> None:
        given = only(request.headers.getlist("authorization"), "Authorization") or ""
        scheme, _, token = given.partition(" ")

        def valid() -> bool:
            client = self._secrets.of(connection)[CLIENT_ID]
            return self._ledger.inbox.token_valid(token, connection, client)

        if scheme.lower() != "bearer" or not await self._in_thread(request, valid):
            raise Refusal(401, "Unauthorized: the access token is missing or not valid", {"WWW-Authenticate": "Bearer"})

    async def _relay(self, request: Request) -> Response:
        receiver = self._receiver(request, Receiver)
        relay = receiver.settings.relay
        if relay is None:
            raise Refusal(404, "there is nothing here")
        body, kind = await self._body(request, receiver.settings.max_bytes), _content_type(request)

        def read() -> list[InboxEvent]:
            secret = self._secrets.of(receiver.connection.name)[RELAY_SECRET]
            signed = verify(relay, secret, request.headers, body, self._ledger.clock.now())
            # the kind of document comes from the body, since the address is not signed
            return events_of(
                receiver.connection,
                receiver.settings,
                documents_of(kind, body),
                scheme="relay",
                relay_event=signed.event_id,
                signature=signed.signature,
            )

        return await self._take(
            request, receiver, read, keep_days=None if relay.stamped else receiver.settings.keep_days
        )

    async def _bill(self, request: Request) -> Response:
        receiver = self._receiver(request, BillReceiver)
        if request.url.scheme != "https":
            raise Refusal(403, "BILL's notifications are taken over HTTPS alone")
        request.state.left = max(self._answer_seconds, BILL_ANSWER_SECONDS)
        body, signatures = await self._body(request, receiver.settings.max_bytes), request.headers.getlist(HEADER)

        def read() -> list[InboxEvent]:
            name = receiver.connection.name
            keys = self._secrets.keys(name)
            message = genuine(body, signatures, keys)
            if message is None and (newer := self._secrets.keys(name, anxious=True)) != keys:
                message, keys = genuine(body, signatures, newer), newer
            if message is None:
                raise Refusal(401, "Unauthorized")
            return hints_of(receiver, message, keys.organisation)

        return await self._take(request, receiver, read, keep_days=receiver.settings.keep_days)

    async def _take(
        self,
        request: Request,
        receiver: AnyReceiver,
        read: Callable[[], list[InboxEvent]],
        *,
        keep_days: int | None = None,
    ) -> Response:
        """Keep what is told. `keep_days`: what is older is not taken; None where something else has shown its age."""

        def take() -> tuple[int, int | None]:
            events = read()
            if keep_days is not None and too_old(events, keep_days, self._ledger.clock.now()):
                return len(events), None
            return len(events), self._ledger.inbox.take(events, receiver.integrations)

        shown, new = await self._in_thread(request, take)
        if new is None:
            why = f"the message is older than the {keep_days} days for which messages are known: nothing of it is kept"
            if not isinstance(receiver, BillReceiver):
                raise Refusal(422, why)
            # to BILL any other answer than 200 means to send it again, and in the end nothing any more (section 7.5)
            log.warning("%s: %s", receiver.connection.name, why)
            return JSONResponse({"stored": 0, "repeated": 0, "too_old": shown, "message": why})
        log.info("%s reported %d records, %d of them new", receiver.connection.name, shown, new)
        return JSONResponse({"stored": new, "repeated": shown - new})

    # -- what they share ----------------------------------------------------------------------------------------------

    def _receiver(self, request: Request, kind: type[P]) -> P:
        receiver = self._receivers.get(request.path_params["connection"])
        if not isinstance(receiver, kind):
            raise Refusal(404, "there is nothing here")
        return receiver

    async def _body(self, request: Request, most: int) -> bytes:
        """The raw body. Raises Refusal: 413 beyond the limit, 415 for a compressed one, 408 where it does not end."""
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Refusal(415, "a compressed body is not read")
        length = request.headers.get("content-length", "0")
        if length.isdecimal() and int(length[:20]) > most:
            raise Refusal(413, f"the body is longer than {most} bytes", {"Connection": "close"})
        read = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in request.stream():
                    read += chunk
                    if len(read) > most:
                        raise Refusal(413, f"the body is longer than {most} bytes", {"Connection": "close"})
        except TimeoutError:
            raise Refusal(408, "the body did not come to its end", {"Connection": "close"}) from None
        return bytes(read)

    async def _in_thread(self, request: Request, work: Callable[[], T]) -> T:
        """What a thread made of it, in the time that is left to the request. It goes on when we do not: what is stored
        late is a repetition when it comes again."""
        loop = asyncio.get_running_loop()
        left: float = getattr(request.state, "left", self._answer_seconds)
        began, doing = loop.time(), loop.run_in_executor(self._threads, work)
        done, _ = await asyncio.wait([doing], timeout=left)
        request.state.left = max(0.0, left - (loop.time() - began))
        if not done:
            doing.add_done_callback(_log_late)
            raise Refusal(503, "not stored yet: send it again", {"Retry-After": "5"})
        return doing.result()

    def _guarded(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Every answer is one of ours: no traceback and no detail of our insides leaves."""

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except TokenRefused as refusal:
                log.warning("%s refused: %s", request.url.path, refusal)
                return JSONResponse({"error": str(refusal)}, refusal.status, refusal.headers)
            except Refusal as refusal:
                return self._refused(request, refusal)
            except ClientDisconnect:
                return Response(status_code=400)
            except ConnectorError as error:
                # storage or credentials: ours to correct, and the sender's to try again
                log.error("%s cannot be served: %s", request.url.path, error)
                return self._refused(request, Refusal(503, "out of order: send it again", {"Retry-After": "60"}))
            except Exception:  # noqa: BLE001 - the last place where a defect can be kept from the sender
                log.error("a defect of ml-connector:\n%s", redact(traceback.format_exc()))
                return self._refused(request, Refusal(500, "a defect of ours"))

        return answer

    def _refused(self, request: Request, refusal: Refusal) -> Response:
        # an unknown path is the sender's own words
        path = request.url.path if request.path_params.get("connection", "") in self._receivers else "an unknown place"
        log.warning("%s refused with %d: %s", json.dumps(path), refusal.status, refusal)
        body = {"statusCode": refusal.status, "message": str(refusal)}
        return JSONResponse(body, refusal.status, refusal.headers)


def _content_type(request: Request) -> str:
    return only(request.headers.getlist("content-type"), "Content-Type") or ""


def _called(request: Request) -> str | None:
    """What the address calls the document: its last part, or `?document=`."""
    by_path = request.path_params.get("document")
    by_query = request.query_params.getlist("document")
    names = {*by_query, *([by_path] if by_path is not None else [])}
    if len(names) > 1:
        raise Refusal(400, "the address names two kinds of documents")
    return names.pop() if names else None


def _log_late(doing: asyncio.Future[T]) -> None:
    """An error that nobody waited for goes to the log; what was stored late is as good as new."""
    with suppress(asyncio.CancelledError):
        if (error := doing.exception()) is not None:
            log.error("what took too long has failed: %s", redact(str(error)))
