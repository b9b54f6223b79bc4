"""A site's orchestration is held against the contract, in whatever form its discovery shows inputs."""

from __future__ import annotations

from typing import Any

import pytest

from connector_resources.connections.jde import Orchestration
from connector_resources.jde.contract import ACTS
from connector_resources.jde.discovery import Agreement, agreement, offered

ACT = ACTS["voucher_pay_status"]
SCALARS = ["DocumentCompany", "DocumentType", "DocumentNumber", "PayStatus"]


def site(*inputs: Any, **more: Any) -> dict[str, Any]:
    return {"name": "PST", "inputs": [{"name": each} if isinstance(each, str) else each for each in inputs], **more}


def held(entry: dict[str, Any], **setting: Any) -> Agreement:
    return agreement(ACT, Orchestration(name="PST", **setting), offered(entry))


FORMS = {
    "inputs": site(*SCALARS, {"name": "PayItems", "inputs": [{"name": "PayItem"}]}),
    "subinputs": site(*SCALARS, {"name": "PayItems", "type": "Array", "subinputs": [{"name": "PayItem"}]}),
    "names alone": {"name": "PST", "inputs": [*SCALARS, "PayItems.PayItem"]},
    "deeper": site(*SCALARS, {"name": "PayItems", "repeatingInputs": [{"inputs": [{"name": "PayItem"}]}]}),
    "dotted": site(*SCALARS, "PayItems", "PayItems.PayItem"),
    "beside": site(*SCALARS, "PayItems", "PayItem"),
    "apart": site(
        *SCALARS, detailInputs=[{"name": "PayItems", "repeatingInputs": [{"inputs": [{"name": "PayItem"}]}]}]
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_array_is_found_in_each_form(form: str) -> None:
    assert held(FORMS[form]) == Agreement()


@pytest.mark.parametrize("form", FORMS)
def test_a_member_of_another_name_is_missing_in_each_form(form: str) -> None:
    wrong = held(FORMS[form], inputs={"PayItems.PayItem": "Pay Item "}).wrong
    if form == "beside":
        # nothing tells then that the input is a member
        assert wrong and "'PayItem'" in wrong[0]
    else:
        assert "has no input 'PayItems.Pay Item '" in wrong[0] and "'PayItems.PayItem'" in wrong[1]


def test_members_that_are_not_shown_are_said_and_are_no_failure() -> None:
    found = held(site(*SCALARS, "PayItems"))
    assert found.wrong == ()
    assert found.notes == (
        "voucher_pay_status (PST) shows no members of 'PayItems', so that they could not be checked",
    )
    assert held({"name": "PST"}).notes == (
        "voucher_pay_status (PST) shows no inputs, so that they could not be checked",
    )


def test_missing_and_superfluous_inputs_are_told_by_the_sites_names() -> None:
    entry = site("Co", "DocumentType", "DocumentNumber", "Version", {"name": "Grid", "inputs": ["PayItem", "Due"]})
    found = held(entry, inputs={"DocumentCompany": "Co", "PayItems": "Grid", "PayItems.Item": "x"})
    assert found.wrong == (
        "voucher_pay_status (PST) maps 'PayItems.Item', which the contract does not have",
        "voucher_pay_status (PST) has input 'Grid.Due' that the contract does not have: remove them, or name them under"
        " own_inputs where it has a default for them",
        "voucher_pay_status (PST) has no input 'PayStatus'",
        "voucher_pay_status (PST) has input 'Version' that the contract does not have: remove them, or name them under"
        " own_inputs where it has a default for them",
    )
    own = held(
        entry,
        inputs={"DocumentCompany": "Co", "PayItems": "Grid"},
        own_inputs=["Version", "Grid.Due"],
    )
    assert own.wrong == ("voucher_pay_status (PST) has no input 'PayStatus'",)


def test_what_only_some_sites_use_may_be_left_out() -> None:
    entry = {"name": "Void", "inputs": ["PaymentID", "VoidDate"], "outputs": [{"name": "ID"}]}
    setting = Orchestration(name="Void", key_output="PaymentID")
    found = agreement(ACTS["payment_void"], setting, offered(entry))
    assert found == Agreement(
        (),
        (
            "payment_void (Void) is built without 'ReturnStatus'",
            "payment_void (Void) shows no output 'PaymentID', which key_output names",
        ),
    )


def test_a_site_that_never_shows_arrays_is_told_and_is_no_failure() -> None:
    entry = site(*SCALARS)
    assert held(entry).wrong == ("voucher_pay_status (PST) has no input 'PayItems'",)
    found = agreement(ACT, Orchestration(name="PST"), offered(entry), arrays=False)
    assert found.wrong == ()
    assert found.notes == (
        "voucher_pay_status (PST) shows no array 'PayItems', as this site's discovery shows none: not checked",
    )
