"""Documents of bills and attachments of vendors: uploads that take their time (bill section 3.2.2)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from connector_sandbox.bill.books import Books, Record
from connector_sandbox.bill.errors import invalid

LARGEST = 6 * 1024 * 1024
CONTENT = "/files"
"""Where links to content lead; not below the API."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is uploaded, and to what: documents to bills, attachments to vendors."""

    entity: str
    owner: str


DOCUMENT = Kind("documents", "bills")
ATTACHMENT = Kind("attachments", "vendors")


def upload(books: Books, kind: Kind, owner: str, name: str | None, content: bytes) -> Record:
    """Take bytes in. Only an id of the upload is sure until it is complete."""
    books.get(kind.owner, owner)
    if not name:
        raise invalid(["name: must not be null"])
    if "." not in name.strip("."):
        raise invalid(["name: must have an extension"])
    if not 0 < len(content or b"") <= LARGEST:
        raise invalid([f"size must be between 1 and {LARGEST}"])
    complete = books.instant() + timedelta(seconds=books.options.upload_seconds)
    record = {
        "id": books.ids.draw(kind.entity),
        "name": name,
        "archived": False,
        "_owner": owner,
        "_upload": books.ids.draw("uploads"),
        "_complete": complete.isoformat(),
        "_content": base64.b64encode(content).decode(),
    }
    return books.put(kind.entity, record, "created")


def uploaded(books: Books, record: Record, base: str) -> dict[str, Any]:
    """What an upload is answered with: a temporary id while it runs."""
    return view(record, base) if is_complete(books, record) else {"id": record["_upload"]}


def is_complete(books: Books, record: Record) -> bool:
    """Whether its upload is over."""
    return books.instant() >= datetime.fromisoformat(record["_complete"])


def view(record: Record, base: str) -> dict[str, Any]:
    """As the API answers with a complete one."""
    link = f"{base.rstrip('/')}{CONTENT}/{record['id']}"
    return {"id": record["id"], "name": record["name"], "createdTime": record["createdTime"], "downloadLink": link}


def one(books: Books, kind: Kind, key: str) -> Record:
    """A complete one; Refusal where there is none of that id."""
    record = books.get(kind.entity, key)
    if not is_complete(books, record):
        raise books.missing()
    return record


def of_owner(books: Books, kind: Kind, owner: str) -> list[Record]:
    """The complete ones of a bill or a vendor."""
    books.get(kind.owner, owner)
    rows = books.tables[kind.entity].values()
    return [row for row in rows if row["_owner"] == owner and is_complete(books, row)]


def statuses(books: Books, ids: str | None) -> list[dict[str, Any]]:
    """How uploads stand. An id that leads nowhere is left out."""
    wanted = [each.strip() for each in (ids or "").split(",") if each.strip()]
    if not wanted:
        raise invalid(["ids: must not be null"])
    by_upload = {row["_upload"]: row for row in books.tables["documents"].values()}
    return [_status(books, by_upload[each]) for each in wanted if each in by_upload]


def download(books: Books, key: str) -> Response:
    """The bytes, for whoever has the link: whether it takes a session is not stated."""
    for entity in (DOCUMENT.entity, ATTACHMENT.entity):
        record: Mapping[str, Any] | None = books.tables[entity].get(key)
        if record is not None:
            return Response(base64.b64decode(record["_content"]), media_type="application/octet-stream")
    return Response(status_code=404)


def _status(books: Books, record: Record) -> dict[str, Any]:
    told = {"uploadId": record["_upload"]}
    if is_complete(books, record):
        return {"documentId": record["id"], **told, "status": "UPLOADED"}
    return {**told, "status": "IVA_PROCESSING"}
