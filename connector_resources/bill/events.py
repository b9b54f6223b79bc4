"""The Connect Events API: subscriptions and the history of notifications (bill section 7)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from pydantic import SecretStr, ValidationError

from connector_resources.bill import wire
from connector_resources.bill.channel import Channel
from connector_resources.bill.event_models import EventRecord, EventType, Subscription
from connector_resources.bill.paging import Page, page_of, scan
from connector_resources.bill.shapes import Shape
from connector_resources.bill.wire import Condition
from connector_resources.errors import NotAllowed, NotFound
from connector_resources.http import Answer, Call

S = TypeVar("S", bound=Shape)

IDEMPOTENT_HEADER = "X-Idempotent-Key"
VERSION = "1"
_UUID_VERSION = 4


class Events:
    """Subscriptions of the organisation (ten at most) and what was sent to them; kept by BILL for 180 days."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def catalog(self) -> list[EventType]:
        """The kinds of event that this organisation can subscribe to; payments are not among them everywhere."""
        call = Call(method="GET", path="v3/events/catalog", what="read the catalog of events")
        answer = self._channel.send(call)
        content = answer.json()
        listed = content.get("results") if isinstance(content, Mapping) else content
        if not isinstance(listed, list):
            raise self._garbled(call, answer)
        return [self._model(EventType, call, answer, item) for item in listed]

    def subscriptions(self) -> Iterator[Subscription]:
        """All subscriptions; without their keys."""
        yield from self._listed(Subscription, "v3/subscriptions", "read subscriptions", [], ())

    def subscription(self, subscription_id: str) -> Subscription:
        """One subscription, without its key. Raises `NotFound`."""
        call = self._call("GET", subscription_id, "", f"read subscription {subscription_id}")
        return self._sent(call)

    def create_subscription(
        self, name: str, events: Iterable[str], url: str, idempotent_key: str, *, version: str = VERSION
    ) -> Subscription:
        """Create a subscription that is enabled; its `security_key` comes now and never again.

        `idempotent_key` is a UUID4: within 24 hours the same one brings the same answer, key included, so that a
        lost answer is had by asking again. Raises ValueError for a key of another form or a url without https.
        """
        if not url.startswith("https://"):
            raise ValueError("BILL notifies https addresses only")
        call = Call(
            method="POST",
            path="v3/subscriptions",
            what=f"create subscription {name}",
            json={
                "name": name,
                "status": {"enabled": True},
                "events": [{"type": event, "version": version} for event in events],
                "notificationUrl": url,
            },
            headers={IDEMPOTENT_HEADER: _uuid4(idempotent_key)},
            safe=True,
        )
        return self._sent(call)

    def update(self, subscription_id: str, body: Mapping[str, Any]) -> Subscription:
        """Change the fields in `body`, and no others."""
        call = self._call(
            "PATCH", subscription_id, "", f"update subscription {subscription_id}", json=wire.body(body), safe=True
        )
        return self._sent(call, subscription_id)

    def enable(self, subscription_id: str) -> Subscription:
        """Have notifications sent again; what was missed meanwhile is in `history`."""
        return self.update(subscription_id, {"status": {"enabled": True}})

    def disable(self, subscription_id: str) -> Subscription:
        """Have no notifications sent."""
        return self.update(subscription_id, {"status": {"enabled": False}})

    def delete(self, subscription_id: str) -> None:
        """Delete a subscription; one that is gone already is as good."""
        try:
            self._channel.send(
                self._call("DELETE", subscription_id, "", f"delete subscription {subscription_id}", safe=True)
            )
        except NotFound:
            return

    def rotate_key(self, subscription_id: str, idempotent_key: str) -> SecretStr:
        """A new key for the signatures; keep the old one for what is under way. `idempotent_key` as for creation."""
        header = {IDEMPOTENT_HEADER: _uuid4(idempotent_key)}
        what = f"rotate the key of subscription {subscription_id}"
        call = self._call("POST", subscription_id, "/security_key", what, headers=header, safe=True)
        try:
            answer = self._channel.send(call)
        except (NotFound, NotAllowed) as problem:
            if problem.status != 404:
                raise
            # the API's definition has an underscore, some guide pages have a hyphen (bill section 7.1)
            call = self._call("POST", subscription_id, "/security-key", what, headers=header, safe=True)
            answer = self._channel.send(call)
        content = answer.json()
        key = content.get("securityKey") if isinstance(content, Mapping) else None
        if not isinstance(key, str) or not key:
            raise call.without_answer(
                f"{what}: {answer.connection} answered without a securityKey", connection=answer.connection
            )
        return SecretStr(key)

    def history(
        self,
        subscription_id: str,
        since: datetime,
        until: datetime | None = None,
        *,
        entity_id: str | None = None,
    ) -> Iterator[EventRecord]:
        """The notifications created from `since` on, to `until` where given, oldest first, page by page."""
        asked = [("createdTimeTo", wire.instant_text(until))] if until is not None else []
        if entity_id is not None:
            asked.append(("entityId", entity_id))
        asked.append(("ascending", "true"))
        path = f"v3/events/subscription/{subscription_id}"
        start = Condition("createdTime", "gte", since)
        yield from self._listed(
            EventRecord, path, f"read the history of subscription {subscription_id}", asked, (start,)
        )

    def resend(self, subscription_id: str, event_id: str) -> None:
        """Have one notification of the history delivered again."""
        path = f"v3/events/subscription/{subscription_id}/event/{event_id}"
        self._channel.send(Call(method="POST", path=path, what=f"have event {event_id} sent again"))

    def test(self, subscription_id: str, body: Mapping[str, Any] | None = None) -> EventRecord:
        """Have a test notification delivered; `body` may give `eventType`, `version` and an example."""
        call = self._call(
            "POST",
            subscription_id,
            "/test",
            f"test subscription {subscription_id}",
            json=None if body is None else wire.body(body),
        )
        answer = self._channel.send(call)
        return self._model(EventRecord, call, answer, answer.json())

    def _call(self, method: str, subscription_id: str, tail: str, what: str, **more: Any) -> Call:
        return Call(method=method, path=f"v3/subscriptions/{subscription_id}{tail}", what=what, **more)

    def _sent(self, call: Call, subscription_id: str | None = None) -> Subscription:
        """The subscription of an answer; read where the answer to a change does not show it."""
        answer = self._channel.send(call)
        if subscription_id is not None and not answer.body.strip():
            return self.subscription(subscription_id)
        return self._model(Subscription, call, answer, answer.json())

    def _listed(
        self,
        model: type[S],
        path: str,
        what: str,
        asked: Sequence[tuple[str, str]],
        conditions: Sequence[Condition],
    ) -> Iterator[S]:
        fetch = partial(self._page, path, what, asked)
        key = "createdTime" if conditions else None
        for raw in scan(
            fetch,
            conditions,
            key=key,
            what=what,
            connection=self._channel.connection.name,
            entity=path.rpartition("/")[2],
        ):
            try:
                yield model.model_validate(raw)
            except ValidationError as error:
                call = Call(method="GET", path=path, what=what)
                name = self._channel.connection.name
                raise call.without_answer(
                    f"{what}: {name} answered with something that cannot be read: {error.error_count()} fields",
                    connection=name,
                ) from None

    def _page(
        self,
        path: str,
        what: str,
        asked: Sequence[tuple[str, str]],
        conditions: Sequence[Condition],
        token: str | None,
    ) -> Page:
        parameters = [("max", str(self._channel.connection.page_size)), *asked]
        parameters.extend(
            ("createdTimeFrom", wire.scalar_text(condition.value))
            for condition in conditions
            if isinstance(condition.value, datetime)
        )
        if token is not None:
            parameters.append(("page", token))
        call = Call(method="GET", path=f"{path}?{wire.query(parameters)}", what=what)
        answer = self._channel.send(call)
        content = answer.json()
        page = Page(content, None) if isinstance(content, list) else page_of(content)
        if page is None:
            raise self._garbled(call, answer)
        return page

    def _model(self, model: type[S], call: Call, answer: Answer, content: Any) -> S:
        try:
            return model.model_validate(content)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "body"
            raise call.without_answer(
                f"{call.what}: {answer.connection} answered with a {where} that cannot be read: {first['msg']}",
                connection=answer.connection,
                status=answer.status,
            ) from None

    def _garbled(self, call: Call, answer: Answer) -> Exception:
        return call.without_answer(
            f"{call.what}: {answer.connection} answered without a list: {answer.text(120) or 'empty'}",
            connection=answer.connection,
            status=answer.status,
        )


def _uuid4(key: str) -> str:
    """The key, which BILL takes as a UUID4 only. Raises ValueError for anything else."""
    if uuid.UUID(key).version != _UUID_VERSION:
        raise ValueError("an idempotent key is a UUID4")
    return key
