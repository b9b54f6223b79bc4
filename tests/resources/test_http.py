"""The shared HTTP layer against a server that misbehaves on purpose."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from connector_resources.clock import ManualClock
from connector_resources.errors import (
    ConnectorError,
    FieldMessage,
    NotAllowed,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SystemProblem,
    Unavailable,
    UnboundedAnswer,
    UnusableInput,
)
from connector_resources.http import Answer, Call, HttpLimits, HttpSession, Row, retry_after_seconds, usual_problem
from connector_resources.http.departure import Departure, departing

START = datetime(2026, 8, 23, 12, 0, tzinfo=UTC)
Step = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Server

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def do_GET(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            self.server.seen.append((self.command, self.path, dict(self.headers), self.body))
            step = self.server.steps.pop(0) if self.server.steps else self.server.otherwise
        step(self)

    do_POST = do_GET  # noqa: N815

    def answer(
        self, status: int = 200, body: bytes = b"{}", headers: Mapping[str, str] | None = None, times: int = 1
    ) -> None:
        for _ in range(times):
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.steps: list[Step] = []
        self.otherwise: Step = lambda handler: handler.answer()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/base"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield running
        running.shutdown()


def status(code: int, body: bytes = b'{"message": "no"}', **headers: str) -> Step:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.answer(code, body, named)


def drop(handler: Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def cut(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"half":')
    handler.wfile.flush()
    drop(handler)


# any body that is an object with a message is the vendor's own
OWN_WORDS = [
    Row(range(400, 500), lambda answer: "message" in (answer.json_or_none() or ()), "refused", "own words", "-")
]


def session(server: Server | str, *, clock: ManualClock | None = None, **more: Any) -> HttpSession:
    limits = more.pop("limits", HttpLimits(retries=2, timeout_seconds=5))
    return HttpSession(
        connection="erp",
        base_url=server if isinstance(server, str) else server.url,
        limits=limits,
        classify=more.pop("classify", usual_problem),
        answers=more.pop("answers", OWN_WORDS),
        clock=clock or ManualClock(START),
        **more,
    )


READ = Call(method="GET", path="/things", what="read things")
WRITE = Call(method="POST", path="/things", what="create a thing", json={"amount": Decimal("10.10")})


def test_money_comes_and_goes_digit_by_digit(server: Server) -> None:
    server.steps = [status(200, b'{"amount": 441476141.46, "tiny": 0.10, "count": 7}')]
    with session(server) as http:
        found = http.send(WRITE).json()
    assert found == {"amount": Decimal("441476141.46"), "tiny": Decimal("0.10"), "count": 7}
    assert [str(found[name]) for name in ("amount", "tiny")] == ["441476141.46", "0.10"]
    assert isinstance(found["count"], int)
    method, path, headers, body = server.seen[0]
    assert (method, path, body) == ("POST", "/base/things", b'{"amount":10.10}')
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("trouble", [status(503), status(500), status(429), drop, cut, status(200, b'{"cut": ')])
def test_a_safe_call_is_tried_again(server: Server, trouble: Step) -> None:
    def strict(call: Call, answer: Answer) -> Any:
        answer.json()
        return usual_problem(call, answer)

    server.steps = [trouble, trouble]
    with session(server, classify=strict) as http:
        assert http.send(READ).status == 200
        assert (http.calls.read, http.calls.write) == (3, 0)


def test_tries_are_bounded_and_wait_longer_each_time(server: Server) -> None:
    server.otherwise = status(503)
    clock = ManualClock(START)
    with session(server, clock=clock, limits=HttpLimits(retries=4, backoff_seconds=1, backoff_cap_seconds=2)) as http:
        with pytest.raises(Unavailable, match="read things: erp answered 503"):
            http.send(READ)
        assert len(server.seen) == 5
        assert 0 < clock.monotonic() <= 1 + 2 + 2 + 2
        with pytest.raises(Unavailable):
            http.send(Call(method="GET", path="/things", what="read", retries=0))
        assert len(server.seen) == 6


@pytest.mark.parametrize("trouble", [status(500), status(502), drop, cut])
def test_a_write_is_never_repeated_and_its_outcome_is_unknown(server: Server, trouble: Step) -> None:
    server.steps = [trouble]
    with session(server) as http, pytest.raises(OutcomeUnknown, match="create a thing"):
        http.send(WRITE)
    assert len(server.seen) == 1
    assert (http.calls.read, http.calls.write) == (0, 1)


def test_a_write_whose_answer_does_not_come_in_time_is_unknown(server: Server) -> None:
    server.steps = [lambda handler: time.sleep(0.3)]
    late = Call(method="POST", path="/things", what="create", timeout_seconds=0.05)
    with session(server) as http, pytest.raises(OutcomeUnknown, match="did not answer in time"):
        http.send(late)


def test_a_write_that_never_left_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with session(url) as http, pytest.raises(Unavailable, match=r"cannot connect to erp .*connection refused"):
            http.send(WRITE)
    assert http.calls.write == 0


def test_a_write_told_too_many_calls_was_not_processed(server: Server) -> None:
    server.steps = [status(429, Retry_After="7")]
    with session(server) as http, pytest.raises(RateLimited) as reported:
        http.send(WRITE)
    assert reported.value.retry_after == 7
    assert len(server.seen) == 1


def test_retry_after_is_honoured_by_everyone(server: Server) -> None:
    server.steps = [status(429, Retry_After="9")]
    clock = ManualClock(START)
    with session(server, clock=clock) as http:
        with pytest.raises(RateLimited):
            http.send(WRITE)
        http.send(READ)
        assert clock.monotonic() == pytest.approx(9)


def test_a_pause_of_an_hour_is_not_slept_through(server: Server) -> None:
    server.steps = [status(429, Retry_After="3600")]
    clock = ManualClock(START)
    with session(server, clock=clock) as http:
        with pytest.raises(RateLimited) as reported:
            http.send(READ)
        assert reported.value.retry_after == 3600
        with pytest.raises(RateLimited, match="asked not to be called for another 3600 s"):
            http.send(READ)
        assert len(server.seen) == 1
        clock.advance(3600)
        assert http.send(READ).status == 200


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("1.5", 1.5),
        (format_datetime(START + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(START - timedelta(seconds=90), usegmt=True), 0.0),
        ("soon", None),
        ("Mon, 24 Aug 2026 12:00:00 +99999999999999999999", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_forms(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, START) == seconds


@pytest.mark.parametrize(("code", "kind"), [(404, NotFound), (403, NotAllowed), (401, NotAllowed), (422, Refused)])
def test_what_is_no_use_to_repeat_is_not_repeated(server: Server, code: int, kind: type[Exception]) -> None:
    server.steps = [status(code)]
    with session(server) as http, pytest.raises(kind, match=f"answered {code}"):
        http.send(READ)
    assert len(server.seen) == 1


@pytest.mark.parametrize(("call", "kind"), [(READ, UnusableInput), (WRITE, OutcomeUnknown)])
@pytest.mark.parametrize("code", [300, 301, 302, 303, 304, 305, 307, 308])
def test_a_redirect_is_told_and_not_followed_and_of_a_write_the_outcome_is_unknown(
    server: Server, code: int, call: Call, kind: type[Exception]
) -> None:
    server.steps = [status(code, Location="https://elsewhere.example.com/?token=abcdefgh")]
    with session(server) as http, pytest.raises(kind) as reported:
        http.send(call)
    assert "redirects to https://elsewhere.example.com/?token=***" in str(reported.value)
    assert len(server.seen) == 1


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 408, 409, 410, 418, 422, 425, 429, 451, 500, 502, 503, 599])
@pytest.mark.parametrize("body", [b"", b"<html>gateway</html>", b"{}", b"[]", b'{"messag'])
def test_an_answer_to_a_write_that_is_not_the_vendors_own_proves_nothing(
    server: Server, code: int, body: bytes
) -> None:
    server.steps = [status(code, body)]
    departure = Departure()
    with session(server) as http, departing(departure), pytest.raises(OutcomeUnknown) as reported:
        http.send(WRITE)
    assert (reported.value.status, departure.open, reported.value.proof) == (code, 1, "")
    assert len(server.seen) == 1


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 422, 429])
def test_an_answer_in_the_vendors_own_words_proves_that_a_write_had_no_effect(server: Server, code: int) -> None:
    server.steps = [status(code, b'{"message": "no"}')]
    departure = Departure()
    with session(server) as http, departing(departure), pytest.raises(SystemProblem) as reported:
        http.send(WRITE)
    assert not isinstance(reported.value, OutcomeUnknown)
    assert (reported.value.proof, departure.open) == (f"{code}: own words", 0)


def test_a_write_that_took_effect_is_counted_and_one_that_never_left_is_not(server: Server) -> None:
    departure = Departure()
    with session(server) as http, departing(departure):
        http.send(READ)
        assert departure.open == 0
        http.send(WRITE)
    assert departure.open == 1
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with session(url) as http, departing(departure), pytest.raises(Unavailable):
            http.send(WRITE)
    assert departure.open == 1


def drips(head: bytes, drop: bytes) -> Step:
    """Never still for long, and never done."""

    def dripping(handler: Handler) -> None:
        handler.wfile.write(head)
        with suppress(OSError):
            for _ in range(400):
                handler.wfile.write(drop)
                handler.wfile.flush()
                time.sleep(0.02)
        handler.close_connection = True

    return dripping


HEAD = b"HTTP/1.1 200 OK\r\n"
SLOW = {
    "a head of a byte at a time": drips(b"HTTP/1.1 200 OK\r\nX-Drop: ", b"a"),
    "a head without end": drips(HEAD, b"X-Drop: a\r\n"),
    "a body of a byte at a time": drips(HEAD + b"Content-Length: 1000\r\n\r\n", b" "),
    "a body of chunks without end": drips(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a body until the connection ends": drips(HEAD + b"Connection: close\r\n\r\n", b" "),
    "interim answers without end": drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize(("call", "kind"), [(READ, UnboundedAnswer), (WRITE, OutcomeUnknown)])
@pytest.mark.parametrize("name", SLOW)
def test_a_call_lasts_no_longer_than_it_may(server: Server, name: str, call: Call, kind: type[Exception]) -> None:
    """Each byte comes long before `timeout_seconds`: only the whole call is too long."""
    server.otherwise = SLOW[name]
    limits = HttpLimits(retries=2, timeout_seconds=5, total_seconds=0.2)
    begun = time.monotonic()
    with session(server, limits=limits) as http, pytest.raises(kind, match=r"total_seconds is 0\.2"):
        http.send(call)
    assert time.monotonic() - begun < 4
    assert len(server.seen) == 1


def flood(head: bytes, part: bytes) -> Step:
    def flooding(handler: Handler) -> None:
        with suppress(OSError):
            handler.wfile.write(head)
            for _ in range(2000):
                handler.wfile.write(part)
        handler.close_connection = True

    return flooding


BOMB = gzip.compress(b" " * 3_000_000)
LONG = {
    "answer_bytes": [
        flood(HEAD + b"Content-Length: 20000000\r\n\r\n", b" " * 10_000),
        flood(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"2000\r\n" + b" " * 8192 + b"\r\n"),
        flood(HEAD + b"Connection: close\r\n\r\n", b" " * 10_000),
    ],
    "decoded_bytes": [
        status(200, BOMB, Content_Encoding="gzip"),
        status(200, gzip.compress(BOMB), Content_Encoding="gzip, gzip"),
        status(302, BOMB, Content_Encoding="gzip", Location="/elsewhere"),
    ],
}


@pytest.mark.parametrize(("call", "kind"), [(READ, UnboundedAnswer), (WRITE, OutcomeUnknown)])
@pytest.mark.parametrize(
    ("limit", "number"), [(limit, number) for limit, all in LONG.items() for number in range(len(all))]
)
def test_an_answer_is_no_longer_than_it_may_be(
    server: Server, limit: str, number: int, call: Call, kind: type[Exception]
) -> None:
    server.otherwise = LONG[limit][number]
    limits = HttpLimits(retries=2, timeout_seconds=5, answer_bytes=100_000, decoded_bytes=1_000_000)
    with session(server, limits=limits) as http, pytest.raises(kind, match=f"{limit} is ") as reported:
        http.send(call)
    assert call.what in str(reported.value)
    assert len(server.seen) == 1


@pytest.mark.parametrize(("depth", "fine"), [(16, True), (17, False), (5_000, False)])
@pytest.mark.parametrize(("opening", "inside", "closing"), [("[", '"[}"', "]"), ('{"a":', '"{"', "}")])
def test_json_is_no_deeper_than_it_may_be(
    server: Server, depth: int, fine: bool, opening: str, inside: str, closing: str
) -> None:
    server.otherwise = status(200, (opening * depth + inside + closing * depth).encode())
    with session(server, limits=HttpLimits(json_depth=16)) as http:
        answers = http.send(READ), http.send(WRITE)
    if fine:
        assert answers[0].json() == answers[1].json()
        return
    with pytest.raises(Unavailable, match="more than 16 levels deep"):
        answers[0].json()
    with pytest.raises(OutcomeUnknown, match="more than 16 levels deep"):
        answers[1].json()


def test_a_login_that_is_rejected_by_no_word_of_the_vendors_leaves_a_write_unknown(server: Server) -> None:
    server.steps = [status(444, b"<html>a proxy</html>")]
    token = Token()
    with session(server, authorizer=token) as http, pytest.raises(OutcomeUnknown, match="444"):
        http.send(WRITE)
    assert (token.renewals, len(server.seen)) == (0, 1)


@pytest.mark.parametrize("url", ["erp.example.com", "ftp://x", "http://", "http://[::bad", "http://x:port"])
def test_an_unusable_address_names_the_connection(url: str) -> None:
    with pytest.raises(UnusableInput, match=r"connection erp: .* is not a usable address"):
        session(url)


def test_a_missing_bundle_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"verify names .*none.pem"):
        session("https://erp.example.com", verify=str(tmp_path / "none.pem"))


def test_tls_against_a_plain_server_says_so(server: Server) -> None:
    url = server.url.replace("http:", "https:")
    with session(url) as http, pytest.raises(UnusableInput, match="does not speak TLS"):
        http.send(READ)


def test_nothing_goes_outside_of_the_connection(server: Server) -> None:
    with session(server) as http:
        assert http.send(Call(method="GET", path=f"{server.url}/in?a=1", what="in")).status == 200
        for path in ("http://evil.example.com/x", f"{server.url}evil/x"):
            with pytest.raises(UnusableInput, match="outside of its url"):
                http.send(Call(method="GET", path=path, what="out"))
    assert [path for _, path, _, _ in server.seen] == ["/base/in?a=1"]


def test_a_duplicate_answer_is_not_taken_for_the_next_call(server: Server) -> None:
    server.steps = [
        lambda handler: handler.answer(200, b'{"id": 1}', times=2),
        lambda handler: handler.answer(200, b'{"id": 2}', times=2),
        lambda handler: handler.answer(200, b'{"id": 3}'),
    ]
    with session(server) as http:
        assert [http.send(WRITE).json()["id"] for _ in range(3)] == [1, 2, 3]


def raw(content: bytes) -> Step:
    """These bytes, and the end of the connection."""

    def sending(handler: Handler) -> None:
        handler.wfile.write(content)
        handler.close_connection = True

    return sending


def then(head: bytes) -> Step:
    """`head` at once, the answer itself some moments later on the same connection."""

    def sending(handler: Handler) -> None:
        with suppress(OSError):
            handler.wfile.write(head)
            handler.wfile.flush()
            time.sleep(0.1)
            handler.answer(200, f'{{"for": "{handler.path}"}}'.encode())

    return sending


@pytest.mark.parametrize("status_line", ["100 Continue", "102 Processing", "103 Early Hints"])
def test_what_is_said_ahead_of_an_answer_is_no_answer(server: Server, status_line: str) -> None:
    server.otherwise = then(f"HTTP/1.1 {status_line}\r\nLink: </style>\r\n\r\n".encode() * 2)
    with session(server) as http:
        answers = [http.send(Call(method="POST", path=f"/{n}", what="write", json={})).json() for n in range(3)]
    assert answers == [{"for": f"/base/{n}"} for n in range(3)]


@pytest.mark.parametrize(
    "head",
    [
        b"101 Switching Protocols\r\n",
        b"202 Accepted\r\nContent-Length: 0\r\n",
        b"204 No Content\r\n",
        b"304 Not Modified\r\n",
        b"408 Request Timeout\r\nContent-Length: 0\r\n",
        b"504 Gateway Timeout\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_an_answer_that_comes_after_a_gateways_own_is_not_taken_for_the_next_calls(server: Server, head: bytes) -> None:
    server.steps = [then(b"HTTP/1.1 " + head + b"\r\n"[: 0 if head.endswith(b"}") else 2])]
    server.otherwise = lambda handler: handler.answer(200, f'{{"for": "{handler.path}"}}'.encode())
    with session(server) as http:
        with suppress(SystemProblem):
            http.send(Call(method="POST", path="/first", what="write", json={}))
        assert http.send(Call(method="GET", path="/second", what="read")).json() == {"for": "/base/second"}


@pytest.mark.parametrize(("call", "kind"), [(READ, ConnectorError), (WRITE, OutcomeUnknown)])
@pytest.mark.parametrize(
    "answer",
    [
        b"200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
        b"200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n",
        b"200 OK\r\nContent-Type: a/b; charset=a\0b\r\nContent-Length: 2\r\n\r\n{}",
        b"302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n",
        b"429 No\r\nRetry-After: Mon, 24 Aug 2026 12:00:00 +99999999999999999999\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_an_answer_against_all_rules_is_no_defect_of_ours(
    server: Server, answer: bytes, call: Call, kind: type[Exception]
) -> None:
    server.otherwise = raw(b"HTTP/1.1 " + answer)
    with session(server) as http, pytest.raises(kind):
        http.send(call).json()


def test_secrets_are_in_no_text(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    secret = "s3cr3t/+token="
    echo = f'{{"message": "Bearer {secret}", "seen": "{secret}"}}'.encode()
    server.steps = [status(400, echo), status(200, echo)]
    caplog.set_level(logging.DEBUG)

    def quoting(call: Call, answer: Answer) -> Refused | None:
        said = answer.json()["seen"]
        return Refused(f"it said {said}", fields=(FieldMessage("a", said),)) if answer.status == 400 else None

    with session(server, secrets=lambda: [secret], classify=quoting) as http:
        call = Call(method="POST", path="/x?token=s3cr3t%2F%2Btoken%3D", what="try", headers={"X": secret})
        with pytest.raises(Refused) as reported:
            http.send(call)
        answer = http.send(call)
        texts = [
            str(reported.value),
            repr(reported.value),
            str(reported.value.fields),
            repr(answer),
            answer.text(),
            answer.url,
            repr(http),
            caplog.text,
        ]
    assert all("s3cr3t" not in text for text in texts)
    assert reported.value.__cause__ is None
    assert secret.encode() in answer.body


def test_a_transport_failure_carries_no_exception_that_quotes_the_address(server: Server) -> None:
    server.otherwise = drop
    with session(server) as http, pytest.raises(OutcomeUnknown) as reported:
        http.send(Call(method="POST", path="/next?token=abcdefgh", what="go"))
    assert reported.value.__cause__ is None
    assert reported.value.__context__ is None


class Token:
    """An authorizer whose token is a number; 444 says that it is stale."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.number = 0
        self.renewals = 0

    def headers(self, http: HttpSession) -> Mapping[str, str]:
        with self.lock:
            self.number = self.number or 1
            return {"X-Token": str(self.number)}

    def rejected(self, answer: Answer) -> bool:
        return answer.status == 444

    def renew(self, http: HttpSession, stale: Mapping[str, str]) -> None:
        with self.lock:
            if stale["X-Token"] == str(self.number):
                self.number += 1
                self.renewals += 1


