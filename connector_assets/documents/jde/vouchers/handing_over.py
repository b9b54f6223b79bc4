"""What another system pays is handed over in JD Edwards first: its pay items are put on a pay status that JDE's own
payment run never selects, and are read back, before anybody else may pay them.

`voucher_pay_status` is sent DocumentCompany, DocumentType and DocumentNumber, PayStatus, and the grid PayItems with the
PayItem (SFX) of those that are meant: the speed status change (jde-ais section 15) changes PST of open pay items and
posts nothing. What the payment run selects is said by the site, in `payment_run` of the connection.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, text
from connector_assets.documents.jde.payments.recording import OF_VOUCHER
from connector_assets.documents.jde.vouchers.pay_item_texts import is_in_payment, is_open, pay_item_words
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Prepared
from connector_resources.connections.jde import JdeConnection, PaymentRun
from connector_resources.errors import OutcomeUnknown, SystemProblem, Unavailable
from connector_resources.jde import JdeClient

PAY_STATUS = "voucher_pay_status"
# our field -> what the orchestration cannot do without
NEEDS: Mapping[str, Sequence[str]] = {PAY_STATUS: (*OF_VOUCHER, "PayStatus", "PayItems")}
VoucherKey = tuple[str, str, int]


def payment_run_of(context: RunContext) -> PaymentRun:
    """What JDE's own payment run selects, as the site declares it."""
    connection = context.connection("jde")
    assert isinstance(connection, JdeConnection)
    return connection.payment_run


def jde_pays(run: PaymentRun, row: Row) -> bool:
    """Whether JDE's own payment run may select a row of F0411, or has it in hand."""
    return run.selectable(row) or (is_open(row) and is_in_payment(row))


def rows_of(context: RunContext, vouchers: Collection[VoucherKey]) -> list[Row]:
    """The pay items (rows of F0411 but for audit rows) of these vouchers as they are now: a person may have changed
    them since they were landed."""
    if not vouchers:
        return []
    pages = context.client("jde", JdeClient).by_keys("F0411", VOUCHER_KEY, sorted(vouchers))
    return without_audit_rows([row for page in pages for row in page])


def body(voucher: VoucherKey, suffixes: Iterable[str], status: str) -> dict[str, Any]:
    """What `voucher_pay_status` is sent for these pay items of a voucher."""
    named = dict(zip(OF_VOUCHER, voucher, strict=True))
    return {**named, "PayStatus": status, "PayItems": [{"PayItem": each} for each in sorted(suffixes)]}


def hand_over(context: RunContext, sent: Mapping[str, Any], movable: Collection[str]) -> Prepared:
    """Put pay items on a status and read them back; `sent` is a `body`. What is there already is not sent again.

    Only pay items on one of the statuses `movable` are moved: a person may have held or paid one since it was read, and
    then nothing is done and the next run reads it again (Unavailable). OutcomeUnknown where the call was taken, and the
    pay items are not seen on the status.
    """
    company, kind, number = (sent[name] for name in OF_VOUCHER)
    voucher, status = (str(company), str(kind), int(number)), str(sent["PayStatus"])
    suffixes = {each["PayItem"] for each in sent["PayItems"]}
    before = _chosen(context, voucher, suffixes)
    if all(text(row.get("PST")) == status for row in before) and before:
        return Prepared()
    elsewhere = [row for row in before if text(row.get("PST")) not in {status, *movable}]
    if elsewhere or not before:
        why = "; ".join(map(pay_item_words, elsewhere)) or f"{'/'.join(map(str, voucher))} is not open any more"
        raise Unavailable(f"changed since it was read: {why}", connection=context.connection("jde").name)
    lost: OutcomeUnknown | None = None
    try:
        context.client("jde", JdeClient).orchestrations.call(PAY_STATUS, sent)
    except OutcomeUnknown as error:
        lost = error
    try:
        after = _chosen(context, voucher, suffixes)
    except SystemProblem as error:
        raise OutcomeUnknown(f"{PAY_STATUS} was called, and what came of it could not be read: {error}") from error
    unchanged = [row for row in after if text(row.get("PST")) != status]
    if unchanged:
        shown = "; ".join(map(pay_item_words, unchanged))
        why = f"{PAY_STATUS} was called for pay status {status}, and does not show: {shown}"
        raise OutcomeUnknown(why) from lost
    return Prepared()


def _chosen(context: RunContext, voucher: VoucherKey, suffixes: Collection[str]) -> list[Row]:
    return [row for row in rows_of(context, [voucher]) if row["SFX"] in suffixes and is_open(row)]
