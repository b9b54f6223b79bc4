"""A run whose systems are not in the same day: each source is read up to its own today, and none of them fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster_site import NAME, DagsterSite

from connector_assets import definitions
from connector_assets.orchestration.flow_assets import delivered_key
from connector_assets.orchestration.source_assets import source_key
from connector_resources.ledger import Watermark

# at every instant there is another date in the one than in the other
EAST, WEST = "Pacific/Kiritimati", "Etc/GMT+12"
BORN = "approved_invoices"
# where the sandbox's systems are unless a test moves them
USUAL = {"jde": {"time_zone": "Europe/London"}, "coupa": {"time_zone": "Europe/London"}}


@pytest.fixture(autouse=True)
def _moved_back(site: DagsterSite) -> Iterator[None]:
    """The sandbox is that of the tests that come after, and a reset leaves its options."""
    yield
    site.sandbox.post("/options", USUAL)


def today(zone: str) -> date:
    return datetime.now(UTC).astimezone(ZoneInfo(zone)).date()


def apart(site: DagsterSite, jde: str, coupa: str) -> None:
    """Put the two systems into places, with a flow of each as the integration's."""

    def change(settings: dict[str, Any]) -> None:
        settings["connections"]["jde"]["time_zone"] = jde
        settings["connections"]["coupa"]["time_zone"] = coupa
        settings["integrations"][NAME]["flows"][BORN] = {"mode": "direct"}

    site.sandbox.post("/options", {"jde": {"time_zone": jde}, "coupa": {"time_zone": coupa}})
    site.configure(change)


def mark(site: DagsterSite, flow: str, entity: str) -> Watermark:
    found = site.home.ledger().watermarks.get(f"{NAME}/{flow}", entity)
    assert found is not None
    return found


@pytest.mark.parametrize(("jde", "coupa"), [(EAST, WEST), (WEST, EAST)])
def test_each_source_is_read_up_to_its_own_today(site: DagsterSite, jde: str, coupa: str) -> None:
    apart(site, jde, coupa)
    key = site.touch_voucher()
    poll = definitions.defs.get_repository_def().get_schedule_def(f"{NAME}_poll")
    with site.instance() as instance, dg.build_schedule_context(instance) as context:
        [request] = poll.evaluate_tick(context).run_requests or ()
    last = max(today(jde), today(coupa))
    assert request.tags["dagster/asset_partition_range_end"] == last.isoformat()

    run = site.run(site.first, last, tags=request.tags)

    assert run.success, run.failures
    assert mark(site, "invoices", "F0411").day == today(jde)
    assert mark(site, BORN, "invoices").day == today(coupa)
    delivery = site.home.ledger().deliveries.load(f"{NAME}/invoices", [key])[key]
    assert delivery.partition == today(jde).isoformat()
    behind = ("coupa", "invoices") if coupa == WEST else ("jde", "F0411")
    shown = site.metadata(source_key(*behind), last)
    assert (shown["dagster/row_count"], shown["not begun"]) == (
        0,
        f"it is still {today(WEST)} here: the next run reads this day",
    )
    ahead = ("jde", "F0411") if coupa == WEST else ("coupa", "invoices")
    assert "not begun" not in site.metadata(source_key(*ahead), last)


def test_the_page_may_fill_in_a_day_that_has_begun_in_one_system_alone(site: DagsterSite) -> None:
    apart(site, EAST, WEST)
    key = site.touch_voucher()

    run = site.run(today(EAST))

    assert run.success, run.failures
    assert key in site.home.ledger().deliveries.keys(f"{NAME}/invoices")
    # nothing of Coupa was read: its watermark has not moved
    assert site.home.ledger().watermarks.get(f"{NAME}/{BORN}", "invoices") is None
    assert site.metadata(delivered_key(NAME, BORN), today(EAST))["dagster/row_count"] == 0
