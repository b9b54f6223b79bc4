"""The act that proves how dates and numbers are read (jde-ais sections 14.1 and 17)."""

from __future__ import annotations

from connector_resources.jde.contract.model import Act, Input, Output, Step
from connector_resources.jde.contract.parts import day

SELF_TEST = Act(
    name="self_test",
    purpose="Show how dates and numbers of a request are read: it works with them, so that what was only repeated"
    " proves nothing.",
    inputs=(
        day("Date", "any date", "2025-03-04"),
        Input("Number", "numeric", "any number with decimals", "1234.56", size=15, decimals=2),
    ),
    steps=(
        Step(
            "Declare both inputs exactly as those of the other orchestrations are: the same date format, the same"
            " numeric type",
            "jde-ais 14.1",
        ),
        Step("A Groovy step adds one day to the date and one to the number", "jde-ais 14.1", inferred=True),
    ),
    outputs=(
        Output("NextDay", "date", "the day after `Date`, as yyyy-MM-dd"),
        Output("NumberPlusOne", "numeric", "`Number` and 1, with a decimal point: 1235.56"),
    ),
    never=("write anything",),
    reads=True,
    optional="Where it is configured, it must agree before anything is written. Recommended.",
)
