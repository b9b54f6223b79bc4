"""Secrets and tokens never reach a text."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_resources.redact import last_four, redact

TOKEN = "044kbwMICIsL8P4jttMj/VtpnEhrSK17i7fa2q8V+hVDlc="


@pytest.mark.parametrize(
    "text",
    [
        f"GET /jderest/v2/dataservice/next?stackId=1&token={TOKEN}&outputType=GRID_DATA",
        f"/jderest/v2/dataservice/table/F0101?$token={quote(TOKEN)}",
        f'{{"userInfo": {{"token": "{TOKEN}", "langPref": "  "}}}}',
        json.dumps({"message": json.dumps({"token": TOKEN})}),
        f"jde-AIS-Auth: {TOKEN}",
        f"Authorization: Bearer {TOKEN}",
        f"the header was 'Bearer {TOKEN}'",
        f"https://integration:{quote(TOKEN, safe='')}@erp.example.com/jderest",
        f"grant_type=client_credentials&client_secret={quote(TOKEN)}&scope=a",
    ],
)
def test_what_looks_like_a_secret_is_masked_without_being_known(text: str) -> None:
    hidden = redact(text)
    assert TOKEN not in hidden
    assert quote(TOKEN) not in hidden
    assert quote(TOKEN, safe="") not in hidden
    assert "***" in hidden


def test_words_around_a_secret_stay() -> None:
    hidden = redact(f"GET /next?stackId=1&token={TOKEN}&outputType=GRID_DATA answered 500: Invalid Token", [])
    assert hidden == "GET /next?stackId=1&token=***&outputType=GRID_DATA answered 500: Invalid Token"


def test_a_known_secret_is_masked_in_any_form() -> None:
    secret = 'p&ss/w"rd+1'
    forms = [secret, quote(secret, safe=""), json.dumps(secret)]
    assert all(part not in redact(" ".join(forms), [secret]) for part in ("p&ss", "p%26ss", "rd+1"))


def test_a_short_secret_does_not_blot_out_words() -> None:
    assert redact("a table of an order, pin a1", ["a1", "a"]) == "*** table of an order, pin ***"


@settings(max_examples=100)
@given(st.text(min_size=4).filter(lambda secret: secret.strip("* ") and "|" not in secret), st.text(), st.text())
def test_a_known_secret_never_survives(secret: str, before: str, after: str) -> None:
    assert secret not in redact(f"{before}{secret}{after}", [secret]).replace("***", "|")


@pytest.mark.parametrize(
    ("value", "shown"), [("GB33BUKB20201555555555", "…5555"), (" 12345 ", "…2345"), ("1234", "…"), ("", "…")]
)
def test_last_four(value: str, shown: str) -> None:
    assert last_four(value) == shown
