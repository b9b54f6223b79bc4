"""What clerks of JD Edwards do by hand about the vouchers that we make, while we make them.

At one of our calls a clerk enters their own voucher of the same supplier and invoice number, runs a batch of ours,
purges processed batch rows, deletes or voids a voucher of ours. In the end each document has one voucher of ours, or an
exception names it; what the clerk entered is as they left it, and linked to nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from drill_faults import Fault, reset
from drill_line import Exchange
from drill_truth import DUPLICATE, GUESSED, LOST, UNDECIDED, UNDECIDED_, Truth, Verdict, voucher_name
from requests import Response
from scenario_books import Entry
from scenario_keys import US

if TYPE_CHECKING:
    from drill_place import Acts

TWINS = ("twin_before", "twin_after", "twin_instead", "twin_lost")
OURS = ("run_by_clerk", "rows_purged", "ours_deleted", "ours_voided")
CLERKS = (*TWINS, *OURS)
BATCH_ROWS = {"F0411Z1": ("EDUS", "EDBT", "EDTN", "EDLN"), "F0911Z1": ("EDUS", "EDBT", "EDTN", "EDLN")}


class Clerks:
    """The clerks of one case. `twins` are the vouchers that they entered: the row of each as it was then."""

    def __init__(self, testbed: Any, acts: Acts) -> None:
        self.duplicates: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._testbed, self._acts = testbed, acts

    def named(self, name: str) -> Fault:
        """The act of that name, as a fault: it happens at the call, before it, after it, or instead of it."""
        acts: Mapping[str, Callable[[], None]] = {
            **dict.fromkeys(TWINS, self._enter),
            "run_by_clerk": self._run,
            "rows_purged": self._purge,
            "ours_deleted": lambda: self._take_back("delete_voucher"),
            "ours_voided": lambda: self._take_back("void_voucher"),
        }

        def happens(exchange: Exchange) -> Response:
            answer = None if name in ("twin_before", "twin_instead") else exchange.take_effect()
            acts[name]()
            if name in ("twin_instead", "twin_lost"):
                raise reset()
            return answer or exchange.take_effect()

        return Fault(name, happens)

    def _enter(self) -> None:
        if self._acts.duplicate is None:
            raise AssertionError("the table of the drill does not say how a clerk enters such a voucher")
        for entity, number in self._acts.duplicate(self._testbed):
            self.duplicates[entity, number] = dict(self._held(entity)[number])

    def _run(self) -> None:
        waiting = {row["EDBT"] for row in self._held("F0411Z1").values() if str(row.get("EDSP", "")).strip() != "1"}
        for batch in sorted(waiting):
            self._testbed.books.act("run_batch", group=batch)

    def _purge(self) -> None:
        for table, columns in BATCH_ROWS.items():
            for row in list(self._held(table).values()):
                if str(row.get("EDSP", "")).strip() == "1":
                    self._testbed.books.delete(table, {column: row[column] for column in columns})

    def _take_back(self, act: str) -> None:
        """Of the vouchers in force that our user entered, the last one."""
        own = [row for row in self._held("F0411").values() if row.get("TORG") == US and row.get("VOD", "") != "V"]
        if own:
            last = max(own, key=lambda row: int(row["DOC"]))
            self._testbed.books.act(act, Entry(int(last["DOC"]), last["DCT"], last["KCO"]))

    def _held(self, table: str) -> Mapping[str, Any]:
        held: Mapping[str, Any] = self._testbed.site.systems["jde"].dump()[table]
        return held

    # -- what came of it ------------------------------------------------------------------------------------------

    def judge(self, expected: Truth, found: Truth) -> Verdict:
        """`expected` is the end in which nobody did anything."""
        verdict = Verdict()
        now, linked = self._held("F0411"), set(found.links.values())
        for (_, number), row in self.duplicates.items():
            name = voucher_name(row)
            if now.get(number) != row:
                verdict.add(GUESSED, f"{name}, which a clerk entered, is not as they left it: {now.get(number)}")
            if name in linked:
                verdict.add(GUESSED, f"{name}, which a clerk entered, is linked")
        reported = {key for key, _ in found.exceptions - expected.exceptions}
        if reported:
            # and with it what waits until a person has looked at it
            reported |= found.waiting
        for key in sorted({*expected.live, *found.live}):
            wanted, own = len(expected.live.get(key, ())), len(found.live.get(key, ()))
            if own > wanted:
                verdict.add(DUPLICATE, f"{key} has {own} vouchers of ours: {', '.join(found.live[key])}")
            elif own < wanted and key not in reported:
                verdict.add(LOST, f"{key} has {own} vouchers of {wanted}, and no exception names it")
        for key in sorted(expected.states.keys() | found.states.keys()):
            state = found.states.get(key, "unknown")
            if state in UNDECIDED or (state != expected.states.get(key) and key not in reported):
                verdict.add(UNDECIDED_, f"{key} was left {state}, and no exception names it")
        for what in found.left:
            verdict.add(UNDECIDED_, what)
        return verdict
