"""Scripted faults: which call of which route goes wrong, and how.

A rule counts the calls that match its system and route since it was added; `calls`, `every`, `from`/`to` and
`rate` choose among those numbers. Of several rules that want the same call the first one fires; all of them
count it.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, get_args

import msgspec

from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.system import BadCommandError

Kind = Literal[
    "status",  # this status, no effect
    "delay",  # the right answer, `seconds` later
    "drop_before",  # connection closed, no effect
    "drop_after",  # effect, then connection closed without a byte
    "status_after",  # effect, then this status
    "cut",  # effect, headers with the full length, half of the body, then closed
    "duplicate",  # effect once, its answer written twice
    "twice",  # the network delivers the request twice: both have their effect, `answer` says whose answer comes
    "expire_token",  # all tokens become invalid, then the call is handled
    "dead_link",  # all links to further pages die, then the call is handled
    "late",  # connection closed at once, effect `seconds` later
    "retype",  # effect once, and in its JSON answer `field` of every record that `match` names has the value `value`
]


class Rule(msgspec.Struct, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """One scripted fault, as POST /faults takes it."""

    kind: Kind
    system: str = "*"
    route: str = "*"
    """"POST /api/invoices" with the path as the system registers it; "*" is any text, in the method too."""
    calls: list[int] | None = None
    every: int | None = None
    start: int | None = None
    end: int | None = None
    rate: float | None = None
    seed: int = 0
    times: int | None = None
    status: int = 503
    body: Any = None
    headers: dict[str, str] = {}
    seconds: float = 1.0
    answer: Literal["first", "second"] = "second"
    name: str = ""
    field: str = ""
    """Of `retype`: the field's dotted path in a record, `*` for each item of a list: `billLineItems.*.amount`."""
    value: Any = None
    match: dict[str, Any] = {}
    """Of `retype`: fields of a record and their values, by which it is chosen; without any, each object that has the
    field is."""

    def wants(self, call: int) -> bool:
        """Whether the rule's numbers choose this call; without any, each call is chosen."""
        if self.calls is not None and call not in self.calls:
            return False
        if self.every is not None and call % self.every:
            return False
        if self.start is not None and call < self.start:
            return False
        if self.end is not None and call > self.end:
            return False
        # Drawn per call number, so that what goes wrong does not depend on what went before.
        return self.rate is None or random.Random(f"{self.seed}:{call}").random() < self.rate  # noqa: S311

    def check(self) -> None:
        """BadCommandError when the numbers make no sense."""
        numbers = [
            *(self.calls or []),
            *(n for n in (self.every, self.start, self.end, self.times) if n is not None),
        ]
        if any(n < 1 for n in numbers):
            raise BadCommandError(f"fault {self.name}: calls, every, from, to and times count from 1")
        if self.rate is not None and not 0 <= self.rate <= 1:
            raise BadCommandError(f"fault {self.name}: rate is between 0 and 1")
        if not 100 <= self.status <= 599:
            raise BadCommandError(f"fault {self.name}: {self.status} is not an HTTP status")
        if self.kind == "retype" and not self.field:
            raise BadCommandError(f"fault {self.name}: retype needs a field")
        if self.seconds < 0:
            raise BadCommandError(f"fault {self.name}: seconds cannot be negative")


@dataclass(slots=True)
class _Scripted:
    rule: Rule
    route: re.Pattern[str]
    seen: int = 0
    fired: int = 0


@dataclass(frozen=True, slots=True)
class Fired:
    """A fault that is to happen to the call at hand."""

    rule: Rule
    number: int

    @property
    def tag(self) -> str:
        """What the header X-Sandbox-Fault says."""
        return f"{self.rule.name}#{self.number}"


@dataclass(slots=True)
class Faults:
    """The script of one sandbox and what became of it."""

    clock: SandboxClock
    _script: list[_Scripted] = field(default_factory=list)
    _fired: list[dict[str, Any]] = field(default_factory=list)
    _routes: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, rules: Sequence[Mapping[str, Any]], *, replace: bool = False) -> None:
        """Add rules, all or none. BadCommandError names the rule and what is wrong with it."""
        first = 0 if replace else len(self._script)
        added = [_scripted(rule, first + i) for i, rule in enumerate(rules)]
        self._script = added if replace else self._script + added

    def clear(self) -> None:
        """Forget the rules, what fired and all counts."""
        self._script, self._fired, self._routes = [], [], {}

    def next(self, system: str, route: str) -> Fired | None:
        """Count a call of a route, and say which fault happens to it."""
        counts = self._routes.get(system)
        if counts is None:
            counts = self._routes[system] = Counter()
        counts[route] += 1
        chosen: Fired | None = None
        for scripted in self._script:
            rule = scripted.rule
            if rule.system not in ("*", system) or not scripted.route.fullmatch(route):
                continue
            scripted.seen += 1
            if chosen is not None or scripted.fired == rule.times or not rule.wants(scripted.seen):
                continue
            scripted.fired += 1
            chosen = Fired(rule, scripted.fired)
            self._note(chosen, system, route, scripted.seen)
        return chosen

    def report(self) -> dict[str, Any]:
        """{"scripted": [rule with seen and fired], "fired": [...], "routes": {system: {route: calls}}}."""
        return {
            "scripted": [{**msgspec.to_builtins(s.rule), "seen": s.seen, "fired": s.fired} for s in self._script],
            "fired": self._fired,
            "routes": self._routes,
        }

    def _note(self, fired: Fired, system: str, route: str, call: int) -> None:
        rule = fired.rule
        self._fired.append(
            {
                "fault": fired.tag,
                "name": rule.name,
                "n": fired.number,
                "kind": rule.kind,
                "system": system,
                "route": route,
                "call": call,
                "at": self.clock.now().isoformat(),
            }
        )


def _scripted(rule: Mapping[str, Any], position: int) -> _Scripted:
    try:
        made = msgspec.convert(rule, Rule)
    except msgspec.ValidationError as error:
        hint = f" (kind is one of {', '.join(get_args(Kind))})" if "kind" in str(error) else ""
        raise BadCommandError(f"fault rule {position + 1}: {error}{hint}") from None
    made.name = made.name or f"fault{position + 1}"
    if not made.name.isascii() or not made.name.isprintable():
        raise BadCommandError(f"fault rule {position + 1}: a name is printable ASCII, for it goes into a header")
    made.check()
    return _Scripted(made, _pattern(made.route))


@lru_cache(maxsize=256)
def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in route.split("*")), re.DOTALL)
