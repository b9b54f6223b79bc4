"""What the people of a demo can do: act through the sandbox's control port, as users of the vendors' screens.

They read through the clients what there is to act on.
"""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from connector_assets.documents.jde.keys import account_key, text

if TYPE_CHECKING:
    from connector_resources.connections import IntegrationSettings
    from connector_resources.home import Home


# where the sandbox is
HOST = "127.0.0.1"
# pay statuses of the sandbox's site: approved, and handed over to BILL
PAYABLE = ("A", "B")


@dataclass
class People:
    """The people of an integration's two systems. `today` is the date on what they write."""

    home: Home
    integration: IntegrationSettings
    port: int
    today: date
    jde: Any

    def morning(self) -> str:
        """What they do before the first sync of the day, in words."""
        raise NotImplementedError

    def afternoon(self) -> str:
        """What they do before the second one, in words."""
        raise NotImplementedError

    def act(self, system: str, act: str, **more: Any) -> dict[str, Any]:
        """One act of a user of a system; what the sandbox says of it."""
        return self._report("rows", {"system": system, "act": act, **more})

    def set_up(self, system: str, **options: Any) -> None:
        """Choose how the sandbox's system behaves."""
        self._report("options", {system: options})

    def _report(self, path: str, what: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(what).encode()
        request = urllib.request.Request(
            f"http://{HOST}:{self.port}/{path}", body, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own sandbox
            done: dict[str, Any] = json.loads(answer.read())
        return done

    def links(self, flow: str, keys: list[str]) -> dict[str, str]:
        """Source key -> target id, of a flow of this integration."""
        found = self.home.ledger().links.of(f"{self.integration.name}/{flow}", keys)
        return {key: link.target_id for key, link in sorted(found.items())}

    def payable(self, **voucher: Any) -> bool:
        """Whether a voucher (KCO, DCT, DOC) is open in JD Edwards with all its pay items, approved or handed over: one
        that a clerk can pay or hold by hand."""
        rows = [row for page in self.jde.by_keys("F0411", list(voucher), [tuple(voucher.values())]) for row in page]
        return bool(rows) and all(text(row["PST"]) in PAYABLE and row["AAP"] > 0 for row in rows)

    @cached_property
    def currencies(self) -> dict[str, str]:
        """Key of an account of JD Edwards that takes postings -> the currency of its company."""
        rows = [row for page in self.jde.browse("F0901", columns=["AID", "CO", "PEC"]) for row in page]
        companies = {row["CO"]: row["CRCD"] for page in self.jde.browse("F0010") for row in page}
        return {account_key(row["AID"]): companies[row["CO"]] for row in rows if not text(row["PEC"])}
