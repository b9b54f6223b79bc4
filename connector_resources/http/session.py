"""One connection's HTTP session: every request of a vendor client goes through `HttpSession.send`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import msgspec
import requests
from requests.utils import get_environ_proxies
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random_exponential
from urllib3.exceptions import HTTPError

from connector_resources.clock import SYSTEM_CLOCK, Clock
from connector_resources.errors import (
    ConnectorError,
    FieldMessage,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
    UnusableInput,
)
from connector_resources.http.bounds import Unbounded, whole_body
from connector_resources.http.departure import aside, left, too_late, without_effect
from connector_resources.http.limits import HttpLimits
from connector_resources.http.model import Answer, Call, CallCount
from connector_resources.http.problems import (
    redirect_problem,
    retry_after_seconds,
    transport_problem,
    unbounded_problem,
    unsent_problem,
)
from connector_resources.http.proof import Answers, attested, read_write
from connector_resources.http.slots import Slots
from connector_resources.http.throttle import LONGEST_WAIT_SECONDS, Throttle
from connector_resources.http.transport import Passage, WatchedAdapter, passage
from connector_resources.redact import redact

log = logging.getLogger(__name__)

Classify = Callable[[Call, Answer], ConnectorError | None]

# urllib3 prints every address at DEBUG as it is, with the token that a next-page link holds; we print our
# own line.
logging.getLogger("urllib3.connectionpool").addFilter(lambda record: record.levelno > logging.DEBUG)

# between two tries of a login that the vendor does not know yet
_BETWEEN_TRIES_SECONDS = 1.0

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Authorizer(Protocol):
    """Who logs in: one per connection, thread-safe, one login at a time."""

    def headers(self, http: HttpSession) -> Mapping[str, str]:
        """The headers of the current login; logs in on first use and before a known expiry."""

    def rejected(self, answer: Answer) -> bool:
        """Whether this answer is the vendor's way of saying "log in again"."""

    def renew(self, http: HttpSession, stale: Mapping[str, str]) -> None:
        """One new login for all threads; nothing when `stale` is no longer the current one."""


