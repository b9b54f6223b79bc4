"""What can go wrong with one call. Each fault is a function of the exchange: it lets the call take effect or not, and
answers, or raises what `requests` raises."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass
from http.client import IncompleteRead

from drill_line import Exchange
from requests import Response
from requests.exceptions import ChunkedEncodingError, ReadTimeout
from requests.exceptions import ConnectionError as Broken
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from connector_resources.connections.base import BaseConnection

# until when the connection's settings say that a lost call may take effect
WINDOW = float(BaseConnection.model_fields["effect_window_seconds"].default)
RETRY_AFTER = 7
# longer than a run waits
LONG = 3600
PUT_BACK = 600.0
# as soon as the run that was turned away has ended
BY_HAND = 0.0
# the fault of two calls at once, and the real seconds in which the second comes
SWAPPED, SECOND_COMES = "swapped", 2.0
# while our own may still come
ANOTHER = 30.0
# what a connection in the drill takes of an answer; nothing here is nearly as long
ROOM = {"answer_bytes": 2**20, "decoded_bytes": 2**21}
BOMB = gzip.compress(b" " * 2**22)
# what a server between here and there may say after the effect; 503 is among the others
FOREIGN = (300, 301, 302, 303, 304, 305, 307, 308, 401, 403, 404, 408, 409, 425, 429)
STATUS_OK = b'{"status": "ok"}'


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, by its name in the matrix."""

    name: str
    happens: Callable[[Exchange], Response]

    def __call__(self, exchange: Exchange) -> Response:
        return self.happens(exchange)

    def __str__(self) -> str:
        return self.name


