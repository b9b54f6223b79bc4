"""connections.yaml: what it may say, and what a mistake in it takes down."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connector_resources import cron
from connector_resources.connections import Settings
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.connections.jde import JdeConnection
from connector_resources.errors import UnusableInput

GOOD = """\
start_date: 2026-08-23
connections:
  jde:
    url: http://127.0.0.1:8901/jderest/
    time_zone: Europe/London
    environment: JPD920
    limits: {in_flight: 2, timeout_seconds: 30}
    orchestrations:
      create_voucher: {name: OurVoucher, inputs: {amount: Gross Amount}}
  london:
    system: coupa
    url: https://london.example.com
    limits: {per_second: 10}
integrations:
  jde_coupa:
    connections: {coupa: london}
    overlap_days: 2
    flows:
      suppliers:
      invoices: {mode: invoices_draft}
"""


def load(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "connections.yaml"
    file.write_text(text)
    return Settings.load(file)


def test_settings_with_their_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, GOOD)
    assert settings.broken == {} and settings.start_date == date(2026, 8, 23)
    jde, coupa = settings.connection("jde"), settings.connection("london")
    assert isinstance(jde, JdeConnection) and isinstance(coupa, CoupaConnection)
    assert (jde.name, jde.url, jde.zone.key) == ("jde", "http://127.0.0.1:8901/jderest", "Europe/London")
    assert (jde.page_size, jde.role, jde.device_name, jde.keys_per_call) == (500, "*ALL", "ml-connector", 200)
    assert (jde.limits.in_flight, jde.limits.per_second, jde.limits.timeout_seconds) == (2, None, 30)
    assert jde.orchestrations["create_voucher"].inputs == {"amount": "Gross Amount"}
    assert (coupa.limits.in_flight, coupa.limits.per_second, coupa.limits.burst) == (8, 10, 20)
    assert "core.invoice.create" in coupa.scopes and not any("bypass" in scope for scope in coupa.scopes)
    integration = settings.integration("jde_coupa")
    assert (integration.kind, integration.overlap_days, integration.schedule) == ("jde_coupa", 2, "*/15 * * * *")
    assert integration.connections == {"jde": "jde", "coupa": "london"}
    assert integration.flows == {"suppliers": {}, "invoices": {"mode": "invoices_draft"}}


def test_one_broken_entry_leaves_the_others_working(tmp_path: Path) -> None:
    text = GOOD.replace("overlap_days", "overlap") + "  second: {kind: jde_coupa, connections: {coupa: london}}\n"
    settings = load(tmp_path, text.replace("  london:\n", "  bad: {system: coupa}\n  london:\n"))
    assert settings.broken.keys() == {"bad", "jde_coupa"}
    assert settings.connections.keys() == {"jde", "london"} and settings.integrations.keys() == {"second"}
    with pytest.raises(UnusableInput, match=r"connections\.yaml line 10: connections\.bad\.url: .*required"):
        settings.connection("bad")
    with pytest.raises(UnusableInput, match=r"line 18: integrations\.jde_coupa\.overlap: unknown setting"):
        settings.integration("jde_coupa")
    with pytest.raises(UnusableInput, match="no connection 'nope'; there are: jde, london"):
        settings.connection("nope")
    with pytest.raises(UnusableInput, match="no integration 'nope'; there are: second"):
        settings.integration("nope")


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("url: ftp://h/x", "must be an address like https://host:port/path"),
        ("url: http://h:notaport/", "not a usable address"),
        ("url: 'http://'", "must be an address"),
        ("url: https://me:topsecret@h/", "must not carry a user or password"),
        ("url: https://h/?token=topsecret", "must not carry a query"),
        ("password: topsecret", "jde.password: unknown setting"),
        ("time_zone: Mars/Olympus", "is not an IANA time zone"),
        ("page_size: 0", "greater than or equal to 1"),
        ("limits: {in_flight: none}", "jde.limits.in_flight"),
        ("verify: /no/such/bundle.pem", "no such file"),
        ("orchestrations: {void: {title: x}}", "jde.orchestrations.void"),
        ("system: procore", "system must be one of"),
        ("system: sap", "system must be one of jde, coupa"),
        ("name: other", "unknown setting name"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(tmp_path: Path, setting: str, reason: str) -> None:
    url = "" if setting.startswith("url") else "    url: http://h/jderest\n"
    settings = load(tmp_path, f"start_date: 2026-01-01\nconnections:\n  jde:\n{url}    {setting}\n")
    assert reason in settings.broken["jde"]
    assert "connections.yaml line " in settings.broken["jde"] and "\n" not in settings.broken["jde"]
    assert "topsecret" not in settings.broken["jde"]


@pytest.mark.parametrize(
    ("integration", "reason"),
    [
        ("jde_coupa: {connections: {erp: jde}}", "connections.erp is no role of jde_coupa: jde, coupa"),
        ("jde_coupa: {connections: {coupa: paris}}", "no connection 'paris'"),
        ("jde_coupa: {connections: {coupa: jde}}", "'jde' is not a coupa connection"),
        ("mine: {}", "kind must be one of jde_coupa"),
        ("jde: {kind: jde_coupa}", "is the name of a connection too"),
        ("my-own: {kind: jde_coupa}", "a name is letters, digits and _"),
        ("jde_coupa: {schedule: every day}", "must be a cron line of five fields"),
        ("jde_coupa: {flows: [suppliers]}", "flows"),
        ("jde_coupa: [1]", "must be a mapping of settings"),
    ],
)
def test_a_wrong_integration_is_named(tmp_path: Path, integration: str, reason: str) -> None:
    connections = GOOD.split("integrations:")[0].replace("  london:\n    system: coupa\n", "  coupa:\n")
    settings = load(tmp_path, f"{connections}integrations:\n  {integration}\n")
    assert any(reason in why for why in settings.broken.values()), settings.broken
    assert settings.connections.keys() == {"jde", "coupa"}


def test_an_integration_of_a_broken_connection_says_so(tmp_path: Path) -> None:
    settings = load(tmp_path, GOOD.replace("per_second: 10", "per_second: -1"))
    assert "its connection is broken" in settings.broken["jde_coupa"] and "per_second" in settings.broken["jde_coupa"]
    assert settings.connections.keys() == {"jde"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1: must be a mapping"),
        ("- 1\n", "line 1: must be a mapping"),
        ("start_date: [\n", "not valid YAML"),
        ("a: 1\n\tb: 2\n", "line 2: not valid YAML"),
        ("connections: {}\n", "start_date: this setting is required"),
        ("start_date: soon\n", "line 1: start_date"),
        ("start_date: 2026-02-30\n", "not valid YAML"),
        ("start_date: 2026-01-01\nconections: {}\n", "line 2: conections: unknown setting"),
        ("start_date: 2026-01-01\nconnections:\n  jde: {}\n  jde: {}\n", "line 4: jde stands already in line 3"),
        ("start_date: 2026-01-01\nconnections: {[a]: b}\n", "line 2: a setting's name must be plain text"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(UnusableInput) as caught:
        load(tmp_path, text)
    assert reason in str(caught.value) and "connections.yaml" in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="no such file"):
        Settings.load(tmp_path / "connections.yaml")


@pytest.mark.parametrize("line", ["*/15 * * * *", "0 6,18 1-15/2 jan-mar MON-FRI", "59 23 31 12 7", "@daily"])
def test_cron_lines(line: str) -> None:
    cron.check(line)


@pytest.mark.parametrize("line", ["60 * * * *", "* * * *", "*/0 * * * *", "5-1 * * * *", "* * 0 * *", "x * * * *"])
def test_lines_that_are_not_cron(line: str) -> None:
    with pytest.raises(ValueError, match="cron"):
        cron.check(line)
