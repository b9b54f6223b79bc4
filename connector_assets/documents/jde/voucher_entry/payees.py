"""Whether a voucher of ours names the party to be paid: its supplier (F0411.AN8), its payee (PYE), and in the source
the supplier and the address that the supplier wants the money sent to.

A clerk may change the payee of open pay items, like due date and pay status, without posting anything (speed status
change, jde-ais section 15). Such a change is reported and never undone. JDE itself may enter another payee than the
supplier in a new voucher. If JDE pays, that payee is accepted, and only later changes are reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connector_assets.documents.jde.keys import Row
from connector_assets.documents.jde.vouchers.pay_item_texts import is_open, pay_item_words
from connector_assets.engine.document import Document, Hold
from connector_assets.engine.reasons import problem
from connector_resources.ledger import Delivery, Problem

PAYEE = "payee"


def payees_of(rows: Iterable[Row]) -> str:
    """Who is paid by these pay items, in one text."""
    return ", ".join(sorted({str(row.get("PYE") or row["AN8"]) for row in rows}))


def state_of(rows: Iterable[Row]) -> str:
    """What is open of a voucher, in words."""
    return "; ".join(pay_item_words(row) for row in rows if is_open(row)) or "nothing of it is open"


def left_with(before: Mapping[str, Any], there: Mapping[str, Any]) -> str:
    """The payee when the voucher was last agreed on (`before`), if the supplier is the same; else the supplier."""
    left = before.get(PAYEE) if before.get("supplier") == there["supplier"] else None
    return str(left or there["supplier"])


@dataclass(frozen=True)
class Payees:
    """Who is to be paid. `factor` is the payee that the source names beside the supplier, None where it names none;
    `redirected` says in words where the source sends the money to since the voucher was made, '' where that is as it
    was."""

    origin_system: str
    other_pays: bool
    factor: Callable[[Document], str | None] = lambda document: None
    redirected: Callable[[Document, Delivery], str] = lambda document, known: ""

    def wanted(self, document: Document) -> str | None:
        """The payee that the voucher must name; None where that is JDE's to say. What the other system pays it pays to
        the supplier, and its payment would not fit a voucher of anybody else's."""
        return self.factor(document) or (document.content["supplier"] if self.other_pays else None)

    def trouble(
        self, document: Document, known: Delivery, id: str, there: Mapping[str, Any], rows: Iterable[Row]
    ) -> Hold | None:
        """Why nothing may be done with a voucher before somebody has looked at who it pays; None where all is well."""
        # a voucher of another supplier than the document's is reported, or made again, for that
        mine = there["supplier"] == document.content["supplier"]
        wanted, theirs = self.wanted(document), there[PAYEE]
        left = left_with(known.content or {}, there)
        expected = wanted or left
        accepted = known.released and wanted is None
        problems = []
        if mine and theirs != expected and not accepted:
            names = wanted or f"{left} before"
            problems.append(problem("payee_changed", PAYEE, f"{id} pays {theirs}, not {names}; {state_of(rows)}"))
        elif mine and (moved := self.redirected(document, known)) and not (self.factor(document) or known.released):
            problems.append(problem("payee_changed", "remit_to", f"{moved}; {id} pays {theirs}; {state_of(rows)}"))
        return Hold(tuple(problems)) if problems else None

    def supplier(self, id: str, theirs: object, ours: object, rows: Iterable[Row], why: str = "") -> Problem:
        """The problem of a voucher that is another supplier's than the document; `why` keeps it from being made
        again."""
        names = f"{id} is supplier {theirs}'s, {self.origin_system} has {ours}"
        return problem("payee_changed", "supplier", "; ".join(filter(None, [names, state_of(rows), why])))