def reset() -> Broken:
    """The other side closed the connection."""
    return Broken(ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer")))


def _drop_before(exchange: Exchange) -> Response:
    raise reset()


def _drop_after(exchange: Exchange) -> Response:
    exchange.take_effect()
    raise reset()


def _drop_late(exchange: Exchange) -> Response:
    exchange.take_effect_late(WINDOW - 1)
    raise reset()


def _times_out(exchange: Exchange) -> Response:
    exchange.take_effect_late(WINDOW - 1)
    exchange.traffic.time.pass_by(exchange.patience)
    raise ReadTimeout(ReadTimeoutError(None, str(exchange.request.url), "Read timed out."))  # type: ignore[arg-type]


def _error_before(exchange: Exchange) -> Response:
    return exchange.answer(503)


def _error_after(exchange: Exchange) -> Response:
    exchange.take_effect()
    return exchange.answer(503)


def _limited(exchange: Exchange) -> Response:
    return exchange.limited({"Retry-After": str(RETRY_AFTER)})


def _limited_silent(exchange: Exchange) -> Response:
    return exchange.limited({})


def _limited_long(exchange: Exchange) -> Response:
    return exchange.limited({"Retry-After": str(LONG)}, long=True)


def _login_expired(exchange: Exchange) -> Response:
    exchange.line.system.expire_tokens()
    return exchange.take_effect()


def _twice(exchange: Exchange) -> Response:
    """The same bytes again, too late for the pool to notice that they lie there: the next call reads them as its own
    answer. Of a refusal, which names no record, nobody could tell: there the pool notices."""
    answer = exchange.take_effect()
    if answer.ok:
        exchange.line.foreign = answer
    return answer


def _cut(exchange: Exchange) -> Response:
    body = exchange.take_effect().content
    half = len(body) // 2
    raise ChunkedEncodingError(ProtocolError("Connection broken", IncompleteRead(body[:half], len(body) - half)))


def _half_body(exchange: Exchange) -> Response:
    """A proxy that loses the rest and closes properly."""
    whole = exchange.take_effect()
    return exchange.answer(whole.status_code, whole.headers, whole.content[: len(whole.content) // 2])


def _clock_back(exchange: Exchange) -> Response:
    exchange.line.clock.put_back(PUT_BACK)
    return exchange.take_effect()


def _answers(status: int, body: bytes = b"", *, after: bool = True) -> Callable[[Exchange], Response]:
    """Some server between here and there answers with that status, after the effect or instead of it."""

    def happens(exchange: Exchange) -> Response:
        if after:
            exchange.take_effect()
        return exchange.answer(status, {"Content-Type": "application/json"} if body else {}, body)

    return happens


def _page(exchange: Exchange) -> Response:
    """A gateway's page, which says that all is well."""
    return exchange.answer(200, {"Content-Type": "text/html"}, b"<html><body>Welcome back</body></html>")


def _page_after(exchange: Exchange) -> Response:
    exchange.take_effect()
    return _page(exchange)


def _delivered_twice(exchange: Exchange) -> Response:
    """The network hands the same request over twice; the first answer comes back."""
    first = exchange.take_effect()
    exchange.take_effect_again()
    return first


def _delivered_twice_other(exchange: Exchange) -> Response:
    """The same, and the second answer comes back: where the target takes one of a key only, a refusal."""
    exchange.take_effect()
    return exchange.take_effect_again()


def _delivered_twice_lost(exchange: Exchange) -> Response:
    """The same, and no answer comes back: a look-up meets two."""
    exchange.take_effect()
    exchange.take_effect_again()
    raise reset()


def _another(exchange: Exchange) -> Response:
    """The call is lost, and somebody enters another document under its name: of the day before."""
    exchange.traffic.late.append((exchange.traffic.time.seconds + ANOTHER, exchange.of_the_day_before()))
    raise reset()


def _by_hand(exchange: Exchange) -> Response:
    """We may not, says the vendor in its own words; so a person enters the very same."""
    exchange.take_effect_late(BY_HAND)
    return exchange.forbidden()


def _bomb(exchange: Exchange) -> Response:
    """A body of some thousand bytes that is as many million once decompressed."""
    exchange.take_effect()
    return exchange.streamed(io.BytesIO(BOMB), {"Content-Encoding": "gzip"})


def _endless(exchange: Exchange) -> Response:
    """A body that never ends."""
    exchange.take_effect()
    return exchange.streamed(Endless(lambda: b" " * 65536))


def _dripping(exchange: Exchange) -> Response:
    """A body of one byte a second."""
    exchange.take_effect()

    def drop() -> bytes:
        exchange.traffic.time.pass_by(1)
        return b" "

    return exchange.streamed(Endless(drop))


class Swap:
    """Two calls that are under way at once get each other's answers. One for both of them."""

    def __init__(self) -> None:
        self._first: Response | None = None
        self._second: Response | None = None

    def __call__(self, exchange: Exchange) -> Response:
        """The first of them waits for the second, which need not come."""
        answer = exchange.take_effect()
        turn = exchange.traffic.turn
        if turn is None or self._second is not None:
            return answer
        if self._first is None:
            self._first = answer
            turn.wait_for(lambda: self._second is not None, timeout=SECOND_COMES)
            return self._second or answer
        self._second = answer
        turn.notify_all()
        return self._first

    def __str__(self) -> str:
        return SWAPPED


class Endless(io.RawIOBase):
    """Bytes without end, a part at a time."""

    def __init__(self, part: Callable[[], bytes]) -> None:
        self._part = part

    def read(self, size: int = -1, /) -> bytes:
        """Another part, of whatever size."""
        return self._part()


def _dead_link(exchange: Exchange) -> Response:
    exchange.line.system.kill_links()
    return exchange.take_effect()


WRITE_FAULTS = (
    Fault("drop_before", _drop_before),
    Fault("drop_after", _drop_after),
    Fault("drop_late", _drop_late),
    Fault("time_out_late", _times_out),
    Fault("503_before", _error_before),
    Fault("503_after", _error_after),
    Fault("429", _limited),
    Fault("429_silent", _limited_silent),
    Fault("429_long", _limited_long),
    Fault("login_expired", _login_expired),
    Fault("answer_twice", _twice),
    Fault("answer_cut", _cut),
    Fault("half_body", _half_body),
    Fault("clock_back", _clock_back),
    *(Fault(f"{status}_after", _answers(status)) for status in FOREIGN),
    Fault("page_before", _page),
    Fault("page_after", _page_after),
    Fault("status_ok_after", _answers(200, STATUS_OK)),
    Fault("dripping", _dripping),
    Fault("endless", _endless),
    Fault("bomb", _bomb),
)
# where the target says that we may not, somebody who may does it
PEOPLE = (Fault("by_hand", _by_hand),)
ANOTHER_ONE = Fault("another", _another)
# what is delivered twice may be there twice: judged by what names it
TWICE = (
    Fault("delivered_twice", _delivered_twice),
    Fault("delivered_twice_other", _delivered_twice_other),
    Fault("delivered_twice_lost", _delivered_twice_lost),
)
# a safe call is repeated by its client, so that its effect does not matter
READ_FAULTS = (
    Fault("drop", _drop_before),
    Fault("503", _error_before),
    Fault("429", _limited),
    Fault("login_expired", _login_expired),
    Fault("dead_link", _dead_link),
    Fault("answer_cut", _cut),
    Fault("half_body", _half_body),
    Fault("clock_back", _clock_back),
    Fault("page", _page),
    Fault("status_ok", _answers(200, STATUS_OK, after=False)),
    *(Fault(str(status), _answers(status, after=False)) for status in (401, 403, 404)),
    Fault("dripping", _dripping),
    Fault("endless", _endless),
    Fault("bomb", _bomb),
)


def named(kind: str, name: str) -> Fault:
    """The fault of that name, of a 'write' or a 'read'. Raises KeyError."""
    known = (*WRITE_FAULTS, *TWICE, *PEOPLE, ANOTHER_ONE) if kind == "write" else READ_FAULTS
    return {each.name: each for each in known}[name]
