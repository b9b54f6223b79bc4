"""The same vouchers over a line that fails: none is lost, none is there twice, and the total is the same."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from scenario_site import Site, outcomes

VOUCHERS = 30
TOTAL = sum((Decimal(100 + place) for place in range(VOUCHERS)), Decimal(0))
CREATE = {"system": "coupa", "route": "POST /api/invoices"}
# in Coupa's own words: any other server's 429 proves nothing
TOO_MANY = {"errors": {"base": ["Too many requests."]}}
BROWSE = {"system": "jde", "route": "POST /jderest/v2/dataservice"}


@pytest.fixture
def desk(testbed: Site) -> Site:
    """Thirty vouchers of 3,435 pounds, to be read ten rows a page."""
    testbed.connect("jde", page_size=10)
    for place in range(VOUCHERS):
        costs = (("30.5010", f"{60 + place}.00"), ("40.5010", "40.00"))
        testbed.books.voucher(1000 + place, costs=costs, supplier=4343 + place % 2)
    return testbed


def fail(site: Site, *rules: Mapping[str, Any]) -> None:
    """Script these faults, in place of those before."""
    site.sandbox.post("/faults", {"replace": True, "rules": [dict(rule) for rule in rules]})


def fired(site: Site) -> int:
    """How many calls a fault happened to."""
    return len(site.sandbox.get("/faults")["fired"])


def assert_all_there_once(site: Site) -> None:
    """Each voucher is one invoice in Coupa, for the total of the books, and a further sync has nothing to do."""
    fail(site)
    held = site.spend.all("invoices")
    keys = [each["internal-note"] for each in held]
    assert sorted(keys) == [f"00001/PV/{1000 + place}" for place in range(VOUCHERS)]
    assert sum((Decimal(each["total-with-taxes"]) for each in held), Decimal(0)) == TOTAL
    assert not site.exceptions("invoices")
    links = site.ledger.links.counts(flow="jde_coupa/invoices")
    assert links == {"jde_coupa/invoices": VOUCHERS}
    report = site.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes) == ({"unchanged": VOUCHERS}, 0)


def test_a_session_that_jde_forgets_at_each_seventh_call(desk: Site) -> None:
    """Given a JD Edwards that answers 444 at each seventh call, when vouchers are synced, then all arrive once."""
    fail(desk, {**BROWSE, "kind": "status", "status": 444, "every": 7})
    assert outcomes(desk.sync("invoices")["invoices"]) == {"created": VOUCHERS}
    assert fired(desk) >= 2
    assert_all_there_once(desk)


def test_tokens_that_really_expire_in_the_middle(desk: Site) -> None:
    """Given sessions of both systems that end every few calls, links to next pages with them
    when vouchers are synced, then both log in again and all arrive once."""
    fail(
        desk,
        {"system": "jde", "route": "* /jderest/v2/dataservice*", "kind": "expire_token", "every": 5},
        # far apart: a call that is rejected once is sent again well before the next login ends
        {**CREATE, "kind": "expire_token", "calls": [5, 25]},
    )
    assert outcomes(desk.sync("invoices")["invoices"]) == {"created": VOUCHERS}
    assert fired(desk) >= 4
    assert_all_there_once(desk)


def test_links_to_next_pages_that_are_dead(desk: Site) -> None:
    """Given next-page links that die before they are followed
    when vouchers are read, then reading goes on behind the last row: no row twice, none left out."""
    fail(desk, {"system": "jde", "route": "* /jderest/v2/dataservice/next", "kind": "dead_link", "every": 2})
    report = desk.sync("invoices")["invoices"]
    assert report.rows == {"read": VOUCHERS, "in_documents": VOUCHERS, "ignored": {}, "unreadable": 0}
    assert fired(desk) >= 2
    assert_all_there_once(desk)


def test_answers_of_jde_that_break_off(desk: Site) -> None:
    """Given answers of JD Edwards that are cut, dropped or a 500, when vouchers are synced, then all arrive once."""
    fail(
        desk,
        {**BROWSE, "kind": "cut", "every": 5},
        {**BROWSE, "kind": "drop_before", "every": 7},
        {**BROWSE, "kind": "status", "status": 500, "every": 11},
    )
    assert outcomes(desk.sync("invoices")["invoices"]) == {"created": VOUCHERS}
    assert_all_there_once(desk)


@pytest.mark.parametrize("headers", [{"Retry-After": "2"}, {}], ids=["with Retry-After", "without"])
def test_a_coupa_that_is_called_too_often(desk: Site, headers: dict[str, str]) -> None:
    """Given a Coupa that answers 429 to each fourth call, saying when to come back or not
    when vouchers are synced, then the calls are made again later and all arrive once."""
    fail(
        desk, {"system": "coupa", "route": "* /api/*", "kind": "status", "status": 429, "headers": headers, "every": 4}
    )
    assert outcomes(desk.sync("invoices")["invoices"]) == {"created": VOUCHERS}
    assert fired(desk) >= 5
    assert_all_there_once(desk)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop_after", "rate": 0.1, "seed": 3},
        {"kind": "status_after", "status": 503, "every": 6},
        {"kind": "drop_before", "every": 6},
        {"kind": "status", "status": 503, "every": 6},
        {"kind": "cut", "every": 6},
        {"kind": "duplicate", "every": 6},
    ],
    ids=lambda fault: str(fault["kind"]),
)
def test_creates_whose_answers_cannot_be_trusted(desk: Site, fault: dict[str, Any]) -> None:
    """Given a Coupa whose creates are dropped before or after their effect, answered with a 503 before or after it,
    cut, or answered twice
    when vouchers are synced, then each is looked up before anything is sent again, and all arrive once."""
    fail(desk, {**CREATE, **fault})
    assert outcomes(desk.sync("invoices")["invoices"]) == {"created": VOUCHERS}
    assert fired(desk) >= 2
    assert_all_there_once(desk)


GATEWAYS = [
    *({"status": status} for status in (300, 301, 303, 304, 307, 308, 401, 403, 404, 405, 408, 409, 410, 425, 429)),
    {"status": 400, "body": "<html><body>Bad Request</body></html>"},
    {"status": 401, "body": {"message": "Unauthorized"}},
    {"status": 200, "body": "<html><body>Welcome back</body></html>"},
    {"status": 201, "body": {}},
]


@pytest.mark.parametrize("answer", GATEWAYS, ids=lambda answer: " ".join(map(str, answer.values())))
def test_what_a_server_in_between_says_after_the_effect(desk: Site, answer: dict[str, Any]) -> None:
    """Given a gateway that answers creates in its own name, whatever it says, after they took effect
    when vouchers are synced, then none of it is taken for Coupa's word: each is looked up, and all arrive once."""
    fail(desk, {**CREATE, "kind": "status_after", "calls": [1, 7, 8], **answer})
    assert outcomes(desk.sync("invoices")["invoices"]) == {"created": VOUCHERS}
    assert fired(desk) == 3
    assert_all_there_once(desk)


