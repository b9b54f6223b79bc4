"""What discovery shows of a site's orchestration, held against the contract (jde-ais sections 3.4 and 14.1).

How an array input shows is not established: with its members below `inputs`, `subinputs` or another list, as names with
a dot, beside the other inputs, without members, or not at all. Each is read, and what a site's discovery never shows is
said and not taken for missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connector_resources.connections.jde import Orchestration
from connector_resources.jde.contract import ACTS
from connector_resources.jde.contract.model import Act, Input

# between an array's name and a member's, where a site shows them flat
_BETWEEN = (".", "/", "->")


@dataclass(frozen=True, slots=True)
class Offered:
    """One orchestration as discovery shows it: each input's name, to the letter, with the names of its members (None
    where it shows none); `inputs` is None where it shows no inputs at all. `outputs` are all names among them."""

    name: str
    inputs: Mapping[str, tuple[str, ...] | None] | None
    outputs: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of an input or member."""
        inputs = self.inputs or {}
        return tuple(dict.fromkeys([*inputs, *(each for members in inputs.values() for each in members or ())]))


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a site's orchestration agrees with the contract: what does not, and what is worth knowing, in words."""

    wrong: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def offered(entry: Mapping[str, Any]) -> Offered:
    """Read an entry of `orchestrations`."""
    inputs: dict[str, tuple[str, ...] | None] = {}
    shown = False
    # the form "JDE standard" lists arrays apart
    for key in ("inputs", "detailInputs"):
        listed = entry.get(key)
        if isinstance(listed, list):
            shown = True
            inputs |= _inputs(listed)
    outputs = entry.get("outputs")
    names = frozenset(_every_name(outputs)) if isinstance(outputs, list) else frozenset()
    return Offered(str(entry.get("name")), inputs if shown else None, names)


def _inputs(listed: list[Any]) -> dict[str, tuple[str, ...] | None]:
    found: dict[str, tuple[str, ...] | None] = {}
    for each in listed:
        if isinstance(each, str):
            found[each] = None
        elif isinstance(each, Mapping) and each.get("name"):
            lists = [value for value in each.values() if isinstance(value, list) and value]
            members = tuple(dict.fromkeys(name for value in lists for name in _every_name(value)))
            found[str(each["name"])] = members or None
    return found


def _every_name(listed: Any) -> Iterator[str]:
    """The names in a list of names or of objects with a name, at any depth."""
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, str):
            yield each
        elif isinstance(each, Mapping):
            if isinstance(each.get("name"), str) and each["name"]:
                yield each["name"]
            for value in each.values():
                yield from _every_name(value)


def agreement(act: Act, wanted: Orchestration, found: Offered, *, arrays: bool = True) -> Agreement:
    """Names only: how types show is not established. `arrays` says whether this site's discovery shows arrays at
    all."""
    return _Comparison(act, wanted, found, arrays=arrays).agreement()


def shows_array(act: Act, wanted: Orchestration, found: Offered) -> bool:
    """Whether discovery shows an array of an act, in any form: under the site's name or the contract's, or any input
    with members."""
    inputs = found.inputs or {}
    arrays = [each.name for each in act.inputs if each.type == "array"]
    named = {*arrays, *(wanted.inputs.get(name, name) for name in arrays)}
    return any(_shown(theirs, inputs) for theirs in named) or any(inputs.values())


def _shown(theirs: str, inputs: Mapping[str, Any]) -> list[str]:
    """The input of this name, and those that are its members by a name with a dot."""
    return [name for name in inputs if name == theirs or name.startswith(tuple(theirs + sign for sign in _BETWEEN))]


def unknown_act(name: str) -> str:
    """What is said of an act that the contract does not have."""
    return f"{name}: no act of ours is called so; there are {', '.join(ACTS)}"


