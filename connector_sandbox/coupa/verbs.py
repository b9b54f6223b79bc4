"""What a call does: list, show, create, update, and the special actions, each as a function of the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connector_sandbox.coupa import charts, lifecycle
from connector_sandbox.coupa.errors import NoRows, Refusal, bad_query, not_found
from connector_sandbox.coupa.instance import ENTITIES, Instance
from connector_sandbox.coupa.master import SEGMENTS
from connector_sandbox.coupa.references import NoSuchReferenceError
from connector_sandbox.coupa.schema import Record, hyphenated
from connector_sandbox.coupa.wire import Call, Result, Verb

Move = Callable[[Instance, int], Record]
"""An action that changes the state of the record with an id."""


class Verbs:
    """Makes the verbs of the resources of one instance."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def lister(self, name: str) -> Verb:
        """GET of a collection; below a supplier, of what is the supplier's."""
        entity = ENTITIES[name]

        def verb(call: Call) -> Result:
            instance = self._instance
            table = instance.tables[name]
            supplier = self._supplier(call)
            within = None if supplier is None else set(table.find(("supplier",), (supplier,)))
            plan = instance.renderer.plan(entity, **_shown(call, reading=True))
            records = instance.query.run(table, call.query, within)
            if not records and (call.xml or instance.options.empty_lists == "not_found"):
                raise NoRows
            return Result([plan(record) for record in records], entity.singular)

        return verb

    def shower(self, name: str) -> Verb:
        """GET of one record."""
        entity = ENTITIES[name]

        def verb(call: Call) -> Result:
            plan = self._instance.renderer.plan(entity, **_shown(call, reading=True))
            return Result(plan(self._addressed(name, call)), entity.singular)

        return verb

    def creator(self, name: str) -> Verb:
        """POST to a collection; below a supplier, for the supplier."""

        def create(call: Call) -> Record:
            supplier = self._supplier(call)
            preset = None if supplier is None else {"supplier": supplier}
            return self._instance.create(name, call.body, preset=preset)

        return self.changing(name, create, status=201)

    def updater(self, name: str) -> Verb:
        """PUT or PATCH of one record. `?exported=true` is a request of its own: nothing else in it counts."""
        has_flag = "exported" in ENTITIES[name].shape.fields

        def update(call: Call) -> Record:
            record = self._addressed(name, call)
            exported = call.parameter("exported") if has_flag else None
            if exported is None:
                return self._instance.update(name, record["id"], call.body)
            # Only on: the mark is never taken off by the API (coupa section 3.7).
            return self._mark_exported(name, call) if exported.lower() == "true" else record

        return self.changing(name, update)

    def mover(self, name: str, move: Move) -> Verb:
        """PUT of an action on one record."""
        return self.changing(name, lambda call: move(self._instance, call.path["id"]))

    def exporter(self, name: str) -> Verb:
        """PUT that marks a record as exported and does nothing else."""
        return self.changing(name, lambda call: self._mark_exported(name, call))

    def export_only(self, name: str) -> Verb:
        """PUT to a resource that takes no other change than the mark."""

        def mark(call: Call) -> Record:
            body = call.body.get("coupa-pay-payment", call.body)
            sent = body.get("exported") if isinstance(body, Mapping) else None
            if (call.parameter("exported") or str(sent)).lower() != "true":
                raise Refusal(400, ENTITIES[name].singular, "The record can only be marked as exported.")
            return self._mark_exported(name, call)

        return self.changing(name, mark)

    def decider(self, status: str) -> Verb:
        """PUT of an approver's decision; `reason` says why."""
        return self.changing(
            "approvals",
            lambda call: lifecycle.decide_approval(self._instance, call.path["id"], status, call.parameter("reason")),
        )

    def disputer(self) -> Verb:
        """PUT of a dispute; the body holds its reason."""
        return self.changing("invoices", lambda call: lifecycle.dispute(self._instance, call.path["id"], call.body))

    def changing(self, name: str, change: Callable[[Call], Record], *, status: int = 200) -> Verb:
        """A verb that changes a record and answers with it, as far as it is asked to."""
        entity = ENTITIES[name]

        def verb(call: Call) -> Result:
            # What the answer is to look like comes first: a wrong `fields` must not be noticed after the effect.
            plan = self._instance.renderer.plan(entity, **_shown(call, reading=False))
            with self._instance.whole():
                record = change(call)
            if call.parameter("return_object") == "none":
                return Result(None, "", self._instance.options.return_none_status if status == 201 else status)
            return Result(plan(record), entity.singular, status)

        return verb

    def create_address(self, call: Call) -> Result:
        """POST of an address, with the answer of old if the option says so (coupa section 8, trap 9)."""
        result = self.creator("addresses")(call)
        if not self._instance.options.legacy_address_answers or result.tree is None:
            return result
        country = result.tree.get("country") or {}
        tree = {**result.tree, "country": country.get("name")}
        return Result({key.replace("-", "_"): value for key, value in tree.items()}, result.root, result.status)

    def copy_chart(self, call: Call) -> Record:
        """POST of a copy of a chart of accounts, without its accounts."""
        original = self._instance.record("account_types", call.path["id"])
        body = {"name": f"Copy of {original['name']}"[:50], **call.body}
        kept = {key: value for key, value in original.items() if key not in ("id", "created-at", "updated-at")}
        return self._instance.create("account_types", body, preset=kept)

    def validate_account(self, call: Call) -> Record:
        """POST of an account that is not to be created: whether documents may use it."""
        instance = self._instance
        body = {hyphenated(key): value for key, value in call.body.items()}
        try:
            chart = instance.references.resolve("account_types", "account-type", body.get("account-type") or {})
            row = instance.tables["account_types"].rows[chart]
            if row["dynamic-flag"]:
                problems = charts.segment_problems(instance, row, body)
                if problems:
                    raise Refusal(400, "account", *problems)
                segments = {key: value for key, value in body.items() if key in SEGMENTS}
                blank = instance.intake.blank(ENTITIES["accounts"].shape)
                return {**blank, **segments, "code": charts.code_of(body), "account-type": chart, "active": True}
            account = instance.tables["accounts"].rows[instance.references.resolve("accounts", "account", body)]
        except NoSuchReferenceError as error:
            raise Refusal(400, "account", str(error)) from None
        if not account["active"]:
            raise Refusal(400, "account", "Account is not active")
        return account

    def delete_remit_to(self, call: Call) -> Result:
        """DELETE of a remit-to address."""
        self._instance.tables.remove("remit_to_addresses", self._addressed("remit_to_addresses", call)["id"])
        return Result(None, "")

    def delete_invoice(self, call: Call) -> Result:
        """DELETE of an invoice."""
        lifecycle.delete_invoice(self._instance, call.path["id"])
        return Result(None, "")

    def _mark_exported(self, name: str, call: Call) -> Record:
        return lifecycle.mark_exported(self._instance, name, call.path["id"])

    def _supplier(self, call: Call) -> int | None:
        number: int | None = call.path.get("supplier_id")
        return None if number is None else self._instance.record("suppliers", number)["id"]

    def _addressed(self, name: str, call: Call) -> Record:
        record = self._instance.record(name, call.path["id"])
        if record.get("supplier") != call.path.get("supplier_id", record.get("supplier")):
            raise not_found(ENTITIES[name].singular)
        return record


def _shown(call: Call, *, reading: bool) -> Mapping[str, Any]:
    if not call.query:
        return _ALL
    returned = call.parameter("return_object")
    if reading and returned == "none":
        raise bad_query("return_object=none is for PUT and POST only.")
    return {"fields": call.parameter("fields"), "returned": returned, "named": call.parameter("filter")}


_ALL: Mapping[str, Any] = {"fields": None, "returned": None, "named": None}
