"""Documents of bills and attachments of vendors (bill section 3.2.2)."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from sandbox_bill_caller import Bill

from connector_sandbox.testing import Sandbox

PDF = b"%PDF-1.4 an invoice"


def upload(bill: Bill, path: str, name: str | None = "invoice.pdf", content: bytes = PDF) -> requests.Response:
    parameters = {"name": name} if name is not None else {}
    headers = {"Content-Type": "application/octet-stream"}
    return bill.session.post(bill.url + path, content, params=parameters, headers=headers, timeout=20)


@pytest.fixture
def path(bill: Bill) -> str:
    return f"documents/bills/{bill.bill(bill.vendor()['id'])['id']}"


def test_an_upload_has_a_temporary_id_until_it_is_complete(bill: Bill, sandbox: Sandbox, path: str) -> None:
    answer = upload(bill, path)
    assert answer.status_code == 200
    temporary = answer.json()
    assert set(temporary) == {"id"} and temporary["id"].startswith("0du")
    reported = bill.get("documents/upload-status", ids=temporary["id"])
    assert reported == [{"uploadId": temporary["id"], "status": "IVA_PROCESSING"}]
    assert bill.listed(path) == []
    sandbox.post("/clock", {"advance": 61})
    [reported] = bill.get("documents/upload-status", ids=f"{temporary['id']},0du01nothing")
    assert reported["status"] == "UPLOADED" and reported["documentId"].startswith("00h")
    [shown] = bill.listed(path)
    assert shown == bill.get(f"documents/{reported['documentId']}")
    assert (shown["id"], shown["name"]) == (reported["documentId"], "invoice.pdf")
    assert requests.get(shown["downloadLink"], timeout=10).content == PDF


def test_what_an_upload_needs(bill: Bill, path: str) -> None:
    def refused(answer: requests.Response) -> tuple[int, Any]:
        return answer.status_code, answer.json()[0]["message"]

    assert refused(upload(bill, path, None)) == (400, "name: must not be null")
    assert refused(upload(bill, path, "invoice")) == (400, "name: must have an extension")
    assert refused(upload(bill, path, content=b"x" * (6 * 1024 * 1024 + 1)))[0] == 400
    assert upload(bill, "documents/bills/00n01nothing").status_code == 404
    assert bill.refused("GET", "documents/upload-status")[2] == ["ids: must not be null"]
    # a bill has documents, and no attachments
    assert bill.refused("GET", path.replace("documents", "attachments"))[1] == "BDC_1121"


def test_documents_come_in_pages_and_attachments_of_vendors_go(bill: Bill, path: str) -> None:
    bill.options(upload_seconds=0)
    made = [upload(bill, path, f"{number}.pdf").json() for number in range(3)]
    assert made[0]["id"].startswith("00h") and made[0]["name"] == "0.pdf"
    assert [each["name"] for each in bill.every(path, max=2)] == ["0.pdf", "1.pdf", "2.pdf"]
    assert bill.refused("GET", path, params={"page": "x"})[0] == 400
    vendor = bill.listed("vendors")[0]["id"]
    attached = upload(bill, f"attachments/vendors/{vendor}", "w9.pdf").json()
    assert attached["id"].startswith("att") and bill.get(f"attachments/{attached['id']}") == attached
    assert bill.ask("DELETE", f"attachments/{attached['id']}").status_code == 204
    assert bill.listed(f"attachments/vendors/{vendor}") == []