def checking(token: Token) -> Step:
    def step(handler: Handler) -> None:
        good = handler.headers["X-Token"] == str(token.number)
        handler.answer(200 if good else 444, b'{"message": "no"}')

    return step


def test_threads_overtaken_by_a_renewal_take_the_new_login(server: Server) -> None:
    token = Token()
    server.otherwise = checking(token)
    with session(server, authorizer=token, limits=HttpLimits(in_flight=8)) as http:
        http.send(READ)
        first = token.headers(http)
        token.number = 2  # the server forgets token 1; eight threads still hold it
        http._authorizer = Stale(token, first)
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: http.send(WRITE), range(8)))
    assert [answer.status for answer in answers] == [200] * 8
    assert token.renewals == 0  # that was somebody else's work already: `stale` was not the current one


class Stale:
    """Hands out old headers once per thread, as a thread does that was overtaken by a renewal."""

    def __init__(self, token: Token, old: Mapping[str, str]) -> None:
        self.token, self.old, self.seen = token, old, threading.local()

    def headers(self, http: HttpSession) -> Mapping[str, str]:
        if not getattr(self.seen, "once", False):
            self.seen.once = True
            return self.old
        return self.token.headers(http)

    def rejected(self, answer: Answer) -> bool:
        return self.token.rejected(answer)

    def renew(self, http: HttpSession, stale: Mapping[str, str]) -> None:
        self.token.renew(http, stale)


