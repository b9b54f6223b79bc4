"""The distribution of a voucher: which G/L lines are its costs (jde-ais section 3.6, F0911).

Only actuals (ledger type AA) of expense accounts count: not the A/P offset that posting adds, not tax, which goes to
the tax fields, not reversing lines. Which accounts are offset or tax, and how a reversing line is marked, is each
site's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from connector_assets.documents.jde.accounts.master import account_number
from connector_assets.documents.jde.keys import Row, text
from connector_assets.engine.money import prorated

ZERO = Decimal("0.00")
# F0911.RE of the lines that a void or a redistribution adds (jde-ais section 15)
REVERSES = "V"


class DistributionRules(BaseModel):
    """Which F0911 lines are left out. Patterns are of `OBJ` or `MCU.OBJ`, with `*` for any characters.

    The defaults are on balance-sheet units alone, whose numbers begin with zeros like their company's: a bare object
    number may well be an expense in another ledger.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ledger_type: str = Field(default="AA", description="F0911.LT of the lines that count")
    offset_accounts: tuple[str, ...] = Field(default=("0000*.4110",), description="A/P trade accounts")
    tax_accounts: tuple[str, ...] = Field(default=("0000*.4433", "0000*.4434"), description="tax accounts")
    automatic_extensions: tuple[str, ...] = Field(
        default=("AM",), description="F0911.EXTL of lines that posting adds by itself"
    )
    reversing_extensions: tuple[str, ...] = Field(
        default=("R",), description="F0911.EXTL of reversing lines of a site's own; those of JDE have RE V"
    )


@dataclass(frozen=True)
class Line:
    """One cost line, in the voucher's currency; lines of one account stay apart, as they are in the ledger."""

    number: int
    aid: str | None
    account: str
    subledger: str | None
    amount: Decimal
    description: str | None

    def as_row(self) -> dict[str, Any]:
        """The line's part of a mapped row."""
        return {
            "line": self.number,
            "aid": self.aid,
            "account": self.account,
            "subledger": self.subledger,
            "line_amount": self.amount,
            "description": self.description,
        }


def distribute(
    journal: Sequence[Row], *, foreign: bool, rules: DistributionRules, void: bool = False, moved: bool = False
) -> list[Line]:
    """The cost lines among a voucher's F0911 rows, numbered from 1 in the order of their line numbers (JELN).

    Foreign vouchers are distributed in their own currency (ACR), the others in the company's (AA). A void one keeps the
    lines that it had; of one that is in force a line and the one that reverses it (RE V; `moved`: of a logged voucher
    that was redistributed, whatever its mark) are both left out.
    """
    kept = [row for row in journal if _counts(row, rules)]
    sums = sum((row.get("AA") or ZERO for row in kept), ZERO)
    reversing = [row for row in kept if _is_reversing(row, moved, sums)]
    kept = [row for row in kept if not _is_reversing(row, moved, sums)]
    for row in () if void else reversing:
        other = next((each for each in kept if _reverses(row, each)), None)
        if other is None:
            kept.append(row)
        else:
            kept.remove(other)
    kept.sort(key=lambda row: (row["DGJ"], row["JELN"]))
    return [
        Line(
            number=number,
            aid=text(row.get("AID")),
            account=account_number(row),
            subledger=_subledger(row),
            amount=row.get("ACR" if foreign else "AA") or ZERO,
            description=text(row.get("EXR")) or text(row.get("EXA")),
        )
        for number, row in enumerate(kept, 1)
    ]


def _is_reversing(row: Row, moved: bool, total: Decimal) -> bool:
    opposite = moved and ((row.get("AA") or ZERO) < 0) != (total < 0)
    return opposite or text(row.get("RE")) == REVERSES


def _reverses(row: Row, other: Row) -> bool:
    """Whether a line takes back just another one."""
    if row.get("AID") != other.get("AID"):
        return False
    return all((row.get(each) or ZERO) == -(other.get(each) or ZERO) for each in ("AA", "ACR"))


def fitted(lines: Sequence[Line], total: Decimal, unit: Decimal) -> list[Line]:
    """The lines in their proportions, in whole `unit`s of the currency, so that they come to `total`."""
    amounts = prorated([line.amount for line in lines], total, unit)
    return [replace(line, amount=amount) for line, amount in zip(lines, amounts, strict=True)]


def _counts(row: Row, rules: DistributionRules) -> bool:
    if text(row.get("LT")) != rules.ledger_type:
        return False
    extension = text(row.get("EXTL")) or ""
    if extension in rules.automatic_extensions or extension in rules.reversing_extensions:
        return False
    return not _matches(row, rules.offset_accounts) and not _matches(row, rules.tax_accounts)


def _matches(row: Row, patterns: Sequence[str]) -> bool:
    name = text(row.get("OBJ")) or ""
    full = f"{text(row.get('MCU')) or ''}.{name}"
    return any(fnmatchcase(full if "." in pattern else name, pattern) for pattern in patterns)


def _subledger(row: Row) -> str | None:
    subledger, kind = text(row.get("SBL")), text(row.get("SBLT"))
    return f"{subledger}/{kind}" if subledger and kind else subledger