class HttpSession:
    """Pooled, throttled, authorized, retried; thread-safe.

    Safe calls are retried on `Unavailable` and `RateLimited` with exponential back-off and full jitter,
    honouring Retry-After. Writes are sent once; only when the vendor says in its own words that the login was rejected
    (so that nothing was processed) is a write sent a second time, after one new login. `classify` is the vendor's
    reading of an answer: the problem it tells of, or None to let it pass; `answers` is the table of those answers that
    prove something of a write. Of any other the outcome is unknown. `slots`, where the vendor counts the calls
    of all our processes, is held around each exchange. A login that no call has been let in with yet is given
    `fresh_login_seconds`: until then a rejection means that the vendor does not know it everywhere, not that it is bad.
    """

    def __init__(
        self,
        *,
        connection: str,
        base_url: str,
        limits: HttpLimits,
        classify: Classify,
        answers: Answers = (),
        authorizer: Authorizer | None = None,
        clock: Clock = SYSTEM_CLOCK,
        verify: bool | str = True,
        secrets: Callable[[], Iterable[str]] = tuple,
        slots: Slots | None = None,
        fresh_login_seconds: float = 0.0,
    ) -> None:
        self.connection = connection
        self.base_url = _usable(base_url, connection)
        self.limits = limits
        self.calls = CallCount()
        self._classify = classify
        self._answers = answers
        self._authorizer = authorizer
        self._clock = clock
        self._secrets = secrets
        self._slots = slots
        self._fresh_login_seconds = fresh_login_seconds
        # the newest login, since when it is in use, and the newest that a call was let in with
        self._login: tuple[Mapping[str, str], float] | None = None
        self._let_in: Mapping[str, str] | None = None
        # the address on this machine that the last call left from; behind a NAT the server sees another one
        self.own_address = ""
        self._throttle = Throttle(
            connection=connection,
            in_flight=limits.in_flight,
            per_second=limits.per_second,
            burst=limits.burst,
            clock=clock,
        )
        if isinstance(verify, str) and not Path(verify).exists():
            raise UnusableInput(f"connection {connection}: verify names {verify}, which does not exist")
        self._session = _pooled(self.base_url, limits.in_flight, verify)

    def send(self, call: Call, *, authorized: bool = True) -> Answer:
        """The answer, when the classifier lets it pass; raises the error vocabulary otherwise.

        `authorized=False` is for the login itself and for addresses that need none.
        """
        if not authorized:
            with aside():
                return self._judged(call, {})
        authorizer = self._authorizer
        if authorizer is None:
            return self._judged(call, {})
        # The login retries by itself: inside the call's own retries the waits would multiply.
        login = authorizer.headers(self)
        answer, rejected, problem = self._let_in_with(call, login, authorizer)
        if not rejected:
            return answer
        authorizer.renew(self, login)
        if call.replay:
            login = authorizer.headers(self)
            if not self._fresh_login_seconds:
                return self._judged(call, login)
            answer, _, problem = self._let_in_with(call, login, authorizer)
        if problem is not None:
            raise problem
        return answer

    def _let_in_with(
        self, call: Call, login: Mapping[str, str], authorizer: Authorizer
    ) -> tuple[Answer, bool, ConnectorError | None]:
        """The answer to a call with this login, whether it rejects the login, and what it means then. One so new that
        the vendor may not know it yet is tried again until it has had its time. Raises OutcomeUnknown where a write may
        have had an effect."""
        since = self._since(login)
        while True:
            answer = self._attempts(call, login, until_rejected=authorizer)
            if not authorizer.rejected(answer):
                self._let_in = login
                return answer, False, None
            problem = self._problem(call, answer)
            # what a gateway says of a write proves nothing: it is looked up, not sent again
            if isinstance(problem, OutcomeUnknown):
                raise problem
            left_to_wait = since + self._fresh_login_seconds - self._clock.monotonic()
            # 403 is about what the user may do: time does not correct it
            if left_to_wait <= 0 or self._let_in == login or answer.status == 403 or not call.replay:
                return answer, True, problem
            self._clock.sleep(min(_BETWEEN_TRIES_SECONDS, left_to_wait))

    def _since(self, login: Mapping[str, str]) -> float:
        """Since when a login is in use."""
        known = self._login
        if known is None or known[0] != login:
            known = self._login = (login, self._clock.monotonic())
        return known[1]

    def hide(self, text: str) -> str:
        """`text` without this connection's secrets and without anything that looks like a token."""
        return redact(text, self._secrets())

    def close(self) -> None:
        """Let go of the pooled connections."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"HttpSession({self.connection!r}, {self.hide(self.base_url)!r}, {self.calls!r})"

    def _judged(self, call: Call, login: Mapping[str, str]) -> Answer:
        return self._attempts(call, login, until_rejected=None)

    def _attempts(self, call: Call, login: Mapping[str, str], *, until_rejected: Authorizer | None) -> Answer:
        """The first answer that passes, or that rejects the login; otherwise the last problem is raised."""

        def attempt() -> Answer:
            answer = self._exchange(call, login)
            if until_rejected is not None and until_rejected.rejected(answer):
                return answer
            problem = self._problem(call, answer)
            if problem is not None:
                meant = problem.read_as if isinstance(problem, OutcomeUnknown) else problem
                if answer.retry_after and isinstance(meant, RateLimited | Unavailable):
                    self._throttle.hold(answer.retry_after)
                raise problem
            return answer

        return attempt() if not call.is_safe else self._retrying(call)(attempt)

    def _problem(self, call: Call, answer: Answer) -> ConnectorError | None:
        """What an answer means, without the secrets that a vendor's words may echo."""
        problem = redirect_problem(call, answer) or self._classify(call, answer)
        if problem is None:
            return None
        problem.args = tuple(self.hide(text) if isinstance(text, str) else text for text in problem.args)
        if isinstance(problem, Refused):
            problem.fields = tuple(
                FieldMessage(self.hide(said.field), self.hide(said.message)) for said in problem.fields
            )
        if call.is_safe:
            return attested(self._answers, answer, problem)
        problem = read_write(self._answers, answer, problem)
        if not isinstance(problem, OutcomeUnknown):
            without_effect()
        return problem

    def _retrying(self, call: Call) -> Retrying:
        limits = self.limits
        jitter = wait_random_exponential(multiplier=limits.backoff_seconds, max=limits.backoff_cap_seconds)

        def wait(state: RetryCallState) -> float:
            problem = state.outcome.exception() if state.outcome else None
            asked = problem.retry_after if isinstance(problem, RateLimited) else None
            return max(jitter(state), asked or 0.0)

        return Retrying(
            sleep=self._clock.sleep,
            stop=stop_after_attempt(1 + (limits.retries if call.retries is None else call.retries)),
            wait=wait,
            retry=retry_if_exception(_worth_another_try),
            reraise=True,
        )

    def _exchange(self, call: Call, login: Mapping[str, str]) -> Answer:
        """One request on the wire, its answer fully read."""
        url = self._url(call.path)
        headers = {"Accept": "application/json", **call.headers, **login}
        body = call.data
        if call.json is not None:
            body = _ENCODER.encode(call.json)
            headers.setdefault("Content-Type", "application/json")
        pause = call.timeout_seconds or self.limits.timeout_seconds
        total = call.timeout_seconds or self.limits.total_seconds
        failed: Exception | None = None
        with self._throttle.turn(), self._slots.take() if self._slots else nullcontext():
            started = self._clock.monotonic()
            if not call.is_safe and too_late(started):
                raise Unavailable(f"{call.what}: not sent: its turn came too late", connection=self.connection)
            if not call.is_safe:
                left()
            with passage(total_seconds=total, pause_seconds=pause, answer_bytes=self.limits.answer_bytes) as way:
                try:
                    response = self._session.request(
                        call.method,
                        url,
                        params=call.params,
                        data=body,
                        headers=headers,
                        timeout=(self.limits.connect_seconds, pause),
                        allow_redirects=False,
                        stream=True,
                    )
                    content = whole_body(response, self.limits, self._clock, started + total)
                    self.own_address = way.address
                # What comes through requests unwrapped is ValueError: a bad host name, a header that is no latin-1, a
                # chunk of less than nothing.
                except (requests.RequestException, HTTPError, HTTPException, ValueError, OverflowError) as error:
                    failed = error
        # Raised out here, so that requests' exception, whose text quotes the address, is not chained to it.
        if failed is not None:
            problem = self._without_answer(call, failed, way, total)
            log.debug("%s %s: %s", call.method, self.hide(url), problem)
            raise problem
        self.calls.add(call)
        answer = Answer(
            call=call,
            status=response.status_code,
            headers=response.headers,
            body=content,
            url=response.url,
            connection=self.connection,
            retry_after=retry_after_seconds(response.headers.get("Retry-After"), self._clock.now()),
            hide=self.hide,
            depth=self.limits.json_depth,
        )
        if log.isEnabledFor(logging.DEBUG):
            seconds = self._clock.monotonic() - started
            log.debug("%s %s: %s in %.3f s", call.method, answer.url, answer.status, seconds)
        return answer

    def _without_answer(self, call: Call, failed: Exception, way: Passage, total: float) -> ConnectorError:
        """What a call means whose answer did not come, or not whole."""
        limit = str(failed) if isinstance(failed, Unbounded) else way.broken
        if limit:
            self.calls.add(call)
            allowed = total if limit == "total_seconds" else getattr(self.limits, limit)
            return unbounded_problem(limit, allowed, call, connection=self.connection)
        url = self.hide(self.base_url)
        unsent = None if way.left else unsent_problem(failed, call, connection=self.connection, url=url)
        if unsent is None:
            self.calls.add(call)
            return transport_problem(failed, call, connection=self.connection)
        if not call.is_safe:
            without_effect()
        return unsent

    def _url(self, path: str) -> str:
        """The whole address; one outside the connection's URL would hand our login to someone else."""
        if "://" not in path.split("?", 1)[0]:
            return f"{self.base_url}/{path.lstrip('/')}"
        if path.startswith((f"{self.base_url}/", f"{self.base_url}?")):
            return path
        raise UnusableInput(f"connection {self.connection}: {self.hide(path)} is outside of its url {self.base_url}")


