"""What `connector ping` says about our subscription to BILL's events."""

from __future__ import annotations

from connector_assets.systems.bill.subscription import BY_HAND, difference, found_among, is_known, kinds_of
from connector_assets.systems.receivers import BillReceiver
from connector_resources.bill import BillClient, Subscription
from connector_resources.checks import Check
from connector_resources.credentials import CredentialStore
from connector_resources.errors import ConnectorError
from connector_resources.home import Home
from connector_resources.ledger.subscriptions import KeptSubscription

PAYMENTS = "payment.updated"
MOST = 10  # subscriptions of an organisation (bill section 7.1)
SERVE = "run `connector inbox serve`"


def subscription_checks(home: Home, receiver: BillReceiver, client: BillClient) -> list[Check]:
    """Whether the connection's subscription, if it is to have one, is there, on, for the right events, and its key
    known; never raises what a system or our storage says."""
    kept = home.ledger().subscriptions.get(receiver.connection.name)
    try:
        kinds = kinds_of(client, receiver)
        listed = list(client.events.subscriptions())
    except ConnectorError as error:
        fix = "changes are polled meanwhile; see what `events` says above"
        return [Check("inbox", False, f"its subscription cannot be looked at: {error}", fix)]
    mine, doubles = found_among(listed, receiver, kept)
    if mine is None:
        return [_missing(kept, len(listed)), _events(receiver, None, kinds)]
    found = [
        Check("inbox", True, f"subscription {mine.id} leads to {mine.notification_url}"),
        _state(mine, kept),
        _key(home.credentials(), kept, mine),
        _events(receiver, mine, kinds),
    ]
    if doubles:
        found.append(Check("inbox", False, f"{len(doubles)} more subscriptions of its name", f"{SERVE}: they go"))
    return found


def _missing(kept: KeptSubscription, listed: int) -> Check:
    why = f": {kept.problem}" if kept.problem else ""
    fix = f"{SERVE}, which makes it; changes are polled meanwhile"
    if listed >= MOST:
        fix = f"delete one of the organisation's {listed} subscriptions, BILL keeps no more; then {SERVE}"
    return Check("inbox", False, f"there is no subscription{why}", fix)


def _state(mine: Subscription, kept: KeptSubscription) -> Check:
    if mine.enabled:
        at = kept.enabled_at
        last = "" if at is None else f"; last turned on again at {at:%Y-%m-%d %H:%M} UTC, after: {kept.off_reason}"
        return Check("inbox", True, f"it is on{last}")
    why = mine.status.reason or "no reason given"
    if mine.status.actor == BY_HAND:
        return Check("inbox", False, f"somebody turned it off: {why}", f"connector inbox enable {kept.connection}")
    fix = f"see that its address answers 200 to BILL, and {SERVE}, which turns it on and reads what was missed"
    return Check("inbox", False, f"BILL turned it off: {why}", fix)


def _key(store: CredentialStore, kept: KeptSubscription, mine: Subscription) -> Check:
    try:
        known = is_known(store, kept, mine)
    except ConnectorError as error:
        return Check("inbox", False, str(error), f"connector inbox rotate {kept.connection}")
    if known:
        return Check("inbox", True, "the key of its signatures is known")
    fix = f"connector inbox rotate {kept.connection}, or {SERVE}, which does so"
    return Check("inbox", False, "the key of its signatures is not known", fix)


def _events(receiver: BillReceiver, mine: Subscription | None, kinds: list[str]) -> Check:
    """Which events it brings; that the organisation has none of payments is no fault of anybody's."""
    if not kinds:
        wanted = ", ".join(receiver.settings.events)
        return Check("inbox", False, f"the catalog has none of {wanted}", "ask BILL for them, or set `inbox: null`")
    without = "" if PAYMENTS in kinds else "; none of payments, which are polled"
    if mine is not None and (changes := difference(receiver, mine, kinds)):
        return Check(
            "inbox", False, f"its {' and '.join(sorted(changes))} are not the wanted ones", f"{SERVE}: it does"
        )
    return Check("inbox", True, f"{len(kinds)} kinds of events{without}")
