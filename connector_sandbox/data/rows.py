"""Rows of the JD Edwards tables, as the application would have written them; for both loaders.

Aliases and meanings: jde-ais section 3.6. The site's conventions that a row needs are stated here, once:
trade creditors and recoverable VAT are accounts 4110 and 4433 of the company's balance-sheet unit, whose number is
the company's; a line that the application wrote against trade creditors has EXTL `AM`, a reversing line EXTL `R`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .order_rows import Order as Order
from .order_rows import order_header as order_header
from .order_rows import order_line as order_line
from .stamps import Stamp as Stamp
from .stamps import clock_time as clock_time
from .world import Row, account_number

OFFSET_OBJECT = "4110"
TAX_OBJECT = "4433"
OFFSET_LINE = "AM"
REVERSING_LINE = "R"
ZERO = Decimal("0.00")


def month_before(day: date) -> date:
    """The last day of the month before a day's."""
    return day.replace(day=1) - timedelta(days=1)


def company(number: str, name: str, currency: str, stamp: Stamp, *, current: date | None = None) -> Row:
    """A row of F0010; its fiscal years are calendar years (DTPN R), and its current period has the day `current`.

    That is the month before the stamp's unless given, so that the last month is open as well as this one. Without
    either, the company has no periods.
    """
    if current is None and stamp.day is not None:
        current = month_before(stamp.day)
    return stamp.onto(
        {
            "CO": number,
            "NAME": name,
            "CRCD": currency,
            "DTPN": "R",
            "PNC": current.month if current else 0,
            "DFYJ": current.replace(month=1, day=1) if current else None,
            "ALTC": "",
        }
    )


def unit(number: str, name: str, company: str, stamp: Stamp, *, balance_sheet: bool = False) -> Row:
    """A row of F0006."""
    style = "BS" if balance_sheet else "IS"
    return stamp.onto(
        {
            "MCU": number,
            "STYL": style,
            "LDM": "9",
            "CO": company,
            "DL01": name,
            "DL02": "",
            "DC": name.upper().replace(" ", ""),
            "PECC": "",
        }
    )


def account(
    number: int,
    unit: str,
    objekt: str,
    name: str,
    company: str,
    stamp: Stamp,
    *,
    subsidiary: str = "",
    posting: str = "",
    tax: str = "",
) -> Row:
    """A row of F0901; `number` becomes AID, eight digits; `posting` is PEC."""
    return stamp.onto(
        {
            "AID": f"{number:08d}",
            "CO": company,
            "MCU": unit,
            "OBJ": objekt,
            "SUB": subsidiary,
            "ANS": "",
            "DL01": name,
            "LDA": "6" if not subsidiary else "7",
            "BPC": "",
            "PEC": posting,
            "BILL": "",
            "CRCD": "",
            "UM": "",
            "TXA1": tax,
        }
    )


def address_book(
    number: int, name: str, stamp: Stamp, *, kind: str = "V", payables: str = "Y", tax_id: str = ""
) -> Row:
    """A row of F0101; `kind` is AT1, `payables` is ATP."""
    return stamp.onto(
        {
            "AN8": number,
            "ALKY": "",
            "TAX": tax_id,
            "ALPH": name,
            "DC": "".join(name.upper().split())[:40],
            "MCU": "",
            "LNGP": "",
            "AT1": kind,
            "TAXC": "",
            "ATP": payables,
            "ATR": "N",
            "ATE": "Y" if kind == "E" else "N",
            "EFTB": None,
            "TX2": "",
            "ALP1": "",
            "URRF": "",
            "DUNS": "",
            "AC01": "",
        }
    )


def supplier(
    number: int, stamp: Stamp, *, company: str, currency: str, terms: str = "", hold: str = "", tax: str = ""
) -> Row:
    """A row of F0401; `terms` is TRAP, `hold` is HDPY."""
    return stamp.onto(
        {
            "AN8": number,
            "APC": "",
            "MCUP": "",
            "OBAP": "",
            "AIDP": "",
            "KCOP": company,
            "CRRP": currency,
            "TRAP": terms,
            "HDPY": hold,
            "PYIN": "T",
            "SNTO": None,
            "TXA2": tax,
            "EXR2": "V" if tax else "",
            "CRCA": currency,
            "HOLD": "",
            "AYPD": ZERO,
            "APPD": ZERO,
            "AVCH": "N",
        }
    )


