"""The words in which a vendor's page describes a value: kind, length, format, what is required, what nobody sends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


class Shape:
    """What a value has to look like."""

    def problems(self, value: Any, where: str) -> Iterator[str]:
        """What is wrong with a value, each a sentence that names the field."""
        raise NotImplementedError


@dataclass(frozen=True)
class Text(Shape):
    """A JSON string: its lengths, the values it is one of, the form that all of it has."""

    longest: int | None = None
    least: int = 1
    among: Sequence[str] = ()
    form: str = ""

    def problems(self, value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{where} is no string: {value!r}"
            return
        if self.longest is not None and len(value) > self.longest:
            yield f"{where} has {len(value)} characters, of {self.longest}: {value!r}"
        if len(value) < self.least:
            yield f"{where} is empty"
        if self.among and value not in self.among:
            yield f"{where} is none of {', '.join(self.among)}: {value!r}"
        if self.form and not re.fullmatch(self.form, value, re.DOTALL):
            yield f"{where} is not of the form {self.form}: {value!r}"


@dataclass(frozen=True)
class Number(Shape):
    """A JSON number, with so many decimals at most; never in quotes."""

    places: int | None = 2

    def problems(self, value: Any, where: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            yield f"{where} is no number: {value!r}"
        elif self.places is not None and Decimal(value) != round(Decimal(value), self.places):
            yield f"{where} has more than {self.places} decimals: {value}"


@dataclass(frozen=True)
class Flag(Shape):
    """true or false, without quotes."""

    def problems(self, value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, bool):
            yield f"{where} is neither true nor false: {value!r}"


@dataclass(frozen=True)
class Nothing(Shape):
    """null: where a page says that it takes a value away."""

    def problems(self, value: Any, where: str) -> Iterator[str]:
        if value is not None:
            yield f"{where} is not null: {value!r}"


@dataclass(frozen=True)
class Anything(Shape):
    """Whatever the site has defined: custom fields."""

    def problems(self, value: Any, where: str) -> Iterator[str]:
        return iter(())


@dataclass(frozen=True)
class Each(Shape):
    """A JSON array, of so many members."""

    of: Shape
    most: int | None = None
    least: int = 0

    def problems(self, value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{where} is no array: {value!r}"
            return
        if len(value) < self.least or (self.most is not None and len(value) > self.most):
            yield f"{where} has {len(value)} members, of {self.least} to {self.most}"
        for member in value:
            yield from self.of.problems(member, f"{where}[]")


@dataclass(frozen=True)
class Fields(Shape):
    """A JSON object: the fields that the page has, which of them it asks for, and which only come back (`answered`)."""

    known: Mapping[str, Shape]
    required: Sequence[str] = ()
    answered: Sequence[str] = ()
    # a record that is replaced as a whole repeats what it was read with, fields that no page has included
    others: bool = False
    # of some fields one is enough
    one_of: Sequence[Sequence[str]] = ()
    described: str = field(default="", compare=False)

    def problems(self, value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where or 'the body'} is no object: {value!r}"
            return
        for name in self.required:
            if name not in value:
                yield f"{_in(where, name)} is required and not sent"
        for names in self.one_of:
            if not any(name in value for name in names):
                yield f"{where or 'the body'} has none of {', '.join(names)}"
        for name, each in value.items():
            if name in self.answered:
                yield f"{_in(where, name)} is only answered, never sent"
            elif name in self.known:
                yield from self.known[name].problems(each, _in(where, name))
            elif not self.others:
                yield f"{_in(where, name)} is no field of any page"


@dataclass(frozen=True)
class Either(Shape):
    """One of several shapes."""

    shapes: tuple[Shape, ...]

    def problems(self, value: Any, where: str) -> Iterator[str]:
        found = [list(shape.problems(value, where)) for shape in self.shapes]
        if all(found):
            yield " or ".join(each[0] for each in found)


def _in(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def without(shape: Fields, *names: str) -> Fields:
    """The same object with nothing required, and without these fields."""
    return Fields({k: v for k, v in shape.known.items() if k not in names}, (), shape.answered)


DAY = Text(form=r"\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])")
FLAG = Flag()
