"""Suppliers as Coupa holds them: in the terms of the flow's content, and as request bodies (coupa section 3.1).

A tax number is known by its last four everywhere but in the landing store and in the request itself: bodies carry it
masked, and it is put in when they are sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from connector_assets.documents.jde.suppliers.reading import joined
from connector_assets.engine.document import Document, Target, version_text
from connector_assets.engine.tax_numbers import masked, without
from connector_resources.coupa.models import Supplier
from connector_resources.errors import SystemProblem
from connector_resources.redact import last_four

ADDRESS = (*(f"street{n}" for n in range(1, 5)), "city", "state", "postal_code", "country")
TAX_ID = "tax-id"


def observe(supplier: Supplier, seal: bytes) -> Target:
    """A Coupa supplier in the terms of this flow's content; `seal` is the key of the tax number's digest."""
    address, contact = supplier.primary_address, supplier.primary_contact
    phone = contact.phone_work if contact else None
    term = supplier.payment_term
    parts: dict[str, Any] = {name: getattr(address, name, None) for name in ADDRESS if name != "country"}
    parts["country"] = address.country.code if address and address.country else None
    content: dict[str, Any] = {
        "number": supplier.number,
        "name": supplier.name,
        "status": supplier.status,
        "tax_id": masked(supplier.tax_id, seal),
        "payment_term": term.code if term else None,
        "address": parts if any(parts.values()) else None,
        "email": (contact.email if contact else None) or None,
        "phone": joined(phone.area_code, phone.number) if phone else None,
    }
    return Target(
        str(supplier.id),
        content,
        status=supplier.status or "",
        label=supplier.name or "",
        version=version_text(supplier.updated_at),
    )


def address_of(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The address of a mapped row; None where JDE has none."""
    address = {name: row[name] for name in ADDRESS}
    return address if any(address.values()) else None


def settled(content: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """`content` with what Coupa holds in the place of references, and of an address, that JDE has no more.

    A reference cannot be emptied for sure (coupa section 3.0), and a supplier without any address is of no use: what
    JDE does not say stays in Coupa. Plain values that are gone in JDE (e-mail, phone, tax number, lines of an address)
    are emptied.
    """
    kept = dict(content)
    if kept["payment_term"] is None:
        kept["payment_term"] = held["payment_term"]
    if kept["address"] is None:
        kept["address"] = held["address"]
    elif held["address"] and kept["address"]["country"] is None:
        kept["address"] = {**kept["address"], "country": held["address"]["country"]}
    return kept


def body_of(document: Document, fields: Collection[str]) -> dict[str, Any]:
    """The request body for these fields of the content, with the tax number masked."""
    row, content = document.facts["row"], document.content
    body: dict[str, Any] = {name: content[name] for name in ("name", "number", "status") if name in fields}
    if "tax_id" in fields:
        body[TAX_ID] = last_four(row["tax_id"]) if row["tax_id"] else None
    if "payment_term" in fields and content["payment_term"]:
        body["payment-term"] = {"code": content["payment_term"]}
    if "address" in fields and content["address"]:
        address = dict(content["address"])
        country = address.pop("country")
        body["primary-address"] = {name.replace("_", "-"): value for name, value in address.items()}
        if country:
            body["primary-address"]["country"] = {"code": country}
    contact: dict[str, Any] = {"email": content["email"]} if "email" in fields else {}
    if "phone" in fields:
        contact["phone-work"] = {"area-code": row["phone_area"], "number": row["phone_number"]}
    if contact:
        body["primary-contact"] = contact
    return body


def stripped(body: Mapping[str, Any]) -> dict[str, Any]:
    """A body without what is empty: a new supplier has nothing to be emptied."""
    kept = {name: stripped(value) if isinstance(value, Mapping) else value for name, value in body.items()}
    return {name: value for name, value in kept.items() if value not in (None, {})}


def sending(
    send: Callable[[Mapping[str, Any]], Supplier], tax_id: str | None, seal: bytes
) -> Callable[[Mapping[str, Any]], Target]:
    """`send` with the tax number in its place, and out of what Coupa says about it."""

    def sent(body: Mapping[str, Any]) -> Target:
        whole = {**body, TAX_ID: tax_id} if body.get(TAX_ID) else body
        try:
            return observe(send(whole), seal)
        except SystemProblem as problem:
            raise without(problem, tax_id) from None

    return sent
