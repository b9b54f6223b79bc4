"""A dlt pipeline with a custom destination that creates invoices in Coupa.

Run in an environment of its own. Its best setting: `batch_size=1`, because dlt writes down its place in a load job
after each batch, so that a restart repeats one record at most (the default of 10 repeats ten); one load job at a time
for the same reason; dlt's own requests client, which retries dropped connections and 5xx answers; incremental
extraction, so that a run after a finished one extracts nothing again. A run after a killed one loads the pending
package first, as dlt's documentation prescribes. `--stock` leaves dlt's defaults.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.helpers.requests import Client
from requests import HTTPError


def count(package: Any, state: str) -> int:
    """Jobs of the invoices in this state; dlt's own tables are left aside."""
    return sum(job.job_file_info.table_name == "invoices" for job in package.jobs.get(f"{state}_jobs", []))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--coupa", required=True)
    parser.add_argument("--pipelines", type=Path, required=True, help="where dlt keeps its state")
    parser.add_argument("--stock", action="store_true")
    given = parser.parse_args()
    # six attempts, the first retry soon: 0.1 s, 0.2 s, ...; the defaults are five and 1 s, 2 s, ...
    client = Client() if given.stock else Client(request_max_attempts=6, request_backoff_factor=0.1)
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["COUPA_CLIENT_ID"],
        "client_secret": os.environ["COUPA_CLIENT_SECRET"],
        "scope": os.environ["COUPA_SCOPE"],
    }
    headers = {"Accept": "application/json", "Content-Type": "application/json"}

    def log_in() -> None:
        token = client.post(f"{given.coupa}/oauth2/token", data=form).json()["access_token"]
        headers["Authorization"] = f"Bearer {token}"

    def create(body: str) -> None:
        client.post(f"{given.coupa}/api/invoices", data=body.encode(), headers=headers)

    log_in()
    setting: dict[str, Any] = {} if given.stock else {"batch_size": 1, "loader_parallelism_strategy": "sequential"}

    @dlt.destination(name="coupa", **setting)
    def coupa(items: list[dict[str, Any]], table: Any) -> None:
        for item in items:
            try:
                create(item["body"])
            except HTTPError as error:
                if error.response.status_code != 401:
                    raise
                log_in()
                create(item["body"])

    @dlt.resource(name="invoices", primary_key="key", write_disposition="append")
    def invoices(place: Any = dlt.sources.incremental("seq")) -> Iterator[list[dict[str, Any]]]:  # noqa: B008
        yield [json.loads(line) for line in given.records.open()]

    pipeline = dlt.pipeline("vouchers", pipelines_dir=str(given.pipelines), destination=coupa)
    packages = []
    if pipeline.has_pending_data:
        # run() would load what is pending and leave the new data for the run after it
        packages += pipeline.run().load_packages
    packages += pipeline.run(invoices()).load_packages
    told = {state: sum(count(package, state) for package in packages) for state in ("completed", "failed")}
    print(json.dumps(told))
    return 1 if told["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
