"""The inbox's certificates: the throw-away authority of a home, and those of a site's own."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509

from connector_assets.inbox.server import Server, listen
from connector_assets.inbox.tls import ThrowAway, is_loopback, server_context
from connector_resources.clock import ManualClock
from connector_resources.errors import UnusableInput

DAY = 86_400


@pytest.fixture
def today() -> ManualClock:
    """Whoever checks a certificate looks at the machine's own clock."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def thrown(tmp_path: Path, today: ManualClock) -> ThrowAway:
    return ThrowAway(tmp_path / "tls", today)


def serial(path: Path) -> int:
    return x509.load_pem_x509_certificate(path.read_bytes()).serial_number


def shaken(context: ssl.SSLContext, authority: Path, host: str) -> bytes:
    """Shake hands with a server of this context as a client that trusts the authority and expects this host; the
    certificate that it saw."""
    client = ssl.create_default_context(cafile=str(authority))
    # as Python 3.13 has it by itself
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with (
            ours,
            context.wrap_socket(ours, server_side=True, suppress_ragged_eofs=True, do_handshake_on_connect=False) as on,
        ):
            try:
                on.do_handshake()
            except ssl.SSLError:
                return  # the client says why

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with theirs, client.wrap_socket(theirs, server_hostname=host) as seen:
            certificate = seen.getpeercert(binary_form=True)
    finally:
        thread.join(60)
    assert certificate is not None
    return certificate


class TestThrowAway:
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
    def test_whoever_trusts_the_authority_reaches_this_machine(self, thrown: ThrowAway, host: str) -> None:
        assert is_loopback(host)
        assert shaken(thrown.context(), thrown.authority, host)

    @pytest.mark.parametrize("host", ["127.0.0.2", "connector.example.com"])
    def test_nothing_else_is_certified(self, thrown: ThrowAway, host: str) -> None:
        assert not is_loopback(host)
        with pytest.raises(ssl.SSLCertVerificationError):
            shaken(thrown.context(), thrown.authority, host)

    def test_the_keys_are_the_owners_and_the_authority_is_made_once(self, thrown: ThrowAway, tmp_path: Path) -> None:
        assert thrown.renew()
        folder = tmp_path / "tls"
        assert sorted(each.name for each in folder.iterdir()) == ["ca.key", "ca.pem", "server.pem"]
        assert {each.stat().st_mode & 0o077 for each in [folder, *folder.iterdir()]} == {0}
        assert b"PRIVATE" not in thrown.authority.read_bytes()
        before = {each: each.read_bytes() for each in folder.iterdir()}
        assert not thrown.renew()
        assert {each: each.read_bytes() for each in folder.iterdir()} == before

    def test_the_servers_is_made_anew_in_time_and_the_authority_stays(
        self, thrown: ThrowAway, today: ManualClock
    ) -> None:
        context = thrown.context()
        authority, server = serial(thrown.authority), serial(thrown.server)
        today.advance(59 * DAY)
        assert not thrown.renew(context)
        today.advance(2 * DAY)
        assert thrown.renew(context)
        assert serial(thrown.authority) == authority and serial(thrown.server) != server
        # it is not valid yet by the machine's clock, and it is what is shown
        with pytest.raises(ssl.SSLCertVerificationError, match="not yet valid"):
            shaken(context, thrown.authority, "127.0.0.1")

    def test_an_authority_that_ends_is_replaced_with_what_it_certified(
        self, thrown: ThrowAway, today: ManualClock
    ) -> None:
        thrown.renew()
        authority = serial(thrown.authority)
        today.advance(3_630 * DAY)
        assert thrown.renew()
        assert serial(thrown.authority) != authority
        certificate = x509.load_pem_x509_certificate(thrown.server.read_bytes())
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(thrown.authority.read_bytes()))

    def test_what_is_missing_or_of_another_authority_is_made_anew(self, thrown: ThrowAway, tmp_path: Path) -> None:
        context = thrown.context()
        other = ThrowAway(tmp_path / "other")
        other.renew()
        thrown.server.write_bytes(other.server.read_bytes())
        thrown.authority.unlink()
        assert thrown.renew(context)
        assert shaken(context, thrown.authority, "127.0.0.1")

    def test_several_at_once_make_one_authority(self, tmp_path: Path) -> None:
        several = [ThrowAway(tmp_path / "tls") for _ in range(6)]
        making = [threading.Thread(target=each.renew) for each in several]
        for each in making:
            each.start()
        for each in making:
            each.join(60)
        assert shaken(several[0].context(), several[0].authority, "localhost")

    def test_a_key_that_others_can_read_is_refused(self, thrown: ThrowAway, tmp_path: Path) -> None:
        thrown.renew()
        (tmp_path / "tls" / "ca.key").chmod(0o640)
        with pytest.raises(UnusableInput, match=r"others can read the key \(mode 640\): chmod 600"):
            thrown.renew()

    def test_a_key_that_is_none_is_named(self, thrown: ThrowAway, tmp_path: Path) -> None:
        thrown.renew()
        (tmp_path / "tls" / "ca.key").write_text("nothing")
        with pytest.raises(UnusableInput, match=r"cannot be read: remove .*, it is created again"):
            thrown.renew()


