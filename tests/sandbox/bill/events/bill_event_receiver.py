"""A receiver of BILL's events with a certificate of a throw-away authority, as a customer's endpoint would be."""

from __future__ import annotations

import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"
_WAIT_SECONDS = 20


class Authority:
    """Certifies receivers until the test is over."""

    def __init__(self, name: str = "Throw-away authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        public = self._key.public_key()
        self._certificate = (
            _certificate(self._name, self._name, public)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        """What whoever trusts it is given."""
        return self._certificate.public_bytes(Encoding.PEM)

    def server_context(self, folder: Path, host: str = LOOPBACK) -> ssl.SSLContext:
        """For a server at `host`, an address or a name."""
        key = ec.generate_private_key(ec.SECP256R1())
        identifier = self._certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        certificate = (
            _certificate(_name("Receiver"), self._name, key.public_key())
            .add_extension(x509.SubjectAlternativeName([_host(host)]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        both = folder / f"receiver-{certificate.serial_number}.pem"
        both.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        return context


@dataclass
class Delivery:
    """What came in: its path, the headers in lower case, the body as it was sent."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def signature(self) -> str:
        return self.headers["x-bill-sha-signature"]

    def notification(self) -> dict[str, Any]:
        given: dict[str, Any] = json.loads(self.body)
        return given


@dataclass
class Answers:
    """What the receiver says: the statuses in turn, then `default`; nothing while `silent`."""

    turns: list[int] = field(default_factory=list)
    default: int = 200
    silent: bool = False


class Receiver(ThreadingHTTPServer):
    """Keeps what it was sent."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.deliveries: list[Delivery] = []
        self.answers = Answers()
        self.came = threading.Condition()
        self.spoken = threading.Event()
        """Set when those who wait for an answer shall get it."""

    def url(self, path: str = "/events?of=bill", host: str = LOOPBACK) -> str:
        return f"https://{host}:{self.server_address[1]}{path}"

    def wait_for(self, count: int) -> list[Delivery]:
        """Block until so many deliveries came."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.deliveries) >= count, _WAIT_SECONDS), self.deliveries
            return list(self.deliveries)

    def notifications(self) -> list[dict[str, Any]]:
        return [each.notification() for each in self.deliveries]

    def types(self) -> list[str]:
        return [each["metadata"]["eventType"] for each in self.notifications()]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answers = self.server.answers
        with self.server.came:
            self.server.deliveries.append(Delivery(self.path, headers, body))
            status = answers.turns.pop(0) if answers.turns else answers.default
            self.server.came.notify_all()
        if answers.silent:
            self.server.spoken.wait(_WAIT_SECONDS)
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def receiving(context: ssl.SSLContext) -> Iterator[Receiver]:
    receiver = Receiver(context)
    thread = threading.Thread(target=receiver.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.spoken.set()
        receiver.shutdown()
        thread.join()
        receiver.server_close()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _certificate(subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