def _worth_another_try(problem: BaseException) -> bool:
    if isinstance(problem, RateLimited):
        return (problem.retry_after or 0.0) <= LONGEST_WAIT_SECONDS
    return isinstance(problem, Unavailable)


def _usable(base_url: str, connection: str) -> str:
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an unclosed bracket, a port that is no number
        usable = False
    if not usable:
        raise UnusableInput(f"connection {connection}: {redact(base_url)} is not a usable address; correct its url")
    return base_url.rstrip("/")


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere. Even where redirects are not followed, requests works out the next request: it reads the whole body
        for it, past every limit, and fails on an address that is none."""


def _pooled(base_url: str, in_flight: int, verify: bool | str) -> requests.Session:
    session = _Session()
    # The environment is asked once, not at each call, and ~/.netrc never: it would replace our Authorization.
    settings = session.merge_environment_settings(base_url, {}, None, verify, None)
    session.trust_env = False
    session.proxies.update(get_environ_proxies(base_url))
    session.verify = settings["verify"]
    # What requests could decompress besides depends on what else is installed; these two it always can, in bounds.
    session.headers["Accept-Encoding"] = "gzip, deflate"
    adapter = WatchedAdapter(pool_connections=1, pool_maxsize=in_flight, max_retries=0, pool_block=False)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session
