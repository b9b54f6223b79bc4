"""Many connections that never come to a request, from several loopback addresses, held open and made again.

By hand: `python tests/assets/inbox/siege.py PORT COUNT [ca.pem|- [KIND,... [ADDRESS,...]]]` lays siege until it is
interrupted, and says twice a second how many are open and how many of each kind there were.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

HEAD = b"POST /relay/coupa HTTP/1.1\r\nHost: inbox\r\nX-Signature: sha256=" + b"0" * 64 + b"\r\nX-Padding: "
# `unshaken` says nothing, not even TLS
KINDS = ("unshaken", "silent", "half", "trickle", "body")
ADDRESSES = tuple(f"127.0.0.{last}" for last in range(2, 6))


@dataclass
class Siege:
    """`count` connections to a port of 127.0.0.1, of these kinds and from these addresses in turn."""

    port: int
    count: int
    tls: ssl.SSLContext | None = None
    kinds: Sequence[str] = KINDS
    addresses: Sequence[str] = ADDRESSES
    # how long after its end a connection is made again
    again_seconds: float = 1.0
    made: Counter[str] = field(default_factory=Counter)
    opened: int = 0

    async def lay(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(self.count):
                kind = self.kinds[number % len(self.kinds)]
                # every kind from every address
                address = self.addresses[number // len(self.kinds) % len(self.addresses)]
                group.create_task(self._besiege(kind, address))

    async def _besiege(self, kind: str, address: str) -> None:
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._hold(kind, address)
            await asyncio.sleep(self.again_seconds)

    async def _hold(self, kind: str, address: str) -> None:
        tls = None if kind == "unshaken" else self.tls
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(address, 0), ssl=tls, limit=2**16
        )
        self.made[kind] += 1
        self.opened += 1
        try:
            if kind == "half":
                writer.write(HEAD)
            elif kind == "body":
                writer.write(HEAD + b"0\r\nContent-Length: 4000\r\n\r\n{")
            end = asyncio.ensure_future(reader.read())
            sent = 0
            while not end.done():
                await asyncio.wait([end], timeout=1.0 if kind in ("trickle", "body") else None)
                if kind == "trickle":
                    writer.write(HEAD[sent : sent + 1] or b"0")
                    sent += 1
                elif kind == "body":
                    writer.write(b" ")
            end.exception()
        finally:
            self.opened -= 1
            writer.transport.abort()


def trusting(authority: str) -> ssl.SSLContext:
    """TLS of somebody who trusts this authority."""
    return ssl.create_default_context(cafile=authority)


def main() -> None:
    """The command."""
    port, count, *rest = sys.argv[1:]
    kinds = tuple(rest[1].split(",")) if len(rest) > 1 else KINDS
    addresses = tuple(rest[2].split(",")) if len(rest) > 2 else ADDRESSES
    tls = trusting(rest[0]) if rest and rest[0] != "-" else None
    siege = Siege(int(port), int(count), tls, kinds, addresses)

    async def reported() -> None:
        laid = asyncio.ensure_future(siege.lay())
        while not laid.done():
            await asyncio.wait([laid], timeout=0.5)
            print(json.dumps({"open": siege.opened, "made": siege.made}), flush=True)

    with suppress(KeyboardInterrupt):
        asyncio.run(reported())


if __name__ == "__main__":
    main()
