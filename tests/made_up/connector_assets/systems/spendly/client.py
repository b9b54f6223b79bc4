"""Spendly's API: cost centres, by code."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from connector_assets.systems.spendly.connection import SpendlyConnection

from connector_resources.checks import Check
from connector_resources.clock import SYSTEM_CLOCK, Clock
from connector_resources.errors import ConnectorError, NotAllowed, Unavailable
from connector_resources.http import Answer, Call, CallCount, HttpLimits, HttpSession


class SpendlyClient:
    """One organisation of Spendly."""

    def __init__(
        self, connection: SpendlyConnection, credentials: Mapping[str, str], *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.connection = connection
        self._headers = {"Authorization": f"Bearer {credentials['token']}"}
        self._http = HttpSession(
            connection=connection.name,
            base_url=connection.url,
            limits=HttpLimits(**connection.limits.model_dump()),
            classify=self._classify,
            clock=clock,
            secrets=lambda: (credentials["token"],),
        )

    @property
    def calls(self) -> CallCount:
        """Requests really sent so far."""
        return self._http.calls

    def centres(self) -> list[dict[str, Any]]:
        """Every cost centre: {id, code, name}."""
        return list(self._ask("GET", "/centres"))

    def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A new cost centre."""
        return dict(self._ask("POST", "/centres", body))

    def update(self, id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change a cost centre."""
        return dict(self._ask("PUT", f"/centres/{id}", body))

    def log_in(self) -> None:
        """A token needs no login: whether it is accepted is seen by a call."""
        self.centres()

    def ping(self) -> list[Check]:
        """Whether it can be reached and lets us in."""
        try:
            self.centres()
        except ConnectorError as error:
            return [Check("reach", False, str(error), "look at the address and the token")]
        return [Check("reach", True, self.connection.url), Check("authenticate", True, "the token is accepted")]

    def close(self) -> None:
        """Nothing to log out of."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        what = f"{method.lower()} cost centres"
        return self._http.send(Call(method=method, path=path, what=what, json=body, headers=self._headers)).json()

    def _classify(self, call: Call, answer: Answer) -> ConnectorError | None:
        if answer.status < 400:
            return None
        kind = NotAllowed if answer.status in (401, 403) else Unavailable
        return kind(f"{call.what}: {answer.status}", connection=self.connection.name, status=answer.status)
