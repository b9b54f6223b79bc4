"""Forged, doubled, reordered and wrapped notifications: of the forged none is taken, of the genuine none is lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import string
from collections import Counter

from bill_inbox_house import HEADER, KEY, LOGIN, BillHouse, minified, notification, sign
from inbox_house import post_to

FORGERIES = 3_000
SEED = 20260302
LETTERS = string.ascii_letters + string.digits + "+/="


def genuine(number: int) -> bytes:
    entity = {"id": f"00n{number:017d}", "updatedTime": f"2026-03-01T09:{number // 60:02d}:{number % 60:02d}.000+00:00"}
    return minified(notification("bill.updated", f"event-{number}", **entity))


def forged(rng: random.Random, number: int) -> tuple[list[tuple[str, str]], bytes]:
    """A request that differs from a genuine one in one place."""
    body = genuine(number)
    right = sign(body)
    at = rng.randrange(len(right))
    other = right[:at] + rng.choice(LETTERS.replace(right[at], "")) + right[at + 1 :]
    receiver = rng.randrange(len(body))
    flipped = body[:receiver] + bytes([body[receiver] ^ (1 << rng.randrange(8))]) + body[receiver + 1 :]
    hexed = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    strange = json.loads(body)
    strange["metadata"]["eventId"] = f"forged-{number}"
    wrapped = minified(strange | {"payload": "{}"})
    signature, reported = rng.choice(
        [
            (other, body),
            (right[: rng.randrange(len(right))], body),
            (right.swapcase(), body),
            (hexed, body),
            (base64.b64encode(hashlib.sha256(KEY.encode() + body).digest()).decode(), body),
            (base64.b64encode(hmac.new(KEY.encode(), body, hashlib.sha512).digest()).decode(), body),
            (sign(body, rng.choice([KEY[:-1], KEY.upper(), "", LOGIN["password"], LOGIN["dev_key"]])), body),
            (sign(genuine(number + 1)), body),
            (right, flipped),
            (right, body[:-1]),
            (right, body + b"\0"),
            (right, minified(strange)),
            (right, wrapped),
            (right, json.dumps(minified(strange).decode()).encode()),
            (right, b""),
            ("", body),
        ]
    )
    headers = [(HEADER, signature)]
    if rng.random() < 0.05:
        headers.append((HEADER, right))
    return headers, reported


def test_of_three_thousand_forgeries_none_is_taken(bill_house: BillHouse) -> None:
    rng = random.Random(SEED)
    calls = [("/bill/bill", *forged(rng, number)) for number in range(FORGERIES)]
    answers = post_to(bill_house.inbox.app, calls, "https")
    assert Counter(answer.status for answer in answers) == {401: FORGERIES}
    assert bill_house.stored() == []


def test_doubled_reordered_and_wrapped_each_event_is_kept_once(bill_house: BillHouse) -> None:
    rng = random.Random(SEED)
    calls = []
    for number in range(300):
        body = genuine(number)
        text = json.dumps(body.decode()).encode()
        holding = minified({"payload": body.decode()})
        forms = [(body, body), (text, text), (text, body), (holding, holding), (holding, body)]
        for reported, signed in rng.choices(forms, k=rng.randint(1, 3)):
            calls.append(("/bill/bill", [(HEADER, sign(signed))], reported))
    rng.shuffle(calls)
    answers = post_to(bill_house.inbox.app, calls, "https")
    assert Counter(answer.status for answer in answers) == {200: len(calls)}
    assert sum(answer.content["stored"] for answer in answers) == 300
    assert sorted(each.record for each in bill_house.stored()) == [f"00n{number:017d}" for number in range(300)]


def test_quotes_without_an_end_cost_no_more_than_their_length(bill_house: BillHouse) -> None:
    """In the square of its length this body would take hours."""
    inner = b'"' + b'\\"' * 9_000
    for body in (inner, json.dumps(inner.decode()).encode(), minified({"payload": inner.decode()[:9_000]})):
        answer = bill_house.send(body[:20_000], "AAAA")
        assert answer.status == 401