def test_a_login_that_stays_rejected_is_renewed_once_and_no_more(server: Server) -> None:
    server.otherwise = status(444)
    token = Token()
    with session(server, authorizer=token) as http, pytest.raises(Refused, match="444"):
        http.send(WRITE)
    assert token.renewals == 1
    assert len(server.seen) == 2


def test_a_request_that_dies_with_its_login_is_not_repeated(server: Server) -> None:
    server.steps = [status(444)]
    token = Token()
    call = Call(method="GET", path="/next?token=1", what="next page", replay=False)
    with session(server, authorizer=token) as http, pytest.raises(Refused, match="444"):
        http.send(call)
    assert token.renewals == 1
    assert len(server.seen) == 1


def test_no_more_calls_in_flight_than_allowed(server: Server) -> None:
    now, most, lock = [0], [0], threading.Lock()

    def slow(handler: Handler) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        with lock:
            now[0] -= 1
        handler.answer()

    server.otherwise = slow
    with session(server, limits=HttpLimits(in_flight=2)) as http, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: http.send(READ), range(12)))
    assert most[0] == 2


def test_each_exchange_asks_for_leave_within_its_own_turn(server: Server) -> None:
    """Also a retry, and a call that gets no answer; who gets none sends nothing."""
    reported: list[str] = []

    class Leave:
        refuses = False

        @contextmanager
        def take(self) -> Iterator[None]:
            if self.refuses:
                raise RateLimited("spent", retry_after=1800.0)
            reported.append(f"taken with {len(server.seen)} sent")
            yield
            reported.append(f"given back with {len(server.seen)} sent")

        def exhausted(self) -> None:
            raise AssertionError("nobody said so")

    leave = Leave()
    server.steps = [status(503)]
    with session(server, slots=leave) as http:
        http.send(READ)
        assert reported == [
            "taken with 0 sent",
            "given back with 1 sent",
            "taken with 1 sent",
            "given back with 2 sent",
        ]
        leave.refuses = True
        for call in (READ, WRITE):
            with pytest.raises(RateLimited, match="spent"):
                http.send(call)
    assert len(server.seen) == http.calls.read == 2


