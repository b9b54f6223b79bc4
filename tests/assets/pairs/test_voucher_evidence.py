"""Whether a voucher is the one that we asked for: the table of cases."""

from __future__ import annotations

import pytest

from connector_assets.documents.jde.voucher_entry.evidence import (
    REMARK,
    USER,
    Candidate,
    Proved,
    Shown,
    Verdict,
    choose,
    is_proved,
    judge,
    proved_by,
    several,
    taught,
)

OURS, CLERK = Shown(user=True), Shown(user=False)
NOTHING = Proved()


@pytest.mark.parametrize(
    ("shown", "proved", "marked", "verdict"),
    [
        # what proves itself, whatever was seen before
        pytest.param(Shown(user=False, mark=True), Proved(user=True), True, "ours", id="our mark, another user"),
        pytest.param(Shown(user=True, mark=False), Proved(user=True), True, "not_ours", id="another's mark"),
        pytest.param(Shown(user=False, number=True), Proved(user=True), True, "ours", id="our number"),
        pytest.param(Shown(user=True, mark=True, number=False), NOTHING, True, "not_ours", id="another number"),
        pytest.param(Shown(user=False, batch=True), NOTHING, False, "ours", id="our batch"),
        pytest.param(Shown(user=True, batch=False), Proved(user=True), False, "not_ours", id="another's batch"),
        # before anything is proved a sign is none
        pytest.param(OURS, NOTHING, False, "open", id="our user, unproved"),
        pytest.param(CLERK, NOTHING, True, "open", id="another user, unproved: the batch may run under it"),
        # the user is proved
        pytest.param(OURS, Proved(user=True), False, "ours", id="our user, proved"),
        pytest.param(CLERK, Proved(user=True), False, "not_ours", id="another user, ours proved"),
        pytest.param(Shown(user=False, batch=True), Proved(user=True), False, "not_ours", id="a clerk in our batch"),
        # the user is disproved: the batch runs under another one
        pytest.param(OURS, Proved(user=False), False, "open", id="our user, disproved"),
        pytest.param(CLERK, Proved(user=False), False, "open", id="another user, ours disproved"),
        # a login that others use too
        pytest.param(OURS, Proved(user=True, shared=True), False, "open", id="our user, shared"),
        pytest.param(CLERK, Proved(user=True, shared=True), False, "not_ours", id="another user, ours shared"),
        # the mark is proved, or disproved
        pytest.param(OURS, Proved(mark=True, user=True), True, "not_ours", id="our user without the proved mark"),
        pytest.param(OURS, Proved(mark=True, user=True), False, "ours", id="asked for without a mark"),
        pytest.param(OURS, Proved(mark=False, user=True), True, "ours", id="our user, the mark does not survive"),
        pytest.param(OURS, Proved(mark=False, user=False), True, "open", id="nothing survives"),
    ],
)
def test_what_a_voucher_shows(shown: Shown, proved: Proved, marked: bool, verdict: Verdict) -> None:
    assert judge(shown, proved, marked=marked) == verdict


def of(verdict: Verdict, *, agrees: bool = True, void: bool = False) -> Candidate:
    return Candidate(verdict, agrees, void)


@pytest.mark.parametrize(
    ("candidates", "processed", "chosen"),
    [
        pytest.param({}, True, None, id="nothing there"),
        pytest.param({"1": of("ours")}, False, "1", id="ours, before the row says so"),
        pytest.param({"1": of("ours"), "2": of("open")}, True, "1", id="ours beside a clerk's twin"),
        pytest.param({"1": of("ours"), "2": of("ours")}, True, None, id="two in force that are ours"),
        pytest.param({"1": of("ours", void=True), "2": of("ours")}, True, "2", id="a void one beside"),
        pytest.param({"1": of("ours", void=True)}, True, "1", id="a void one alone"),
        pytest.param({"1": of("ours", agrees=False)}, True, None, id="ours, of another date"),
        pytest.param({"1": of("open")}, True, "1", id="JD Edwards made one, and one has appeared"),
        pytest.param({"1": of("open")}, False, None, id="JD Edwards does not say that it made one"),
        pytest.param({"1": of("open"), "2": of("open")}, True, None, id="a clerk's twin beside"),
        pytest.param({"1": of("open"), "2": of("open", agrees=False)}, True, None, id="ours corrected, and a twin"),
        pytest.param({"1": of("open"), "2": of("open", void=True)}, True, None, id="ours voided, and a twin"),
        pytest.param({"1": of("open"), "2": of("not_ours")}, True, "1", id="a twin that is known to be a clerk's"),
        pytest.param({"1": of("open", agrees=False)}, True, None, id="one of another amount"),
        pytest.param({"1": of("open", void=True)}, True, None, id="one that is void"),
        pytest.param({"1": of("not_ours")}, True, None, id="a clerk's alone"),
    ],
)
def test_which_voucher_is_taken(candidates: dict[str, Candidate], processed: bool, chosen: str | None) -> None:
    assert choose(candidates, processed=processed) == chosen


BATCH, MATCH = "voucher_batch_add", "voucher_match"


def test_what_a_voucher_teaches() -> None:
    shown = {REMARK: False, USER: True}
    certain, linked = taught(None, BATCH, shown, certain=True), taught(None, BATCH, shown, certain=False)
    assert proved_by(certain, [BATCH], shared=False) == Proved(False, True)
    # who links a clerk's voucher has not shown that our mark does not survive
    assert proved_by(linked, [BATCH], shared=True) == Proved(None, True, True)
    # nor do they take back what was shown before
    assert taught(certain, BATCH, {REMARK: True}, certain=False) == certain
    assert proved_by(None, [BATCH], shared=False) == NOTHING


def test_each_orchestration_teaches_of_its_own_vouchers() -> None:
    seen = taught(None, MATCH, {REMARK: True, USER: True}, certain=True)
    assert is_proved(seen, MATCH) and not is_proved(seen, BATCH)
    assert proved_by(seen, [BATCH], shared=False) == NOTHING
    both = taught(seen, BATCH, {REMARK: False, USER: True}, certain=True)
    assert proved_by(both, [BATCH], shared=False) == Proved(False, True)
    # of a voucher that either may have made only that counts in which both agree
    assert proved_by(both, [], shared=False) == proved_by(both, [MATCH, BATCH], shared=False) == Proved(None, True)
    # one that shows nothing has been seen all the same
    assert is_proved(taught(None, BATCH, {USER: False}, certain=False), BATCH)


def test_what_was_learnt_before_they_were_told_apart_counts_for_all() -> None:
    assert is_proved({}, BATCH) and is_proved({USER: True}, MATCH) and not is_proved(None, MATCH)
    assert proved_by({USER: True}, [MATCH], shared=False) == Proved(None, True)
    since = taught({USER: True}, BATCH, {USER: False}, certain=True)
    assert proved_by(since, [BATCH], shared=False) == Proved(None, False)
    assert not is_proved(since, MATCH)


@pytest.mark.parametrize(
    ("candidates", "found"),
    [
        pytest.param({"1": of("ours"), "2": of("ours")}, ["1", "2"], id="one request, delivered twice"),
        pytest.param({"1": of("ours"), "2": of("ours", void=True)}, [], id="one of them is void"),
        pytest.param({"1": of("ours"), "2": of("open")}, [], id="the other is a clerk's, perhaps"),
        pytest.param({"1": of("ours"), "2": of("ours", agrees=False)}, [], id="the other says something else"),
    ],
)
def test_two_that_are_ours_are_both_found(candidates: dict[str, Candidate], found: list[str]) -> None:
    assert several(candidates) == found
