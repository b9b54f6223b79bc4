"""Each system's table of answers: what proves something of a write, and what of the same status does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connector_resources.bill.answers import ANSWERS as BILL
from connector_resources.coupa.answers import ANSWERS as COUPA
from connector_resources.http import Answer, Answers, Call
from connector_resources.http.proof import proof
from connector_resources.jde.answers import ANSWERS as JDE

TABLES = {"jde": JDE, "coupa": COUPA, "bill": BILL}
PAGE = Path(__file__).parents[2] / "docs" / "answers.md"
CALL = Call(method="POST", path="/x", what="create a thing")


def meaning(table: Answers, status: int, body: Any) -> str | None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    row = proof(table, Answer(call=CALL, status=status, headers={}, body=content, url="http://x"))
    return row and row.meaning


def entry(code: str, **more: Any) -> list[dict[str, Any]]:
    return [{"timestamp": "2026-02-03T10:11:12.000+00:00", "code": code, "severity": "ERROR", "message": "no", **more}]


VALIDATION = [{"timestamp": "2026-02-03T10:11:12.000+00:00", "severity": "ERROR", "message": "name: must not be blank"}]
ERRORS = {"errors": {"invoice_header": ["Invoice number has already been taken"]}}
SERVICE_ERROR = {"message": "Invalid Token", "exception": "java.lang.Exception", "timeStamp": "2025-03-04:15.17.29"}
ABORTED = {
    **SERVICE_ERROR,
    "message": "Create Voucher failed",
    "jde__simpleMessage": "Duplicate Supplier/Invoice Number",
}
KERNEL = {**SERVICE_ERROR, "message": "COSE#1000 timeout", "userDefinedErrorText": "Voucher not created"}


@pytest.mark.parametrize(
    ("table", "status", "body", "expected"),
    [
        ("bill", 401, entry("BDC_1109"), "not_processed"),
        ("bill", 422, entry("BDC_1322"), "not_processed"),
        ("bill", 429, entry("BDC_1144"), "not_processed"),
        ("bill", 423, entry("BDC_1107"), "not_processed"),
        ("bill", 403, entry("BDC_1361"), "not_processed"),
        ("bill", 400, VALIDATION, "refused"),
        ("bill", 422, entry("BDC_1171"), "refused"),
        ("bill", 404, entry("BDC_1205"), "refused"),
        ("coupa", 400, ERRORS, "refused"),
        ("coupa", 400, b'<?xml version="1.0"?><errors><error>no</error></errors>', "refused"),
        ("coupa", 401, ERRORS, "not_processed"),
        ("coupa", 403, {"errors": {"base": "no"}}, "not_processed"),
        ("coupa", 429, ERRORS, "not_processed"),
        ("coupa", 404, ERRORS, "refused"),
        ("jde", 444, SERVICE_ERROR, "not_processed"),
        ("jde", 403, SERVICE_ERROR, "not_processed"),
        ("jde", 400, SERVICE_ERROR, "refused"),
        ("jde", 500, ABORTED, "refused"),
    ],
)
def test_what_the_vendor_documents_proves_something(table: str, status: int, body: Any, expected: str) -> None:
    assert meaning(TABLES[table], status, body) == expected


@pytest.mark.parametrize(
    ("table", "status", "body"),
    [
        ("bill", 500, entry("BDC_1001")),
        ("bill", 409, entry("BDC_1171")),
        ("bill", 408, entry("BDC_1109")),
        ("bill", 422, VALIDATION),
        ("bill", 400, [{"message": "no"}]),
        ("bill", 400, [{"code": "NO_SUCH", "message": "no"}]),
        ("bill", 400, {"code": "BDC_1171", "message": "no"}),
        ("bill", 400, [*VALIDATION, "text"]),
        ("coupa", 422, ERRORS),
        ("coupa", 409, ERRORS),
        ("coupa", 400, {"errors": {}}),
        ("coupa", 400, {"errors": {"base": []}}),
        ("coupa", 400, {"errors": ["no"]}),
        ("coupa", 400, {"error": "no"}),
        ("coupa", 503, ERRORS),
        ("jde", 444, {"message": "no"}),
        ("jde", 404, SERVICE_ERROR),
        ("jde", 405, SERVICE_ERROR),
        ("jde", 500, SERVICE_ERROR),
        ("jde", 500, KERNEL),
    ],
)
def test_what_it_does_not_document_proves_nothing(table: str, status: int, body: Any) -> None:
    assert meaning(TABLES[table], status, body) is None


FOREIGN = [
    b"",
    b"null",
    b"0",
    b'"no"',
    b"{}",
    b"[]",
    b"[[]]",
    b"[1]",
    b"<html>no</html>",
    b'{"message": "no"}',
    b"\xff",
]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("body", FOREIGN)
def test_what_any_server_may_say_proves_nothing_whatever_its_status(table: str, body: bytes) -> None:
    assert {status for status in range(300, 600) if meaning(TABLES[table], status, body)} == set()


def test_an_orchestration_that_aborted_may_have_done_something_before() -> None:
    assert [row.partial for row in JDE] == [False, False, False, True]
    assert not any(row.partial for row in (*COUPA, *BILL))


def test_the_page_says_what_the_tables_say() -> None:
    lines = PAGE.read_text().splitlines()
    for table in TABLES.values():
        for row in table:
            statuses = ", ".join(map(str, sorted(row.statuses)))
            meaning = "not processed" if row.meaning == "not_processed" else row.meaning
            assert f"| {statuses} | {row.says} | {meaning}{' in part' if row.partial else ''} | {row.source} |" in lines
