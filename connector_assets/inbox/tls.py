"""The inbox's certificate: the site's own, or on loopback one of a throw-away authority that is made in the home.

`<home>/tls` is the owner's alone: `ca.key` (the authority's key and certificate), `ca.pem` (its certificate, for
whoever is to trust it), `server.pem` (key and certificate of 127.0.0.1, ::1 and localhost). Its certificates are for
these names and no others, by a name constraint.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
import stat
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from connector_resources.clock import SYSTEM_CLOCK, Clock
from connector_resources.errors import UnusableInput

AUTHORITY_DAYS = 3650
SERVER_DAYS = 90
# both are made again when so much of their time is left
RENEW_DAYS = 30
ADDRESSES = ("127.0.0.1", "::1")
NAME = "localhost"

_Key = ec.EllipticCurvePrivateKey


def is_loopback(host: str) -> bool:
    """Whether what listens there is reached from this machine alone, and by a name that our certificate has."""
    return host == NAME or host in ADDRESSES


def server_context(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 and later with this certificate chain and its key, in PEM. Raises UnusableInput where they cannot be
    used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_chain(context, certificate, key)
    return context


def load_chain(context: ssl.SSLContext, certificate: Path, key: Path | None = None) -> None:
    """Have the context show this certificate from the next connection on. Raises UnusableInput."""
    try:
        # an encrypted key is not asked for at the terminal: nobody sits there
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        # the words of OpenSSL are for nobody who reads this
        plain = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
        why = error.strerror if isinstance(error, OSError) and plain else "no certificate with its key in PEM"
        files = f"{certificate} and {key}" if key is not None else str(certificate)
        raise UnusableInput(f"TLS cannot be served with {files}: {why}") from None


class ThrowAway:
    """The throw-away authority and the server's certificate in a folder; made, and made again, when they are needed."""

    def __init__(self, folder: Path, clock: Clock = SYSTEM_CLOCK) -> None:
        self._folder = folder
        self._clock = clock
        self.authority = folder / "ca.pem"
        self.server = folder / "server.pem"
        self._both = folder / "ca.key"

    def context(self) -> ssl.SSLContext:
        """A context that serves with it."""
        self.renew()
        return server_context(self.server)

    def renew(self, context: ssl.SSLContext | None = None) -> bool:
        """Make what is missing or ends soon; whether the server's certificate was made. `context` shows it from then
        on. Raises UnusableInput for files that cannot be used, or that others can read."""
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            key, authority = self._authority()
            if _certificate_in(self.authority) != authority:
                _replace(self.authority, authority.public_bytes(Encoding.PEM))
            made = not self._good(authority)
            if made:
                own, certificate = _server(key, authority, self._clock.now())
                _replace(self.server, _private(own) + certificate.public_bytes(Encoding.PEM))
        except OSError as error:
            raise UnusableInput(f"{self._folder} cannot hold certificates: {error.strerror}") from None
        if made and context is not None:
            load_chain(context, self.server)
        return made

    def _authority(self) -> tuple[_Key, x509.Certificate]:
        if not self._both.exists():
            _create(self._both, self._new_authority())
        found = self._read_authority()
        if self._lasts(found[1]):
            return found
        _replace(self._both, self._new_authority())
        return self._read_authority()

    def _new_authority(self) -> bytes:
        key, certificate = _authority(self._clock.now())
        return _private(key) + certificate.public_bytes(Encoding.PEM)

    def _read_authority(self) -> tuple[_Key, x509.Certificate]:
        mode = stat.S_IMODE(self._both.stat().st_mode)
        if mode & 0o077:
            raise UnusableInput(f"{self._both}: others can read the key (mode {mode:03o}): chmod 600 {self._both}")
        text = self._both.read_bytes()
        try:
            key, certificate = load_pem_private_key(text, None), x509.load_pem_x509_certificate(text)
            if not isinstance(key, _Key):
                raise TypeError("no key of ours")
        except (ValueError, TypeError):
            raise UnusableInput(f"{self._both} cannot be read: remove {self._folder}, it is created again") from None
        return key, certificate

    def _good(self, authority: x509.Certificate) -> bool:
        """Whether the server's certificate is this authority's, and lasts."""
        certificate = _certificate_in(self.server)
        if certificate is None or not self._lasts(certificate):
            return False
        try:
            certificate.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    def _lasts(self, certificate: x509.Certificate) -> bool:
        return certificate.not_valid_after_utc - self._clock.now() > timedelta(days=RENEW_DAYS)


def _authority(now: datetime) -> tuple[_Key, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("ml-connector inbox, throw-away authority")
    public = key.public_key()
    # newer clients insist on the identifiers and the usage
    certificate = (
        _unsigned(name, name, public, now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certify=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.NameConstraints(_permitted(), None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _server(issuer: _Key, authority: x509.Certificate, now: datetime) -> tuple[_Key, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    names = [*(x509.IPAddress(ipaddress.ip_address(each)) for each in ADDRESSES), x509.DNSName(NAME)]
    certificate = (
        _unsigned(_name("ml-connector inbox"), authority.subject, public, now, SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certify=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(issuer, hashes.SHA256())
    )
    return key, certificate


def _unsigned(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        # clocks differ
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, certify: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certify,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certify,
        crl_sign=certify,
        encipher_only=False,
        decipher_only=False,
    )


def _permitted() -> Sequence[x509.GeneralName]:
    return [*(x509.IPAddress(ipaddress.ip_network(each)) for each in ADDRESSES), x509.DNSName(NAME)]


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _private(key: _Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _certificate_in(path: Path) -> x509.Certificate | None:
    """The first certificate of a file; None where there is none."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _create(path: Path, content: bytes) -> None:
    """Make a file of the owner's, whole or not at all; where another process was first, its file stays."""
    temporary = _temporary(path, content)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    finally:
        temporary.unlink()


def _replace(path: Path, content: bytes) -> None:
    _temporary(path, content).replace(path)


def _temporary(path: Path, content: bytes) -> Path:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")  # mode 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)
