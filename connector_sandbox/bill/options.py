"""The switches for what BILL's documentation leaves open, or lets the customer decide."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

from connector_sandbox.bill.event_options import EventOptions
from connector_sandbox.kernel.system import BadCommandError

_Count = Annotated[int, msgspec.Meta(ge=0)]


def _rates() -> dict[str, Decimal]:
    return {"GBP": Decimal("1.25"), "EUR": Decimal("1.08"), "CAD": Decimal("0.73")}


class Options(EventOptions, forbid_unknown_fields=True):
    """As POST /options {"bill": {...}} takes them, with those of the events."""

    id_seed: int = 1
    """What ids are made from; it takes effect at the next load."""
    in_flight: _Count = 3
    """Calls under way at once per developer key and organisation (bill section 5.1); 0: as many as come."""
    calls_per_hour: _Count = 20_000
    """Calls a clock hour per developer key; 0: no limit."""
    logins_per_hour: _Count = 200
    logins_per_minute: _Count = 0
    """0, as the current page says: its 5 a minute are for text messages. An older one has logins too (section 2.5)."""
    limit_status: Literal[422, 429] = 422
    """HTTP status of BDC_1322 and BDC_1144: not documented (bill section 5.1)."""
    idle_seconds: float = 35 * 60
    """A session that is not used for so long is invalid; each call begins it again (bill section 2.2)."""
    sync_token_idle_seconds: float = 48 * 3600
    token_delay_seconds: float = 0.0
    """A new login is not known for so long: not documented of any vendor, and seen of all that have several servers."""
    sync_token_access: Literal["full", "no_payments", "read_only"] = "no_payments"  # noqa: S105 - no secret
    """What a session of the sync token may do: "limited access" is all that is documented."""
    mfa_required: bool = True
    """Whether creating payments needs an MFA-trusted session (403 BDC_1361, bill section 2.3)."""
    denied_operations: list[str] = msgspec.field(default_factory=list)
    """Operations that the user's role lacks (BDC_1145): "GET /v3/bills/{id}", "* /v3/vendor-credits*"."""
    denied_status: Literal[400, 401, 403, 422] = 403
    """HTTP status of BDC_1145: not established."""
    organization_locked: bool = False
    """Every login is answered with 423 BDC_1107."""
    missing_status: Literal[400, 404, 422] = 404
    missing_code: Literal["BDC_1205", "BDC_1120"] = "BDC_1205"
    """Of an id that leads nowhere: 404 BDC_1205, as seen live of other objects of the gateway (bill section 5.3)."""
    archived_references: Literal["refuse", "accept"] = "refuse"
    """Whether a document may name an archived account or another classification: not stated (bill section 3.6)."""
    unknown_reference: Literal["BDC_1119", "BDC_1205"] = "BDC_1119"
    """Code of an id inside a body that leads nowhere: notes name the second one for a bulk create of bills."""
    bulk_others: bool = True
    """Whether a bulk call that fails has an entry BDC_1246 for each of the other records (bill section 5.3)."""
    bad_filter_status: Literal[400, 422] = 400
    """HTTP status of BDC_1130, BDC_1131 and of a page token that is not known any more: not documented."""
    invalid_entity_status: Literal[400, 422] = 422
    """HTTP status of BDC_1143: not established."""
    duplicate_invoice_numbers: Literal["refuse", "allow"] = "refuse"
    """A second bill with a number that another one has, not counting case: not documented (bill section 6)."""
    invoice_number_scope: Literal["vendor", "organization"] = "vendor"
    """Among which bills an invoice number is looked for: not documented."""
    unique_vendor_names: bool = True
    """Whether a second vendor of one name is refused: documented for v2 only."""
    unique_classifications: bool = True
    """Whether a second name or account number is refused in a family: documented for v2 only."""
    lists_archived: Literal["include", "exclude"] = "include"
    """Whether a list without a filter on `archived` has archived records: not documented (bill section 4)."""
    empty_page_every: _Count = 0
    """Every so many pages, one comes without results but with a nextPage; 0: never. From 2 on."""
    record_status: bool = True
    """Whether bills have `recordStatus` (since March 2026)."""
    partially_paid: Literal["PARTIALLY_PAID", "PARTIAL"] = "PARTIALLY_PAID"
    """How `paymentStatus` spells it: two sources differ (bill section 3.2)."""
    paid_from: Literal["PROCESSED", "CLEARED"] = "PROCESSED"
    """From which singleStatus on a payment is in a bill's paidAmount: "cleared" is all that is documented."""
    payment_amount: Literal["cash", "gross"] = "cash"
    """Whether a payment's `amount` is less the vendor credits that it applies, or the sum of its parts."""
    recorded_single_status: Literal["CLEARED", "UNDEFINED"] = "CLEARED"
    """singleStatus of a payment that was recorded and not made: not documented."""
    approval_required: bool = False
    """Whether every bill goes to an approver, as by a policy that all bills match."""
    approval_after_change: Literal["new_approvers", "all_again", "nobody"] = "new_approvers"
    """Who is asked after a change of a bill: those whom a policy names only now (the default of the one page that has
    it, bill section 3.2.1); after an increase or a new payee all approvers again; or nobody."""
    put_omits: Literal["clears", "keeps"] = "clears"
    """Whether a PUT clears the fields of a bill that it leaves out, as "replace" says; lines and credits always go."""
    patch_needs_payment_term: bool = False
    """Whether a PATCH of a bill without paymentTermId is refused, as one copy of the page can be read."""
    tax_id: Literal["clear", "masked", "absent"] = "clear"
    """How vendors answer with their tax id: not documented (bill section 3.1)."""
    number_types: Literal["numbers", "strings"] = "numbers"
    """How check, trace and batch numbers of a payment are written: the vendor's examples have integers, others text
    (bill section 3.4.1)."""
    approver_order: Literal["integer", "decimal"] = "integer"
    """How an approver's place is written: 1, or as in one example with decimals."""
    upload_seconds: float = 60.0
    """How long the upload of a document takes, on the sandbox's clock: "minutes" (bill section 3.2.2)."""
    oauth: bool = True
    """Whether POST /authx/token gives tokens to the apps of `credentials` (bill section 2.6)."""
    oauth_seconds: float = 3600.0
    """How long such a token lives: "short"."""
    time_suffix: Literal["+00:00", "Z"] = "+00:00"
    """How times end: guides and live answers have the first one, examples of the collection the second one."""
    bank_account_created: Literal[200, 201] = 200
    """HTTP status of a new bank account of a vendor (bill section 3.1)."""
    bank_account_state: str = "UNVERIFIED"
    """`status` of vendors' bank accounts, whose values are not legible; empty: there is none."""
    bank_account_numbers: Literal["masked", "clear"] = "masked"
    """How vendors' bank accounts answer with their number: not documented (bill section 3.1)."""
    exchange_rates: dict[str, Decimal] = msgspec.field(default_factory=_rates)
    """US dollars for one unit, for fundingAmount and exchangeRate; without one, both are unset."""

    def changed(self, changes: Mapping[str, Any]) -> Options:
        """A copy with `changes`; BadCommandError for a name or a value that is not one."""
        try:
            made = msgspec.convert({**msgspec.to_builtins(self), **changes}, Options)
        except msgspec.ValidationError as error:
            raise BadCommandError(f"bill options: {error}") from None
        if made.empty_page_every == 1:
            raise BadCommandError("bill options: empty_page_every is 0 or from 2 on, for a list must end")
        return made
