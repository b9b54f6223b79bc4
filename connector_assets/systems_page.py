"""The page docs/systems.md: what each system and each pair brings, as their objects say it.

python -m connector_assets.systems_page > docs/systems.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from connector_assets.engine.reasons import Reason
from connector_assets.pairs.pair import Pair
from connector_assets.pairs.registry import pairs
from connector_assets.systems.registry import systems
from connector_assets.systems.system import System

HEAD = """\
# Systems and pairs

<!-- Generated from the objects of the systems and pairs: `python -m connector_assets.systems_page`. Do not edit. -->

A system is a folder of `connector_assets/systems`, a pair a folder of `connector_assets/pairs`. The page, the command,
`connector init`, `connector ping`, the sandbox and the drill ask their objects; no list names them a second time.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, *map(_system, systems().values()), *map(_pair, pairs().values())]
    return "\n".join(parts)


def _system(system: System) -> str:
    return "\n".join(_lines_of_system(system)) + "\n"


def _lines_of_system(system: System) -> Iterator[str]:
    yield f"## {system.title}"
    yield ""
    secrets = _names(system.connection.CREDENTIALS)
    yield from wrap(
        f"Connections of `system: {system.name}`. Credentials: {secrets}. Sandbox port: {system.port}.", 120
    )
    yield ""
    yield "| entity | what is read | after |"
    yield "|---|---|---|"
    for name, entity in system.entities.items():
        yield f"| `{name}` | {entity.description} | {_names([entity.follows]) if entity.follows else ''} |"
    yield from _reasons(system.reasons())


def _pair(pair: Pair) -> str:
    return "\n".join(_lines_of_pair(pair)) + "\n"


def _lines_of_pair(pair: Pair) -> Iterator[str]:
    yield f"## {pair.title}"
    yield ""
    roles = ", ".join(f"`{role}`" if role == system else f"`{role}` ({system})" for role, system in pair.roles.items())
    tables = _names(sorted(pair.value_tables()))
    yield from wrap(f"Integrations of `kind: {pair.name}`, with the roles {roles}. Value tables: {tables}.", 120)
    yield ""
    yield "| flow | what it brings | from | to |"
    yield "|---|---|---|---|"
    for flow in pair.flows():
        optional = " *" if flow.optional else ""
        target = flow.target_entity if isinstance(flow.target_entity, str) else "by its settings"
        yield f"| `{flow.name}`{optional} | {flow.title} | {flow.source_entity} | {target} |"
    if any(flow.optional for flow in pair.flows()):
        yield ""
        yield "\\* runs only where `connections.yaml` names it."
    yield from _reasons(pair.reasons())


def _reasons(reasons: Sequence[Reason]) -> Iterator[str]:
    if reasons:
        yield ""
        yield from wrap(f"Exceptions of its own: {_names(each.name for each in reasons)}.", 120)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


if __name__ == "__main__":
    sys.stdout.write(page())
