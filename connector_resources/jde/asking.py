"""What proofs and readings ask of the data service, without being part of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from connector_resources.jde.dates import DatePattern
from connector_resources.jde.query import Where
from connector_resources.jde.wire import Row


class Asks(Protocol):
    """The part of `DataService` that they use; it says what each does."""

    @property
    def connection_name(self) -> str: ...

    @property
    def date_pattern(self) -> DatePattern: ...

    @property
    def decimal_sign(self) -> str: ...

    def browse(self, table: str, *, columns: Sequence[str] | None = None) -> Iterator[list[Row]]: ...

    def count(self, table: str, where: Where | None = None) -> int: ...

    def first_page(
        self, table: str, *, columns: Sequence[str], where: Where | None = None, page_size: int
    ) -> list[Row]: ...

    def unproven_count(self, table: str, where: Where | None = None) -> int: ...
