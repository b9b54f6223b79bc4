"""What JDE's own payment run selects, as a site declares it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connector_resources.connections.jde import PaymentRun

ROW: dict[str, Any] = {"PST": "A", "PYIN": "T", "GLBA": "00012345", "VOD": "", "AAP": Decimal("10.00")}


@pytest.mark.parametrize(
    ("declared", "row", "selected"),
    [
        ({}, {}, True),
        ({}, {"PST": "B"}, False),
        ({}, {"VOD": "V"}, False),
        ({}, {"AAP": Decimal("0.00")}, False),
        ({"pay_statuses": ["A", "V"]}, {"PST": "V"}, True),
        ({"payment_instruments": ["T", "C"]}, {}, True),
        ({"payment_instruments": ["C"]}, {}, False),
        ({"payment_instruments": [""]}, {"PYIN": " "}, True),
        ({"payment_instruments": ["C"]}, {"PYIN": None}, False),
        ({"bank_accounts": ["12345"]}, {}, True),
        ({"bank_accounts": ["00012345"]}, {"GLBA": "12345"}, True),
        ({"bank_accounts": ["00099999"]}, {}, False),
        ({"pay_statuses": ["A"], "payment_instruments": ["T"], "bank_accounts": ["99999"]}, {}, False),
    ],
)
def test_a_row_is_selected_that_is_open_and_in_all_that_the_site_names(
    declared: dict[str, Any], row: dict[str, Any], selected: bool
) -> None:
    assert PaymentRun.model_validate(declared).selectable(ROW | row) is selected
