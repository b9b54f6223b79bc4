"""What the ledger and JD Edwards say about BILL's payments: which are posted, what they settle, and why one is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from connector_assets.documents.jde.currencies import company_currencies
from connector_assets.documents.jde.keys import VOUCHER_KEY, by
from connector_assets.documents.jde.payments.recording import POST, REVERSALS, REVERSE
from connector_assets.documents.jde.periods import Periods, periods_of
from connector_assets.documents.jde.vouchers.pay_item_texts import IN_PAYMENT
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Target
from connector_assets.engine.flow import read_settings
from connector_assets.engine.money import amount_text
from connector_assets.engine.start_date import BEFORE_START_DATE
from connector_assets.pairs.jde_bill.payables.settings import PayableSettings
from connector_assets.pairs.jde_bill.payments import discounts
from connector_assets.pairs.jde_bill.payments.bills import PaidBill, PaidBills, PayItem
from connector_assets.pairs.jde_bill.payments.entries import UNFUNDED, bill_payment_of
from connector_assets.pairs.jde_bill.payments.origin import OwnPayments
from connector_assets.pairs.jde_bill.payments.settings import (
    PaymentsSettings,
    journal_problem,
    return_status,
    sent_statuses,
)
from connector_assets.pairs.jde_bill.payments.shares import OpenItems
from connector_assets.pairs.jde_bill.payments.writer import VOIDED, PaymentWriter
from connector_assets.pairs.jde_bill.vendors.links import VendorLinks

ZERO = Decimal("0.00")
# the rules that leave a payment alone: it has not begun, is under way, or is over; and what is said of one that has
# been under way for too long
NOT_SETTLED, UNDER_WAY = "not_settled", "payment_under_way"
LEFT = (NOT_SETTLED, UNDER_WAY)
UNFINISHED = "payment_unfinished"

COLUMNS = {
    "number": "int",
    "items": "str?",
    "order": "str?",
    "company": "str?",
    "supplier": "int?",
    "foreign": "bool",
    "void": "bool",
    "closed_there": "bool",
    "return_status": "str?",
    "why": "str",
    "told": "str?",
    "act": "str?",
    "refusal": "str",
    "gl_day": "date?",
    "moved_from": "date?",
    "closed": "str",
    "discount": "money?",
    "base_discount": "money?",
}
LINE_COLUMNS = {"credit": "str?", "item": "str?", "amount": "money", "base": "money?"}
BLANK: dict[str, Any] = {
    "number": 0,
    "items": None,
    "order": None,
    "company": None,
    "supplier": None,
    "foreign": False,
    "void": False,
    "closed_there": True,
    "return_status": None,
    "why": "",
    "told": None,
    "act": None,
    "refusal": "",
    "gl_day": None,
    "moved_from": None,
    "closed": "",
    "discount": None,
    "base_discount": None,
}
Row = dict[str, Any]


class PaymentEnrichment:
    """Fills the columns of mapped payments, all of one frame together."""

    def __init__(self, context: RunContext, flow: str, settings: PaymentsSettings, writer: PaymentWriter) -> None:
        self.context = context
        self.flow = flow
        self.settings = settings
        self.writer = writer
        self.bills = PaidBills(context)
        self.vendors = VendorLinks(context)

    def enrich(self, rows: Sequence[Row], lines: Sequence[Row]) -> list[Row]:
        """Fill the rows in place; gives the lines: the credits as BILL applied them, and what is to be settled."""
        applied = [line for line in lines if line["item"] is None]
        self._standing(rows)
        wanted = [row for row in rows if row["ignored"] is None]
        old = [row for row in rows if row["ignored"] == BEFORE_START_DATE]
        bills = self.bills.of([*wanted, *old])
        for row in old:
            # they are counted with their money
            row["currency"] = next((item.currency for item in _items(bills[row["key"]])), bills[row["key"]].currency)
        there = self._there([row for row in wanted if not self.posted(row)], bills)
        for row in wanted:
            matters = row["settled"] or row["unclear"] or _unfunded(row) or self.is_late(row)
            if not (matters or row["key"] in there or row["key"] in self._begun):
                row["ignored"] = _left_alone(row)
        credits = self.bills.of_credits({line["credit"] for line in applied})
        settling = _Settling(self, bills, there, applied, credits)
        made: list[Row] = []
        for row in sorted(wanted, key=lambda row: (row["paid_on"] or date.max, row["key"])):
            made += settling.of(row) if row["ignored"] is None else []
        return [*applied, *made]

    # -- what stands ----------------------------------------------------------------------------------------------

    def _standing(self, rows: Sequence[Row]) -> None:
        """What is known of each, and which are ignored."""
        keys = [row["key"] for row in rows]
        known = self.context.ledger.deliveries.load(self.flow, keys)
        links = self.context.ledger.links.of(self.flow, keys)
        self._linked = set(links)
        self._voided = {key for key, each in known.items() if each.progress == VOIDED}
        if self.settings.on_conflict == "source":
            # what somebody voided in JD Edwards is posted again: JD Edwards is asked
            held = self.writer.read({link.target_id for link in links.values()}) if links else {}
            gone = {id for id, each in held.items() if each.content["void"]}
            self._voided |= {key for key, link in links.items() if link.target_id in gone}
        sent = {key for key, each in known.items() if each.state in ("sending", "in_doubt") or each.attempts}
        self._begun = sent | self._linked
        reversals = self.context.ledger.mappings.table(self.context.integration.name, REVERSALS)
        for row in rows:
            row |= BLANK
            row["number"] = self.settings.number(row["bill_payment"])
            said = reversals.get(row["bill_payment"], "").strip().lower()
            row["void"] = row["undone"] or (row["trouble"] and said == REVERSE)
            # a person knows whether the money has left
            row["settled"] = row["settled"] or (row["unclear"] and said == POST)
            row["unclear"] = row["unclear"] and said not in (REVERSE, POST)
            if row["ignored"] is None or row["ignored"] in LEFT:
                # one that came back may have been posted before our memory was lost: JD Edwards is asked
                matters = row["settled"] or row["undone"] or row["trouble"] or row["unclear"] or self.is_late(row)
                row["ignored"] = None if matters or row["key"] in self._begun else _left_alone(row)

    def is_late(self, row: Row) -> bool:
        """Whether a payment has been under way for too long."""
        if _left_alone(row) != UNDER_WAY or row["settled"]:
            return False
        return self.context.today("bill") >= late_from(row["paid_on"], self.settings)

    def posted(self, row: Row) -> bool:
        """Whether it is in JD Edwards and in force, as far as we remember."""
        return row["key"] in self._linked and row["key"] not in self._voided

    @cached_property
    def missing(self) -> str | None:
        """The first act that the site names no orchestration for."""
        return self.writer.missing()

    @cached_property
    def refusal(self) -> str:
        """Why the mode must not be used; of the site's orchestrations only the journal's are asked for every run."""
        trouble = journal_problem(self.settings, self.context.integration.settings)
        if trouble or self.settings.mode != "journal" or self.missing:
            return trouble
        return "; ".join(self.writer.lacking())

    @cached_property
    def returns(self) -> bool:
        """Whether vouchers can be put back on a pay status that JDE does not pay; asked for where something is."""
        return self.writer.returns()

    def _there(self, rows: Sequence[Row], bills: Mapping[str, PaidBill]) -> set[str]:
        """The keys of payments that JD Edwards has although nobody remembers them: of a lost ledger, or of unknown
        outcome."""
        for row in rows:
            row["items"] = _names(bills[row["key"]]) or None
        targets: dict[int, list[Target]] = {}
        for target in self.writer.numbered({row["number"] for row in rows}) if rows else ():
            targets.setdefault(int(target.content["number"]), []).append(target)
        return {
            row["key"]
            for row in rows
            for each in targets.get(row["number"], ())
            if not each.content["void"] and self.writer.answers_to(each, row)
        }

    # -- days -----------------------------------------------------------------------------------------------------

    @cached_property
    def periods(self) -> Periods:
        """The open periods of the companies."""
        return periods_of(self.context, self.settings)

    def put_date(self, row: Row) -> None:
        """The G/L date of what is to be done next: post it, or take it back in an open period."""
        company, paid_on = row["company"], row["paid_on"]
        if company is None or paid_on is None:
            return
        wanted = paid_on if self.settings.gl_date == "process_date" else self.context.today("jde")
        if row["void"]:
            row["gl_day"] = self.periods.reversal_day(company, wanted)
            row["closed"] = "" if row["gl_day"] else f"no day from {wanted} on is open in {company}"
        else:
            found = self.periods.gl_date(company, wanted)
            row["gl_day"], row["closed"] = found.day, "" if found.day else found.why
        row["moved_from"] = wanted if row["gl_day"] not in (None, wanted) else None

    # -- what the bank was charged ------------------------------------------------------------------------------

    def funding(self, row: Row) -> Decimal | None:
        """What BILL took from the bank, where the company keeps its books in that currency: its bank credit in JD
        Edwards must be the same. None where the two cannot be compared."""
        wanted = self.settings.funding_currency
        return row["funding"] if wanted and self._company_currency.get(row["company"]) == wanted else None

    @cached_property
    def _company_currency(self) -> dict[str, str]:
        return company_currencies(self.context.reader("jde"))

    # -- discounts ------------------------------------------------------------------------------------------------

    @cached_property
    def discounts(self) -> Mapping[str, str]:
        """Id of a bill payment -> what a person says of its gap."""
        return self.context.ledger.mappings.table(self.context.integration.name, discounts.DISCOUNTS)

    def has_others(self, items: Sequence[PayItem]) -> bool:
        """Whether the voucher of these pay items has others that are open."""
        own = {item.key for item in items}
        rows = self.context.reader("jde").complete("F0411", VOUCHER_KEY, sorted({key[:3] for key in own}))
        keys = {(row["KCO"], row["DCT"], row["DOC"], row["SFX"]) for row in rows if row.get("AAP")}
        return bool(keys - own)

    # -- what speaks against it -----------------------------------------------------------------------------------

    def blocked(self, bill: PaidBill, items: Sequence[PayItem]) -> PayItem | None:
        """The first open pay item on a status on which a person decides first."""
        sent = sent_statuses(self.context.integration.settings)
        usual = {*self.settings.blocked_statuses} - {*sent}
        statuses = IN_PAYMENT if bill.originates_in_bill else usual
        return next((item for item in items if item.open and item.status in statuses), None)

    def paid_to_another(self, vendor: str | None, currency: str, items: Sequence[PayItem]) -> str:
        """In words, who was paid instead of who the vouchers name; '' where nothing says that it was another one. A
        vendor and payees of whom our links know nothing say nothing."""
        payees = {number for each in items if (number := each.supplier if self._pays_supplier else each.payee)}
        if vendor is None or not payees:
            return ""
        number = self.vendors.suppliers({vendor}).get(vendor)
        linked = {link.id for link in self.vendors.of({(each, currency) for each in payees}).values() if link.id}
        agrees = number in payees if number is not None else not linked or vendor in linked
        names = ", ".join(map(str, sorted(payees)))
        return "" if agrees and len(payees) == 1 else f"{self.vendors.named(vendor)}, to be paid is {names}"

    @cached_property
    def _pays_supplier(self) -> bool:
        own = read_settings(PayableSettings, self.context.integration.settings, "bills")
        return isinstance(own, PayableSettings) and own.paid_to == "supplier"

    def paid_by_jde(self, items: Sequence[PayItem]) -> list[str]:
        """The payment ids (PYID) of what JD Edwards itself paid of these pay items, and did not void."""
        reader = self.context.reader("jde")
        names = {item.key for item in items}
        found = reader.complete("F0414", VOUCHER_KEY, sorted({key[:3] for key in names}))
        own = {row["PYID"] for row in found if (row["KCO"], row["DCT"], row["DOC"], row["SFX"]) in names}
        headers = reader.complete("F0413", ["PYID"], [(number,) for number in sorted(own)]) if own else []
        elsewhere = OwnPayments(self.context)(headers, found)
        paid = [row for row in headers if row.get("VDGJ") is None and row["PYID"] not in elsewhere]
        return sorted(str(row["PYID"]) for row in paid)


class _Settling:
    """The payments of a frame, one after the other: what the first takes is not open for the next."""

    def __init__(
        self,
        site: PaymentEnrichment,
        bills: Mapping[str, PaidBill],
        there: Collection[str],
        applied: Sequence[Row],
        credits: Mapping[str, Sequence[PayItem]],
    ) -> None:
        self.site = site
        self.bills = bills
        self.there = there
        self.applied = by(applied, "key")
        self.credits = credits
        self.open, self.closed = OpenItems(), OpenItems(closed=True)
        self.numbers = Counter(
            (site.settings.number(bill_payment_of(key)), voucher)
            for key, bill in bills.items()
            for voucher in {item.key[:3] for item in _items(bill)}
        )

    def of(self, row: Row) -> list[Row]:
        """Fill one row; gives the lines that say what is to be settled, or of one that is taken back opened again."""
        bill, site = self.bills[row["key"]], self.site
        items = _items(bill)
        row |= {"items": _names(bill) or None, "invoice_number": bill.invoice_number, "order": bill.order}
        if items:
            head = items[0]
            row |= {"currency": head.currency, "company": head.books, "supplier": head.supplier}
            row["foreign"] = head.foreign
            row["funding"] = site.funding(row)
            paid = sum((item.gross - item.open for item in items), ZERO)
            row["closed_there"] = row["gross"] <= paid
        stands = site.posted(row) or row["key"] in self.there
        if stands and not row["void"]:
            if row["trouble"]:
                row |= {"why": "payment_needs_action", "told": row["status"]}
            return []
        if row["settled"] or row["void"]:
            site.put_date(row)
        if row["void"] and not stands:
            # nothing to take back, unless a call of unknown outcome turns out to have been taken
            row |= {"closed": "", "moved_from": None}
            return []
        if row["settled"] or row["void"]:
            row |= {"act": site.missing, "refusal": site.refusal}
        if row["void"]:
            row["return_status"] = return_status(
                site.context.integration.settings, originates_in_bill=bool(items) and bill.originates_in_bill
            )
            if row["return_status"] and not row["act"] and not site.returns:
                row |= {"why": "no_return_status", "told": row["items"] or row["invoice_number"]}
            return self._given_back(row, items)
        if row["unclear"]:
            row |= {"why": "payment_may_have_left", "told": f"payment {row['payment']}, {row['status']}"}
            return []
        if _unfunded(row):
            row |= {"why": "payment_not_funded", "told": f"payment {row['payment']}, {row['status']}"}
            return []
        if not row["settled"]:
            if site.is_late(row):
                shown = f"payment {row['payment']}, {row['status']}, of {row['paid_on']}"
                row |= {"why": UNFINISHED, "told": shown}
            return []
        row["why"], row["told"] = self._obstacle(row, bill, items)
        return [] if row["why"] else self._taken(row, items)

    def _credits(self, row: Row) -> list[tuple[Sequence[PayItem], Decimal]]:
        """The pay items of each debit memo that was applied, and the amount, which is negative."""
        return [(self.credits[line["credit"]], -line["amount"]) for line in self.applied.get(row["key"], ())]

    def _obstacle(self, row: Row, bill: PaidBill, items: Sequence[PayItem]) -> tuple[str, str | None]:
        """Why it cannot be posted, and what to show of it; '' where nothing speaks against it."""
        if not bill.vouchers:
            return "voucher_not_linked", bill.invoice_number or row["bill"]
        if len(bill.vouchers) > 1 and bill.order is None:
            return "not_unique", ", ".join("/".join(map(str, own[0].key[:3])) for own in bill.vouchers)
        unknown = [line["credit"] for line in self.applied.get(row["key"], ()) if not self.credits[line["credit"]]]
        if unknown:
            return "credit_not_linked", ", ".join(unknown)
        credits = self._credits(row)
        currencies = {item.currency for own, _ in credits for item in own} | {bill.currency or row["currency"]}
        if currencies != {row["currency"]}:
            return "currency_differs", ", ".join(sorted(str(each) for each in currencies - {row["currency"]}))
        blocked = self.site.blocked(bill, items)
        if another := self.site.paid_to_another(row["vendor"], row["currency"] or "", items):
            return "paid_to_another", another
        if blocked is not None:
            return "voucher_blocked", f"{blocked.name} ({blocked.status})"
        if any(self.numbers[row["number"], item.key[:3]] > 1 for item in items):
            return "payment_number_shared", str(row["number"])
        left = self.open.left(items)
        if row["gross"] > left:
            return self._more(row, items, left)
        if short := self._short(row, bill, items, left):
            return discounts.HELD, short
        for own, amount in credits:
            if amount < self.open.left(own):
                there = amount_text(-self.open.left(own))
                return "credit_used_up", f"{own[0].name}: {amount_text(-amount)} applied, {there} open"
        settings, company = self.site.settings, row["company"]
        for name in ("payables_accounts", "clearing_accounts") if settings.mode == "journal" else ():
            if not settings.account(getattr(settings, name), company):
                row["refusal"] = row["refusal"] or f"`{name}` names none for company {company}"
        return "", None

    def _more(self, row: Row, items: Sequence[PayItem], left: Decimal) -> tuple[str, str]:
        shown = f"{row['items']}: {amount_text(row['gross'])} paid, {amount_text(left)} open"
        twice = self.site.paid_by_jde(items)
        return ("paid_in_both", f"{shown}, payment {', '.join(twice)}") if twice else ("more_than_open", shown)

    def _short(self, row: Row, bill: PaidBill, items: Sequence[PayItem], left: Decimal) -> str | None:
        """Why a payment that is short by exactly the discount waits for a person; None where it does not. Where it is
        taken, the row says so."""
        found, site = discounts.discount_of(items, row["gross"], left), self.site
        said = site.discounts.get(row["bill_payment"], "").strip().lower()
        if found is None or said == discounts.PART:
            return None
        if why := self._no_discount(row, bill, items, found, said):
            return discounts.discount_words(row["items"], found, row["gross"], why)
        row |= {"discount": found.amount, "base_discount": found.base}
        return None

    def _no_discount(
        self, row: Row, bill: PaidBill, items: Sequence[PayItem], found: discounts.Discount, said: str
    ) -> str:
        site = self.site
        if said != discounts.TAKEN:
            if site.settings.discounts == "hold":
                return "`discounts` is hold"
            if found.until is None or row["paid_on"] is None or row["paid_on"] > found.until:
                return f"paid on {row['paid_on']}"
        if len(bill.vouchers) > 1 or self.applied.get(row["key"]) or site.has_others(items):
            return "the payment is not of one whole voucher without credits"
        return site.writer.no_discounts(foreign=row["foreign"])

    def _taken(self, row: Row, items: Sequence[PayItem]) -> list[Row]:
        shares = self.open.take(items, row["gross"]) or []
        # the discount closes the rest, and is nobody's to pay
        self.open.take(items, row["discount"] or ZERO)
        for own, amount in self._credits(row):
            shares += self.open.take(own, amount) or []
        return [share.line(row["key"]) for share in shares]

    def _given_back(self, row: Row, items: Sequence[PayItem]) -> list[Row]:
        """What a journal opens again; a payment that is voided knows it by itself."""
        if self.site.settings.mode != "journal":
            return []
        shares = self.closed.take(items, row["gross"]) or []
        for own, amount in self._credits(row):
            shares += self.closed.take(own, amount) or []
        return [share.line(row["key"]) for share in shares]


def _unfunded(row: Row) -> bool:
    """Whether BILL could not take the money for a payment, which therefore has paid nobody."""
    return row["trouble"] and not row["void"] and str(row["status"]).endswith(UNFUNDED)


def _left_alone(row: Row) -> str:
    """The rule for a payment of which there is nothing to be done: it may come to an end still, or it is over."""
    return NOT_SETTLED if row["undone"] or row["void"] or row["paid_on"] is None else UNDER_WAY


def late_from(paid_on: date, settings: PaymentsSettings) -> date:
    """The day from which a payment of this process date should have come to an end."""
    return paid_on + timedelta(days=settings.unfinished_after_days)


def _items(bill: PaidBill) -> list[PayItem]:
    """The pay items of the one voucher, or of all vouchers of an order; and of several that a person has to choose
    from."""
    return [item for own in bill.vouchers for item in own]


def _names(bill: PaidBill) -> str:
    return " ".join(item.name for item in _items(bill))
