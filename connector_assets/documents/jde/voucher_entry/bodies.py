"""What the voucher orchestrations are sent: our fields, which a site maps to its own inputs (jde-ais section 3.4).

Header: Supplier, InvoiceNumber, InvoiceDate, GLDate, Company, Currency, CurrencyMode (D or F), ExchangeRate,
PaymentTerms, Remark, DocumentType, and by what it is known (`Origins.fields`). Grid PayItems: GrossAmount,
TaxableAmount, TaxAmount, ForeignAmount, ForeignTax, TaxRateArea, TaxExplanation, DueDate, PayStatus, where a discount
is reported by its amount DiscountAvailable, ForeignDiscountAvailable and DiscountDueDate (ADSC, CDS, DDNJ), and where a
site takes them from the supplier Flag1099 (TNN) and Code1099 (AC07). Grid Distribution: Account
(unit.object.subsidiary), Amount, ForeignAmount, Explanation. Amounts are in the company's currency but for the foreign
ones; a blank exchange rate leaves it, and the domestic amounts, to JDE."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connector_assets.documents.jde.voucher_entry import discounts, form_1099
from connector_assets.documents.jde.voucher_entry.mapping import cost_of
from connector_assets.engine.document import Document
from connector_assets.engine.money import amount_text, prorated, smallest

ZERO = Decimal("0.00")
BESIDE, ASSESSED = "beside_lines", "self_assessed"


def voucher_body(document: Document, known_by: Mapping[str, Any], settings: Any) -> dict[str, Any]:
    """The fields of one voucher with its pay items and distribution."""
    row, lines = document.facts["row"], document.facts["lines"]
    convert = Conversion(row)
    items = convert.shared(json.loads(row["pay_items"]))
    offered = _discounts(row, items, convert, settings)
    # JDE takes a discount only where no term is given, and works out another one where one is
    term = {"PaymentTerms": None} if discounts.by_amount(row, settings) else {}
    return {
        **header(row, known_by, settings),
        **term,
        "PayItems": [_pay_item(row, item, convert, settings) | less for item, less in zip(items, offered, strict=True)],
        "Distribution": [
            {
                "Account": line["account"],
                **convert.amounts("Amount", "ForeignAmount", cost_of(line), base),
                "Explanation": (line["description"] or row["remark"] or "")[:30],
            }
            for line, base in convert.distributed(sorted(lines, key=lambda each: each["line"]), row)
        ],
    }


def match_body(document: Document, known_by: Mapping[str, Any], settings: Any) -> dict[str, Any]:
    """The fields of a voucher that relieves order lines, with its one tax; what is for no order is distributed."""
    row = document.facts["row"]
    lines = sorted(document.facts["lines"], key=lambda each: each["line"])
    [item] = json.loads(row["pay_items"])
    area, _, explanation = str(item["area"]).partition("/")
    convert = Conversion(row)
    tax = Decimal(item["tax"])
    return {
        **header(row, known_by, settings),
        "PayStatus": settings.new_status,
        **form_1099.fields(row),
        "DueDate": row["due_date"],
        **convert.amounts("TaxAmount", "ForeignTax", tax, convert.base(tax)),
        "TaxRateArea": area,
        "TaxExplanation": explanation,
        "Lines": [
            {
                "POCompany": line["order_company"],
                "PONumber": line["order_number"],
                "POType": line["order_type"],
                "POLine": Decimal(line["order_line"]),
                "Quantity": exactly(line["quantity"] or ZERO),
                **convert.amounts("Amount", "ForeignAmount", line["line_amount"], convert.base(line["line_amount"])),
            }
            for line in lines
            if line.get("order_number")
        ],
        "Distribution": [
            {
                "Account": line["account"],
                **convert.amounts("Amount", "ForeignAmount", line["line_amount"], convert.base(line["line_amount"])),
                "Explanation": (line["description"] or row["remark"] or "")[:30],
            }
            for line in lines
            if not line.get("order_number")
        ],
    }


def header(row: Mapping[str, Any], known_by: Mapping[str, Any], settings: Any) -> dict[str, Any]:
    """The fields that all pay items share; `known_by` are those by which the voucher is known."""
    return {
        "Supplier": row["an8"],
        "InvoiceNumber": row["number"],
        "InvoiceDate": row["invoice_date"],
        "GLDate": row["gl_date"],
        "Company": row["company"],
        "Currency": row["currency"],
        "CurrencyMode": "F" if row["foreign"] else "D",
        "ExchangeRate": exactly(row["rate"]) if row["rate"] else None,
        "PaymentTerms": row["term"],
        "Remark": (row["remark"] or "")[:30],
        "DocumentType": settings.credit_type if row["amount"] < 0 else settings.document_type,
        **known_by,
    }


def _pay_item(row: Mapping[str, Any], item: Mapping[str, Any], convert: Conversion, settings: Any) -> dict[str, Any]:
    area, _, explanation = str(item["area"] or "").partition("/")
    body = {
        **convert.amounts("GrossAmount", "ForeignAmount", item["gross"], item["base_gross"]),
        # use tax is worked out by JDE itself
        **({} if item["assessed"] else convert.amounts("TaxAmount", "ForeignTax", item["tax"], item["base_tax"])),
        "TaxableAmount": exactly(item["base_gross"] - item["base_tax"]) if item["tax"] and item["base_gross"] else None,
        "TaxRateArea": area,
        "TaxExplanation": explanation,
        "DueDate": row["due_date"],
        "PayStatus": settings.new_status,
        **form_1099.fields(row),
    }
    return {name: value for name, value in body.items() if value is not None}


def _discounts(
    row: Mapping[str, Any], items: Sequence[Mapping[str, Any]], convert: Conversion, settings: Any
) -> list[dict[str, Any]]:
    """The discount of each pay item, in the proportions of what they come to; nothing where it is left to the term."""
    if not discounts.by_amount(row, settings):
        return [{} for _ in items]
    shares = prorated([item["gross"] for item in items], row["discount"], convert.own_unit)
    return [
        {
            **convert.amounts("DiscountAvailable", "ForeignDiscountAvailable", share, convert.base(share)),
            "DiscountDueDate": row["discount_until"],
        }
        for share in shares
    ]


def exactly(amount: Decimal) -> Decimal:
    """The amount in one notation, however many zeros it came with: a body is compared to the byte."""
    return Decimal(amount_text(amount))


class Conversion:
    """Amounts in the invoice's currency, and in the company's where the two differ and the rate is known."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.foreign: bool = row["foreign"]
        self.rate: Decimal | None = row["rate"]
        self.unit: Decimal = row["base_unit"]
        # the smallest amount of the invoice's own currency, by ISO 4217 where it is another one
        self.own_unit: Decimal = smallest(row["currency"]) if self.foreign else self.unit

    def base(self, amount: Decimal) -> Decimal:
        """In the company's currency, in its smallest unit; zero where that is left to JDE."""
        if not self.foreign:
            return amount
        return (amount * self.rate).quantize(self.unit, ROUND_HALF_UP) if self.rate else ZERO

    def amounts(self, domestic: str, foreign: str, amount: Decimal, base: Decimal) -> dict[str, Any]:
        """The two fields of an amount."""
        if not self.foreign:
            return {domestic: exactly(amount)}
        return {foreign: exactly(amount), **({domestic: exactly(base)} if self.rate else {})}

    def shared(self, items: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
        """The pay items with their amounts in both currencies."""
        found = []
        for item in items:
            gross, tax = Decimal(item["gross"]), Decimal(item["tax"])
            found.append(
                {
                    "gross": gross,
                    "tax": tax,
                    "area": item["area"],
                    # where the tax is: beside the lines, unless its explanation code says otherwise
                    "beside": item.get("rule", BESIDE) == BESIDE,
                    "assessed": item.get("rule") == ASSESSED,
                    "base_gross": self.base(gross),
                    "base_tax": self.base(tax),
                }
            )
        return found

    def distributed(
        self, lines: Sequence[Mapping[str, Any]], row: Mapping[str, Any]
    ) -> list[tuple[Mapping[str, Any], Decimal]]:
        """The lines with their base amounts, the last one taking what rounding leaves of the pay items' own."""
        items = self.shared(json.loads(row["pay_items"]))
        left = sum((item["base_gross"] - (item["base_tax"] if item["beside"] else ZERO) for item in items), ZERO)
        found = []
        for place, line in enumerate(lines, 1):
            base = left if place == len(lines) else self.base(cost_of(line))
            left -= base
            found.append((line, base))
        return found
