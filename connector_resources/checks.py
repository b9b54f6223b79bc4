"""What `ping` finds out about a connection: one line per question, with what to do where the answer is no."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One question of a preflight.

    `name` is the question (`reach`, `authenticate`, `permissions`, `limits`, `clock`, `orchestrations`, …),
    `detail` what was found, `fix` what a person does about it ('' where `ok`).
    """

    name: str
    ok: bool
    detail: str
    fix: str = ""
