"""Ports for servers that a test starts as processes of their own."""

from __future__ import annotations

import random
import socket

LOWEST, HIGHEST = 10_000, 32_000  # below what the kernel hands to outgoing connections, so that none of those takes it


def free_port(ports: int = 1) -> int:
    """The first of `ports` ports in a row that nobody listens on.

    They are only looked at, not kept: a random place makes it unlikely that a second test picks the same ones.
    """
    for _ in range(100):
        base = random.SystemRandom().randrange(LOWEST, HIGHEST)
        if all(_is_free(base + offset) for offset in range(ports)):
            return base
    raise RuntimeError(f"no {ports} free ports in a row between {LOWEST} and {HIGHEST}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
