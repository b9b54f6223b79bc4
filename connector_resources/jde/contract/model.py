"""What an act of ours asks of a site's orchestration: the parts of the contract (jde-ais sections 3.4 and 14)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Type = Literal["string", "numeric", "date", "array"]
# always: in each call. where: in calls that have something to say of it, so that the orchestration must declare it too.
# feature: only for sites that use what `when` names; others may leave it out.
Need = Literal["always", "where", "feature"]


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `size` is a text's greatest length, or a number's digits with `decimals` of them behind the point;
    `column` is where it ends in JD Edwards; `example` is what the page shows."""

    name: str
    type: Type
    meaning: str
    example: str = ""
    column: str = ""
    size: int = 0
    decimals: int = 0
    need: Need = "always"
    when: str = ""
    one_of: tuple[str, ...] = ()
    members: tuple[Input, ...] = ()

    def member(self, name: str) -> Input | None:
        """The field of a row of this array."""
        return next((each for each in self.members if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Output:
    """One output. `key` marks the number of the document that was made: the one to name as `key_output`."""

    name: str
    type: Type
    meaning: str
    key: bool = False
    optional: bool = False
    members: tuple[Output, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step inside the orchestration. `source` cites where JD Edwards is said to work so; `inferred` marks what was
    concluded and never seen, and `open` what the designer must find out on the site's own release."""

    does: str
    source: str = ""
    inferred: bool = False
    open: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """One act: what it is for, what it is sent, what is done inside, what it answers, and what it must never do.

    `reads` marks one that changes nothing, and `once` says what a second call with the same inputs must do.
    """

    name: str
    purpose: str
    inputs: tuple[Input, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Output, ...]
    never: tuple[str, ...]
    writes: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    reads: bool = False
    once: str = ""
    optional: str = ""

    def input(self, name: str) -> Input | None:
        """The input of this name."""
        return next((each for each in self.inputs if each.name == name), None)

    @property
    def key(self) -> str | None:
        """The output that holds the new document's number."""
        return next((each.name for each in self.outputs if each.key), None)

    def paths(self) -> Iterator[tuple[str, Input]]:
        """Each input and each member of an array, by its path: `PayItems`, `PayItems.GrossAmount`."""
        for each in self.inputs:
            yield each.name, each
            for member in each.members:
                yield f"{each.name}.{member.name}", member
