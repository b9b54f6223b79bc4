"""The routes of the AP API: which verb on which resource (bill section 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from types import ModuleType
from typing import Any

from starlette.routing import Route

from connector_sandbox.bill import (
    approvals,
    bills,
    classifications,
    documents,
    payment_creates,
    payment_terms,
    payments,
    vendor_credits,
    vendors,
)
from connector_sandbox.bill.books import Books, Record
from connector_sandbox.bill.errors import Refusal, invalid
from connector_sandbox.bill.lists import Listing, Lists, page_size
from connector_sandbox.bill.sessions import ORGANIZATION
from connector_sandbox.bill.shapes import Field, Shape, taken, taken_many
from connector_sandbox.bill.wire import Call, Front, Result, Verb

_WITH_ID: Shape = {"id": Field("text", required=True)}
View = Callable[[Record], Any]


class Api:
    """Builds the routes over one organisation's books."""

    def __init__(self, front: Front, books: Books, lists: Lists) -> None:
        self._front = front
        self._books = books
        self._lists = lists
        self.routes: list[Route] = []
        self._vendors()
        self._bills()
        self._approvals()
        self._credits()
        self._payments()
        self._terms()
        self._documents()
        for family in classifications.FAMILIES.values():
            self._classification(family)

    def _vendors(self) -> None:
        show = partial(vendors.view, self._books)
        self._document("/v3/vendors", "vendors", vendors, show, show)
        self._add("POST", "/v3/vendors/bulk", self._bulk(vendors, show, lambda made: {"vendors": made}))
        self._moves("/v3/vendors", vendors, show)
        path = "/v3/vendors/{id}/bank-account"
        self._add("GET", path, lambda call: Result(self._account(vendors.bank_account(self._books, call.path["id"]))))
        self._add("POST", path, self._add_bank_account)
        self._add("DELETE", path, self._delete_bank_account)

    def _bills(self) -> None:
        show = partial(bills.view, self._books)
        bare = partial(bills.view, self._books, vendor_name=False)
        self._add("POST", "/v3/bills/record-payment", self._record_payment)
        self._document("/v3/bills", "bills", bills, show, bare)
        self._add("PUT", "/v3/bills/{id}", self._replacing(bills, bare))
        self._add("POST", "/v3/bills/bulk", self._bulk(bills, bare, lambda made: made))
        self._moves("/v3/bills", bills, bare)

    def _approvals(self) -> None:
        path = "/v3/bill-approvals"
        self._add("POST", f"{path}/actions", self._decide)
        self._add("GET", f"{path}/pending-user-approvals", self._pending)
        one = f"{path}/policies/{{id}}"
        self._add("GET", f"{path}/policies", lambda _: Result(self._policies()))
        self._add("POST", f"{path}/policies", self._save_policy)
        # the guide's path for the same
        self._add("POST", path, self._save_policy)
        self._add("PUT", one, self._save_policy)
        self._add("DELETE", one, self._delete_policy)

    def _credits(self) -> None:
        path, books = "/v3/vendor-credits", self._books
        self._document(path, "vendor_credits", vendor_credits, _same, _same)
        self._add("PUT", f"{path}/{{id}}", self._replacing(vendor_credits, _same))
        self._add("POST", f"{path}/bulk", self._bulk(vendor_credits, _same, _credits))
        shape = {**vendor_credits.SHAPE, **_WITH_ID}
        for method, change in (("PUT", vendor_credits.replace), ("PATCH", vendor_credits.update)):
            self._add(method, f"{path}/bulk", self._changing_many(shape, change, method == "PATCH"))
        self._add("POST", f"{path}/bulk/archive", self._many_by_id(partial(vendor_credits.archive, books), _credits))
        self._add("POST", f"{path}/{{id}}/archive", self._mover(partial(vendor_credits.archive, books), _same))

    def _payments(self) -> None:
        path, books = "/v3/payments", self._books
        show = partial(payments.view, books)
        self._add("GET", path, self._lister("payments", payments.LISTING, show))
        self._add("POST", path, self._trusted(self._pay))
        self._add("POST", f"{path}/bulk", self._trusted(self._pay_several))
        # No fields are published for these, and `{id}` would take their place.
        for name in ("options", "exchange-rate"):
            self._add("GET", f"{path}/{name}", _missing)
        self._add("GET", f"{path}/{{id}}", self._shower("payments", show))
        self._add("POST", f"{path}/{{id}}/cancel", self._mover(partial(payments.cancel, books), show))
        self._add("POST", f"{path}/{{id}}/void", self._void)

    def _documents(self) -> None:
        """Uploads are bytes and answered with 200. A bill has documents, and no attachments."""
        books = self._books
        self._add("GET", "/v3/documents/upload-status", lambda c: Result(documents.statuses(books, c.query.get("ids"))))
        for kind in (documents.DOCUMENT, documents.ATTACHMENT):
            of_owner, one = f"/v3/{kind.entity}/{kind.owner}/{{id}}", f"/v3/{kind.entity}/{{id}}"
            self.routes.append(self._front.route("POST", of_owner, self._uploading(kind), raw=True))
            self._add("GET", of_owner, self._uploads(kind))
            self._add("GET", one, self._uploaded(kind))
        self._add("DELETE", "/v3/attachments/{id}", self._delete_attachment)

    def _uploading(self, kind: documents.Kind) -> Verb:
        def verb(call: Call) -> Result:
            made = documents.upload(self._books, kind, call.path["id"], call.query.get("name"), call.body)
            return Result(documents.uploaded(self._books, made, call.base))

        return verb

    def _uploads(self, kind: documents.Kind) -> Verb:
        def verb(call: Call) -> Result:
            found = documents.of_owner(self._books, kind, call.path["id"])
            size, token = page_size(call.query.get("max")), call.query.get("page") or "0"
            if not token.isdecimal():
                raise invalid(["page: is not known"])
            start = int(token)
            page: dict[str, Any] = {
                "results": [documents.view(each, call.base) for each in found[start : start + size]]
            }
            if start + size < len(found):
                page["nextPage"] = str(start + size)
            if start > 0:
                page["prevPage"] = str(max(0, start - size))
            return Result(page)

        return verb

    def _uploaded(self, kind: documents.Kind) -> Verb:
        return lambda call: Result(documents.view(documents.one(self._books, kind, call.path["id"]), call.base))

    def _delete_attachment(self, call: Call) -> Result:
        self._books.remove("attachments", documents.one(self._books, documents.ATTACHMENT, call.path["id"])["id"])
        return Result(None, 204)

    def _terms(self) -> None:
        """There is neither delete nor archive; the verb of an update is not legible, so both are answered."""
        path = f"/v3/organizations/{ORGANIZATION}/payment-terms"
        self._document(path, "payment_terms", payment_terms, _same, _same)
        self._add("PUT", f"{path}/{{id}}", self._replacing(payment_terms, _same))

    def _classification(self, family: classifications.Family) -> None:
        path, books = f"/v3/classifications/{family.path}", self._books
        create = partial(classifications.create, books, family)
        change = partial(classifications.update, books, family)
        most = classifications.BULK

        def keyed(made: list[Any]) -> Any:
            return {family.key: made}

        def creating(call: Call) -> Result:
            return Result(create(taken(family.shape, call.body, family.entity)), 201)

        def updating(call: Call) -> Result:
            return Result(change(call.path["id"], taken(family.shape, call.body, family.entity, partial=True)))

        def creating_many(call: Call) -> Result:
            given = taken_many(family.shape, call.body, family.entity, most)
            return Result(keyed(self._all_or_none(create, given)), 201)

        def updating_many(call: Call) -> Result:
            given = taken_many({**family.shape, **_WITH_ID}, call.body, family.entity, most, partial=True)
            _check_ids(given)
            return Result(keyed(self._all_or_none(lambda each: change(each.pop("id"), each), given)))

        self._add("GET", path, self._lister(family.entity, family.listing, _same))
        self._add("POST", path, creating)
        self._add("POST", f"{path}/bulk", creating_many)
        self._add("PATCH", f"{path}/bulk", updating_many)
        for name, move in (("archive", classifications.archive), ("restore", classifications.restore)):
            bound = partial(move, books, family)
            self._add("POST", f"{path}/bulk/{name}", self._many_by_id(bound, keyed))
            self._add("POST", f"{path}/{{id}}/{name}", self._mover(bound, _same))
        self._add("GET", f"{path}/{{id}}", self._shower(family.entity, _same))
        self._add("PATCH", f"{path}/{{id}}", updating)

    # What the resources share

    def _document(self, path: str, entity: str, module: ModuleType, listed: View, made: View) -> None:
        self._add("GET", path, self._lister(entity, module.LISTING, listed))
        self._add("POST", path, self._creating(module, made))
        self._add("GET", f"{path}/{{id}}", self._shower(entity, listed))
        self._add("PATCH", f"{path}/{{id}}", self._updating(module, made))

    def _moves(self, path: str, module: ModuleType, view: View) -> None:
        for name in ("archive", "restore"):
            self._add("POST", f"{path}/{{id}}/{name}", self._mover(partial(getattr(module, name), self._books), view))

    def _lister(self, entity: str, listing: Listing, view: View) -> Verb:
        def verb(call: Call) -> Result:
            page = self._lists.answer(listing, entity, call.query)
            page["results"] = [view(record) for record in page["results"]]
            return Result(page)

        return verb

    def _shower(self, entity: str, view: View) -> Verb:
        return lambda call: Result(view(self._books.get(entity, call.path["id"])))

    def _creating(self, module: ModuleType, view: View) -> Verb:
        def verb(call: Call) -> Result:
            return Result(view(module.create(self._books, taken(module.SHAPE, call.body, module.NAME))), 201)

        return verb

    def _updating(self, module: ModuleType, view: View) -> Verb:
        def verb(call: Call) -> Result:
            values = taken(module.SHAPE, call.body, module.NAME, partial=True)
            return Result(view(module.update(self._books, call.path["id"], values)))

        return verb

    def _replacing(self, module: ModuleType, view: View) -> Verb:
        def verb(call: Call) -> Result:
            values = taken(module.SHAPE, call.body, module.NAME)
            return Result(view(module.replace(self._books, call.path["id"], values)))

        return verb

    def _mover(self, move: Callable[[str], Record], view: View) -> Verb:
        return lambda call: Result(view(move(call.path["id"])))

    def _bulk(self, module: ModuleType, view: View, shaped: Callable[[list[Any]], Any]) -> Verb:
        """Creates all or none."""

        def verb(call: Call) -> Result:
            given = taken_many(module.SHAPE, call.body, module.NAME, module.BULK)
            made = self._all_or_none(lambda each: module.create(self._books, each), given)
            return Result(shaped([view(record) for record in made]), 201)

        return verb

    def _all_or_none(self, do: Callable[[Any], Record], given: list[Any]) -> list[Record]:
        """All records of a bulk call; the refusal of one says of the others that they were rolled back."""
        made = []
        for each in given:
            try:
                made.append(do(each))
            except Refusal as refusal:
                if refusal.code is not None and self._books.options.bulk_others:
                    refusal.rolled_back = len(given) - 1
                raise
        return made

    def _changing_many(self, shape: Shape, change: Callable[..., Record], partial_bodies: bool) -> Verb:
        def verb(call: Call) -> Result:
            most = vendor_credits.BULK
            given = taken_many(shape, call.body, vendor_credits.NAME, most, partial=partial_bodies)
            _check_ids(given)
            return Result(_credits(self._all_or_none(lambda each: change(self._books, each.pop("id"), each), given)))

        return verb

    def _many_by_id(self, move: Callable[[str], Record], shaped: Callable[[list[Any]], Any]) -> Verb:
        """`?ids=a,b`"""

        def verb(call: Call) -> Result:
            keys = [key.strip() for key in call.query.get("ids", "").split(",") if key.strip()]
            if not keys:
                raise invalid(["ids: must not be null"])
            return Result(shaped(self._all_or_none(move, keys)))

        return verb

    # What one resource has

    def _pay(self, call: Call) -> Result:
        made = payment_creates.create(self._books, taken(payment_creates.ONE, call.body, "Payment"))
        return Result(payments.view(self._books, made), 201)

    def _pay_several(self, call: Call) -> Result:
        made = payment_creates.create_several(self._books, taken(payment_creates.SEVERAL, call.body, "BulkPayment"))
        return Result({"payments": [payments.view(self._books, each) for each in made]}, 201)

    def _record_payment(self, call: Call) -> Result:
        made = payments.record_outside(self._books, taken(payments.RECORD, call.body, "RecordPayment"))
        return Result(payments.view(self._books, made))

    def _void(self, call: Call) -> Result:
        values = taken(payments.VOID, call.body, "VoidPayment")
        made = payments.void(self._books, call.path["id"], values["type"], values.get("reason"))
        return Result(payments.view(self._books, made))

    def _add_bank_account(self, call: Call) -> Result:
        values = taken(vendors.BANK_ACCOUNT, call.body, "VendorBankAccount")
        made = self._account(vendors.add_bank_account(self._books, call.path["id"], values))
        return Result(made, self._books.options.bank_account_created)

    def _account(self, account: Record) -> dict[str, Any]:
        """Without what the sandbox adds to keep it, and with the number masked but for its end."""
        shown = {name: value for name, value in account.items() if name not in ("archived", "vendorId")}
        if state := self._books.options.bank_account_state:
            shown = {"status": state, **shown}
        if self._books.options.bank_account_numbers == "clear":
            return shown
        return {**shown, "accountNumber": f"*****{account['accountNumber'][-4:]}"}

    def _delete_bank_account(self, call: Call) -> Result:
        vendors.delete_bank_account(self._books, call.path["id"])
        return Result(None, 204)

    def _decide(self, call: Call) -> Result:
        for each in taken_many(approvals.ACTION, call.body, "ApprovalAction", 100):
            approvals.decide(self._books, each["billId"], each["action"], call.session.user.id)
        return Result({"status": "SUCCESS"})

    def _pending(self, call: Call) -> Result:
        return Result({"bills": approvals.pending(self._books, call.session.user.id)})

    def _policies(self) -> list[Record]:
        policies = self._books.tables["policies"].values()
        return [approvals.policy_view(self._books, policy) for policy in policies if not policy["archived"]]

    def _save_policy(self, call: Call) -> Result:
        key = call.path.get("id")
        values = taken(approvals.POLICY, call.body, "ApprovalPolicy")
        made = approvals.save_policy(self._books, values, key)
        return Result(approvals.policy_view(self._books, made), 200 if key else 201)

    def _delete_policy(self, call: Call) -> Result:
        self._books.remove("policies", call.path["id"])
        return Result(None)

    def _trusted(self, verb: Verb) -> Verb:
        """Payments are created in an MFA-trusted session only (bill section 2.3)."""

        def trusted(call: Call) -> Result:
            if self._books.options.mfa_required and not call.session.trusted:
                raise Refusal(403, "BDC_1361", "Untrusted session.")
            return verb(call)

        return trusted

    def _add(self, method: str, path: str, verb: Verb) -> None:
        self.routes.append(self._front.route(method, path, verb))


def _same(record: Record) -> Record:
    return record


def _missing(call: Call) -> Result:
    raise Refusal(404, "BDC_1121", "API not supported.")


def _credits(made: list[Any]) -> Any:
    return {"vendorCredits": made}


def _check_ids(given: Iterable[Record]) -> None:
    missing = [f"[{place}].id: must not be null" for place, each in enumerate(given) if not each.get("id")]
    if missing:
        raise invalid(missing)