@pytest.mark.reason("outcome_unknown")
def test_what_was_known_of_a_doubt_is_told(desk: Site) -> None:
    """Given a redirect after a create took effect, and a Coupa that cannot be asked afterwards
    when the run ends, then exception and audit trail say what the answer was and when the call was sent."""
    desk.policy = {"wait_for_outcomes": False}
    after = {
        "kind": "status_after",
        "status": 303,
        "headers": {"Location": "https://login.example.com/"},
        "calls": [30],
    }
    fail(desk, {**CREATE, **after}, {"system": "coupa", "route": "GET /api/invoices", "kind": "drop_before", "from": 3})
    assert outcomes(desk.sync("invoices")["invoices"]) == {"created": VOUCHERS - 1, "in_doubt": 1}
    reported = desk.exception("invoices")
    day = desk.clock.now().date().isoformat()
    assert reported.reason == "outcome_unknown"
    _, trail = desk.ledger.audit.of(reported.key)
    events = [event for event in trail if event.event == "in_doubt"]
    assert any("redirects to https://login.example.com" in str(event.detail) for event in events)
    fail(desk)
    assert outcomes(desk.sync("invoices")["invoices"]) == {"created": 1, "unchanged": VOUCHERS - 1}
    assert day in "".join(str(event.at) for event in events)
    assert_all_there_once(desk)


def test_where_coupa_keeps_numbers_unique_the_same_holds(desk: Site) -> None:
    """Given the other kind of Coupa, which refuses a second draft of a number, and creates dropped after their effect
    when vouchers are synced, then no refusal is taken for a failure, and all arrive once."""
    desk.spend.configure(unique_invoice_drafts=True)
    fail(desk, {**CREATE, "kind": "drop_after", "every": 5}, {**CREATE, "kind": "drop_before", "every": 7})
    assert outcomes(desk.sync("invoices")["invoices"]) == {"created": VOUCHERS}
    assert_all_there_once(desk)


