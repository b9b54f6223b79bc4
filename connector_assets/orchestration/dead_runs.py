"""What a killed command left behind: claims that would keep the next run waiting until their lease ends.

Only a run that is over loses its claims: one that Dagster has ended, as run monitoring does for a dead worker, or one
that a command of this machine executed and whose process is gone. The same holds for a replay, which is no Dagster run.
Whatever the run had sent is still looked up in the target before anything is sent again, since its intents are in the
ledger.
"""

from __future__ import annotations

from pathlib import Path

from dagster import DagsterInstance

from connector_assets.engine.flow import Flow
from connector_resources.dagster_private.runs import GRPC_INFO_TAG
from connector_resources.instance.running import HOST_TAG, executing_process, left_behind, this_host


def free_claims_of_the_dead(instance: DagsterInstance, flow: Flow) -> list[str]:
    """End the claims of dead runs in this flow; returns the ids of those runs."""
    deliveries = flow.context.ledger.deliveries
    others = sorted(deliveries.owners(flow.full_name) - {flow.context.run})
    dead = [owner for owner in others if _is_dead(instance, owner)]
    for owner in dead:
        deliveries.release_all(flow.full_name, owner)
    return dead


def _is_dead(instance: DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    if run is not None and run.is_finished:
        return True
    home = Path(instance.root_directory)
    if run is None:
        # nothing but its mark tells of it, and only this home has the marks of its own processes
        return left_behind(home, run_id)
    if GRPC_INFO_TAG in run.tags or run.tags.get(HOST_TAG) != this_host():
        return False
    return executing_process(home, run_id) is None
