"""Encrypted columns: a declared column of text whose values are Fernet tokens wherever the table is kept.

A field is declared by `encrypted_field`. In a kept table its metadata names the key, so that each object says by itself
what it takes to read it. Values that are missing or empty are kept as they are: there is nothing to hide. Two equal
values of one batch share a token; beyond that, nothing of a token tells what is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import pyarrow as pa
from cryptography.fernet import Fernet, InvalidToken

MARK = b"encrypted"


class Keys(Protocol):
    """Where the keys of encrypted columns come from."""

    def current(self) -> tuple[str, Fernet]:
        """The name and the key that encrypt now."""

    def get(self, name: str) -> Fernet:
        """A key by its name. Raises UnusableInput for one that cannot be had."""


class Undecipherable(Exception):
    """A value that is no token of its column's key."""


def encrypted_field(name: str, metadata: Mapping[str, str] | None = None) -> pa.Field:
    """A column of text that is encrypted where it is kept."""
    return pa.field(name, pa.string(), metadata={**(metadata or {}), MARK.decode(): ""})


def encrypted_columns(schema: pa.Schema) -> list[str]:
    """The encrypted columns of a declared or of a kept schema."""
    return [field.name for field in schema if MARK in (field.metadata or {})]


def kept_schema(schema: pa.Schema, key: str) -> pa.Schema:
    """The schema of a kept table whose encrypted columns have this key."""
    return _marked(schema, encrypted_columns(schema), key)


def encrypt(table: pa.Table, kept: pa.Schema, key: Fernet) -> pa.Table:
    """The table as it is kept."""
    for name in encrypted_columns(kept):
        table = _changed(table, name, lambda value: key.encrypt(value.encode()).decode())
    return table.cast(kept)


def decrypt(table: pa.Table, keys: Keys) -> pa.Table:
    """A kept table in the clear, under its declared schema. Raises Undecipherable, and what `keys` raises."""
    names = encrypted_columns(table.schema)
    for name in names:
        key = keys.get(table.schema.field(name).metadata[MARK].decode())
        try:
            table = _changed(table, name, lambda value, key=key: key.decrypt(value).decode())  # type: ignore[misc]
        except InvalidToken:
            raise Undecipherable(f"column {name} is damaged") from None
    return table.cast(_marked(table.schema, names, "")) if names else table


def _changed(table: pa.Table, name: str, change: Callable[[str], str]) -> pa.Table:
    """The table with `change` of each value of a column; it is asked once for each distinct one."""
    position = table.schema.get_field_index(name)
    found = table.column(position).combine_chunks().dictionary_encode()
    values = pa.array([change(each) if each else each for each in found.dictionary.to_pylist()], type=pa.string())
    return table.set_column(position, table.schema.field(position), values.take(found.indices))


def _marked(schema: pa.Schema, names: list[str], key: str) -> pa.Schema:
    for name in names:
        position = schema.get_field_index(name)
        field = schema.field(position)
        schema = schema.set(position, field.with_metadata({**(field.metadata or {}), MARK: key.encode()}))
    return schema