def test_an_effect_that_comes_late_is_waited_for(desk: Site) -> None:
    """Given creates whose connection is dropped at once and whose effect comes half a second later
    when vouchers are synced with an effect window of two seconds
    then nothing found is not believed too early, and no invoice is there twice."""
    desk.connect("coupa", effect_window_seconds=2)
    desk.clock.patient = True
    fail(desk, {**CREATE, "kind": "late", "seconds": 0.5, "calls": [2, 11, 12]})
    assert outcomes(desk.sync("invoices")["invoices"]) == {"created": VOUCHERS}
    assert fired(desk) == 3
    assert_all_there_once(desk)


@pytest.mark.reason("outcome_unknown")
def test_a_run_that_does_not_wait_leaves_its_doubts_to_the_next(desk: Site) -> None:
    """Given a run that may not wait, and creates dropped before their effect
    when it ends those are in doubt, counted as such and no failure of the others;
    when the next run comes after the window, they are sent, once."""
    desk.policy = {"wait_for_outcomes": False}
    fail(desk, {**CREATE, "kind": "drop_before", "every": 10})
    first = desk.sync("invoices")["invoices"]
    assert outcomes(first) == {"created": VOUCHERS - 3, "in_doubt": 3}
    fail(desk)
    assert outcomes(desk.sync("invoices")["invoices"])["in_doubt"] == 3
    desk.sandbox.clock.advance(121)
    assert outcomes(desk.sync("invoices")["invoices"]) == {"created": 3, "unchanged": VOUCHERS - 3}
    assert_all_there_once(desk)


@pytest.mark.reason("not_answered")
def test_a_coupa_that_is_down_fails_all_and_the_next_run_finishes(desk: Site) -> None:
    """Given a Coupa that goes down after ten creates
    when vouchers are synced, the rest fails and nothing is in doubt that was not sent;
    when it is back, the next run, of no new change, finishes what is left."""
    fail(desk, {**CREATE, "kind": "status", "status": 429, "body": TOO_MANY, "from": 11})
    report = desk.sync("invoices")["invoices"]
    assert (outcomes(report)["created"], report.outcomes()["failed"]) == (10, VOUCHERS - 10)
    fail(desk)
    later = desk.clock.now().date()
    assert outcomes(desk.sync("invoices", first=later, last=later)["invoices"])["created"] == VOUCHERS - 10
    assert_all_there_once(desk)


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_process_that_dies_between_any_two_writes_of_its_memory(
    desk: Site, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Given a process that dies at its first, second or third batch of outcomes, with the calls made
    when another run comes after its lease, then it looks first and all arrive once."""
    desk.policy = {"slice_size": 8}
    record, seen = type(desk.ledger).record, []

    def dying(ledger: object, changes: list[Any], *more: object) -> None:
        if any(each.close_intents for each in changes):
            seen.append(1)
            if len(seen) == after:
                raise Killed
        record(ledger, changes, *more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(type(desk.ledger), "record", dying)
        with pytest.raises(Killed):
            desk.sync("invoices")
    desk.clock.sleep(700)
    desk.sync("invoices")
    assert_all_there_once(desk)


def test_suppliers_and_accounts_over_the_same_line(site: Site) -> None:
    """Given a Coupa that drops each third create of suppliers and accounts after its effect
    when they are synced, then each is there once: Coupa itself refuses a second, and that is believed at once."""
    for number in range(5001, 5011):
        site.books.supplier(number, f"Supplier {number}")
    fail(
        site,
        {"system": "coupa", "route": "POST /api/suppliers", "kind": "drop_after", "every": 3},
        {"system": "coupa", "route": "POST /api/accounts", "kind": "drop_after", "every": 3},
    )
    before = site.clock.now()
    reports = site.sync("suppliers", "accounts")
    assert outcomes(reports["suppliers"]) == {"created": 12}
    assert outcomes(reports["accounts"]) == {"created": 6, "ignored": 5}
    assert (site.clock.now() - before).total_seconds() < 60
    state = site.spend.state()
    assert (state["suppliers"]["count"], state["accounts"]["count"]) == (12, 6)


@pytest.mark.parametrize("body", [{}, {"status": "ok"}])
def test_a_submission_that_another_server_said_yes_to(testbed: Site, body: dict[str, str]) -> None:
    """Given a gateway that answers for Coupa when an invoice is submitted, and passes nothing on
    when the voucher is synced, then the invoice is looked at, and submitted all the same."""
    testbed.configure("invoices", submit=True)
    testbed.books.voucher(1000)
    route = "PUT /api/invoices/*submit"
    fail(testbed, {"system": "coupa", "route": route, "kind": "status", "status": 200, "body": body, "calls": [1]})
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    assert fired(testbed) == 1
    [held] = testbed.spend.all("invoices")
    assert held["status"] == "pending_approval"
