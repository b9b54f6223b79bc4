"""Logins that are honoured late, in either pair: how the scenarios of both begin and what they count."""

from __future__ import annotations

import pytest
from scenario_site import Site, outcomes

from connector_resources.errors import ConnectorError

LOGINS = {
    "jde": "POST /jderest/v2/tokenrequest",
    "coupa": "POST /oauth2/token",
    "bill": "POST /connect/v3/login",
}


def logins(testbed: Site) -> int:
    """How many logins there were since the sandbox was put back, of both systems."""
    routes = testbed.sandbox.get("/faults")["routes"]
    return sum(routes.get(system, {}).get(LOGINS[system], 0) for system in ("jde", testbed.SYSTEM))


def delayed(testbed: Site, seconds: float) -> None:
    """Neither system knows a new login for so long."""
    testbed.sandbox.post("/options", {system: {"token_delay_seconds": seconds} for system in ("jde", testbed.SYSTEM)})


def delivers_with_one_login_each(site: Site, flow: str) -> None:
    """Systems that honour a login after six seconds are waited for."""
    delayed(site, 6)
    assert outcomes(site.sync(flow)[flow])["created"] == 2
    assert logins(site) == 2


def gives_up(site: Site, flow: str) -> float:
    """Systems that never honour a login make the run fail; after how many seconds."""
    delayed(site, 3600)
    began = site.clock.monotonic()
    with pytest.raises(ConnectorError):
        site.sync(flow)
    return site.clock.monotonic() - began
