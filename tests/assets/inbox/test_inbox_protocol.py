"""What a connection to the inbox may cost in time and bytes, on real sockets, plain and over TLS."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from inbox_house import COUPA, House
from siege import trusting

from connector_assets.inbox.protocol import HEAD_BYTES, Deadlines
from connector_assets.inbox.server import Server, listen
from connector_assets.inbox.tls import ThrowAway
from connector_resources.inbox_settings import ServingSettings

SHORT = Deadlines(handshake=0.3, head=0.3, request=0.8, idle=0.5, leave=0.3)
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the number of headers and the body; `/early` before the body has come."""
    body, more = b"", scope["path"] != "/early"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message.get("body", b""), message.get("more_body", False)
    body = str(len(scope["headers"])).encode() + b":" + body
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})


class Inn:
    """A served application, and how to call at it."""

    def __init__(self, port: int, tls: ssl.SSLContext | None) -> None:
        self.port = port
        self.tls = tls

    def plain(self, address: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 20, (address, 0))

    def connected(self, address: str = "127.0.0.1") -> socket.socket:
        made = self.plain(address)
        return made if self.tls is None else self.tls.wrap_socket(made, server_hostname="127.0.0.1")


@contextmanager
def opened(
    app: Any, tls: ThrowAway | None = None, loop: str = "auto", deadlines: Deadlines = SHORT, **settings: Any
) -> Iterator[Inn]:
    ready = threading.Event()
    context = None if tls is None else tls.context()
    with listen("127.0.0.1", 0) as listener:
        server = Server(app, ready.set, context, settings=ServingSettings(**settings), deadlines=deadlines)
        server.config.loop = loop
        thread = threading.Thread(target=server.serve_until_stopped, args=(listener,))
        thread.start()
        try:
            assert ready.wait(60)
            yield Inn(listener.getsockname()[1], None if tls is None else trusting(str(tls.authority)))
        finally:
            server.should_exit = True
            thread.join(60)
        assert not thread.is_alive()


@pytest.fixture(scope="module", params=["plain", "tls", "tls without uvloop"])
def inn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inn]:
    tls = None if request.param == "plain" else ThrowAway(tmp_path_factory.mktemp("inn") / "tls")
    with opened(echo, tls, "asyncio" if "without" in request.param else "auto") as found:
        yield found


def seconds_to_the_end(connection: socket.socket, drip: bytes = b"") -> float:
    """How long until the other side hangs up, a byte sent every tenth of a second."""
    began = time.monotonic()
    connection.settimeout(0.1 if drip else 10)
    at = 0
    while True:
        try:
            if not connection.recv(10_000):
                break
        except TimeoutError:
            assert time.monotonic() - began < 10, "it is held for ever"
            try:
                connection.send(drip[at % len(drip) :][:1])
            except OSError:
                break
            at += 1
        except OSError:
            break
    connection.close()
    return time.monotonic() - began


def answer_of(connection: socket.socket) -> tuple[bytes, bytes]:
    """Status line and body."""
    text = b""
    while b"\r\n\r\n" not in text:
        got = connection.recv(10_000)
        assert got, text
        text += got
    head, _, body = text.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(10_000)
    return head.partition(b"\r\n")[0], body


class TestDeadlines:
    def test_who_says_nothing_is_hung_up_on(self, inn: Inn) -> None:
        assert 0.2 < seconds_to_the_end(inn.plain()) < 3
        if inn.tls is not None:
            assert 0.2 < seconds_to_the_end(inn.connected()) < 3

    def test_half_a_handshake_does_not_last(self, inn: Inn) -> None:
        if inn.tls is None:
            pytest.skip("no handshake")
        begun = inn.plain()
        # the beginning of a ClientHello
        begun.sendall(b"\x16\x03\x01\x02\x00\x01")
        assert 0.2 < seconds_to_the_end(begun) < 3

    @pytest.mark.parametrize("sent", [b"GET", GET[:-2]])
    def test_half_a_head_does_not_last(self, inn: Inn, sent: bytes) -> None:
        connection = inn.connected()
        connection.sendall(sent)
        assert 0.2 < seconds_to_the_end(connection) < 3

    def test_no_further_byte_of_a_head_moves_its_deadline(self, inn: Inn) -> None:
        connection = inn.connected()
        connection.sendall(GET[:-2] + b"X-Padding: ")
        assert 0.2 < seconds_to_the_end(connection, drip=b"x") < 3

    def test_the_head_of_a_second_request_has_the_same_deadline(self, inn: Inn) -> None:
        connection = inn.connected()
        connection.sendall(GET)
        assert answer_of(connection) == (b"HTTP/1.1 200 OK", b"1:")
        connection.sendall(GET[:-2])
        assert 0.2 < seconds_to_the_end(connection, drip=b"X") < 3

    def test_a_connection_without_a_further_request_lasts_a_while(self, inn: Inn) -> None:
        connection = inn.connected()
        for _ in range(2):
            connection.sendall(GET)
            assert answer_of(connection) == (b"HTTP/1.1 200 OK", b"1:")
        assert 0.4 < seconds_to_the_end(connection) < 4

    def test_empty_lines_are_no_request(self, inn: Inn) -> None:
        connection = inn.connected()
        connection.sendall(GET)
        answer_of(connection)
        assert 0.4 < seconds_to_the_end(connection, drip=b"\r\n") < 4

    @pytest.mark.parametrize("path", [b"/", b"/early"])
    def test_a_body_has_its_time_whether_it_is_waited_for_or_not(self, inn: Inn, path: bytes) -> None:
        connection = inn.connected()
        connection.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        assert 0.7 < seconds_to_the_end(connection, drip=b"x") < 5

    def test_a_slow_sender_within_the_deadlines_is_answered(self, inn: Inn) -> None:
        connection = inn.connected()
        for piece in (b"POST / HTTP/1.1\r\n", b"Content-Length: 4\r\n\r\n", b"ab", b"cd"):
            connection.sendall(piece)
            time.sleep(0.05)
        assert answer_of(connection) == (b"HTTP/1.1 200 OK", b"1:abcd")
        connection.close()

    def test_requests_that_come_together_are_answered_in_turn(self, inn: Inn) -> None:
        connection = inn.connected()
        post = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n"
        connection.sendall(post + b"ab" + post + b"c")
        assert answer_of(connection)[1] == b"1:ab"
        connection.sendall(b"d" + GET[:-2])
        assert answer_of(connection)[1] == b"1:cd"
        assert 0.2 < seconds_to_the_end(connection) < 3


