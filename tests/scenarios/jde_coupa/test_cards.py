"""Vouchers that are paid by card, by their payment instrument: Coupa Pay must not pay them once more."""

from __future__ import annotations

import pytest
from scenario_site import Site, outcomes

from connector_assets.pairs.registry import flow_class

FLOW = "invoices"
CARD = {"DCT": "PV", "KCO": "00001", "SFX": "001", "SFXE": 0, "PYIN": "C"}


@pytest.mark.parametrize("payer", ["coupa", "jde"])
def test_what_is_paid_by_card_is_not_payable_in_coupa(testbed: Site, payer: str) -> None:
    """Given a voucher paid by card, when Coupa Pay pays JDE's vouchers it is left alone by a rule of its own; where JDE
    pays, it is an invoice as any other."""
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    mode = {"mode": "external_payables"} if payer == "coupa" else {}
    testbed.configure(FLOW, card_instruments=["C"], **mode)
    testbed.books.voucher(1)
    testbed.books.upsert("F0411", {"DOC": 1, **CARD})
    report = testbed.sync(FLOW)[FLOW]
    if payer == "coupa":
        assert (outcomes(report), report.rules()) == ({"ignored": 1}, {"paid_by_card": 1})
        assert testbed.spend.state()["external_payables"]["count"] == 0
    else:
        assert outcomes(report) == {"created": 1}


@pytest.mark.parametrize("payer", ["coupa", "jde"])
def test_ping_says_which_instruments_jd_edwards_does_not_have(testbed: Site, payer: str) -> None:
    """Given the setting, then ping names an instrument that is not in JD Edwards' list of them; where JD Edwards pays
    the setting means nothing, and nobody is asked."""
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    mode = {"mode": "external_payables"} if payer == "coupa" else {}
    testbed.configure(FLOW, card_instruments=["C"], **mode)
    testbed.books.upsert("F0005", {"SY": "00", "RT": "PY", "KY": "T", "DL01": "Transfer"})
    with testbed.context() as context:
        reported = [
            each for each in flow_class("jde_coupa", FLOW)(context).startup_problems() if "card_instruments" in each
        ]
    assert len(reported) == (1 if payer == "coupa" else 0)
