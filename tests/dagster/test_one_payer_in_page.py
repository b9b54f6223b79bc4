"""What both systems could pay, as the page shows it: the check `one_payer` of what BILL is sent."""

from __future__ import annotations

from typing import Any

import dagster as dg
from bill_inbox import BILL, connection_of, log_in
from dagster_site import DagsterSite

from connector_assets.orchestration.flow_assets import delivered_key

NAME = "jde_bill"
BILLS = delivered_key(NAME, "bills")
HANDED = {"bills": {"handed_over_status": "B"}, "vendor_credits": {"handed_over_status": "B"}}


def configure(site: DagsterSite, orchestrations: dict[str, Any]) -> None:
    """An installation between JD Edwards and BILL, with these orchestrations."""

    def with_bill(settings: dict[str, Any]) -> None:
        settings["connections"].pop("coupa")
        settings["connections"][BILL] = connection_of(site.sandbox)
        settings["connections"]["jde"]["orchestrations"] = orchestrations
        settings["integrations"] = {NAME: {"flows": HANDED}}

    site.configure(with_bill)
    log_in(site.home, site.sandbox)


def check(site: DagsterSite) -> dg.AssetCheckEvaluation:
    """The newest evaluation."""
    return site.checks(BILLS, "one_payer")[None]


def test_the_page_shows_what_both_systems_could_pay_until_one_alone_can(site: DagsterSite) -> None:
    setting = {"voucher_pay_status": {"name": "ML_VoucherPayStatus"}}
    configure(site, setting)
    first = site.run(job=NAME)
    assert first.success, first.failures
    assert check(site).passed and check(site).metadata["payable in both"].value == 0
    handed = [row for row in site.sandbox.systems["jde"].dump()["F0411"].values() if row["PST"].strip() == "B"]
    assert handed

    # a clerk releases one to JD Edwards' own run while nothing can hand it over again
    key = {name: handed[0][name] for name in ("KCO", "DCT", "DOC")}
    configure(site, {})
    site.sandbox.post("/rows", {"system": "jde", "act": "set_pay_status", **key, "PST": "A"})
    assert site.run(site.last, job=NAME).success
    reported = check(site)
    assert (reported.passed, reported.severity, reported.blocking) == (False, dg.AssetCheckSeverity.ERROR, False)
    assert reported.metadata["payable in both"].value == 1

    configure(site, setting)
    site.sandbox.post("/rows", {"system": "jde", "act": "set_pay_status", **key, "PST": "B"})
    assert site.run(site.last, job=NAME).success
    assert check(site).passed
