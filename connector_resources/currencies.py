"""How many decimals the currencies have by ISO 4217, where a system does not say it itself."""

from __future__ import annotations

# currencies without a smaller unit, and those of which a thousand make one; all others have cents
WHOLE = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
)
THOUSANDTHS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
USUAL = 2
# currencies that nobody keeps otherwise: most runs meet no other, and need not ask
SURE = frozenset(("EUR", "GBP", "USD"))


def iso_decimals(currency: str | None) -> int:
    """JPY 0, KWD 3, and 2 of any other one or of none that is known."""
    if currency in WHOLE:
        return 0
    return 3 if currency in THOUSANDTHS else USUAL
