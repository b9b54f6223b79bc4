"""One flow through the engine, without Dagster: `python -m benchmarks.delivery.engine_alone INTEGRATION/FLOW`."""

from __future__ import annotations

import json
import sys

from connector_assets.cli.arguments import chosen_flows, existing_home, run_name
from connector_assets.cli.syncing import days_of_sync
from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.task import policy_of
from connector_assets.run_setup import open_run_context


def main(target: str) -> None:
    """Read, map, check and deliver what is there; prints what `connector sync --json` does."""
    home = existing_home()
    integration, (kind,) = chosen_flows(home.settings(), target)
    with open_run_context(home, integration.name, run_name("bench")) as bench:
        flow = kind(bench)
        days = days_of_sync(bench, [flow], None, None)
        pipeline = Pipeline(flow, policy_of(flow))
        if days is None:
            raise SystemExit(f"{target} is read whole: this benchmark is about flows that are read by day")
        pipeline.land(*days)
        report = pipeline.deliver(pipeline.map(pipeline.due_keys() | pipeline.changed_keys(*days)))
    if report.error is not None:
        raise report.error
    print(json.dumps({"flows": [report.as_json()]}))


if __name__ == "__main__":
    main(sys.argv[1])
