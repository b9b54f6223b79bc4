"""The routes of the API: which verb on which resource, and which scopes it takes (coupa sections 2.4 and
3).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from starlette.routing import Route

from connector_sandbox.coupa import lifecycle
from connector_sandbox.coupa.instance import Instance
from connector_sandbox.coupa.order_moves import LINE_MOVES
from connector_sandbox.coupa.order_verbs import OrderVerbs
from connector_sandbox.coupa.verbs import Move, Verbs
from connector_sandbox.coupa.wire import Front, Verb

_CHANGE = ("PUT", "PATCH")


class Api:
    """Builds the routes over one instance."""

    def __init__(self, instance: Instance, front: Front) -> None:
        self._verbs = Verbs(instance)
        self._order_verbs = OrderVerbs(instance, self._verbs)
        self._front = front
        self.routes: list[Route] = []
        self._reference_data()
        self._charts()
        self._suppliers()
        self._orders()
        self._invoices()
        self._payments_and_payables()
        self._monitoring()

    def _reference_data(self) -> None:
        read, write = "core.common.read", "core.common.write"
        for name in (
            "departments",
            "payment_terms",
            "exchange_rates",
            "lookups",
            "lookup_values",
            "commodities",
            "shipping_terms",
        ):
            self._resource(name, read, write, "list show create update")
        self._resource("uoms", read, "core.uom.write", "list show create update")
        self._resource("addresses", read, write, "list show update")
        self._add("POST", "/api/addresses", [write], self._verbs.create_address)
        for name in ("currencies", "tax_codes"):
            self._resource(name, read, write, "list show")
        self._resource("users", "core.user.read", "core.user.write", "list show")

    def _charts(self) -> None:
        read, write = "core.accounting.read", "core.accounting.write"
        verbs = self._verbs
        self._resource("account_types", read, write, "list show create")
        copy = verbs.changing("account_types", verbs.copy_chart, status=201)
        self._add("POST", "/api/account_types/{id:int}/copy", [write], copy)
        self._resource("accounts", read, write, "list show create update")
        self._resource("account_validation_rules", read, write, "list show create update")
        validate = verbs.changing("accounts", verbs.validate_account, status=201)
        self._add("POST", "/api/accounts/validate_account", [read, write], validate)

    def _suppliers(self) -> None:
        read, write = "core.supplier.read", "core.supplier.write"
        everything = "list show create update"
        below = "/api/suppliers/{supplier_id:int}"
        self._resource("suppliers", read, write, everything)
        self._resource("remit_to_addresses", read, write, everything, path=f"{below}/addresses")
        self._add("DELETE", f"{below}/addresses/{{id:int}}", [write], self._verbs.delete_remit_to)
        read, write = "core.supplier_sites.read", "core.supplier_sites.write"
        self._resource("supplier_sites", read, write, everything, path=f"{below}/supplier_sites")
        self._resource("supplier_sites", read, write, everything)

    def _orders(self) -> None:
        read, write = "core.purchase_order.read", "core.purchase_order.write"
        orders = self._order_verbs
        one = "/api/purchase_orders/{id:int}"
        self._resource("purchase_orders", read, write, "list show")
        self._add("POST", "/api/purchase_orders", [write], orders.create())
        for method in _CHANGE:
            self._add(method, one, [write], orders.update())
        for action, verb in orders.actions().items():
            self._add("PUT", f"{one}/{action}", [write], verb)
        self._resource("purchase_order_lines", read, write, "list show")
        self._add("DELETE", "/api/purchase_order_lines/{id:int}", [write], orders.delete_line)
        for action, (move, side) in LINE_MOVES.items():
            self._action("purchase_order_lines", action, [write], partial(move, side=side))
        self._resource("purchase_order_revisions", read, write, "list show")

    def _invoices(self) -> None:
        write, create, delete = "core.invoice.write", "core.invoice.create", "core.invoice.delete"
        self._resource("invoices", "core.invoice.read", write, "list show update")
        self._add("POST", "/api/invoices", [create, write], self._verbs.creator("invoices"))
        self._action("invoices", "submit", [create, write], lifecycle.submit)
        self._action("invoices", "void", [delete], lifecycle.void)
        self._action("invoices", "abandon", [delete], lifecycle.abandon)
        bypass = ["core.invoice.approval.bypass"]
        self._action("invoices", "bypass_approvals", bypass, lifecycle.bypass_approvals)
        self._action("invoices", "bypass_current_approval", bypass, lifecycle.bypass_current_approval)
        self._action("invoices", "restart_approvals", ["core.invoice.approval.write"], lifecycle.restart_approvals)
        self._add("PUT", "/api/invoices/{id:int}/dispute", [write], self._verbs.disputer())
        self._action("invoices", "withdraw_dispute", [write], lifecycle.withdraw_dispute)
        self._add("DELETE", "/api/invoices/{id:int}", [delete], self._verbs.delete_invoice)
        self._resource("approvals", "core.approval.read", "core.approval.write", "list show")
        for action, status in (("approve", "approved"), ("reject", "rejected"), ("hold", "on_hold")):
            path = f"/api/approvals/{{id:int}}/{action}"
            self._add("PUT", path, ["core.approval.write"], self._verbs.decider(status))

    def _payments_and_payables(self) -> None:
        read, write = "core.pay.payments.read", "core.pay.payments.write"
        path, name = "/api/coupa_pay/payments", "coupa_pay_payments"
        self._resource(name, read, write, "list show", path=path)
        for method in _CHANGE:
            self._add(method, f"{path}/{{id:int}}", [write], self._verbs.export_only(name))
        self._add("PUT", f"{path}/{{id:int}}/export", [write], self._verbs.exporter(name))
        read, write = "core.payables.external.read", "core.payables.external.write"
        path, name = "/api/payables/external/payables", "external_payables"
        self._resource(name, read, write, "list show create update", path=path)
        for method in _CHANGE:
            self._add(method, f"{path}/{{id:int}}/void", [write], self._verbs.mover(name, lifecycle.void_payable))

    def _monitoring(self) -> None:
        read, write = "core.integration.read", "core.integration.write"
        for name in ("integrations", "integration_runs", "integration_errors", "integration_history_records"):
            self._resource(name, read, write, "list show create update")
        for action in lifecycle.RUN_STATUSES:
            self._action("integration_runs", action, [write], partial(lifecycle.move_run, action=action))
        for name in ("integration_errors", "integration_history_records"):
            for action in ("resolve", "unresolve"):
                resolve = partial(lifecycle.resolve, entity=name, resolved=action == "resolve")
                self._action(name, action, [write], resolve)

    def _resource(self, name: str, read: str, write: str, verbs: str, *, path: str = "") -> None:
        path = path or f"/api/{name}"
        one = path + "/{id:int}"
        if "list" in verbs:
            self._add("GET", path, [read], self._verbs.lister(name))
            # Vendor pages print lists with a slash before the query (coupa section 3.0.1).
            self._add("GET", f"{path}/", [read], self._verbs.lister(name))
        if "show" in verbs:
            self._add("GET", one, [read], self._verbs.shower(name))
        if "create" in verbs:
            self._add("POST", path, [write], self._verbs.creator(name))
        if "update" in verbs:
            for method in _CHANGE:
                self._add(method, one, [write], self._verbs.updater(name))

    def _action(self, name: str, action: str, scopes: Sequence[str], move: Move) -> None:
        self._add("PUT", f"/api/{name}/{{id:int}}/{action}", scopes, self._verbs.mover(name, move))

    def _add(self, method: str, path: str, scopes: Sequence[str], verb: Verb) -> None:
        self.routes.append(self._front.route(method, path, scopes, verb))
