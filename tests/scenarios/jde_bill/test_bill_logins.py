"""Logins that BILL and JD Edwards honour late."""

from __future__ import annotations

import pytest
from bill_site import BillSite
from scenario_logins import delivers_with_one_login_each, gives_up, logins


@pytest.mark.as_delivered("jde.invalid_token_status")
def test_a_login_that_is_not_known_at_once_is_waited_for(site: BillSite) -> None:
    """Given systems that honour a new login some seconds late
    when suppliers are synced, then one login each is enough, and they are delivered."""
    delivers_with_one_login_each(site, "vendors")


@pytest.mark.as_delivered("jde.invalid_token_status")
def test_a_login_that_is_never_honoured_is_suspected_after_one_new_one(site: BillSite) -> None:
    """Given systems that never honour a login
    when suppliers are synced, then the first of them is asked for one new login, no more, and the run says so in the
    bounded time of two logins."""
    assert 30 <= gives_up(site, "vendors") < 60
    assert logins(site) == 2


def test_a_site_that_waits_for_no_login_asks_for_a_new_one_at_once(site: BillSite) -> None:
    """Given `fresh_login_seconds: 0`, when a login is not honoured, a new one is asked for without a wait."""
    for name in ("jde", site.SYSTEM):
        site.connect(name, fresh_login_seconds=0)
    assert gives_up(site, "vendors") < 15
