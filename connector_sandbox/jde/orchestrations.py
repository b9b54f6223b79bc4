"""The orchestrations that this sandbox's customer has built: names and inputs are the customer's (jde-ais section 3.4).

Another site has others under other names: a client takes names and inputs from its settings and checks them by
discovery.
"""

from __future__ import annotations

from datetime import timedelta

from connector_sandbox.jde.batch_orchestrations import BATCHES
from connector_sandbox.jde.orchestrating import Inputs, Orchestration, OrchestrationContext, Result
from connector_sandbox.jde.payment_orchestrations import PAYMENTS
from connector_sandbox.jde.voucher_orchestrations import VOUCHERS


def _find_account(context: OrchestrationContext, inputs: Inputs) -> Result:
    """Has no output mapping: the service's own answer comes out. One input's name ends with a blank."""
    conditions = [
        {"controlId": f"F0901.{alias}", "operator": "EQUAL", "value": [{"content": inputs.text(name)}]}
        for alias, name in (("MCU", "BusinessUnit "), ("OBJ", "ObjectAccount"), ("SUB", "Subsidiary"))
        if inputs.text(name)
    ]
    request = {
        "targetName": "F0901",
        "targetType": "table",
        "dataServiceType": "BROWSE",
        "returnControlIDs": "F0901.AID|F0901.MCU|F0901.OBJ|F0901.SUB|F0901.DL01|F0901.PEC",
        "query": {"condition": conditions},
    }
    return Result({"ServiceRequest1": context.data.answer(request, context.session, 2)})


def _test_inputs(context: OrchestrationContext, inputs: Inputs) -> Result:
    """Shows how a date and a number were read: it works with them. Dates come out as Studio's default has them, ISO."""
    day = inputs.day("Date")
    after = "" if day is None else (day + timedelta(days=1)).isoformat()
    return Result({"NextDay": after, "NumberPlusOne": inputs.number("Number") + 1})


_LOOKUPS = (
    Orchestration(
        "ML_SelfTest",
        "Adds one day to a date and one to a number",
        _test_inputs,
        {"Date": "Date", "Number": "Numeric"},
        ("NextDay", "NumberPlusOne"),
        "SelfTest",
        "customServiceRequest",
        writes=False,
        required=("Date", "Number"),
    ),
    Orchestration(
        "ML_AccountFind",
        "Accounts of a business unit",
        _find_account,
        {"BusinessUnit ": "String", "ObjectAccount": "String", "Subsidiary": "String"},
        ("ServiceRequest1",),
        "DATABROWSE_F0901",
        "dataRequest",
        writes=False,
    ),
)

ORCHESTRATIONS: dict[str, Orchestration] = {item.name: item for item in (*BATCHES, *VOUCHERS, *PAYMENTS, *_LOOKUPS)}
