"""Bank accounts of vendors in BILL (`GET /v3/vendors/{id}/bank-account`, bill section 3.1): compared, and never landed.

It costs one call a vendor. Only vendors with open bills or credits of ours are asked for: when BILL says that the
vendor changed, when they were never read, and in each sweep. A vendor without an account says so itself
(`bankAccountStatus`) and costs nothing. What changed while nothing was open is not reported: the next reading counts as
the first.

BILL cannot change an account, only delete it and create another. If its number is masked, the id of the account
distinguishes two accounts with the same last digits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from connector_assets.engine.bank_accounts import Account, Open, account_of, is_masked, report_changes, report_unwatched
from connector_assets.engine.flow import Flow
from connector_resources.bill import BillClient, Vendor
from connector_resources.errors import LoginRefused, NotAllowed, Refused

SIDE = "bill"
SYSTEM = "BILL"
ENTITY = "vendors/bank-account"
NONE, LINKED = "NO_ACCOUNT", "NET_LINKED_ACCOUNT"
# flows whose records BILL pays, by the vendor that their content names
PAID = ("bills", "vendor_credits", "purchase_order_bills")
OVERLAP = timedelta(minutes=10)
_SINCE = "since"


def look(flow: Flow, *, whole: bool) -> list[str]:
    """Tell the vendors of ours of which the account in BILL changed. Returns the document keys of those of which an
    exception is reported."""
    context, name = flow.context, flow.full_name
    ledger, client, started = context.ledger, context.client("bill", BillClient), context.now()
    vendors = {link.target_id: link.source_key for link in ledger.links.all(flow=name)}
    left = {id: each for id, each in open_in_bill(flow).items() if id in vendors}
    known = ledger.bank_accounts.of(name, SIDE, list(vendors.values()))
    mark = ledger.watermarks.get(name, ENTITY)
    since = (mark.probe or {}).get(_SINCE) if mark is not None else None
    try:
        changed = _changed(client, since) if known else {}
        quiet = [vendors[id] for id in changed if id in vendors and id not in left and vendors[id] in known]
        if quiet:
            ledger.bank_accounts.forget(name, SIDE, quiet)
        chosen = [id for id in left if whole or id in changed or vendors[id] not in known]
        records = {id: changed[id] for id in chosen if id in changed}
        records |= {str(each.id): each for each in client.vendors.by_ids([id for id in chosen if id not in changed])}
        seen = {vendors[id]: _accounts(client, each, context.landing.seal) for id, each in records.items()}
    except LoginRefused:
        raise
    except (NotAllowed, Refused) as problem:
        stamp = {_SINCE: since} if since else {}
        report_unwatched(flow, ENTITY, context.today("bill"), stamp, str(problem))
        return []
    by_key = {vendors[id]: each for id, each in left.items()}
    shown = report_changes(flow, SIDE, SYSTEM, seen, lambda keys: {key: by_key[key] for key in keys})
    probe = {_SINCE: started.isoformat()}
    ledger.watermarks.advance(name, ENTITY, context.today("bill"), probe=probe, run=context.run, now=context.now())
    return shown


def open_in_bill(flow: Flow) -> dict[str, Open]:
    """Id of a vendor -> what is open of the records of ours that are its, as we remember them."""
    ledger, integration = flow.context.ledger, flow.context.integration
    found: dict[str, Open] = {}
    for each in (each for name in PAID for each in ledger.deliveries.with_amount(f"{integration.name}/{name}")):
        content = each.content or {}
        if content.get("vendor") and not content.get("void"):
            own = found.setdefault(str(content["vendor"]), Open())
            own.add(each.amount or Decimal(0), each.currency or "")
    return found


def _changed(client: BillClient, since: str | None) -> dict[str, Vendor]:
    if since is None:
        return {}
    changed: Iterable[Vendor] = client.vendors.changed_between(
        datetime.fromisoformat(since).astimezone(UTC), overlap=OVERLAP
    )
    return {str(each.id): each for each in changed}


def _accounts(client: BillClient, vendor: Vendor, seal: bytes) -> Collection[Account]:
    """The account of a vendor; of one in BILL's network that is not shown, that it is there."""
    status = vendor.bank_account_status or ""
    if status == NONE:
        return ()
    account = client.vendors.bank_account(str(vendor.id))
    if account is None:
        return (account_of(seal, [status], None),) if status == LINKED else ()
    number = account.account_number
    parts = [account.routing_number, number, account.name_on_account, account.id if is_masked(number) else None]
    return (account_of(seal, parts, number),)
