"""Logins that Coupa and JD Edwards honour late."""

from __future__ import annotations

import pytest
from scenario_logins import delivers_with_one_login_each, gives_up, logins
from scenario_site import Site


@pytest.mark.as_delivered("jde.invalid_token_status")
def test_a_login_that_is_not_known_at_once_is_waited_for(site: Site) -> None:
    """Given systems that honour a new login some seconds late
    when suppliers are synced, then one login each is enough, and they are delivered."""
    delivers_with_one_login_each(site, "suppliers")


@pytest.mark.as_delivered("jde.invalid_token_status")
def test_a_login_that_is_never_honoured_is_suspected_after_one_new_one(site: Site) -> None:
    """Given systems that never honour a login
    when suppliers are synced, then the first of them is asked for one new login, no more, and the run says so in the
    bounded time of two logins."""
    assert 30 <= gives_up(site, "suppliers") < 60
    assert logins(site) == 2


def test_a_site_that_waits_for_no_login_asks_for_a_new_one_at_once(site: Site) -> None:
    """Given `fresh_login_seconds: 0`, when a login is not honoured, a new one is asked for without a wait."""
    for name in ("jde", site.SYSTEM):
        site.connect(name, fresh_login_seconds=0)
    assert gives_up(site, "suppliers") < 15


def test_a_login_that_is_turned_away_as_not_allowed_is_not_waited_for(site: Site) -> None:
    """Given a JD Edwards that answers 403 to a login that it does not know, as to what a user may not do
    when suppliers are synced, then a new login is asked for once for each question, and the run fails at once."""
    site.sandbox.post("/options", {"jde": {"invalid_token_status": 403}})
    assert gives_up(site, "suppliers") < 15
    assert 2 <= logins(site) < 10
