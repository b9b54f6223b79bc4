"""The preflight of a BILL connection: every question gets an answer, and a no comes with what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

from connector_resources.bill.auth import BillAuthorizer
from connector_resources.bill.channel import Channel
from connector_resources.bill.errors import OrganizationLocked
from connector_resources.bill.events import Events
from connector_resources.bill.resource import Resource
from connector_resources.checks import Check
from connector_resources.connections.bill import BillConnection
from connector_resources.errors import ConnectorError, LoginRefused, NotAllowed, NotFound, SystemProblem
from connector_resources.http import Answer, Call

_SKEW_SECONDS = 60  # watermarks overlap by more than this
_TIMEOUT_SECONDS = 15.0


def checks(
    channel: Channel, authorizer: BillAuthorizer, resources: Sequence[Resource[Any]], events: Events
) -> list[Check]:
    """`reach`, `authenticate`, `organisation`, one `permissions` per resource, `events`, `limits`, `clock`; never
    raises."""
    connection = channel.connection
    try:
        channel.guarded(lambda: authorizer.login(channel.http, retries=0))
    except ConnectorError as problem:
        return [*_no_login(problem, connection), _limits(connection)]
    found = [
        Check("reach", True, f"{channel.http.hide(connection.url)} answers"),
        Check("authenticate", True, "the user got a session"),
        _organisation(channel, authorizer),
    ]
    answers: list[Answer] = []
    for resource in resources:
        found.append(_permission(channel, resource, answers))
    return [*found, *_events(events), _limits(connection), _clock(answers, channel)]


def _no_login(problem: ConnectorError, connection: BillConnection) -> list[Check]:
    name = connection.name
    if isinstance(problem, LoginRefused | OrganizationLocked):
        return [
            Check("reach", True, f"{name} answers"),
            Check("authenticate", False, str(problem), problem.fix),
        ]
    if isinstance(problem, NotFound | NotAllowed):
        fix = f"check url of connection {name}: it ends in /connect, and BILL logs in below it"
        return [Check("reach", False, str(problem), fix)]
    if isinstance(problem, SystemProblem):
        fix = f"try again later; if it stays, check url, network and proxy of connection {name}"
        return [Check("authenticate" if problem.status is not None else "reach", False, str(problem), fix)]
    # a setting or a credential that cannot be used: its text says what to do
    return [Check("authenticate", False, str(problem), str(problem))]


def _organisation(channel: Channel, authorizer: BillAuthorizer) -> Check:
    """Which organisation and user the session is of, as BILL itself sees it."""
    session, name = authorizer.session, channel.connection.name
    call = Call(method="GET", path="v3/login/session", what="read the session", retries=1)
    try:
        content = channel.send(call).json()
    except ConnectorError as problem:
        fix = f"check url of connection {name}: the login answers, the session does not"
        return Check("organisation", False, str(problem), fix)
    got = str(content.get("organizationId") or "") if isinstance(content, Mapping) else ""
    wanted = session.organization_id if session else ""
    if got and got != wanted:
        fix = f"run `connector credentials set {name}` with the organisation that it is for"
        return Check("organisation", False, f"the session is of {got}, the login was for {wanted}", fix)
    return Check("organisation", True, f"organisation {wanted}")


def _permission(channel: Channel, resource: Resource[Any], answers: list[Answer]) -> Check:
    """Whether records of a resource may be listed, and one of them read: permissions are per operation."""
    try:
        answer = channel.send(resource.probe(retries=1, timeout_seconds=_TIMEOUT_SECONDS))
        content = answer.json()
    except ConnectorError as problem:
        return _refused(resource, problem)
    answers.append(answer)
    results = content.get("results") if isinstance(content, Mapping) else None
    if not isinstance(results, list):
        fix = f"check url of connection {channel.connection.name}: it does not answer as BILL's API v3 does"
        return Check("permissions", False, f"{resource.PATH}: the answer is no list", fix)
    first = results[0].get("id") if results and isinstance(results[0], Mapping) else None
    if not isinstance(first, str):
        return Check("permissions", True, f"{resource.PATH}: readable, empty")
    try:
        resource.get(first)
    except NotFound:
        pass  # gone since the list was read: it was no permission that was lacking
    except ConnectorError as problem:
        return _refused(resource, problem)
    return Check("permissions", True, f"{resource.PATH}: readable")


def _refused(resource: Resource[Any], problem: ConnectorError) -> Check:
    fix = "try again later"
    if isinstance(problem, NotAllowed):
        fix = problem.fix
    elif isinstance(problem, NotFound):
        fix = f"ask BILL whether {resource.PATH} is switched on for this organisation"
    return Check("permissions", False, f"{resource.PATH}: {problem}", fix)


def _events(events: Events) -> list[Check]:
    """Whether subscriptions can be read, and whether those that there are send. Polling does not need them."""
    try:
        kinds = {kind.type for kind in events.catalog()}
        subscriptions = list(events.subscriptions())
    except ConnectorError as problem:
        return [Check("events", True, f"not available, changes are polled: {problem}")]
    lacking = "" if "payment.updated" in kinds else "; payments are polled alone: the catalog has no payment.updated"
    found = [Check("events", True, f"{len(kinds)} kinds, {len(subscriptions)} subscriptions{lacking}")]
    for subscription in subscriptions:
        if not subscription.enabled:
            why = subscription.status.reason or "no reason given"
            found.append(
                Check(
                    "events",
                    False,
                    f"subscription {subscription.name or subscription.id} is off: {why}",
                    "see that its address answers with 200, then have it enabled again; changes are polled meanwhile",
                )
            )
    return found


def _limits(connection: BillConnection) -> Check:
    limits = connection.limits
    detail = (
        f"{limits.in_flight} in flight, {limits.calls_per_hour} calls an hour, pages of {connection.page_size},"
        f" {connection.logins_per_minute} logins a minute"
    )
    return Check("limits", True, detail)


def _clock(answers: Iterable[Answer], channel: Channel) -> Check:
    """How far BILL's clock is from ours, by the Date of its last answer."""
    stamps = [stamp for answer in answers if (stamp := answer.headers.get("Date"))]
    if not stamps:
        return Check("clock", True, "BILL sends no time")
    try:
        skew = abs((channel.clock.now() - parsedate_to_datetime(stamps[-1])).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a zone
        return Check("clock", True, "BILL sends no readable time")
    if skew > _SKEW_SECONDS:
        fix = "set this machine's clock by a time server: windows of changes are read by it"
        return Check("clock", False, f"{skew:.0f} s apart", fix)
    return Check("clock", True, f"{skew:.0f} s apart")