def test_a_head_without_end_is_refused() -> None:
    with opened(echo, deadlines=Deadlines()) as inn:
        connection = inn.connected()
        connection.sendall(GET[:-2])
        with pytest.raises(OSError):
            for _ in range(HEAD_BYTES // 1_000 + 3_000):
                connection.sendall(b"X-Padding: " + b"x" * 987 + b"\r\n")
        connection.close()


class TestLimits:
    def test_who_says_nothing_makes_room_and_a_relay_is_exempt(self) -> None:
        patient = Deadlines(head=60, handshake=60)
        with opened(echo, deadlines=patient, each_address=4, relays=["127.0.0.9"]) as inn:
            silent = [inn.plain() for _ in range(10)]
            relays = [inn.plain("127.0.0.9") for _ in range(10)]
            genuine = inn.plain()
            genuine.sendall(GET)
            assert answer_of(genuine) == (b"HTTP/1.1 200 OK", b"1:")
            time.sleep(0.3)
            # of eleven from one address four are left: the newest
            assert [ended(each) for each in silent] == [True] * 7 + [False] * 3
            assert [ended(each) for each in relays] == [False] * 10
            for each in (*silent, *relays, genuine):
                each.close()

    def test_in_the_middle_of_a_handshake_one_makes_room_as_well(self, tmp_path: Path) -> None:
        patient = Deadlines(head=60, handshake=60)
        with opened(echo, ThrowAway(tmp_path / "tls"), deadlines=patient, each_address=4) as inn:
            begun = [inn.plain() for _ in range(6)]
            for each in begun:
                each.sendall(b"\x16\x03\x01\x02\x00\x01")
            genuine = inn.connected()
            genuine.sendall(GET)
            assert answer_of(genuine) == (b"HTTP/1.1 200 OK", b"1:")
            time.sleep(0.3)
            # which of them depends on whose turn was when
            assert [ended(each) for each in begun].count(True) == 3
            for each in (*begun, genuine):
                each.close()


def ended(connection: socket.socket) -> bool:
    connection.settimeout(0.05)
    try:
        return not connection.recv(1)
    except TimeoutError:
        return False
    except OSError:
        return True


class TestTrailers:
    BODY = json.dumps({"invoice-header": {"id": 4711}}).encode()

    @pytest.mark.parametrize("at_once", [True, False])
    def test_a_signature_that_comes_behind_the_body_is_none(self, house: House, at_once: bool) -> None:
        headers = house.signed(COUPA, self.BODY)
        signature = headers.pop("X-Signature")
        with opened(house.inbox.app, deadlines=Deadlines()) as inn:
            for trailer in (True, False):
                reported = {} if trailer else {"X-Signature": signature}
                connection = inn.plain()
                lines = {**headers, **reported, "Trailer": "X-Signature", "Transfer-Encoding": "chunked"}
                head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
                pieces = [
                    f"POST /relay/coupa HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode(),
                    b"%x\r\n%s\r\n0\r\n" % (len(self.BODY), self.BODY),
                    # beside a good one in the head it is no second one either
                    f"X-Signature: {signature}\r\n\r\n".encode(),
                ]
                for piece in [b"".join(pieces)] if at_once else pieces:
                    connection.sendall(piece)
                    time.sleep(0.1)
                status, body = answer_of(connection)
                connection.close()
                if trailer:
                    assert (status, house.stored()) == (b"HTTP/1.1 401 Unauthorized", [])
                    assert json.loads(body)["message"] == "the signature is missing or not valid"
        assert status == b"HTTP/1.1 200 OK"
        assert [each.record for each in house.stored()] == ["4711"]

    def test_in_one_piece_too(self, inn: Inn) -> None:
        connection = inn.connected()
        connection.sendall(
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Signature: x\r\nA: b\r\n\r\n"
        )
        assert answer_of(connection) == (b"HTTP/1.1 200 OK", b"1:ab")
        connection.close()


def test_it_ends_at_once_though_hundreds_are_connected(tmp_path: Path) -> None:
    with opened(echo, ThrowAway(tmp_path / "tls"), deadlines=Deadlines()) as inn:
        quiet = [inn.plain() for _ in range(100)]
        begun = [inn.plain() for _ in range(100)]
        for each in begun:
            each.sendall(b"\x16\x03\x01\x02\x00\x01")
        half = [inn.connected() for _ in range(10)]
        for each in half:
            each.sendall(GET[:-2])
        began = time.monotonic()
    assert time.monotonic() - began < 4
    for each in (*quiet, *begun, *half):
        each.close()
