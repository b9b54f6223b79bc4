"""What an instance remembers over a restart."""

from __future__ import annotations

from pathlib import Path

from coupa_caller import WORLD, Coupa, invoice, line

from connector_sandbox.testing import running


def test_all_content_comes_back_as_it_was_and_goes_on(tmp_path: Path) -> None:
    world = {"coupa": WORLD}
    with running(world=world, only=["coupa"], limits=False, state=tmp_path) as sandbox:
        coupa = Coupa(sandbox.url("coupa"), sandbox.get("/credentials")["coupa"])
        coupa.supplier(**{"primary-address": {"street1": "1 Forge Rd", "country": {"code": "GB"}}})
        coupa.account("39284", "9270")
        coupa.approved("A", **{"custom-fields": {"jde-document": "1"}, "tax-rate": "20"})
        coupa.put("invoices/1", {"paid": True, "payments": [{"amount-paid": "120", "payment-date": "2024-06-02"}]})
        dynamic = {"code": "39284-9270", "account-type": {"name": "JDE dynamic"}}
        coupa.invoice("B", **{"invoice-lines": [line(account=dynamic)]})
        remembered = {name: coupa.get(name) for name in ("suppliers", "accounts", "invoices", "approvals")}
        state = sandbox.get("/state")
        highest = max(each["id"] for each in remembered["invoices"][1]["invoice-lines"])
    with running(world={}, only=["coupa"], limits=False, state=tmp_path) as sandbox:
        coupa = Coupa(sandbox.url("coupa"), sandbox.get("/credentials")["coupa"])
        assert {name: coupa.get(name) for name in remembered} == remembered
        assert sandbox.get("/state") == state
        third = coupa.post("invoices", invoice("C", **{"custom-fields": {"jde-document": "3"}}))
        assert third["custom-fields"] == {"jde-document": "3"}
        assert third["id"] == 3 and third["invoice-lines"][0]["id"] > highest
        again = coupa.invoice("D", **{"invoice-lines": [line(account=dynamic)]})
        assert again["invoice-lines"][0]["account"]["id"] == 2


def test_what_the_content_cannot_hold_is_named() -> None:
    for world, hint in (
        ({"robots": []}, "no entity robots"),
        ({"suppliers": [{"number": "7", "payment-term": {"code": "?"}}]}, "suppliers {'number': '7'}"),
        ({"account_types": [{"name": "X", "segments": [{"name": "A", "lookup": "?"}]}]}, "Lookup"),
    ):
        try:
            with running(world={"coupa": world}, only=["coupa"]):
                raise AssertionError("it was held")
        except ValueError as error:
            assert hint in str(error)
