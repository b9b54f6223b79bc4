"""How hard a connection may be worked."""

from __future__ import annotations

from dataclasses import dataclass

JSON_DEPTH = 64


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How hard one connection may be worked, and how patient we are with it.

    `timeout_seconds` is the longest pause between two bytes, `total_seconds` what one call may last, its answer
    included; an answer has `answer_bytes` on the wire and `decoded_bytes` once decompressed at most, its JSON
    `json_depth` levels.
    """

    in_flight: int = 4
    per_second: float | None = None
    burst: int = 1
    timeout_seconds: float = 60.0
    total_seconds: float = 300.0
    answer_bytes: int = 64 * 2**20
    decoded_bytes: int = 256 * 2**20
    json_depth: int = JSON_DEPTH
    connect_seconds: float = 10.0
    retries: int = 5
    backoff_seconds: float = 0.5
    backoff_cap_seconds: float = 30.0
