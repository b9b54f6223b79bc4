"""What a voucher of ours shows, and what the vouchers seen so far prove about that (`evidence`): whose user entered
it, a mark in its remark, the number or batch that it was given."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import Any

from connector_assets.documents.jde.currencies import company_currencies
from connector_assets.documents.jde.keys import Row, is_void, text
from connector_assets.documents.jde.voucher_entry.comparison import SAYS, acts_of, agrees, batch_of, says
from connector_assets.documents.jde.voucher_entry.evidence import (
    REMARK,
    USER,
    Proved,
    Shown,
    Verdict,
    judge,
    proved_by,
    taught,
)
from connector_assets.documents.jde.voucher_entry.origins import Origin, Origins, Read, pages, voucher_id
from connector_resources.jde import JdeClient
from connector_resources.ledger import Link
from connector_resources.ledger.vouchers_made import Made


class ShownOrigins(Origins):
    """What vouchers show, beside the register of what was asked for."""

    def __init__(self, *its: Any) -> None:
        super().__init__(*its)
        # what the ledger knows of what survives, read when first asked for
        self._learnt: Mapping[str, bool] | None = None
        # calls answer in threads, and each teaches something beside what was known
        self._keeping = Lock()

    # -- what a voucher says ---------------------------------------------------------------------------------------

    def _says(self, items: Sequence[Row]) -> dict[str, Any]:
        return says(items, self._currencies)

    def _says_of(self, sent: Mapping[str, Any], items: Sequence[Row]) -> bool:
        """Whether a voucher says what a document says, as far as the document tells."""
        names = SAYS if is_void(items) or sent["amount"] is None else (*SAYS, "amount")
        return agrees(sent, self._says(items), [name for name in names if sent[name] is not None])

    def _origin_of(self, head: Row) -> Origin | None:
        """The mark in the remark, or in the column of before."""
        return self.rules.read((text(head.get("RMK")) or "").partition(" ")[0]) or self.rules.of_row(head)

    def _foreign(self, head: Row) -> bool:
        """Whether it bears the mark of another flow, or of another connector."""
        return self.rules.is_mark((text(head.get("RMK")) or "").partition(" ")[0])

    def _marks(self, body: Mapping[str, Any]) -> bool:
        return self.rules.read(str(body.get("Remark") or "").partition(" ")[0]) is not None

    @staticmethod
    def _user_of(head: Row) -> str:
        return (text(head.get("TORG")) or "").upper()

    def _by_us(self, head: Row) -> bool:
        """Whether we may have made a voucher, whatever it is of."""
        return self._bears_user(head)

    def _bears_user(self, head: Row) -> bool:
        # of a row that tells no user there is no need to log in
        return bool(user := self._user_of(head)) and user == self._user

    def _fits(self, items: Sequence[Row], one: Made, row: Row | None = None, *, whole: bool = False) -> bool:
        """Whether a voucher says what one of the attempts asked for, and has appeared since; `whole`: its amount too,
        whatever it proves."""
        # JDE may come to another total, which is reported; a void voucher has none any more
        exact = is_void(items) or self._tells(items, one, row)
        names = SAYS if exact and not whole else (*SAYS, "amount")
        said, name = self._says(items), voucher_id(items[0])
        return any(agrees(sent, said, names) and name not in sent["before"] for sent in one.attempts)

    def _verdict(self, items: Sequence[Row], one: Made, proved: Proved, row: Row | None = None) -> Verdict:
        """Whether a voucher is the one that was asked for, by what it shows."""
        marked = any(sent["mark"] for sent in one.attempts)
        return judge(self._shown(items, one, row), proved, marked=marked)

    def _tells(self, items: Sequence[Row], one: Made, row: Row | None) -> bool:
        """Whether a voucher proves by itself that it is the one that was asked for."""
        shown = self._shown(items, one, row)
        return True in (shown.mark, shown.number, shown.batch)

    def _shown(self, items: Sequence[Row], one: Made, row: Row | None) -> Shown:
        head = items[0]
        origin = self._origin_of(head)
        mark = origin == (self.id(one.key), one.revision) if origin is not None else None
        batch = number = None
        if row is not None and row.get("DOC"):
            number = voucher_id(row) == voucher_id(head)
        if row is not None and (wrote := batch_of(row)):
            batch = wrote == batch_of(head)
        return Shown(self._bears_user(head), False if mark is None and self._foreign(head) else mark, number, batch)

    def _proved(self, one: Made | None, *, shared: bool = False) -> Proved:
        """What vouchers have shown that were made as this one was asked for; None: as may be."""
        proved = proved_by(self._signs, acts_of(one) if one else (), shared=shared)
        return replace(proved, shared=shared or (bool(proved.user) and self._shared))

    @property
    def _signs(self) -> Mapping[str, bool] | None:
        """What vouchers of ours have shown; None where none has shown anything yet."""
        if self._learnt is None:
            self._learnt = self._register.signs(self.flow)
        return self._learnt

    @cached_property
    def _shared(self) -> bool:
        """Whether somebody else enters vouchers under our login: a person has said so of one, or is asked."""
        integration = self.flow.partition("/")[0]
        asked = self.context.ledger.exceptions.open(integration=integration, reason="own_voucher_unknown")
        return bool(self.rules.not_ours or asked)

    def _keep(self, found: Iterable[tuple[Made, Sequence[Row], bool]]) -> None:
        """Remember which vouchers were found to be which, and what they teach; `certain` ones are known to be ours."""
        with self._keeping:
            kept, learnt = [], self._signs
            for one, items, certain in found:
                head = items[0]
                signs = {USER: self._bears_user(head)}
                if any(sent["mark"] for sent in one.attempts):
                    signs[REMARK] = self._origin_of(head) is not None
                # one that was asked for in two ways may have been made by either
                for act in acts if len(acts := acts_of(one)) == 1 else ():
                    learnt = taught(learnt, act, signs, certain=certain)
                kept.append(replace(one, found=voucher_id(head), seen=learnt if one.attempts else None))
            if kept:
                self._register.recognise(kept, self.context.now())
                self._learnt = learnt

    # -- where it is kept ------------------------------------------------------------------------------------------

    def _linked(self, link: Link, made: Sequence[Made], head: Row) -> Origin:
        """A linked voucher is of the newest revision that was asked for, unless it says otherwise itself."""
        origin = self._origin_of(head)
        id = self.id(link.source_key)
        if origin is not None and origin[0] == id:
            return origin
        return id, max((each.revision for each in made), default=1)

    def _taken(self, groups: Collection[str]) -> set[str]:
        """Those of these vouchers of which it is known what they are."""
        names = list(groups)
        linked = self._links.by_target(self.flow, "F0411", names)
        return {*self._register.found(self._connection, names), *linked}

    @property
    def _register(self) -> Any:
        return self.context.ledger.vouchers_made

    @property
    def _links(self) -> Any:
        return self.context.ledger.links

    @property
    def _connection(self) -> str:
        return self.context.connection("jde").name

    @cached_property
    def _user(self) -> str:
        user: str = self.context.client("jde", JdeClient).user
        return user[:10].strip().upper()

    @cached_property
    def _currencies(self) -> Mapping[str, str]:
        return company_currencies(self.context.reader("jde"))

    @staticmethod
    def _reads(jde: Any) -> Read:
        return lambda columns, keys: pages(jde.by_keys("F0411", columns, keys))
