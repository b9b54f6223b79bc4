"""What the drill must be told of a kind of integration: what people do in its systems, for each flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drill_site import Site

from connector_sandbox.kernel.system import World

ForeignRecord = tuple[str, str]


@dataclass(frozen=True)
class Acts:
    """What people do about one flow.

    `begin` enters documents of all kinds into the source, some rows among them that are no documents. `go_on` comes
    after these were delivered: in the target what its users do, in the source new documents and, of those delivered,
    each kind of change that the flow has a step for. While calls are in doubt, `amend` changes fields of documents, the
    names among them by which the target knows them, and `undo` changes fields back that `go_on` changed. While
    somebody reads, `late` enters one more document, and `forget` deletes rows that make no document. `stranger` enters
    records of the target's own and returns their entities and ids, `leave` takes one away. `opens` enters what can
    only be there once the flows before have delivered. `papers`, of a flow that makes vouchers, tells its source's
    documents by supplier and invoice number, and `twin` enters a clerk's own voucher of one of them.
    """

    begin: Callable[[LocalTestbed], None]
    go_on: Callable[[LocalTestbed], None]
    amend: Callable[[LocalTestbed], None]
    undo: Callable[[LocalTestbed], None]
    late: Callable[[LocalTestbed], None]
    forget: Callable[[LocalTestbed], None]
    foreign_record: Callable[[LocalTestbed], list[ForeignRecord]]
    leave: Callable[[LocalTestbed, ForeignRecord], None]
    opens: Callable[[LocalTestbed], None] = lambda _: None
    three_way: Callable[[LocalTestbed], Mapping[tuple[int, str], str]] | None = None
    duplicate: Callable[[LocalTestbed], list[ForeignRecord]] | None = None


@dataclass(frozen=True)
class Place:
    """One kind of integration in the drill: its first content, its connections, and settings of its flows that stand
    for another kind of site (name -> flow -> settings), the first of them the usual one. `switches` are what a system
    does otherwise at a kind of site (name -> system -> switches), `only` the flows to which a kind of site matters,
    `beside` what others must be set to where a flow is told (flow -> the other one -> settings)."""

    world: Callable[[], Mapping[str, World]]
    connections: Mapping[str, Mapping[str, Any]]
    sites: Mapping[str, Mapping[str, Mapping[str, Any]]]
    acts: Mapping[str, Acts]
    testbed: type[LocalTestbed]
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    switches: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    beside: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)


class LocalTestbed:
    """The people at the two systems."""

    def __init__(self, site: Site) -> None:
        self.site = site
