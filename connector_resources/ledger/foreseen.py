"""Links that a plan would make, beside those that there are: for a run that only plans. Nothing of it is written."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from connector_resources.ledger.database import Database
from connector_resources.ledger.links import Links
from connector_resources.ledger.rows import Link, NewLink, Problem


class ForeseenLinks(Links):
    """The group `ledger.links` of a ledger that foresees: a link that is there goes before one that is expected."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._expected: dict[tuple[str, str], Link] = {}
        # (flow, key) -> target id
        self._restored: dict[tuple[str, str], str] = {}
        # the flows of which links are expected, in the order in which the plan came to them
        self.flows: list[str] = []
        # (flow, key) -> why the plan makes no link of it: the rule that ignores it, or what it is held for
        self.left: dict[tuple[str, str], str | Problem] = {}

    def expect(self, link: NewLink, now: datetime) -> None:
        """From now on this link is found too."""
        if link.flow not in self.flows:
            self.flows.append(link.flow)
        self._expected[link.flow, link.source_key] = Link(
            id=0,
            flow=link.flow,
            source_connection=link.source_connection,
            source_entity=link.source_entity,
            source_key=link.source_key,
            target_connection=link.target_connection,
            target_entity=link.target_entity,
            target_id=link.target_id,
            target_label=link.target_label,
            origin=link.origin,
            attributes=dict(link.attributes),
            run=link.run,
            at=now,
        )

    def restore(self, flow: str, key: str, target_id: str) -> None:
        """From now on the linked record of a document counts as being in use again."""
        if flow not in self.flows:
            self.flows.append(flow)
        self._restored[flow, key] = target_id

    def restored(self, flow: str) -> set[str]:
        """The ids of a flow's records that the plan puts in use again."""
        return {id for (of, _), id in self._restored.items() if of == flow}

    def expects(self, flow: str, key: str) -> bool:
        """Whether the plan makes the record of a document, or puts it in use again."""
        return (flow, key) in self._expected or (flow, key) in self._restored

    def of(self, flow: str, keys: Collection[str]) -> dict[str, Link]:
        """Source key -> link, there or expected."""
        expected = {key: link for key in keys if (link := self._expected.get((flow, key))) is not None}
        return expected | super().of(flow, keys)

    def by_target(self, flow: str, entity: str, ids: Collection[str]) -> dict[str, Link]:
        """Target id -> link, there or expected."""
        wanted = set(ids)
        expected = {
            link.target_id: link
            for link in self._expected.values()
            if (link.flow, link.target_entity) == (flow, entity) and link.target_id in wanted
        }
        return expected | super().by_target(flow, entity, ids)
