"""The script that somebody writes in an afternoon: requests, tenacity, and a list of what was sent.

Run in an environment of its own, which knows nothing of ml-connector. Its best setting: one call at a time, so that a
kill leaves one call without an outcome and not eight; six attempts with back-off; each number is written down and
synchronised to disk as soon as its answer is there, and skipped by the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import requests
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential


def worth_another_try(error: BaseException) -> bool:
    """The usual answer: what the network or the server did, but not what the server refused."""
    if isinstance(error, requests.HTTPError):
        return error.response.status_code == 429 or error.response.status_code >= 500
    broken = requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError
    return isinstance(error, broken)


def log_in(session: requests.Session, coupa: str) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["COUPA_CLIENT_ID"],
        "client_secret": os.environ["COUPA_CLIENT_SECRET"],
        "scope": os.environ["COUPA_SCOPE"],
    }
    answer = requests.post(f"{coupa}/oauth2/token", data=form, timeout=30)
    answer.raise_for_status()
    session.headers.update({"Accept": "application/json", "Content-Type": "application/json"})
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--coupa", required=True)
    parser.add_argument("--done", type=Path, help="list of what was sent; without it a rerun sends everything again")
    parser.add_argument("--attempts", type=int, default=6)
    given = parser.parse_args()
    done = set(given.done.read_text().split("\n")) if given.done and given.done.exists() else set()
    session = requests.Session()
    log_in(session, given.coupa)

    def create(body: str) -> None:
        answer = session.post(f"{given.coupa}/api/invoices", data=body.encode(), timeout=30)
        if answer.status_code == 401:
            log_in(session, given.coupa)
            answer = session.post(f"{given.coupa}/api/invoices", data=body.encode(), timeout=30)
        answer.raise_for_status()

    retrying = Retrying(
        retry=retry_if_exception(worth_another_try),
        stop=stop_after_attempt(given.attempts),
        wait=wait_random_exponential(multiplier=0.1, max=5),
        reraise=True,
    )
    delivered = failed = 0
    with (given.done or Path(os.devnull)).open("a") as sent:
        for line in given.records.open():
            record = json.loads(line)
            if record["key"] in done:
                continue
            try:
                retrying(create, record["body"])
            except requests.RequestException as error:
                failed += 1
                print(f"{record['key']}: {error}", file=sys.stderr)
                continue
            delivered += 1
            sent.write(record["key"] + "\n")
            sent.flush()
            if given.done:
                os.fsync(sent.fileno())
    print(json.dumps({"delivered": delivered, "skipped": len(done - {""}), "failed": failed}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
