"""The inputs of this customer's voucher orchestrations, and the records that they become."""

from __future__ import annotations

from typing import Any

from connector_sandbox.jde.orchestrating import Inputs, InputType

VOUCHER: dict[str, InputType] = {
    "Supplier": "Numeric",
    "InvoiceNumber": "String",
    "InvoiceDate": "Date",
    "GLDate": "Date",
    "Company": "String",
    "Currency": "String",
    "CurrencyMode": "String",
    "ExchangeRate": "Numeric",
    "PaymentTerms": "String",
    "Remark": "String",
    "Reference": "String",
    "UserReference": "String",
    "DocumentType": "String",
    "DocumentNumber": "Numeric",
    "DocumentCompany": "String",
}
PAY_ITEMS: dict[str, InputType] = {
    "GrossAmount": "Numeric",
    "TaxableAmount": "Numeric",
    "TaxAmount": "Numeric",
    "ForeignAmount": "Numeric",
    "ForeignTax": "Numeric",
    "TaxRateArea": "String",
    "TaxExplanation": "String",
    "DiscountAvailable": "Numeric",
    "ForeignDiscountAvailable": "Numeric",
    "DiscountDueDate": "Date",
    "DueDate": "Date",
    "PayStatus": "String",
    "Flag1099": "String",
    "Code1099": "String",
    "PONumber": "String",
    "POType": "String",
    "POCompany": "String",
    "POSuffix": "String",
    "POLine": "Numeric",
}
DISTRIBUTION: dict[str, InputType] = {
    "Account": "String",
    "Amount": "Numeric",
    "ForeignAmount": "Numeric",
    "Explanation": "String",
    "Subledger": "String",
    "SubledgerType": "String",
}


_JOURNAL_HEADER = ("AN8", "VINV", "DGJ", "CO", "CRCD", "CRRM", "CRR", "DOC", "DCT", "KCO")

REQUIRED = (
    *("Supplier", "InvoiceNumber", "InvoiceDate", "GLDate", "Company", "Currency", "CurrencyMode", "DocumentType"),
    *("PayItems", "PayItems.PayStatus", "Distribution", "Distribution.Account"),
)
"""Without which no voucher is entered."""


def header(inputs: Inputs) -> dict[str, Any]:
    """Columns of F0411 that all pay items of a voucher share."""
    return {
        "AN8": inputs.whole("Supplier"),
        "VINV": inputs.text("InvoiceNumber"),
        "DIVJ": inputs.day("InvoiceDate"),
        "DGJ": inputs.day("GLDate"),
        "CO": inputs.text("Company"),
        "CRCD": inputs.text("Currency"),
        "CRRM": inputs.text("CurrencyMode"),
        "CRR": inputs.number("ExchangeRate"),
        "PTC": inputs.text("PaymentTerms"),
        "RMK": inputs.text("Remark"),
        "VR01": inputs.text("Reference"),
        "URRF": inputs.text("UserReference"),
        "DCT": inputs.text("DocumentType"),
        # Preset by the caller, or blank: next numbers, and the voucher's own company (section 11.3).
        "DOC": inputs.whole("DocumentNumber"),
        "KCO": inputs.text("DocumentCompany") or inputs.text("Company"),
    }


def pay_items(inputs: Inputs) -> list[dict[str, Any]]:
    """The pay items as rows of F0411 or F0411Z1 in the making."""
    return [
        {
            **header(inputs),
            "AG": item.number("GrossAmount"),
            "ATXA": item.number("TaxableAmount"),
            "STAM": item.number("TaxAmount"),
            "ACR": item.number("ForeignAmount"),
            "CTAM": item.number("ForeignTax"),
            "ADSC": item.number("DiscountAvailable"),
            "CDS": item.number("ForeignDiscountAvailable"),
            "DDNJ": item.day("DiscountDueDate"),
            "TXA1": item.text("TaxRateArea"),
            "EXR1": item.text("TaxExplanation"),
            "DDJ": item.day("DueDate"),
            "PST": item.text("PayStatus"),
            "TNN": item.text("Flag1099"),
            "AC07": item.text("Code1099"),
            "PO": item.text("PONumber"),
            "PDCT": item.text("POType"),
            "PKCO": item.text("POCompany"),
            "SFXO": item.text("POSuffix"),
            "LNID": item.number("POLine"),
        }
        for item in inputs.rows("PayItems")
    ]


def journal(inputs: Inputs) -> list[dict[str, Any]]:
    """The distribution as rows of F0911 or F0911Z1 in the making."""
    document = header(inputs)
    shared = {alias: document[alias] for alias in _JOURNAL_HEADER}
    return [
        {
            **shared,
            "JELN": place,
            "ANI": line.text("Account"),
            "AA": line.number("Amount"),
            "ACR": line.number("ForeignAmount"),
            "EXR": line.text("Explanation"),
            "SBL": line.text("Subledger"),
            "SBLT": line.text("SubledgerType"),
            "LT": "AA",
        }
        for place, line in enumerate(inputs.rows("Distribution"), start=1)
    ]
