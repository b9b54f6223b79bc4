"""A Singer target on the SDK whose sink creates invoices in Coupa.

Run in an environment of its own. Its best setting: a RecordSink, one call a record; the SDK's own kind of retry
(`backoff`, exponential, on dropped connections and 5xx); and the state is written out after each record. The SDK itself
writes it when all sinks are drained, at the end or once in five minutes, so that a killed target would begin anew; a
target may drain whenever a STATE message comes, and this one does. `stock` in the configuration leaves that out.
"""

from __future__ import annotations

from typing import Any

import backoff
import requests
from singer_sdk import typing as th
from singer_sdk.exceptions import RetriableAPIError
from singer_sdk.sinks import RecordSink
from singer_sdk.target_base import Target

RETRIED = (
    RetriableAPIError,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
)


class InvoiceSink(RecordSink):
    """Creates one invoice a record."""

    def setup(self) -> None:
        """Open a session, logged in."""
        self.session = requests.Session()
        self.session.headers.update({"Accept": "application/json", "Content-Type": "application/json"})
        self.log_in()

    def log_in(self) -> None:
        """Get a token; once more when the last one has ended."""
        config = self.config
        form = {name: config[name] for name in ("client_id", "client_secret", "scope")}
        form["grant_type"] = "client_credentials"
        answer = requests.post(f"{config['coupa']}/oauth2/token", data=form, timeout=30)
        answer.raise_for_status()
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    @backoff.on_exception(backoff.expo, RETRIED, max_tries=6, factor=0.1)
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """One call."""
        answer = self.send(record["body"])
        if answer.status_code == 401:
            self.log_in()
            answer = self.send(record["body"])
        if answer.status_code == 429 or answer.status_code >= 500:
            raise RetriableAPIError(f"{answer.status_code} for {record['key']}", answer)
        answer.raise_for_status()

    def send(self, body: str) -> requests.Response:
        """The call itself."""
        return self.session.post(f"{self.config['coupa']}/api/invoices", data=body.encode(), timeout=30)


class TargetCoupa(Target):
    """Drains, and so writes the state out, as often as the tap sends it."""

    name = "target-coupa"
    default_sink_class = InvoiceSink
    config_jsonschema = th.PropertiesList(
        th.Property("coupa", th.StringType, required=True),
        th.Property("client_id", th.StringType, required=True),
        th.Property("client_secret", th.StringType, required=True, secret=True),
        th.Property("scope", th.StringType, required=True),
        th.Property("stock", th.BooleanType, default=False),
    ).to_dict()

    # a thread pool for one sink would only cost time
    _max_parallelism = 1

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        super()._process_state_message(message_dict)
        if not self.config["stock"]:
            self.drain_all()


if __name__ == "__main__":
    TargetCoupa.cli()
