"""The inbox of a connection in connections.yaml: what it takes, what it needs, and what would not be safe."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector_assets.templates import sandbox_connections, site_connections
from connector_resources.connections import Settings
from connector_resources.connections.bill import BillConnection
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.errors import UnusableInput
from connector_resources.inbox_settings import BillInboxSettings


def load(inbox: Any) -> Settings:
    coupa = {"url": "https://example.coupahost.com", "inbox": inbox}
    return Settings.parse(yaml.safe_dump({"start_date": "2026-01-01", "connections": {"coupa": coupa}}), Path("c.yaml"))


def opened(inbox: Any) -> CoupaConnection:
    settings = load(inbox)
    assert settings.broken == {}
    found = settings.connection("coupa")
    assert isinstance(found, CoupaConnection)
    return found


def test_without_an_inbox_a_connection_needs_what_it_needed_before() -> None:
    assert opened(None).inbox is None
    assert opened(None).credential_names == ("client_id", "client_secret")


def test_an_inbox_takes_call_outs_and_a_relay_where_one_is_set() -> None:
    plain, both, relayed = opened({}), opened({"relay": {}}), opened({"bearer": None, "relay": {}})
    assert plain.inbox is not None and plain.inbox.bearer is not None and plain.inbox.relay is None
    assert (plain.inbox.bearer.token_seconds, plain.inbox.keep_days, plain.inbox.max_bytes) == (86_399, 30, 5_000_000)
    assert plain.credential_names[2:] == ("inbox_client_id", "inbox_client_secret")
    assert both.credential_names[2:] == ("inbox_client_id", "inbox_client_secret", "inbox_relay_secret")
    assert relayed.credential_names[2:] == ("inbox_relay_secret",)
    # its client asks for its own only
    assert both.CREDENTIALS == ("client_id", "client_secret")


def test_a_document_has_many_names_and_a_site_may_add_its_own() -> None:
    inbox = opened({"documents": {"Our_Bill": "invoices"}}).inbox
    assert inbox is not None
    names = ("invoice-header", "Invoice_Headers", "invoices", "purchase_orders", "order-header", "our-bill", "contract")
    assert [inbox.document(name) for name in names] == [
        *["invoices"] * 3,
        *["purchase_orders"] * 2,
        "invoices",
        None,
    ]


@pytest.mark.parametrize(
    ("inbox", "reason"),
    [
        ({"bearer": None}, "takes nothing: set bearer or relay"),
        ({"relay": {"signed": "body"}}, "a time stamp that is not signed proves nothing"),
        ({"relay": {"timestamp_header": None}}, "a time stamp that is not signed proves nothing"),
        ({"relay": {"signed": "id.timestamp.body"}}, "needs an event_id_header"),
        ({"relay": {"encoding": "HEX"}}, "relay.encoding"),
        ({"relay": {"header": "X Signature"}}, "relay.header"),
        ({"keep_days": 6, "bearer": {"token_seconds": 604_800}}, "a token must end within keep_days"),
        ({"keep_days": 1, "relay": {"tolerance_seconds": 43_201}}, "twice of it must be within keep_days"),
        ({"documents": {"contract": "contracts"}}, "must be one of invoices, payments, purchase_orders"),
        ({"secret": "s3cret-value"}, "inbox.secret: unknown setting"),
    ],
)
def test_what_cannot_be_used_is_named(inbox: dict[str, Any], reason: str) -> None:
    reported = load(inbox).broken["coupa"]
    assert reason in reported and "s3cret-value" not in reported


def test_the_examples_of_the_commented_file_can_be_used() -> None:
    lines = site_connections(date(2026, 1, 1)).splitlines()
    for _ in range(2):
        start = lines.index("    # inbox:")
        while lines[start].startswith("    # "):
            lines[start] = "    " + lines[start][6:]
            start += 1
        lines.remove("    inbox: null")
    settings = Settings.parse("\n".join(lines), Path("c.yaml"))
    assert settings.broken == {}
    bill = settings.connection("bill")
    assert isinstance(bill, BillConnection)
    assert bill.inbox == BillInboxSettings(public_url="https://connector.example.com")
    found = settings.connection("coupa")
    assert isinstance(found, CoupaConnection) and found.inbox is not None and found.inbox.relay is not None
    assert (found.inbox.relay.prefix, found.inbox.keep_days) == ("sha256=", 30)


class TestServing:
    """`inbox` at the top of the file: who may be connected at a time."""

    def load(self, inbox: Any) -> Settings:
        return Settings.parse(yaml.safe_dump({"start_date": "2026-01-01", "inbox": inbox}), Path("c.yaml"))

    def test_without_it_there_is_room_for_thousands_and_no_relay(self) -> None:
        found = self.load(None).inbox
        assert (found.connections, found.each_address, found.relays) == (3_072, 256, ())

    def test_a_relay_is_an_address_or_a_network(self) -> None:
        found = self.load({"relays": ["10.0.0.5", "2001:db8::/48"]}).inbox
        assert [str(each) for each in found.relays] == ["10.0.0.5/32", "2001:db8::/48"]

    @pytest.mark.parametrize(
        ("inbox", "reason"),
        [
            ({"relays": ["relay.example.com"]}, "inbox.relays.0: value is not a valid IPv4 or IPv6 network"),
            ({"relays": ["10.0.0.5/24"]}, "inbox.relays.0"),
            ({"connections": 0}, "inbox.connections"),
            ({"each_addres": 9}, "inbox.each_addres: unknown setting"),
        ],
    )
    def test_what_cannot_be_used_is_named(self, inbox: dict[str, Any], reason: str) -> None:
        with pytest.raises(UnusableInput) as reported:
            self.load(inbox)
        assert reason in str(reported.value)


def bill_inbox(inbox: Any) -> Settings:
    bill = {"url": "https://gateway.prod.bill.com/connect", "inbox": inbox}
    return Settings.parse(yaml.safe_dump({"start_date": "2026-01-01", "connections": {"bill": bill}}), Path("c.yaml"))


class TestBill:
    def test_without_one_changes_are_polled_and_its_key_is_nobodys_to_set(self) -> None:
        found = bill_inbox(None).connection("bill")
        assert isinstance(found, BillConnection) and found.inbox is None
        with_one = bill_inbox({"public_url": "https://us.example"}).connection("bill")
        assert with_one.credential_names == found.credential_names == BillConnection.CREDENTIALS

    def test_events_are_those_of_the_catalog_that_are_wanted(self) -> None:
        catalog = ["bill.created", "bill.updated", "vendor.restored", "spend.created", "bank-account.updated"]
        inbox = BillInboxSettings(public_url="https://us.example/in/")
        assert inbox.chosen([*catalog, "payment.updated", "payment.held"]) == [
            *catalog[:2],
            "payment.updated",
            catalog[2],
        ]
        assert inbox.chosen(catalog) == catalog[:3]
        few = BillInboxSettings(public_url="https://us.example", events=("bill.updated",))
        assert few.chosen(catalog) == ["bill.updated"]
        assert inbox.url("north") == "https://us.example/in/bill/north"

    @pytest.mark.parametrize(
        ("inbox", "reason"),
        [
            ({}, "inbox.public_url: this setting is required"),
            ({"public_url": "http://127.0.0.1:8980"}, "BILL sends over HTTPS alone"),
            ({"public_url": "https://u:s3cret-value@us.example"}, "must not carry a user"),
            ({"public_url": "https://us.example?key=s3cret-value"}, "must not carry a user, password, query"),
            ({"public_url": "https://us.example:port"}, "not a usable address"),
            ({"public_url": "https://us.example", "events": ["spend.*"]}, "must be vendor.*, bill.*, payment.* or one"),
            ({"public_url": "https://us.example", "events": []}, "inbox.events"),
            ({"public_url": "https://us.example", "check_seconds": 0}, "inbox.check_seconds"),
        ],
    )
    def test_what_cannot_be_used_is_named(self, inbox: dict[str, Any], reason: str) -> None:
        reported = bill_inbox(inbox).broken["bill"]
        assert reason in reported and "s3cret-value" not in reported

    def test_the_example_of_the_sandboxs_file_leads_to_the_inbox_at_its_own_port(self) -> None:
        text = sandbox_connections(date(2026, 1, 1))
        bill = text.index("  bill:")
        example = text[bill:].replace("    inbox: null\n    # inbox:", "    inbox:", 1)
        found = Settings.parse(text[:bill] + example, Path("c.yaml")).connection("bill")
        assert isinstance(found, BillConnection) and found.inbox is not None
        assert found.inbox.public_url == "https://127.0.0.1:8980"
