"""What a pair of systems is: one object, in the module `pair` of its folder.

Everything that lists pairs asks these objects. A member imports what it needs when it is called, since commands that
need no flow read `connections.yaml` too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from connector_assets.systems.system import template

if TYPE_CHECKING:
    from connector_assets.documents.three_way_match import Comparison
    from connector_assets.engine.flow import Flow
    from connector_assets.engine.reasons.entry import Reason
    from connector_assets.engine.value_tables import ValueTable
    from connector_assets.pairs.people import People
    from connector_resources.connections import IntegrationSettings


class Pair:
    """Two systems and the flows between them."""

    name: ClassVar[str]
    title: ClassVar[str]
    # role -> the system that plays it
    roles: ClassVar[Mapping[str, str]]
    # the module of the drill that says what people do in both systems (`PLACE`); '' where there is none yet
    drill: ClassVar[str] = ""

    def flows(self) -> tuple[type[Flow], ...]:
        """The flows, in the order in which they need each other's links."""
        raise NotImplementedError(f"{self.name} has no flows")

    def value_tables(self) -> Mapping[str, ValueTable]:
        """The value tables that operators keep, by name."""
        return {}

    def reasons(self) -> Sequence[Reason]:
        """The reasons of exceptions that only flows of this pair have."""
        return ()

    def people(self) -> type[People] | None:
        """What people do in both systems between the syncs of a demo; None: nobody acts."""
        return None

    def comparison(self, integration: IntegrationSettings) -> type[Comparison] | None:
        """The three-way match of an integration; None where it has none."""
        return None

    def template(self, which: str) -> str:
        """Its integration as `connections.yaml` begins with it: `site` or `sandbox`."""
        return template(self, which)
