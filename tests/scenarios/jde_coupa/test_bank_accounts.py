"""A bank account that changes while vouchers are open is for a second person; where Coupa Pay pays, new ones wait."""

from __future__ import annotations

from typing import Any

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY
from scenario_site import Site, outcomes

from connector_assets.engine.reasons import severity_of
from connector_resources.errors import UnusableInput

FLOW, SUPPLIERS, KEY = "invoices", "suppliers", "F0401:4343"
FIRST, SECOND, ROUTING = "20304050607081", "99887766554422", "026009593"
MODES = pytest.mark.parametrize("mode", ["external_payables", "invoices_draft"])


def account(testbed: Site, number: str = FIRST, row: int = 1, **columns: Any) -> None:
    """A clerk enters a bank account of a supplier, or changes it, some minutes later."""
    testbed.sandbox.clock.advance(600)
    testbed.books.upsert("F0030", {"UKID": row, "BKTP": "V", "AN8": 4343, "TNST": ROUTING, "CBNK": number} | columns)


@pytest.fixture
def known(testbed: Site) -> Site:
    """A town in which the bank account of a supplier is known."""
    account(testbed)
    testbed.sync(SUPPLIERS)
    assert testbed.exceptions(SUPPLIERS) == []
    return testbed


def coupa_pays(testbed: Site, mode: str, **more: Any) -> None:
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    testbed.configure(FLOW, mode=mode, handed_over_status="Y", **more)
    if mode == "invoices_draft":
        testbed.flows["payments_to_jde"] = {}


def run(testbed: Site) -> dict[str, int]:
    return outcomes(testbed.sync(FLOW, first=TODAY, last=TODAY)[FLOW])


def confirm(testbed: Site, note: str = "called them", by: str = "second") -> None:
    id = testbed.exception(SUPPLIERS).id
    testbed.ledger.exceptions.dismiss(id, actor=by, note=note, now=testbed.clock.now())


def status(testbed: Site, doc: int) -> str:
    rows = testbed.sandbox.systems["jde"].dump()["F0411"].values()
    return next(row["PST"].strip() for row in rows if row["DOC"] == doc)


@pytest.mark.reason("bank_account_changed")
@MODES
def test_where_coupa_pay_pays_a_new_voucher_waits_until_a_second_person_has_looked(known: Site, mode: str) -> None:
    """Given a voucher that Coupa Pay is to pay when the supplier's account changes in JD Edwards, and another voucher
    comes then a person is told what is open, the first one stays, and the second goes once they have confirmed the
    account."""
    coupa_pays(known, mode)
    known.books.voucher(costs=(("30.5010", "120.00"),))
    assert run(known) == {"created": 1}
    account(known, SECOND)
    known.books.voucher(7002, costs=(("30.5010", "30.00"),))
    reports = known.sync(SUPPLIERS, FLOW)
    assert outcomes(reports[FLOW])["held"] == 1
    reported, held = known.exception(SUPPLIERS), known.exception(FLOW)
    assert (reported.key, reported.reason, severity_of(reported.reason)) == (KEY, "bank_account_changed", "high")
    assert "from …7081 to …4422" in reported.message and "2 documents are open, 150.00 GBP" in reported.message
    assert (held.reason, held.key) == ("bank_account_changed", "F0411:00001/PV/7002")
    # nothing is done in JD Edwards either
    assert (status(known, 4711), status(known, 7002)) == ("Y", "A")
    with pytest.raises(UnusableInput, match="--note"):
        confirm(known, "")
    confirm(known)
    assert run(known)["created"] == 1
    assert (status(known, 7002), known.exceptions(FLOW), known.exceptions(SUPPLIERS)) == ("Y", [], [])


@pytest.mark.reason("bank_account_changed")
def test_a_run_of_the_invoices_alone_looks_before_it_makes_one(known: Site) -> None:
    """Given a voucher that Coupa Pay is to pay, when the account changes and the invoices alone run, then what is new
    waits."""
    coupa_pays(known, "external_payables")
    known.books.voucher()
    assert run(known) == {"created": 1}
    account(known, SECOND)
    known.books.voucher(7002)
    assert run(known)["held"] == 1
    assert known.exception(SUPPLIERS).reason == "bank_account_changed"


@pytest.mark.reason("bank_account_changed")
def test_a_draft_is_not_submitted_meanwhile(known: Site) -> None:
    """Given a draft of an invoice that Coupa Pay is to pay
    when the supplier's account changes, and the site submits drafts from now on
    then it stays a draft until the account is confirmed."""
    coupa_pays(known, "invoices_draft")
    known.books.voucher()
    assert run(known) == {"created": 1}
    account(known, SECOND)
    known.sync(SUPPLIERS)
    known.configure(FLOW, submit=True)
    assert run(known) == {"held": 1}
    confirm(known)
    assert run(known) == {"updated": 1}


