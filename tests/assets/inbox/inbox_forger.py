"""Somebody who has seen genuine requests and knows no secret: a forgery differs from what is genuine in one place."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import string
from collections.abc import Callable
from dataclasses import dataclass

from inbox_house import COUPA, JSON, NORTH, RELAYS, SECRETS, XML, House, basic

Headers = list[tuple[str, str]]
Call = tuple[str, Headers, bytes]
LETTERS = string.ascii_letters + string.digits + "-_+/="
OTHER = {COUPA: NORTH, NORTH: COUPA}
FORM = [("Content-Type", "application/x-www-form-urlencoded")]
GRANT = b"grant_type=client_credentials"


@dataclass
class Forger:
    """Makes forgeries of three kinds: of relayed messages, of call-outs, of token requests."""

    house: House
    seed: int

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.number = 0
        ledger = self.house.ledger
        self.tokens = {name: self.house.token(name) for name in SECRETS}
        self.ended = ledger.inbox.issue_token(COUPA, SECRETS[COUPA]["inbox_client_id"], 1)
        self.others = ledger.inbox.issue_token(COUPA, "a client of before", 86_399)
        self.house.clock.advance(2)

    def forgery(self) -> Call:
        """The next one."""
        self.number += 1
        kinds: list[Callable[[], Call]] = [self._relayed, self._relayed, self._called_out, self._token_request]
        return self.random.choice(kinds)()

    # -- relayed messages ---------------------------------------------------------------------------------------------

    def _relayed(self) -> Call:
        connection = self.random.choice([COUPA, NORTH])
        body = self._document()
        headers = self.house.signed(connection, body, id=f"evt-{self.number}")
        mutations = [self._signature, self._body, self._key, self._algorithm, self._elsewhere]
        if RELAYS[connection]["signed"] != "body":
            mutations += [self._stamp, self._refreshed, self._event_id, self._body_alone]
        changed, reported = self.random.choice(mutations)(connection, dict(headers), body)
        assert (changed, reported) != (headers, body)
        return f"/relay/{connection}", self._spelled(changed), reported

    def _signature(self, connection: str, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        name = self._header(connection)
        prefix = RELAYS[connection].get("prefix", "")
        given = headers[name].removeprefix(prefix)
        headers[name] = self.random.choice(
            [
                prefix + self._altered(given),
                prefix + given[: self.random.randrange(len(given))],
                prefix + given + self.random.choice(LETTERS),
                prefix + given.swapcase(),
                prefix + base64.b64encode(bytes.fromhex(given)).decode() if connection == COUPA else "sha256=" + given,
                "SHA256=" + given,
                prefix,
                "",
            ]
        )
        if self.random.random() < 0.1:
            del headers[name]
        return headers, body

    def _body(self, connection: str, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        at = self.random.randrange(len(body))
        other = bytes([body[at] ^ (1 << self.random.randrange(8))])
        changed = [
            body[:at] + other + body[at + 1 :],
            body[:at],
            body + b" ",
            body.replace(b"approved", b"voided"),
            b"",
        ]
        return headers, self.random.choice([each for each in changed if each != body])

    def _key(self, connection: str, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        id = headers.get("X-Event-Id", "")
        wrong = [SECRETS[OTHER[connection]]["inbox_relay_secret"], "relay-key", "\0", "inbox_relay_secret"]
        return self.house.signed(connection, body, id=id, key=self.random.choice(wrong)), body

    def _algorithm(self, connection: str, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        name, secret = self._header(connection), SECRETS[connection]["inbox_relay_secret"].encode()
        weak = self.random.choice([hashlib.md5, hashlib.sha1, hashlib.sha512])
        plain = hashlib.sha256(secret + body).hexdigest()
        forged = self.random.choice([hmac.new(secret, body, weak).hexdigest(), plain])
        headers[name] = RELAYS[connection].get("prefix", "") + forged
        return headers, body

    def _elsewhere(self, connection: str, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        """The signature of another message."""
        name = self._header(connection)
        headers[name] = self.house.signed(connection, body + b"\n", id=f"evt-{self.number}")[name]
        return headers, body

    def _stamp(self, connection: str, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        now = int(headers["X-Timestamp"])
        shifted = [now + self.random.choice([-1, 1]) * self.random.randrange(1, 300), f"{now}.0", f"0{now}", "", "now"]
        headers["X-Timestamp"] = str(self.random.choice(shifted))
        return headers, body

    def _refreshed(self, connection: str, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        """A genuine message of another day, as it was or with a new time stamp."""
        now = int(headers["X-Timestamp"])
        then = now + self.random.choice([-1, 1]) * self.random.randrange(301, 10**8)
        old = self.house.signed(connection, body, id=headers["X-Event-Id"], at=then)
        return (old if self.random.random() < 0.5 else old | {"X-Timestamp": str(now)}), body

    def _event_id(self, connection: str, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        headers["X-Event-Id"] = self.random.choice([headers["X-Event-Id"] + "0", "evt", "", "a.b", "evt-ü"])
        if self.random.random() < 0.2:
            del headers["X-Event-Id"]
        return headers, body

    def _body_alone(self, connection: str, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        """What another scheme would sign."""
        secret = SECRETS[connection]["inbox_relay_secret"].encode()
        stamp = headers["X-Timestamp"].encode()
        signed = self.random.choice([body, stamp + b"." + body, stamp + body])
        headers["X-Signature"] = "sha256=" + hmac.new(secret, signed, hashlib.sha256).hexdigest()
        return headers, body

    def _spelled(self, headers: dict[str, str]) -> Headers:
        """At times with a header twice, of which a careless reader would take either."""
        found = list(headers.items())
        name = self.random.choice(list(headers))
        if self.random.random() < 0.1:
            found.append((name, headers[name] + "0"))
        self.random.shuffle(found)
        return found

    # -- call-outs ----------------------------------------------------------------------------------------------------

    def _called_out(self) -> Call:
        token = self.tokens[COUPA]
        digest = hashlib.sha256(token.encode()).hexdigest()
        login = SECRETS[COUPA]
        forged = self.random.choice(
            [
                self._altered(token),
                token[: self.random.randrange(len(token))],
                token + self.random.choice(LETTERS),
                token.swapcase(),
                token[::-1],
                digest,
                self.tokens[NORTH],
                self.ended,
                self.others,
                login["inbox_client_id"],
                login["inbox_relay_secret"],
                "null",
                "' OR 1=1 --",
                "",
            ]
        )
        schemes = [
            f"Bearer {forged}",
            f"bearer {forged}",
            f"Bearer  {token}",
            f"Basic {token}",
            token,
            basic(COUPA),
            "",
        ]
        headers = [("Content-Type", self.random.choice([JSON, XML])), ("Authorization", self.random.choice(schemes))]
        if self.random.random() < 0.1:
            headers.append(("Authorization", f"Bearer {token}"))
        elif self.random.random() < 0.1:
            headers.pop()
        path = self.random.choice(["/call-out/coupa/invoices", "/call-out/coupa?document=payments", "/call-out/coupa"])
        return path, headers, self._document()

    # -- token requests -----------------------------------------------------------------------------------------------

    def _token_request(self) -> Call:
        mine, theirs = SECRETS[COUPA], SECRETS[NORTH]
        good = basic(COUPA)
        crossed = base64.b64encode(f"{mine['inbox_client_id']}:{theirs['inbox_client_secret']}".encode()).decode()
        nothing = base64.b64encode(f"{mine['inbox_client_id']}:".encode()).decode()
        authorization = self.random.choice(
            [
                "Basic " + self._altered(good[6:]),
                good[: self.random.randrange(6, len(good) - 2)],
                good + "A",
                good.swapcase(),
                f"Basic {crossed}",
                f"Basic {nothing}",
                f"Basic {mine['inbox_client_id']}:{mine['inbox_client_secret']}".encode().decode("latin-1"),
                "Basic ",
                f"Bearer {self.tokens[COUPA]}",
                None,
            ]
        )
        headers = FORM if authorization is None else [*FORM, ("Authorization", authorization)]
        guessed = f"&client_id={mine['inbox_client_id']}&client_secret={self._word()}".encode()
        return "/oauth2/token", list(headers), GRANT + (guessed if self.random.random() < 0.5 else b"")

    # -- what they are made of ----------------------------------------------------------------------------------------

    def _document(self) -> bytes:
        content = {
            "id": 100_000 + self.number,
            "status": "approved",
            "updated-at": "2026-03-01T09:00:00Z",
            "paid": False,
        }
        return json.dumps({"invoice-header": content}).encode()

    def _header(self, connection: str) -> str:
        return str(RELAYS[connection].get("header", "X-Signature"))

    def _altered(self, text: str) -> str:
        at = self.random.randrange(len(text))
        return text[:at] + self.random.choice(LETTERS.replace(text[at], "")) + text[at + 1 :]

    def _word(self) -> str:
        return "".join(self.random.choices(string.ascii_letters, k=12))