def test_a_write_whose_turn_comes_later_than_was_promised_is_not_sent(server: Server) -> None:
    """The wait for a slot comes after the promise; what a write was part of may go on once it has left in time."""
    clock = ManualClock(START)

    class Slow:
        @contextmanager
        def take(self) -> Iterator[None]:
            clock.advance(40)
            yield

        def exhausted(self) -> None:
            raise AssertionError("nobody said so")

    with session(server, clock=clock, slots=Slow()) as http:
        with departing(Departure(clock.monotonic() + 30)), pytest.raises(Unavailable, match="its turn came too late"):
            http.send(WRITE)
        assert not server.seen
        with departing(Departure(clock.monotonic() + 50)):
            http.send(WRITE, authorized=False)
            http.send(READ)
            with pytest.raises(Unavailable, match="its turn came too late"):
                http.send(WRITE)
        with departing(Departure(clock.monotonic() + 50)):
            http.send(WRITE)
            http.send(WRITE)
    assert [method for method, *_ in server.seen] == ["POST", "GET", "POST", "POST"]
    assert http.calls.write == 3


def test_the_rate_lets_a_burst_through_and_then_holds(server: Server) -> None:
    clock = ManualClock(START)
    with session(server, clock=clock, limits=HttpLimits(per_second=10, burst=5)) as http:
        for _ in range(5):
            http.send(READ)
        assert clock.monotonic() == 0
        for _ in range(20):
            http.send(READ)
    assert clock.monotonic() == pytest.approx(2.0)


def test_a_body_in_another_charset_is_read(server: Server) -> None:
    server.steps = [
        status(200, '{"name": "Müller"}'.encode("latin-1"), Content_Type="application/json; charset=ISO-8859-1")
    ]
    with session(server) as http:
        assert http.send(READ).json() == {"name": "Müller"}


def test_netrc_does_not_replace_our_login(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password wrong\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with session(server) as http:
        http.send(Call(method="GET", path="/x", what="x", headers={"Authorization": "Bearer ours"}))
    assert server.seen[0][2]["Authorization"] == "Bearer ours"
