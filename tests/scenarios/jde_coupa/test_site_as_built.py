"""How ping finds a site's orchestrations, however its Tools release shows them (jde-ais section 14.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_site import Site


@pytest.fixture
def built(testbed: Site) -> Iterator[Site]:
    """A site whose switches are put back."""
    before = testbed.sandbox.get("/options")["jde"]
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    yield testbed
    testbed.sandbox.post("/options", {"jde": before})


def switch(site: Site, **options: Any) -> None:
    site.sandbox.post("/options", {"jde": options})


def reported(site: Site, check: str = "orchestrations") -> tuple[bool, str]:
    """What ping says of the orchestrations: whether all is well, and its words."""
    with site.context() as context:
        [found] = [each for each in context.client("jde").ping() if each.name == check]
    return found.ok, f"{found.detail} {found.fix}"


@pytest.mark.parametrize("shown", ["inputs", "subinputs", "names", "hidden"])
@pytest.mark.parametrize("entry", ["full", "example"])
def test_ping_is_content_however_discovery_shows_what_was_built(built: Site, shown: str, entry: str) -> None:
    """Given orchestrations that were built by the page, when discovery shows their arrays with their members or not, or
    not at all, with all that the reference has or the four fields of the vendor's example, then ping is content."""
    switch(built, discovered_arrays=shown, discovered_entry=entry)
    switch(built, discovered_types={"Date": "String", "Array": "Object"})
    ok, words = reported(built)
    assert ok, words


@pytest.mark.parametrize("shown", ["inputs", "subinputs"])
def test_an_input_that_the_designer_called_otherwise_is_named(built: Site, shown: str) -> None:
    """Given an orchestration one input of which has another name, or one of an array's, when discovery shows it, then
    ping names the orchestration and the input that is missing."""
    switch(built, discovered_arrays=shown)
    for mine, theirs in (("InvoiceNumber", "Invoice No"), ("Distribution.Account", "Account Number")):
        switch(built, input_names={"ML_VoucherEnter": {mine: theirs}})
        ok, words = reported(built)
        assert not ok and "ML_VoucherEnter" in words and mine.rpartition(".")[2] in words, words
