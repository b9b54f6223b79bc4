"""How far a document's record has come in the target, as the ledger keeps it (`Delivery.stage`)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Self

# what stands between the fingerprint and the rest says what the rest is
_DONE, _NOTED = ":", "/"
_SIGN = re.compile(f"[{_DONE}{_NOTED}]")


@dataclass(frozen=True, slots=True)
class Progress:
    """`accepted` is the fingerprint of the content that the target has taken, or the word of a record that is only
    taken or not; `done` the last act after it (submitted, issued, told, run, void; of a voucher its revision); `noted`
    what else must be remembered of it. A record has one of the last two at most."""

    accepted: str = ""
    done: str = ""
    noted: str = ""

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """What `str` has written; nothing of None."""
        sign = _SIGN.search(text or "")
        if sign is None:
            return cls(text or "")
        accepted, rest = sign.string[: sign.start()], sign.string[sign.end() :]
        return cls(accepted, done=rest) if sign[0] == _DONE else cls(accepted, noted=rest)

    def __str__(self) -> str:
        """As the ledger keeps it: `ab12:submitted`, `ab12/00e=12.00`, `ab12`."""
        if self.done:
            return f"{self.accepted}{_DONE}{self.done}"
        return f"{self.accepted}{_NOTED}{self.noted}" if self.noted else self.accepted

    def __bool__(self) -> bool:
        return bool(self.accepted or self.done or self.noted)

    def after(self, act: str) -> Self:
        """The same content, and this act after it; '' leaves what was done before."""
        return replace(self, done=act or self.done)
