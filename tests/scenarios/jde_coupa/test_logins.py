"""Logins that Coupa and JD Edwards honour late."""

from __future__ import annotations

import pytest
from scenario_site import Site, outcomes

from connector_resources.errors import ConnectorError

LOGINS = {"jde": "POST /jderest/v2/tokenrequest", "coupa": "POST /oauth2/token"}


def logins(town: Site) -> int:
    """How many logins there were since the sandbox was put back, of both systems."""
    routes = town.sandbox.get("/faults")["routes"]
    return sum(routes.get(system, {}).get(route, 0) for system, route in LOGINS.items())


def delayed(town: Site, seconds: float) -> None:
    """Neither system knows a new login for so long."""
    town.sandbox.post("/options", {system: {"token_delay_seconds": seconds} for system in LOGINS})


def test_a_login_that_is_not_known_at_once_is_waited_for(site: Site) -> None:
    """Given systems that honour a new login some seconds late
    when suppliers are synced, then one login each is enough, and they are delivered."""
    delayed(site, 6)
    assert outcomes(site.sync("suppliers")["suppliers"])["created"] == 2
    assert logins(site) == 2


def test_a_login_that_is_never_honoured_is_suspected_after_one_new_one(site: Site) -> None:
    """Given systems that never honour a login
    when suppliers are synced, then the first of them is asked for one new login, no more, and the run says so in the
    bounded time of two logins."""
    delayed(site, 3600)
    began = site.clock.monotonic()
    with pytest.raises(ConnectorError):
        site.sync("suppliers")
    assert logins(site) == 2
    assert 30 <= site.clock.monotonic() - began < 60


def test_a_site_that_waits_for_no_login_asks_for_a_new_one_at_once(site: Site) -> None:
    """Given `fresh_login_seconds: 0`, when a login is not honoured, a new one is asked for without a wait."""
    for name in LOGINS:
        site.connect(name, fresh_login_seconds=0)
    delayed(site, 3600)
    began = site.clock.monotonic()
    with pytest.raises(ConnectorError):
        site.sync("suppliers")
    assert site.clock.monotonic() - began < 15
