"""Vendors as BILL holds them: in the terms of the flow's content, and as request bodies (bill section 3.1).

A tax number is known by its last four everywhere but in the landing store and in the request itself: bodies carry it
masked, and it is put in when they are sent. Whether BILL shows it in clear is not established: `tax_id` is in the
content of a vendor only where it does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from connector_assets.engine.document import Document, Target, version_text
from connector_assets.engine.tax_numbers import masked, without
from connector_assets.pairs.jde_bill.vendors.matching import is_masked, plain, same_number
from connector_resources.bill import Vendor
from connector_resources.errors import SystemProblem
from connector_resources.redact import last_four

ACTIVE, ARCHIVED = "active", "archived"
ADDRESS = {
    "line1": "line1",
    "line2": "line2",
    "city": "city",
    "state": "stateOrProvince",
    "zip": "zipOrPostalCode",
    "country": "country",
}
PLAIN = {
    "name": "name",
    "short_name": "shortName",
    "email": "email",
    "phone": "phone",
    "bill_currency": "billCurrency",
    "account_type": "accountType",
}
INFO = {"tax_id": "taxId", "tax_id_type": "taxIdType", "track_1099": "track1099"}
# networkStatus of a vendor whose phone comes from its own profile in BILL's network
CONNECTED = ("CONNECTED", "CONNECTED_RPPS")


def observe(vendor: Vendor, seal: bytes) -> Target:
    """A vendor of BILL in the terms of this flow's content; `seal` is the key of the tax number's digest."""
    address, info = vendor.address, vendor.additional_info
    status = ACTIVE if vendor.usable else ARCHIVED
    parts = {
        "line1": address.line1 if address else None,
        "line2": address.line2 if address else None,
        "city": address.city if address else None,
        "state": address.state_or_province if address else None,
        "zip": address.zip_or_postal_code if address else None,
        "country": address.country if address else None,
    }
    content: dict[str, Any] = {
        "name": vendor.name,
        "short_name": vendor.short_name or None,
        "status": status,
        "email": vendor.email or None,
        "phone": vendor.phone or None,
        "bill_currency": vendor.bill_currency,
        "account_type": vendor.account_type,
        "address": {name: value or None for name, value in parts.items()},
        "tax_id_type": info.tax_id_type if info else None,
        "track_1099": info.track1099 if info else None,
    }
    if info and info.tax_id and not is_masked(info.tax_id):
        content["tax_id"] = shown(info.tax_id, seal)
    return Target(
        str(vendor.id),
        content,
        status=status,
        label=vendor.name or "",
        raw=vendor,
        version=version_text(vendor.updated_time),
    )


def shown(tax_id: str | None, seal: bytes) -> str | None:
    """A tax number as the content has it: its last four, and a digest of the number however it is written."""
    return masked(same_number(tax_id) or tax_id, seal)


def settled(content: Mapping[str, Any], target: Target, sent_tax_id: str) -> dict[str, Any]:
    """`content` with what BILL holds in the place of what JDE does not say or cannot decide.

    Whether a field can be emptied is not established, so what is blank in JDE stays in BILL, lines of an address
    excepted; the phone of a vendor that is connected to BILL's network is that of its profile; of an archived vendor
    nothing counts but that it is. `sent_tax_id` is the tax number that BILL is known to have accepted from us ('' where
    none is): one that BILL does not show is sent again only when it changed.
    """
    held = target.content
    if content["status"] == ARCHIVED:
        return {**held, "status": ARCHIVED}
    kept = {name: held.get(name) if value is None else value for name, value in content.items()}
    if target.raw.network_status in CONNECTED:
        kept["phone"] = held["phone"]
    if _holds(target, content["tax_id"], sent_tax_id):
        kept["tax_id"] = held.get("tax_id")
    return kept


def _holds(target: Target, ours: str | None, sent: str) -> bool:
    """Whether BILL has our tax number, as far as it can be told. Of a masked one that we never sent the last four have
    to do."""
    held = target.content.get("tax_id")
    if not ours or held == ours:
        return True
    if held is not None:
        return False
    info = target.raw.additional_info
    hidden = info.tax_id if info else None
    return sent == ours or (not sent and hidden is not None and ours.partition(" ")[0] == f"…{plain(hidden)[-4:]}")


def body_of(document: Document, fields: Collection[str], held: Mapping[str, Any]) -> dict[str, Any]:
    """The request body for these fields of the content, with the tax number masked. An address and the additional data
    go whole, since whether BILL merges an object or replaces it is not established. A line of the address that BILL
    holds (`held`: the content as it was read there) and JDE has no more goes as an empty text; what neither has does
    not go: no page says that an empty text is taken."""
    content, body = document.content, {}
    for name, theirs in PLAIN.items():
        if name in fields and content[name] is not None:
            body[theirs] = content[name]
    if "address" in fields:
        ours, there = content["address"], held.get("address") or {}
        body["address"] = {
            theirs: ours[name] or "" for name, theirs in ADDRESS.items() if ours[name] or there.get(name)
        }
    if INFO.keys() & set(fields):
        info = {theirs: content[name] for name, theirs in INFO.items() if content[name] is not None}
        if "taxId" in info:
            info["taxId"] = last_four(document.facts["row"]["tax_id"])
        body["additionalInfo"] = info
    return body


def creation(document: Document) -> dict[str, Any]:
    """The request body of a new vendor: nothing that is empty, for there is nothing to be emptied."""
    body = body_of(document, document.content, {})
    return {name: value for name, value in body.items() if value not in (None, {})}


def sending(
    send: Callable[[Mapping[str, Any]], Vendor], tax_id: str | None, seal: bytes
) -> Callable[[Mapping[str, Any]], Target]:
    """`send` with the tax number in its place, and out of what BILL says about it."""

    def sent(body: Mapping[str, Any]) -> Target:
        try:
            return observe(send(_whole(body, tax_id)), seal)
        except SystemProblem as problem:
            raise without(problem, tax_id) from None

    return sent


def sending_many(
    send: Callable[[Sequence[Mapping[str, Any]]], Sequence[Vendor]], tax_ids: Mapping[str, str | None], seal: bytes
) -> Callable[[Sequence[Mapping[str, Any]]], Sequence[Target]]:
    """`sending` of several new vendors in a call. `tax_ids` are the numbers by short name."""

    def sent(bodies: Sequence[Mapping[str, Any]]) -> list[Target]:
        own = [tax_ids[body["shortName"]] for body in bodies]
        try:
            made = send([_whole(body, tax_id) for body, tax_id in zip(bodies, own, strict=True)])
        except SystemProblem as problem:
            for tax_id in own:
                problem = without(problem, tax_id)
            raise problem from None
        return [observe(vendor, seal) for vendor in made]

    return sent


def _whole(body: Mapping[str, Any], tax_id: str | None) -> Mapping[str, Any]:
    info = body.get("additionalInfo", {})
    return {**body, "additionalInfo": {**info, "taxId": tax_id}} if "taxId" in info else body
