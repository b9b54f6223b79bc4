"""Reasons of orders, and of fields that any document has."""

from __future__ import annotations

from connector_assets.engine.reasons.entry import Reason

REASONS = (
    Reason(
        "payment_term_not_mapped",
        "normal",
        "payment term {value} is neither mapped nor a payment term of the target",
        "map it: `connector mappings set {integration} payment_terms {arg} CODE`, where CODE is the payment term "
        "in the target",
        blank=("the document has no payment term", "enter its payment term in the source, then replay"),
    ),
    Reason(
        "remit_to_not_mapped",
        "normal",
        "no remit-to address is mapped for {field} {value} of JD Edwards",
        "map it: `connector mappings set {integration} remit_to {arg} CODE`, where CODE is the code of the "
        "supplier's remit-to address in the target at which the payee is paid; or have JD Edwards pay it",
    ),
    Reason(
        "unit_not_mapped",
        "normal",
        "unit of measure {value} is neither mapped nor a unit of the target",
        "map it: `connector mappings set {integration} units_of_measure {arg} CODE`, where CODE is the unit in the "
        "target",
        blank=("a line has no unit of measure", "enter the unit of measure in the source, then replay"),
    ),
    Reason(
        "ship_to_not_mapped",
        "normal",
        "ship-to address {value} is not mapped to a location of the target",
        "map it, or the order's business unit: `connector mappings set {integration} ship_to {arg} CODE`, where "
        "CODE is the location's code; or set `ship_to_location` for the flow",
        blank=(
            "the order has no ship-to address and no business unit",
            "enter one of them in the source, or set `ship_to_location` for the flow; then replay",
        ),
    ),
    Reason(
        "decimals_not_known",
        "normal",
        "JD Edwards may show amounts with the decimal point moved: {value}",
        "compare such an amount with JD Edwards' own screen; set `currency_decimals` of JD Edwards' connection to "
        "as_served if they agree, else to shifted; then replay",
    ),
    Reason(
        "currency_unknown",
        "normal",
        "currency {value} is not active in the target",
        "activate the currency in the target, then replay",
        blank=("the document has no currency", "enter its currency in the source, then replay"),
    ),
    Reason(
        "not_approved_for_payment",
        "normal",
        "the voucher's pay status is {value}, which this flow does not send",
        "approve the voucher for payment in the source, or change `send_pay_statuses`",
        blank=("the voucher has no pay status", "give it one in the source"),
    ),
    Reason(
        "extended_amount_differs",
        "normal",
        "quantity times unit cost of a line differs from its extended amount by {value}",
        "correct the order line in the source; or raise the flow's `rounding`, then replay",
    ),
    Reason(
        "order_on_hold",
        "normal",
        "the order has the hold code {value}",
        "release it in the source, or set `held_orders` to `send`, then replay",
    ),
    Reason(
        "order_cancelled_in_target",
        "normal",
        "it is cancelled in the target, which cannot restore an order: {value}",
        "if it is still wanted, cancel it in the source, and enter it there again under another number; if it is "
        "not, cancel it in the source: the next sync closes this one by itself; if it is delivered already, dismiss "
        "this one",
    ),
    Reason(
        "order_closed_in_target",
        "normal",
        "it is closed in the target, which accepts no change of a closed order: {value}",
        "if more is to come, open it again in the target, which allows that after a soft close, then replay; or "
        "close it in the source too, and enter there what is still to come as a new order; if it stays closed, "
        "dismiss this one",
    ),
    Reason(
        "external_orders_off",
        "normal",
        "the target accepts no orders of another system: {value}",
        "have the feature switched on in the target, then replay",
    ),
    Reason(
        "required_field_blank",
        "normal",
        "{field} is blank and the target requires it",
        "fill it in the source, then replay",
    ),
    Reason(
        "too_long",
        "normal",
        "{field} is longer than the target allows: {value}",
        "shorten it in the source, then replay",
    ),
    Reason(
        "too_many_decimals",
        "normal",
        "the {field} {value} has more decimals than the target accepts, and is not rounded",
        "correct the amount in the source, then replay; or settle it there (a voucher: on a pay status that is not "
        "sent)",
    ),
    Reason(
        "not_unique",
        "normal",
        "{field} {value} is used by more than one document",
        "make it unique in the source or choose a unique-name rule, then replay",
    ),
)