def address(
    number: int, since: date, street: str, town: str, post_code: str, country: str, stamp: Stamp, *, more: str = ""
) -> Row:
    """A row of F0116, in force from `since`."""
    return stamp.onto(
        {
            "AN8": number,
            "EFTB": since,
            "EFTF": "",
            "ADD1": street,
            "ADD2": more,
            "ADD3": "",
            "ADD4": "",
            "ADDZ": post_code,
            "CTY1": town,
            "COUN": "",
            "ADDS": "",
            "CTR": country,
        }
    )


def phone(number: int, line: int, kind: str, area: str, rest: str, stamp: Stamp) -> Row:
    """A row of F0115 for the company itself (IDLN 0); `kind` is PHTP."""
    return stamp.onto({"AN8": number, "IDLN": 0, "CNLN": 0, "RCK7": line, "PHTP": kind, "AR1": area, "PH1": rest})


def e_address(number: int, line: int, kind: str, text: str, stamp: Stamp) -> Row:
    """A row of F01151 for the company itself (IDLN 0); `kind` is ETP: E mail, I internet address."""
    return stamp.onto({"AN8": number, "IDLN": 0, "RCK7": line, "ETP": kind, "EMAL": text})


@dataclass(frozen=True, slots=True)
class Voucher:
    """What all rows of one voucher share."""

    company: str
    kind: str
    """DCT."""
    number: int
    """DOC."""
    supplier: int
    """AN8."""
    invoice: str
    """VINV."""
    currency: str
    """CRCD, the document's; `base` is the company's."""
    base: str
    posted: date
    """DGJ."""
    invoiced: date
    """DIVJ."""
    due: date
    """DDJ."""
    stamp: Stamp
    rate: Decimal = Decimal(0)
    """CRR: base currency for one unit of the document's; 0 in a domestic voucher."""
    terms: str = ""
    """PTC."""
    batch: int = 1
    """ICU."""

    @property
    def foreign(self) -> bool:
        """Whether CRRM is F."""
        return self.currency != self.base


@dataclass(frozen=True, slots=True)
class Amounts:
    """The amounts of a pay item: gross, open, taxable, free of tax, tax; domestic, then in the document's currency."""

    gross: Decimal
    open: Decimal
    taxable: Decimal = ZERO
    untaxed: Decimal = ZERO
    tax: Decimal = ZERO
    foreign_gross: Decimal = ZERO
    foreign_open: Decimal = ZERO
    foreign_taxable: Decimal = ZERO
    foreign_untaxed: Decimal = ZERO
    foreign_tax: Decimal = ZERO


def pay_item(
    voucher: Voucher,
    item: int,
    amounts: Amounts,
    *,
    status: str = "A",
    tax_area: str = "",
    void: str = "",
    unit: str = "",
) -> Row:
    """A row of F0411; `item` becomes SFX, `status` is PST, `void` is VOD."""
    return voucher.stamp.onto(
        {
            "DOC": voucher.number,
            "DCT": voucher.kind,
            "KCO": voucher.company,
            "SFX": f"{item:03d}",
            "SFXE": 0,
            "DCTA": "",
            "AN8": voucher.supplier,
            "PYE": voucher.supplier,
            "SNTO": None,
            "DIVJ": voucher.invoiced,
            "DSVJ": voucher.posted,
            "DDJ": voucher.due,
            "DDNJ": voucher.due,
            "DGJ": voucher.posted,
            "FY": voucher.posted.year % 100,
            "CTRY": voucher.posted.year // 100,
            "PN": voucher.posted.month,
            "CO": voucher.company,
            "ICU": voucher.batch,
            "ICUT": "V",
            "DICJ": voucher.posted,
            "BALJ": "Y",
            "PST": status,
            "AG": amounts.gross,
            "AAP": amounts.open,
            "ADSC": ZERO,
            "ADSA": ZERO,
            "ATXA": amounts.taxable,
            "ATXN": amounts.untaxed,
            "STAM": amounts.tax,
            "CRRM": "F" if voucher.foreign else "D",
            "CRCD": voucher.currency,
            "CRR": voucher.rate,
            "ACR": amounts.foreign_gross,
            "FAP": amounts.foreign_open,
            "CTXA": amounts.foreign_taxable,
            "CTXN": amounts.foreign_untaxed,
            "CTAM": amounts.foreign_tax,
            "TXA1": tax_area,
            "EXR1": "V" if tax_area else "",
            "GLC": "",
            "GLBA": "",
            "POST": "D",
            "MCU": unit or voucher.company,
            "PTC": voucher.terms,
            "VOD": void,
            "VINV": voucher.invoice,
            "PKCO": "",
            "PO": "",
            "PDCT": "",
            "LNID": ZERO,
            "VR01": "",
            "RMK": "",
            "PYIN": "T",
            "BCRC": voucher.base,
        }
    )