@pytest.mark.reason("bank_account_changed")
def test_where_jd_edwards_pays_documents_go_on_and_the_exception_stands_alone(known: Site) -> None:
    """Given a voucher that JD Edwards pays
    when the supplier's account changes, and another voucher comes
    then both are in Coupa, and a person is told."""
    known.books.voucher()
    assert run(known) == {"created": 1}
    account(known, SECOND)
    known.books.voucher(7002)
    reports = known.sync(SUPPLIERS, FLOW)
    assert outcomes(reports[FLOW])["created"] == 1
    assert known.exception(SUPPLIERS).reason == "bank_account_changed"
    assert known.exceptions(FLOW) == []


@pytest.mark.reason("bank_account_changed")
def test_a_second_account_is_a_change(known: Site) -> None:
    """Given an open voucher, when a second account is added, then a person is told."""
    known.books.voucher()
    assert run(known) == {"created": 1}
    account(known, SECOND, row=2)
    known.sync(SUPPLIERS)
    assert "added …4422" in known.exception(SUPPLIERS).value


@pytest.mark.reason("bank_account_changed")
def test_who_changed_the_account_cannot_confirm_it(known: Site) -> None:
    """Given an open voucher, and an account that a clerk changes (F0030.USER), and then changes again
    when somebody of that name confirms it, in whatever case, then that is refused in one line, nothing is written, and
    what waits goes on waiting; a second person confirms it."""
    coupa_pays(known, "external_payables")
    known.books.voucher()
    assert run(known) == {"created": 1}
    clerk = user_of(known)
    account(known, SECOND)
    known.sync(SUPPLIERS)
    account(known, "11112222333344")
    known.books.voucher(7002)
    known.sync(SUPPLIERS, FLOW)
    assert f"by {clerk}" in known.exception(SUPPLIERS).value
    before = known.ledger.audit.of(KEY)[1]
    for name in (clerk, clerk.lower(), clerk.title()):
        with pytest.raises(UnusableInput, match=f"{clerk} made the change and cannot confirm it"):
            confirm(known, by=name)
    assert (known.ledger.audit.of(KEY)[1], run(known)["held"]) == (before, 1)
    confirm(known)
    assert run(known)["created"] == 1


@pytest.mark.reason("bank_account_changed")
def test_where_nobody_says_who_changed_it_anybody_confirms(known: Site) -> None:
    """Given an account of which JD Edwards does not say who changed it, when it changes, then anybody confirms it."""
    known.books.voucher()
    assert run(known) == {"created": 1}
    clerk = user_of(known)
    account(known, SECOND)
    jde = known.sandbox.systems["jde"]
    books = jde.dump()
    for row in books["F0030"].values():
        row["USER"] = ""
    jde.restore(books)
    known.sync(SUPPLIERS)
    assert clerk not in known.exception(SUPPLIERS).value
    confirm(known, by=clerk)
    assert known.exceptions(SUPPLIERS) == []


def user_of(testbed: Site) -> str:
    """Whose user the clerk is."""
    rows = testbed.sandbox.systems["jde"].dump()["F0030"].values()
    return str(next(row["USER"] for row in rows)).strip()


def test_a_change_with_nothing_open_is_remembered_quietly(known: Site) -> None:
    """Given a supplier to whom nothing is open, when its account changes, then the audit trail alone has it."""
    account(known, SECOND)
    known.sync(SUPPLIERS)
    known.books.voucher()
    assert run(known) == {"created": 1}
    known.sync(SUPPLIERS)
    assert known.exceptions(SUPPLIERS) == []
    found = [each.detail["value"] for each in known.ledger.audit.of(KEY)[1] if each.event == "bank_account_changed"]
    assert "from …7081 to …4422" in found[-1]


def test_a_table_that_may_not_be_read_fails_nothing(known: Site) -> None:
    """Given a user who may not read the bank accounts, when all is synced, then `ping` says that nobody watches."""
    known.sandbox.post("/options", {"jde": {"hidden_tables": ["F0030"]}})
    try:
        assert known.sync(SUPPLIERS)[SUPPLIERS].error is None
        with known.context() as context:
            (note,) = known._flow(context, SUPPLIERS).startup_notes()
        assert "are not watched" in note
    finally:
        known.sandbox.post("/options", {"jde": {"hidden_tables": []}})
    assert known.exceptions(SUPPLIERS) == []


def test_no_number_is_anywhere_but_in_jd_edwards(known: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Given accounts that were seen, changed and told, when all that is kept is searched, then no number is in it."""
    known.books.voucher()
    assert run(known) == {"created": 1}
    account(known, SECOND)
    known.sync(SUPPLIERS, FLOW)
    known.sweep(SUPPLIERS)
    confirm(known)
    for path in sorted(each for each in known.folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        for number in (FIRST, SECOND, ROUTING):
            assert number.encode() not in content, f"{number} is in {path.name}"
    assert not any(number in caplog.text for number in (FIRST, SECOND, ROUTING))
