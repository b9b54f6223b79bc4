"""Payables clerks at JD Edwards' desk: what they do to vouchers and payments, and the rows that are there then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ais_caller import Ais, condition

from connector_sandbox.testing import Sandbox

VOUCHER: dict[str, Any] = {
    "Supplier": 4343,
    "InvoiceNumber": "NEW-1",
    "InvoiceDate": "01/04/2016",
    "GLDate": "05/04/2016",
    "Company": "00001",
    "Currency": "GBP",
    "PayItems": [{"GrossAmount": "120.00"}],
    "Distribution": [{"Account": "30.4210", "Amount": "120.00"}],
}


@dataclass(frozen=True)
class JdeActs:
    """One clerk, and an integration user who reads."""

    sandbox: Sandbox
    ais: Ais

    def enter(self, **changes: Any) -> dict[str, Any]:
        """Enter a voucher at once; its key as a clerk's act names it."""
        answer = self.ais.post("/v3/orchestrator/ML_VoucherEnter", {**VOUCHER, **changes}).json()
        return {"KCO": "00001", "DCT": answer["DocumentType"], "DOC": answer["DocumentNumber"]}

    def act(self, name: str, key: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """One act of a clerk, on a voucher or without one."""
        answer: dict[str, Any] = self.sandbox.post("/rows", {"system": "jde", "act": name, **(key or {}), **more})
        return answer

    def switch(self, **options: Any) -> None:
        """Change switches of the site."""
        self.sandbox.post("/options", {"jde": options})

    def rows(self, table: str, key: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows of a document, texts trimmed, in the order of SFX and SFXE, JELN or RC5."""
        own = [condition(f"{table}.{alias}", "EQUAL", key[alias]) for alias in ("DOC", "DCT", "KCO")]
        found = _trimmed(self.ais.rows(table, *own))
        places = [alias for alias in ("PYID", "RC5", "SFX", "SFXE", "JELN") if found and alias in found[0]]
        return sorted(found, key=lambda row: [row[alias] for alias in places])

    def items(self, key: dict[str, Any], *aliases: str) -> list[tuple[Any, ...]]:
        """These columns of the pay items; amounts as text with two decimals."""
        return [tuple(_plain(alias, row[alias]) for alias in aliases) for row in self.rows("F0411", key)]

    def lines(self, key: dict[str, Any], *aliases: str) -> list[tuple[Any, ...]]:
        """The same of the journal lines."""
        return [tuple(_plain(alias, row[alias]) for alias in aliases) for row in self.rows("F0911", key)]

    def paid(self, key: dict[str, Any], *aliases: str) -> list[tuple[Any, ...]]:
        """The same of the rows of F0414 that name it."""
        return [tuple(_plain(alias, row[alias]) for alias in aliases) for row in self.rows("F0414", key)]

    def payment(self, number: int) -> list[dict[str, Any]]:
        """The row of F0413 of a payment, in a list; an empty one where it is gone."""
        return _trimmed(self.ais.rows("F0413", condition("F0413.PYID", "EQUAL", number)))


def _trimmed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{alias: v.strip() if isinstance(v, str) else v for alias, v in row.items()} for row in rows]


_AMOUNTS = {"AG", "AAP", "ADSC", "ADSA", "STAM", "ATXA", "ATXN", "ACR", "FAP", "CTAM", "AA", "PAAP"}


def _plain(alias: str, value: Any) -> Any:
    return f"{value:.2f}" if alias in _AMOUNTS else value