class TestTheSitesOwn:
    def test_it_is_served(self, thrown: ThrowAway) -> None:
        thrown.renew()
        assert shaken(server_context(thrown.server), thrown.authority, "127.0.0.1")

    def test_older_tls_is_not_spoken(self, thrown: ThrowAway) -> None:
        assert thrown.context().minimum_version >= ssl.TLSVersion.TLSv1_2

    def test_what_cannot_be_used_is_named(self, thrown: ThrowAway, tmp_path: Path) -> None:
        thrown.renew()
        with pytest.raises(UnusableInput, match=r"nowhere\.pem: No such file"):
            server_context(tmp_path / "nowhere.pem")
        with pytest.raises(UnusableInput, match=r"ca\.pem: no certificate with its key in PEM"):
            server_context(thrown.authority)
        with pytest.raises(UnusableInput, match=r"server\.pem and .*ca\.key"):
            server_context(thrown.server, tmp_path / "tls" / "ca.key")


@contextmanager
def served(thrown: ThrowAway) -> Iterator[tuple[Server, int]]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = scope["scheme"].encode()
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})

    ready = threading.Event()
    with listen("127.0.0.1", 0) as listener:
        server = Server(app, ready.set, thrown.context())
        thread = threading.Thread(target=server.serve_until_stopped, args=(listener,))
        thread.start()
        try:
            assert ready.wait(60)
            yield server, listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(60)
        assert not thread.is_alive()


def asked(url: str, verify: bool | str) -> str:
    """The answer, or the kind of error; no connection stays open."""
    with requests.Session() as session:
        try:
            return session.get(url, verify=verify, timeout=60).text
        except requests.RequestException as error:
            return type(error).__name__


def test_the_inbox_speaks_tls_and_nothing_else_then(thrown: ThrowAway) -> None:
    with served(thrown) as (_, port):
        assert asked(f"https://127.0.0.1:{port}/", str(thrown.authority)) == "https"
        assert asked(f"https://127.0.0.1:{port}/", True) == "SSLError"
        assert asked(f"http://127.0.0.1:{port}/", True) == "ConnectionError"


def test_who_holds_a_connection_does_not_keep_the_inbox_from_ending(thrown: ThrowAway) -> None:
    thrown.renew()
    client = ssl.create_default_context(cafile=str(thrown.authority))
    with served(thrown) as (server, port):
        server.config.timeout_graceful_shutdown = 1
        plain = socket.create_connection(("127.0.0.1", port))
        held = client.wrap_socket(plain, server_hostname="127.0.0.1")
        held.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert held.recv(1000).startswith(b"HTTP/1.1 200")
    held.close()
