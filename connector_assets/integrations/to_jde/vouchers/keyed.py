"""How vouchers of ours are known: the setting `voucher_key` of the flow that makes them."""

from __future__ import annotations

from typing import Any

from connector_assets.delivery.workbench import Workbench
from connector_assets.integrations.to_jde.vouchers.marks import MarkRules
from connector_assets.integrations.to_jde.vouchers.origins import MarkedOrigins, Origins
from connector_assets.integrations.to_jde.vouchers.preset import PresetOrigins
from connector_assets.integrations.to_jde.vouchers.traced import TracedOrigins


def origins_of(bench: Workbench, flow: str, entity: str, rules: MarkRules[Any]) -> Origins:
    """What knows the vouchers of one flow (its full name), whose document keys begin with `entity`."""
    if rules.voucher_key in (None, "mark"):
        return MarkedOrigins(bench, flow, entity, rules)
    kind = TracedOrigins if rules.voucher_key == "supplier_invoice" else PresetOrigins
    return kind(bench, flow, entity, rules)
