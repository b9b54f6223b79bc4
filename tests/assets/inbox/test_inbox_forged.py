"""Forged requests: none is taken. Genuine ones among them are."""

from __future__ import annotations

import json
from collections import Counter

from inbox_forger import Forger
from inbox_house import COUPA, NORTH, NORTH_READER, House
from sqlalchemy import select

from connector_resources.ledger.inbox_models import inbox_tokens

FORGERIES = 5_000
SEED = 20260302


def tokens(house: House) -> set[str]:
    with house.ledger._db.read() as db:
        return set(db.execute(select(inbox_tokens.c.digest)).scalars())


def test_of_five_thousand_forged_requests_none_is_taken(house: House) -> None:
    forger = Forger(house, SEED)
    issued = tokens(house)
    calls = [forger.forgery() for _ in range(FORGERIES)]

    answers = house.call_all(calls)

    statuses = Counter(answer.status for answer in answers)
    taken = [call for call, answer in zip(calls, answers, strict=True) if answer.status not in (400, 401)]
    assert taken == [], statuses
    assert statuses[401] > 0.8 * FORGERIES
    assert house.stored() == house.stored(NORTH_READER) == []
    assert tokens(house) == issued
    kinds = Counter(path.partition("?")[0].split("/")[1] for path, _, _ in calls)
    assert min(kinds[each] for each in ("relay", "call-out", "oauth2")) > 1_000


def test_the_requests_that_the_forger_starts_from_are_taken(house: House) -> None:
    forger = Forger(house, SEED)
    for connection, reader in ((COUPA, "jde_coupa"), (NORTH, NORTH_READER)):
        body = forger._document()
        relayed = (f"/relay/{connection}", list(house.signed(connection, body).items()), body)
        other = json.dumps({"id": 1}).encode()
        called = (f"/call-out/{connection}/invoices", list(house.bearer(forger.tokens[connection]).items()), other)
        assert [each.status for each in house.call_all([relayed, called])] == [200, 200]
        assert len(house.stored(reader)) == 2
