"""What the check `gl_dates` of a mapped asset lists."""

from __future__ import annotations

from datetime import date

from scenario_site import Site

from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.task import policy_of
from connector_assets.orchestration.events import moved_dates
from connector_assets.pairs.registry import flow_class


def moved(site: Site, name: str) -> list[tuple[str, date, date]]:
    """(document, own date, G/L date) of what a closed period moves, of all documents of a flow as they are now."""
    with site.context() as context:
        context.reader("jde").land_snapshot("F0010")
        flow = flow_class(site.NAME, name)(context)
        mapped = Pipeline(flow, policy_of(flow)).map(flow.all_keys())
        documents = mapped.frames.documents
        return moved_dates(documents, flow.gl_column, list(documents["key"]), mapped.findings.rows)
