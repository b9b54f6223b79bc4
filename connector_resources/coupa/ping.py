"""The preflight of a Coupa connection: every question gets an answer, and a no comes with what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

from connector_resources.checks import Check
from connector_resources.clock import Clock
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.coupa.auth import CoupaAuthorizer
from connector_resources.coupa.order_models import EXTERNAL_ORDER
from connector_resources.coupa.purchase_orders import PurchaseOrders
from connector_resources.coupa.resource import Resource
from connector_resources.errors import ConnectorError, LoginRefused, NotAllowed, NotFound, SystemProblem
from connector_resources.http import Answer, HttpSession

_RATE = 25  # calls a second that Coupa documents for a whole tenant, with a queue of 20 (coupa section 5.1)
_QUEUE = 20
_SKEW_SECONDS = 60  # watermarks overlap by more than this
_TIMEOUT_SECONDS = 15.0


def checks(
    http: HttpSession,
    authorizer: CoupaAuthorizer,
    connection: CoupaConnection,
    resources: Sequence[Resource[Any]],
    clock: Clock,
) -> list[Check]:
    """`reach`, `authenticate`, `scopes`, one `permissions` per resource, `external orders` where orders are written,
    `limits`, `clock`; never raises."""
    try:
        authorizer.login(http, retries=0)
    except ConnectorError as problem:
        return [*_no_login(problem, connection), _limits(connection)]
    found = [
        Check("reach", True, f"{http.hide(connection.url)} answers"),
        Check("authenticate", True, "the OAuth client got a token"),
        _scopes(authorizer, connection),
    ]
    answers: list[Answer] = []
    for resource in resources:
        found.append(_permission(http, connection, resource, answers))
        if resource.PATH == PurchaseOrders.PATH and resource.WRITE in connection.scopes:
            found.append(_external_orders(http, resource))
    return [*found, _limits(connection), _clock(answers, clock)]


def _no_login(problem: ConnectorError, connection: CoupaConnection) -> list[Check]:
    name = connection.name
    if isinstance(problem, LoginRefused):
        return [
            Check("reach", True, f"{name} answers"),
            Check("authenticate", False, str(problem), problem.fix),
        ]
    if isinstance(problem, NotFound):
        fix = f"check url and token_path of connection {name}: this is not where Coupa gives tokens"
        return [Check("reach", False, str(problem), fix)]
    if isinstance(problem, SystemProblem):
        answered = problem.status is not None
        fix = f"try again later; if it stays, check url, network and proxy of connection {name}"
        question = "authenticate" if answered else "reach"
        return [Check(question, False, str(problem), fix)]
    # a setting or a credential that cannot be used: its text says what to do
    return [Check("authenticate", False, str(problem), str(problem))]


def _scopes(authorizer: CoupaAuthorizer, connection: CoupaConnection) -> Check:
    lacking = sorted(set(connection.scopes) - authorizer.granted)
    if not lacking:
        return Check("scopes", True, f"all {len(connection.scopes)} scopes are granted")
    names = ", ".join(lacking)
    return Check(
        "scopes",
        False,
        f"asked for and not granted: {names}",
        f"grant {names} to the OAuth client in Coupa, or take them out of `scopes` of {connection.name}",
    )


def _permission(
    http: HttpSession, connection: CoupaConnection, resource: Resource[Any], answers: list[Answer]
) -> Check:
    """Whether one record of a resource may be read; not asked where its scope is not among the settings."""
    if resource.READ not in connection.scopes:
        return Check("permissions", True, f"{resource.PATH}: not used ({resource.READ} is not among `scopes`)")
    call = resource.probe(retries=1, timeout_seconds=_TIMEOUT_SECONDS)
    try:
        answer = http.send(call)
        content = answer.json()
    except NotAllowed as problem:
        return Check("permissions", False, f"{resource.PATH}: {problem}", problem.fix)
    except NotFound as problem:
        fix = f"ask Coupa whether the module of {resource.PATH} is switched on for this instance"
        return Check("permissions", False, f"{resource.PATH}: {problem}", fix)
    except ConnectorError as problem:
        return Check("permissions", False, f"{resource.PATH}: {problem}", "try again later")
    answers.append(answer)
    if not isinstance(content, list):
        fix = f"check url of connection {connection.name}: it does not answer as Coupa's API does"
        return Check("permissions", False, f"{resource.PATH}: the answer is no list", fix)
    return Check("permissions", True, f"{resource.PATH}: {'readable' if content else 'readable, empty'}")


def _external_orders(http: HttpSession, orders: Resource[Any]) -> Check:
    """Whether orders of another system are taken, as far as that can be known without sending one: Coupa documents no
    setting that tells (coupa section 3.3), but who holds one takes them."""
    question = "external orders"
    call = orders.probe({"type": EXTERNAL_ORDER}, retries=1, timeout_seconds=_TIMEOUT_SECONDS)
    try:
        content = http.send(call).json()
    except ConnectorError as problem:
        return Check(question, True, f"not known: {problem}; the first order finds out")
    if isinstance(content, list) and content:
        return Check(question, True, "taken: there are some")
    return Check(question, True, "not known: there are none, and no setting shows it; the first order finds out")


def _limits(connection: CoupaConnection) -> Check:
    limits = connection.limits
    rate = "no rate of our own" if limits.per_second is None else f"{limits.per_second:g} calls a second"
    detail = f"{rate}, {limits.burst} at once, {limits.in_flight} in flight, pages of {connection.page_size}"
    if limits.per_second is None or limits.per_second > _RATE or limits.burst > _QUEUE:
        fix = (
            f"Coupa takes {_RATE} calls a second with a queue of {_QUEUE} from all integrations together;"
            f" set limits.per_second and limits.burst of connection {connection.name} to no more"
        )
        return Check("limits", False, detail, fix)
    return Check("limits", True, detail)


def _clock(answers: Iterable[Answer], clock: Clock) -> Check:
    """How far the instance's clock is from ours, by the Date of its last answer."""
    stamps = [stamp for answer in answers if (stamp := answer.headers.get("Date"))]
    if not stamps:
        return Check("clock", True, "the instance sends no time")
    try:
        theirs = parsedate_to_datetime(stamps[-1])
        skew = abs((clock.now() - theirs).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a zone
        return Check("clock", True, "the instance sends no readable time")
    if skew > _SKEW_SECONDS:
        fix = "set this machine's clock by a time server: windows of changes are read by it"
        return Check("clock", False, f"{skew:.0f} s apart", fix)
    return Check("clock", True, f"{skew:.0f} s apart")