def ledger_line(
    voucher: Voucher,
    line: int,
    account: Row,
    amount: Decimal,
    text: str,
    *,
    foreign: Decimal = ZERO,
    ledger: str = "AA",
    mark: str = "",
    posted: date | None = None,
    supplier: int | None = None,
    invoice: str | None = None,
    subledger: str = "",
) -> Row:
    """A row of F0911; `line` is JELN, `ledger` LT, `mark` EXTL. `subledger` ("C1234": type and number) is SBLT and SBL.

    `posted`, `supplier` and `invoice` are those of the voucher unless given.

    `account` is the row of F0901; it need not be in the world, for a line whose account is missing.
    """
    on = posted or voucher.posted
    return voucher.stamp.onto(
        {
            "DCT": voucher.kind,
            "DOC": voucher.number,
            "KCO": voucher.company,
            "DGJ": on,
            "JELN": line,
            "LT": ledger,
            "EXTL": mark,
            "CO": voucher.company,
            "ANI": account_number(account),
            "AID": account["AID"],
            "MCU": account["MCU"],
            "OBJ": account["OBJ"],
            "SUB": account["SUB"],
            "SBL": subledger[1:],
            "SBLT": subledger[:1],
            "AA": amount,
            "ACR": foreign,
            "CRCD": voucher.currency,
            "CRRM": "F" if voucher.foreign else "D",
            "CRR": voucher.rate,
            "U": ZERO,
            "EXA": text,
            "EXR": "",
            "R1": "",
            "R2": "",
            "VINV": voucher.invoice if invoice is None else invoice,
            "IVD": voucher.invoiced,
            "PO": "",
            "AN8": supplier or voucher.supplier,
            "FY": on.year % 100,
            "CTRY": on.year // 100,
            "PN": on.month,
            "ICU": voucher.batch,
            "ICUT": "V",
            "POST": "P",
        }
    )


def payment(number: int, voucher: Voucher, on: date, amount: Decimal, stamp: Stamp, *, voided: date | None) -> Row:
    """A row of F0413, a transfer to the supplier of `voucher`; `number` is PYID, `voided` VDGJ. Paid is positive."""
    return stamp.onto(
        {
            "PYID": number,
            "DCTM": "PT",
            "DOCM": 500_000 + number,
            "PYE": voucher.supplier,
            "GLBA": "",
            "DMTJ": on,
            "VDGJ": voided,
            "PAAP": amount,
            "CRCD": voucher.currency,
            "PYIN": "T",
        }
    )


def payment_detail(number: int, line: int, item: Row, amount: Decimal, foreign: Decimal, stamp: Stamp) -> Row:
    """A row of F0414: what a payment paid of one pay item (a row of F0411), also in a foreign item's currency."""
    return stamp.onto(
        {
            "PYID": number,
            "RC5": line,
            "KCO": item["KCO"],
            "DCT": item["DCT"],
            "DOC": item["DOC"],
            "SFX": item["SFX"],
            "SFXE": item["SFXE"],
            "AN8": item["AN8"],
            "PAAP": amount,
            "ADSA": ZERO,
            "PFAP": foreign,
            "CRCD": item["CRCD"],
        }
    )
