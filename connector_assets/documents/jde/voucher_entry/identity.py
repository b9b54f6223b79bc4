"""How vouchers of ours are recognised: the setting `voucher_key` of the flow that enters them.

If it is null, a new home recognises them by supplier and invoice number, and a home that entered vouchers under the
mark continues with the mark. That is decided once, and kept in the home's ledger.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from connector_assets.documents.jde.voucher_entry.marks import MarkRules
from connector_assets.documents.jde.voucher_entry.origins import MarkedOrigins, Origins
from connector_assets.documents.jde.voucher_entry.preset_numbers import PresetOrigins
from connector_assets.documents.jde.voucher_entry.without_mark import TracedOrigins
from connector_assets.engine.context import RunContext
from connector_resources.jde import JdeClient

MARK, NUMBER = "mark", "supplier_invoice"
KINDS: dict[str, type[Origins]] = {MARK: MarkedOrigins, NUMBER: TracedOrigins, "preset_document": PresetOrigins}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KnownBy:
    """By what vouchers are known: a value of `voucher_key`, and why it is that one."""

    key: str
    why: str


def origins_of(context: RunContext, flow: str, entity: str, rules: MarkRules[Any]) -> Origins:
    """What knows the vouchers of one flow (its full name), whose document keys begin with `entity`."""
    return KINDS[known_by(context, flow, entity, rules).key](context, flow, entity, rules)


def known_by(context: RunContext, flow: str, entity: str, rules: MarkRules[Any]) -> KnownBy:
    """By what the vouchers of a flow are known. Where neither settings nor ledger say so, JD Edwards is asked once
    whether it holds vouchers with our mark."""
    if rules.voucher_key is not None:
        return KnownBy(rules.voucher_key, "voucher_key says so")
    made = context.ledger.vouchers_made
    # a mark alone would not find these again, whereas what was made under the mark is found either way
    if made.any(flow):
        return KnownBy(NUMBER, "this home has made vouchers so")
    if "mark_column" in rules.model_fields_set:
        return KnownBy(MARK, "mark_column is set, and voucher_key is not")
    if (decided := made.known_by(flow)) is None:
        now = _judged(context, flow, entity, rules)
        decided = made.decide(flow, now.key, now.why, context.now())
        log.info("%s: vouchers are known by %s: %s", flow, *decided)
    return KnownBy(*decided)


def _judged(context: RunContext, flow: str, entity: str, rules: MarkRules[Any]) -> KnownBy:
    if context.ledger.vouchers_made.others(flow):
        return KnownBy(MARK, "this home has made vouchers under the mark")
    if MarkedOrigins(context, flow, entity, rules).any(context.client("jde", JdeClient)):
        return KnownBy(MARK, f"JD Edwards holds vouchers with our mark in {rules.mark_column}")
    return KnownBy(NUMBER, "no voucher was made under a mark")
