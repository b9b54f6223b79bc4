"""Taking back: which program voids a voucher or a payment, and what goes with it (jde-ais section 15)."""

from __future__ import annotations

from datetime import date
from typing import Any

from connector_sandbox.jde.acting import BusinessError, Program
from connector_sandbox.jde.matching import Matching
from connector_sandbox.jde.payables import Payables, VoucherKey
from connector_sandbox.jde.payments import WITHOUT_VOUCHER, Payments


class Voiding(Program):
    """Voids on behalf of a user."""

    def voucher(self, key: VoucherKey, day: date) -> list[BusinessError]:
        """Void a voucher in A/P (P0411); gives the warnings. One that procurement made is treated as the switch
        `matched_void` says; one that was made by its payment goes with that. BusinessError when it is refused."""
        payables = Payables(self._environment, self._user, self._program)
        if payables.batch_of(key)[0] == WITHOUT_VOUCHER:
            for payment in self._payments_of(key):
                self.payment(payment, day)
            return []
        matching = Matching(self._environment, self._user, self._program)
        way = self._environment.options.matched_void
        if not matching.receivers(key) or way == "silent":
            payables.void_voucher(key, day)
            return []
        error = BusinessError("0171", f"Voucher {key.number} was created by Procurement: reverse it in P4314", "DOC")
        if way == "refuse":
            raise error
        payables.void_voucher(key, day)
        return [error]

    def payment(self, payment: int, day: date, *, reopened_on: str = "", vouchers: bool = False) -> dict[str, Any]:
        """Void a payment, and with `vouchers` what it paid; so it is always with a payment that made its voucher.

        Gives the numbers of the vouchers that are void, and what is said of those that are not: only a posted one is
        voided, and where one is not, the payment is void all the same.
        """
        payments = Payments(self._environment, self._user, self._program)
        keys, own, posted = payments.paid_vouchers(payment), payments.made_voucher(payment), payments.posted(payment)
        payments.void(payment, day, reopened_on=reopened_on)
        payables = Payables(self._environment, self._user, self._program)
        done: list[int] = []
        errors: list[str] = []
        for key in keys if vouchers or own else ():
            if own:
                gone = not posted and self._environment.options.unposted_payment_void == "deleted"
                payables.void_voucher(key, day, unposted="deleted" if gone else "voided")
            elif not payables.posted(key):
                errors.append(f"Voucher {key.number} is not posted, only the payment is void")
                continue
            else:
                self.voucher(key, day)
            done.append(key.number)
        return {"vouchers": done, "errors": errors}

    def _payments_of(self, key: VoucherKey) -> list[int]:
        rows = self._database["F0414"].where(**key.columns)
        return sorted({int(self._record("F0414", row)["PYID"]) for row in rows})
