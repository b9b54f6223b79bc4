"""Inputs that several acts share."""

from __future__ import annotations

from connector_resources.jde.contract.model import Input, Need


def text(name: str, size: int, meaning: str, example: str, column: str = "", **more: object) -> Input:
    """A text of at most `size` characters."""
    return Input(name, "string", meaning, example, column, size, **more)  # type: ignore[arg-type]


def number(name: str, meaning: str, example: str, column: str = "", *, size: int = 8, **more: object) -> Input:
    """A whole number."""
    return Input(name, "numeric", meaning, example, column, size, 0, **more)  # type: ignore[arg-type]


def amount(name: str, meaning: str, example: str, column: str = "", **more: object) -> Input:
    """An amount of money; a currency's own decimals may be none or three."""
    return Input(name, "numeric", meaning, example, column, 15, 2, **more)  # type: ignore[arg-type]


def day(name: str, meaning: str, example: str, column: str = "", **more: object) -> Input:
    """A date."""
    return Input(name, "date", meaning, example, column, 10, **more)  # type: ignore[arg-type]


def rows(name: str, meaning: str, members: tuple[Input, ...], *, need: Need = "always", when: str = "") -> Input:
    """An array of objects."""
    return Input(name, "array", meaning, need=need, when=when, members=members)


VOUCHER = (
    text("DocumentCompany", 5, "document company of the voucher", "00001", "F0411.KCO"),
    text("DocumentType", 2, "document type of the voucher", "PV", "F0411.DCT"),
    number("DocumentNumber", "document number of the voucher", "4711", "F0411.DOC"),
)

RETURN_STATUS = text(
    "ReturnStatus",
    1,
    "pay status of every pay item that is reopened, in the same call",
    "H",
    "F0411.PST",
    need="feature",
    when="another system pays the voucher; JDE itself puts A, which its own payment run selects",
)
