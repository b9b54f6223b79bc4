"""What holds for suppliers, their addresses and sites beyond their fields (coupa section 3.1)."""

from __future__ import annotations

import re

from connector_sandbox.coupa.instance import Change, Instance

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def check_supplier(instance: Instance, change: Change) -> None:
    """An address to send orders to where they go by e-mail, and a valid one."""
    record = change.record
    strict = instance.options.supplier_create == "strict" and not change.privileged
    if strict and change.before is None and not record["po-change-method"]:
        change.messages.append("PO change method can't be blank")
    if record["po-method"] == "email" and not record["po-email"]:
        change.messages.append("PO email can't be blank")
    if record["po-email"] and not _EMAIL.fullmatch(record["po-email"]):
        change.messages.append("PO email is not a valid email address.")
    contact = record["primary-contact"]
    if contact and contact["email"] and not _EMAIL.fullmatch(contact["email"]):
        change.messages.append("Supplier email is not a valid email address.")


def check_remit_to(instance: Instance, change: Change) -> None:
    """A remit-to-code that no other address has, in the instance or with this supplier."""
    record = change.record
    if not record["remit-to-code"]:
        return
    table = instance.tables["remit_to_addresses"]
    same = table.find(("remit-to-code",), (record["remit-to-code"],)) - {record["id"]}
    if instance.options.remit_to_code_per_supplier:
        same = {number for number in same if table.rows[number]["supplier"] == record["supplier"]}
    if same:
        change.messages.append("Remit to code has already been taken")
