"""References of a plan: what stands for a record that is not there yet, how it is shown, kept and filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connector_assets.engine.document import Document, Step, Target, canonical
from connector_assets.engine.frozen import body_of, body_text, freeze
from connector_assets.engine.references import (
    Reference,
    as_shown,
    filled,
    number_of,
    reference_of,
    references_in,
    shown,
)
from connector_resources.ledger import Ledger, Link, NewLink
from connector_resources.ledger.foreseen import ForeseenLinks

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SUPPLIER, ACCOUNT = ("suppliers", "F0401:4242"), ("accounts", "F0901:OBJ/5010")


def link(document: tuple[str, str], id: str, label: str = "") -> Link:
    flow, key = document
    return Link(1, f"pair/{flow}", "jde", "F0401", key, "coupa", flow, id, label, "created", {}, "run", NOW)


LINKS = {SUPPLIER: link(SUPPLIER, "17", "Anvil"), ACCOUNT: link(ACCOUNT, "5", "30-5010")}


def planned_body() -> dict[str, Any]:
    return {
        "supplier": {"id": number_of(Reference(*SUPPLIER).text)},
        "lines": [{"price": Decimal("1.50"), "on": date(2026, 3, 2), "account": Reference(*ACCOUNT).text}],
        "note": "suppliers/4242",
    }


@pytest.mark.parametrize("part", ["id", "number", "label"])
@pytest.mark.parametrize("document", [SUPPLIER, ACCOUNT, ("vendors", "F0401:4343/USD"), ("units", "a\nb:c/d")])
def test_a_reference_is_known_again_by_its_text(document: tuple[str, str], part: Any) -> None:
    reference = Reference(*document, part)
    assert reference_of(reference.text) == reference_of(reference) == reference
    assert reference.document == document


@pytest.mark.parametrize("value", ["4242", "", "suppliers/4242", None, 17, ["x"], "\ue000", "\ue000id/x\ue001"])
def test_nothing_else_is_a_reference(value: Any) -> None:
    assert reference_of(value) is None


def test_the_number_of_a_real_id_is_that_number() -> None:
    assert number_of("17") == 17


def test_a_plan_shows_what_a_reference_leads_to() -> None:
    assert shown(SUPPLIER) == "suppliers/4242"
    assert shown(("vendors", "F0401:4343/USD")) == "vendors/4343/USD"
    reported = as_shown(planned_body())
    assert reported["supplier"] == {"id": {"$link": "suppliers/4242"}}
    assert reported["lines"][0] == {
        "price": Decimal("1.50"),
        "on": date(2026, 3, 2),
        "account": {"$link": "accounts/OBJ/5010"},
    }
    assert reported["note"] == "suppliers/4242"


def test_what_the_links_say_takes_the_place_of_references_and_of_nothing_else() -> None:
    body = filled(planned_body(), LINKS)
    assert body["supplier"] == {"id": 17}
    assert body["lines"] == [{"price": Decimal("1.50"), "on": date(2026, 3, 2), "account": "5"}]
    assert filled(Reference(*ACCOUNT, "label").text, LINKS) == "30-5010"
    with pytest.raises(KeyError):
        filled(planned_body(), {SUPPLIER: LINKS[SUPPLIER]})


def test_all_references_are_found_however_deep() -> None:
    assert [each.document for each in references_in(planned_body())] == [SUPPLIER, ACCOUNT]


def test_a_body_with_references_is_the_same_after_it_was_kept() -> None:
    assert body_of(body_text(planned_body())) == planned_body()


def test_a_body_may_not_use_our_name_of_a_reference() -> None:
    with pytest.raises(ValueError, match="the name is ours"):
        body_text({"supplier": {"$link": "suppliers/4242"}})


# -- the call of a document that refers ---------------------------------------------------------------------------


def call(body: dict[str, Any], **content: Any) -> tuple[Any, Document]:
    document = Document("F0411:1", {"amount": "1.50", **content}, NOW)

    def send(_: Any) -> Target:
        raise AssertionError("never sent")

    return freeze(document, Step("create", body, send, "created"), None), document


def test_a_planned_call_is_the_call_that_the_links_make_of_it_to_the_byte() -> None:
    planned, document = call(planned_body(), account=Reference(*ACCOUNT, "label").text)
    now, _ = call(filled(planned_body(), LINKS), account="30-5010")
    resolved = planned.referring(canonical(document.content), LINKS)
    assert resolved.changed(now) is None
    assert resolved.body == now.body


def test_another_id_another_content_and_a_reference_that_is_left_are_changes() -> None:
    planned, document = call(planned_body(), account=Reference(*ACCOUNT, "label").text)
    text = canonical(document.content)
    resolved = planned.referring(text, LINKS)
    elsewhere, _ = call(filled(planned_body(), LINKS | {SUPPLIER: link(SUPPLIER, "18")}), account="30-5010")
    assert resolved.changed(elsewhere) == "request"
    recoded, _ = call(filled(planned_body(), LINKS), account="40-5010")
    assert resolved.changed(recoded) == "source"
    now, _ = call(filled(planned_body(), LINKS), account="30-5010")
    assert planned.changed(now) == "source"
    assert replace(planned, lacks="suppliers/4242").changed(now) == "link of suppliers/4242"


# -- links that are only expected ---------------------------------------------------------------------------------


def expected(key: str, id: str, **more: Any) -> NewLink:
    return NewLink(
        source_connection="jde",
        target_connection="coupa",
        target_entity="suppliers",
        target_id=id,
        flow="pair/suppliers",
        source_key=key,
        **more,
    )


def test_a_foreseeing_ledger_finds_expected_links_and_writes_none(ledger: Ledger) -> None:
    ledger.links.set(expected("F0401:1", "11", target_label="One"), "ann", NOW)
    foreseeing = ledger.foreseeing()
    links = foreseeing.links
    assert isinstance(links, ForeseenLinks)
    links.expect(expected("F0401:2", "12", attributes={"bill_currency": "GBP"}), NOW)
    links.expect(expected("F0401:1", "99"), NOW)
    found = links.of("pair/suppliers", ["F0401:1", "F0401:2", "F0401:3"])
    # what is there goes before what is expected
    assert {key: each.target_id for key, each in found.items()} == {"F0401:1": "11", "F0401:2": "12"}
    assert found["F0401:2"].attributes == {"bill_currency": "GBP"}
    assert links.of("other/suppliers", ["F0401:2"]) == {}
    by_id = links.by_target("pair/suppliers", "suppliers", ["11", "12", "13"])
    assert {id: each.source_key for id, each in by_id.items()} == {"11": "F0401:1", "12": "F0401:2"}
    assert links.by_target("pair/suppliers", "accounts", ["12"]) == {}
    assert (links.expects("pair/suppliers", "F0401:2"), links.expects("pair/suppliers", "F0401:3")) == (True, False)
    assert ledger.links.of("pair/suppliers", ["F0401:2"]) == {}
    assert [each.source_key for each in links.all()] == ["F0401:1"]