class _Comparison:
    """Works through one orchestration."""

    def __init__(self, act: Act, wanted: Orchestration, found: Offered, *, arrays: bool) -> None:
        self.act, self.wanted, self.found, self.arrays = act, wanted, found, arrays
        self.wrong: list[str] = []
        self.notes: list[str] = []

    def agreement(self) -> Agreement:
        """All of it."""
        paths = dict(self.act.paths())
        if strange := [each for each in self.wanted.inputs if each not in paths]:
            self.wrong.append(f"maps {_quoted(strange)}, which the contract does not have")
        if self.found.inputs is None:
            self.notes.append("shows no inputs, so that they could not be checked")
        else:
            self._compare(self.found.inputs)
        key = self.wanted.key_output
        if key and self.found.outputs and key not in self.found.outputs:
            self.notes.append(f"shows no output {key!r}, which key_output names")
        begun = f"{self.act.name} ({self.wanted.name}) "
        return Agreement(tuple(begun + each for each in self.wrong), tuple(begun + each for each in self.notes))

    def _name(self, path: str) -> str:
        return self.wanted.inputs.get(path, path.rpartition(".")[2])

    def _compare(self, inputs: Mapping[str, tuple[str, ...] | None]) -> None:
        left = dict.fromkeys(inputs)
        missing: list[str] = []
        absent: list[str] = []
        for each in self.act.inputs:
            theirs = self._name(each.name)
            shown = _shown(theirs, inputs)
            flat = [name for name in shown if name != theirs]
            if not shown and each.type == "array" and not self.arrays:
                self.notes.append(f"shows no array {theirs!r}, as this site's discovery shows none: not checked")
                continue
            if not shown:
                (absent if each.need == "feature" else missing).append(theirs)
                continue
            for name in shown:
                left.pop(name, None)
            if each.type == "array":
                self._members(each, theirs, inputs, flat, left)
        self._say(missing, absent)
        own = set(self.wanted.own_inputs)
        if strange := [name for name in left if name not in own]:
            self.wrong.append(
                f"has {_inputs_named(strange)} that the contract does not have: remove them, or name them under"
                " own_inputs where it has a default for them"
            )

    def _members(
        self,
        array: Input,
        theirs: str,
        inputs: Mapping[str, tuple[str, ...] | None],
        flat: list[str],
        left: dict[str, None],
    ) -> None:
        names = {each.name: self._name(f"{array.name}.{each.name}") for each in array.members}
        own = inputs.get(theirs)
        if own is None and flat:
            own = tuple(_behind(theirs, name) for name in flat)
        if own is None:
            ours = {self._name(each.name) for each in self.act.inputs}
            beside = [name for name in names.values() if name in inputs and name not in ours]
            if not beside:
                self.notes.append(f"shows no members of {theirs!r}, so that they could not be checked")
                return
            own = (*beside, *(name for name in names.values() if name in inputs and name in ours))
            for name in beside:
                left.pop(name, None)
        missing = [names[each.name] for each in array.members if names[each.name] not in own and each.need != "feature"]
        absent = [names[each.name] for each in array.members if names[each.name] not in own and each.need == "feature"]
        self._say([f"{theirs}.{name}" for name in missing], [f"{theirs}.{name}" for name in absent])
        known = {*names.values(), *(each.removeprefix(f"{theirs}.") for each in self.wanted.own_inputs)}
        if strange := [f"{theirs}.{name}" for name in own if name not in known]:
            self.wrong.append(
                f"has {_inputs_named(strange)} that the contract does not have: remove them, or name them under"
                " own_inputs where it has a default for them"
            )

    def _say(self, missing: list[str], absent: list[str]) -> None:
        if missing:
            self.wrong.append(f"has no input {_quoted(missing)}")
        if absent:
            self.notes.append(f"is built without {_quoted(absent)}")


def _behind(array: str, name: str) -> str:
    rest = name.removeprefix(array)
    return next(rest.removeprefix(sign) for sign in _BETWEEN if rest.startswith(sign))


def _quoted(names: list[str]) -> str:
    return ", ".join(map(repr, names))


def _inputs_named(names: list[str]) -> str:
    return f"input{'s' * (len(names) > 1)} {_quoted(names)}"
