"""The switches for what Coupa's documentation leaves open, or lets the customer decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from connector_sandbox.kernel.system import BadCommandError


class CallOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint of the customer's that documents are sent to (coupa section 7)."""

    document: str
    """The resource: "invoices", "purchase_orders"."""
    url: str
    token_url: str
    client_id: str
    client_secret: str
    scope: str = ""
    format: Literal["json", "xml"] = "json"


class Options(msgspec.Struct, forbid_unknown_fields=True):
    """As POST /options {"coupa": {...}} takes them."""

    time_zone: str = "Europe/London"
    """The instance's zone: date-times are answered with its offset."""
    invoice_time: time = time(0)
    """The time that is printed with an invoice-date that was sent as a plain date: midnight mostly, and in one
    recorded document another one (coupa section 3.4.1)."""
    due_time: time = time(23, 59, 59)
    """The time that is printed with net-due-date and discount-due-date: the end of the day (coupa section 3.4.1)."""
    dates_placed: Literal["instance", "utc"] = "instance"
    """Whose midnight a plain date in a body is: not established. That of UTC is printed as the evening before in the
    Americas."""
    settle_seconds: float = 5.0
    """A token used sooner than this after it was issued is refused (coupa section 2.2); 0 when limits are
    off.
    """
    token_delay_seconds: float = 0.0
    """A new login is not known for so long: not documented of any vendor, and seen of all that have several servers."""
    calls_per_second: float = 25.0
    queued_calls: int = 20
    case_insensitive: bool = True
    """Whether unique values and filters disregard case: not documented, and so for most databases of this
    kind.
    """
    unique_invoice_drafts: bool = False
    """Whether supplier + invoice-number is unique among invoices that are not voided, abandoned or rejected: not
    established (coupa section 6)."""
    remit_to_code_per_supplier: bool = False
    """Whether a remit-to-code is unique per supplier only, rather than in the instance."""
    enforce_invoice_validations: bool = True
    """The setup switch "Enforce all invoice validations on invoice update and submit APIs" (coupa section
    3.4).
    """
    zero_charges: bool = True
    """Whether an invoice carries all three charges, those that were not sent with 0.00, as recorded documents do."""
    charges_in_header: bool = False
    """Whether shipping-amount, handling-amount and misc-amount are answered with the charges of their kind: whether the
    two mirror each other is not documented (coupa section 3.4.3)."""
    discounts_lower_totals: bool = False
    """The old reading of `discount-amount`: it is taken off the totals. False is the vendor's (coupa section 3.4.2)."""
    term_discounts: bool = False
    """Whether the discount-rate of a payment term is in the figures less discount where no discount was sent."""
    credit_notes: Literal["positive", "negative"] = "positive"
    """The sign of what is computed of a credit note whose lines are positive: not established (coupa section 3.4.5)."""
    edit_decided_invoices: bool = False
    """Whether amounts, lines and parties of an invoice can be changed after approval, rejection or void."""
    auto_approve: bool = False
    """Whether a submitted invoice needs no approver."""
    export_moves_updated_at: bool = True
    """Whether marking a record exported moves its updated-at."""
    ui_edit_resets_exported: bool = False
    """The instance option by which an edit in the UI sets exported back to false (coupa section 3.7)."""
    string_ids: bool = True
    """Whether a body may give an id as text, as a payment example and templates do (coupa section 3.0.1)."""
    answers_as_text: bool = False
    """Whether numbers and booleans of JSON answers are written as text ("4835", "true"), as some examples have them."""
    empty_lists: Literal["array", "not_found"] = "array"
    """How a JSON list without rows is answered: [], or 404 as XML consumers get it (coupa sections 3.0.1 and 4)."""
    supplier_create: Literal["lenient", "strict"] = "lenient"
    """Whether po-change-method of a new supplier may be missing, as in the vendor's examples; its table requires it
    (coupa section 3.1.1)."""
    lookup_separator: str = "-"
    """What stands between the parts of external-ref-code: not stated."""
    account_rules: Literal["forbid", "allow"] = "forbid"
    """What a match of an account validation rule means: not stated, the sample message points to `forbid`."""
    account_rule_ranges: Literal["text", "number"] = "text"
    """How the ranges of account validation rules are compared: not stated."""
    payables_return: Literal["documented", "all"] = "documented"
    """What comes back of an external payable: what the page lists, or what was sent too (coupa section 3.5.2)."""
    payable_payees: list[Literal["payable-detail.supplier-id", "payable-detail.supplier", "payee"]] = msgspec.field(
        default_factory=lambda: ["payable-detail.supplier-id", "payable-detail.supplier", "payee"]
    )
    """The ways to name the payee of an external payable that are taken; another one is refused. Not established."""
    payable_payee_required: bool = False
    """Whether an external payable without a payee is refused."""
    payable_document_types: list[str] = []
    """The document types that external payables may have; none: any. The list is not published."""
    unique_payable_references: bool = False
    """Whether source-name and source-reference are unique: described so, and not flagged so."""
    pay_payee: Literal["once", "twice"] = "twice"
    """How deep the payee of a Coupa Pay payment is: the page prints {"payee": {"payee": {...}}}."""
    pay_payee_number: bool = False
    """Whether that payee has its number: in the vendor's sample it is null (coupa section 3.5.1)."""
    external_orders: bool = True
    """Whether the optional feature external purchase orders is on (coupa section 3.3)."""
    external_orders_refusal: Literal[400, 403, 404] = 403
    """How a call for an external order is refused where the feature is off: not established."""
    external_order_status: Literal["draft", "buyer_hold", "issued"] = "draft"
    """The status of an external order right after its POST: not established."""
    soft_close: bool = False
    """Whether the first `close` of an order only closes it softly (coupa section 3.3)."""
    content_headers: Literal["bodies", "strict", "lax"] = "bodies"
    """Whose Content-Type must equal Accept (coupa section 1): that of calls with a body, of all calls, of
    none.
    """
    custom_field_filters: bool = False
    """Whether lists can be filtered by custom-fields[...]: not documented."""
    custom_fields: dict[str, list[str]] = {}
    """Custom fields per resource, besides those of the content: {"invoices": ["jde-document"]}."""
    hidden_fields: dict[str, list[str]] = {}
    """A default response filter: fields per resource that answers lack unless `fields` asks for them."""
    response_filters: dict[str, list[str]] = {}
    """Named response filters (`filter=name`): the fields that they let pass."""
    legacy_address_answers: bool = False
    """Answer a POST of an address with underscored keys and a plain country name (coupa section 8, trap
    9).
    """
    payments_shown: Literal["list", "wrapped", "single"] = "list"
    """How answers hold the payments of an invoice: [...], {"payment": [...]}, or {"payment": {...}} where there is
    one only; the examples of payments have all three (coupa section 3.5.1)."""
    payment_errors_in_xml: bool = False
    """Answer what is wrong with payments in XML to a JSON call, as the payment examples say (coupa section 5.3)."""
    call_outs: list[CallOut] = []
    """Where documents are sent when they change."""
    call_out_drop: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    """The part of the call-outs that is lost without a trace."""
    call_out_repeat: Annotated[int, msgspec.Meta(ge=1)] = 1
    """How often each is sent."""
    call_out_shuffle: bool = False
    """Whether those that wait are sent in any order."""
    call_out_seed: int = 1
    """What chance begins with."""
    return_none_status: Literal[200, 201] = 201
    """Status of a POST with return_object=none: Swagger and the documents differ (coupa section 5.2)."""

    def time_of(self, at: Literal["midnight", "invoice", "end"]) -> time:
        """The time that is printed with a plain date."""
        return {"midnight": time(0), "invoice": self.invoice_time, "end": self.due_time}[at]

    def changed(self, changes: Mapping[str, Any]) -> Options:
        """A copy with `changes`; BadCommandError for a name or a value that is not one."""
        try:
            made = msgspec.convert({**msgspec.to_builtins(self), **changes}, Options)
            ZoneInfo(made.time_zone)
        except (msgspec.ValidationError, ZoneInfoNotFoundError, ValueError) as error:
            raise BadCommandError(f"coupa options: {error}") from None
        return made
