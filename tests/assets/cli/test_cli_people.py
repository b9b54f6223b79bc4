"""The tables that people keep, and what they ask: mappings, links, exceptions, audit, credentials."""

from __future__ import annotations

import getpass
import io
import json
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from clerks import NOW, Cli, hold, released, settle
from cryptography.fernet import Fernet
from sqlalchemy import Engine, event

from connector_assets.engine.document import Target
from connector_assets.engine.reasons import problem
from connector_assets.pairs.jde_coupa.suppliers.flow import Suppliers
from connector_resources.home import Home
from connector_resources.ledger import Change, Ledger, NewIntent

INVOICES = "jde_coupa/invoices"
SUPPLIERS = "jde_coupa/suppliers"


class TestExceptions:
    def test_the_list_has_the_shape_that_programs_rely_on(self, cli: Cli, ledger: Ledger) -> None:
        id = hold(ledger, "F0411:00001/PV/4711")
        said = cli("exceptions", "list", "--json")
        assert said.code == 0
        (reported,) = json.loads(said.out)["exceptions"]
        assert reported.pop("age").endswith(" d")
        assert {"exceptions": [reported]} == {
            "exceptions": [
                {
                    "id": id,
                    "flow": INVOICES,
                    "key": "F0411:00001/PV/4711",
                    "document": "voucher PV 4711 (00001)",
                    "state": "held",
                    "reason": "account_not_found",
                    "severity": "normal",
                    "field": "account",
                    "value": "39284.9270",
                    "message": "account 39284.9270 does not exist",
                    "fix": "correct it",
                    "first_step": "correct it",
                    "steps": ["correct it"],
                    "since": "2026-03-02T09:00:00+00:00",
                    "attempts": 1,
                    "partition": "2026-02-27",
                    "party": "Bolt Ltd",
                    "party_number": None,
                    "amount": "120.50",
                    "currency": "GBP",
                }
            ]
        }

    def test_the_table_has_what_a_clerk_needs_to_begin(self, cli: Cli, ledger: Ledger) -> None:
        problems = [problem("account_not_found", "account", "30.9999")]
        change = Change(INVOICES, "F0411:00100/PV/778812", state="held", outcome="held", problems=problems)
        about = {"party": "Bolt Ltd", "party_number": "4343", "label": "INV-7"}
        about |= {"amount": Decimal("12000.50"), "currency": "GBP"}
        ledger.record([replace(change, **about)], ledger.clock.now() - timedelta(hours=5))
        out = " ".join(cli("exceptions", "list").out.replace("│", " ").split())
        for reported in (
            "normal",
            "account 30.9999 does not exist in the chart",
            "INV-7, voucher PV 778812",
            "F0411:00100/PV/778812",
            "Bolt Ltd (4343)",
            "12,000.50 GBP",
            "5 h",
            "correct the account on the",
        ):
            assert reported in out, reported
        assert "<" not in out and "None" not in out

    def test_the_largest_amount_comes_first_where_that_is_asked_for(self, cli: Cli, ledger: Ledger) -> None:
        for key, amount in (("F0411:1", "5.00"), ("F0411:2", "-700.00"), ("F0411:3", "60.00")):
            hold(ledger, key)
            ledger.record([Change(INVOICES, key, amount=Decimal(amount))], ledger.clock.now())
        found = json.loads(cli("exceptions", "list", "--by", "amount", "--json").out)["exceptions"]
        assert [each["key"] for each in found] == ["F0411:2", "F0411:3", "F0411:1"]
        assert cli("exceptions", "list", "--by", "name").code == 2

    def test_the_rest_is_shown_of_one_with_the_commands_to_type(self, cli: Cli, ledger: Ledger) -> None:
        settle(ledger, "F0411:00001/PV/4711", "1538")
        id = hold(ledger, "F0411:00001/PV/4711")
        reported = json.loads(cli("exceptions", "show", id, "--json").out)
        assert (reported["source_id"], reported["target_id"]) == ("F0411:00001/PV/4711", "1538")
        assert [each["event"] for each in reported["history"]] == ["settled", "held"]
        assert f"connector exceptions replay {id}" in reported["commands"]
        shown = cli("exceptions", "show", id).out
        assert f"$  connector exceptions dismiss {id}" in shown, cli("exceptions", "show", id).err
        assert "1. correct it" in shown

    def test_why_a_supplier_is_not_linked_is_told_as_it_is_now(self, cli: Cli, ledger: Ledger) -> None:
        for number in (1, 2, 3):
            waits = f"link:{SUPPLIERS}:F0401:{number}"
            hold(ledger, f"F0411:{number}", "supplier_not_linked", value=str(number), waits_for=waits)
        ledger.record([Change(SUPPLIERS, "F0401:1", state="ignored", outcome="not_payable_type")], ledger.clock.now())
        term = hold(ledger, "F0401:2", "payment_term_not_mapped", flow=SUPPLIERS)
        entries = json.loads(cli("exceptions", "list", "--reason", "supplier_not_linked", "--json").out)["exceptions"]
        ignored, held, unknown = sorted(entries, key=lambda each: each["key"])
        assert "by the rule not_payable_type" in ignored["message"] and "`payable_types`" in ignored["fix"]
        assert f"connector exceptions show {term}" in held["first_step"]
        assert unknown["message"] == "account 3 does not exist"

    def test_ten_thousand_exceptions_are_listed_by_a_few_queries(self, cli: Cli, ledger: Ledger) -> None:
        problems = [problem("supplier_not_linked", "supplier", "7", waits_for=f"link:{SUPPLIERS}:F0401:7")]
        changes = [
            Change(INVOICES, f"F0411:{n}", state="held", outcome="held", problems=problems) for n in range(10_000)
        ]
        ledger.record(changes, NOW)
        asked: list[str] = []

        def count(*given: object) -> None:
            asked.append(str(given[2]))

        event.listen(Engine, "before_cursor_execute", count)
        try:
            said = cli("exceptions", "list", "--json")
        finally:
            event.remove(Engine, "before_cursor_execute", count)
        assert len(json.loads(said.out)["exceptions"]) == 10_000
        assert len([each for each in asked if each.lstrip().startswith("SELECT")]) < 200

    def test_what_is_urgent_is_listed_first(self, cli: Cli, ledger: Ledger) -> None:
        hold(ledger, "F0411:1")
        hold(ledger, "F0411:2", "already_scheduled")
        hold(ledger, "F0411:3")
        found = json.loads(cli("exceptions", "list", "--json").out)["exceptions"]
        assert [(each["key"], each["severity"]) for each in found] == [
            ("F0411:2", "high"),
            ("F0411:1", "normal"),
            ("F0411:3", "normal"),
        ]

    def test_the_list_is_cut_down_by_flow_reason_and_integration(self, cli: Cli, ledger: Ledger) -> None:
        hold(ledger, "F0411:1")
        hold(ledger, "F0401:1", "payment_term_not_mapped", flow=SUPPLIERS)
        for arguments, keys in (
            (("--flow", SUPPLIERS), ["F0401:1"]),
            (("--reason", "account_not_found"), ["F0411:1"]),
            (("--integration", "jde_coupa"), ["F0411:1", "F0401:1"]),
        ):
            found = json.loads(cli("exceptions", "list", "--json", *arguments).out)["exceptions"]
            assert [each["key"] for each in found] == keys

    def test_people_get_a_table_and_markup_in_values_is_text(self, cli: Cli, ledger: Ledger) -> None:
        hold(ledger, "F0411:1", value="[bold]x[/bold]")
        said = cli("exceptions", "list")
        assert "1 open exceptions" in said.out
        assert "[bold]x[/bold]" in said.out

    def test_dismissing_leaves_the_document_alone(self, cli: Cli, ledger: Ledger) -> None:
        first, second = hold(ledger, "F0411:1"), hold(ledger, "F0411:2")
        assert cli("exceptions", "dismiss", first, "--note", "a test").code == 1  # another one is still open
        assert cli("exceptions", "dismiss", second).code == 0
        assert ledger.deliveries.load(INVOICES, ["F0411:1"])["F0411:1"].outcome == "dismissed"
        reported = json.loads(cli("exceptions", "show", first, "--json").out)
        assert reported["closed_how"] == "dismissed"

    def test_a_second_person_confirms_a_bank_account_with_a_note_and_the_supplier_goes_on(
        self, cli: Cli, ledger: Ledger
    ) -> None:
        settle(ledger, "F0401:4343", "7", flow=SUPPLIERS)
        found = {"F0401:4343": problem("bank_account_changed", "bank account", "from …1234 to …9876")}
        ledger.findings.set(SUPPLIERS, "bank_account_changed", found, run="r", now=ledger.clock.now())
        (row,) = ledger.exceptions.open()
        assert f"dismiss {row.id} --note NOTE" in cli("exceptions", "show", row.id).out
        said = cli("exceptions", "dismiss", row.id)
        assert said.code == 2 and "--note" in said.err
        said = cli("exceptions", "dismiss", row.id, "--note", "called them")
        assert said.code == 0 and "is confirmed by" in said.err
        assert ledger.deliveries.load(SUPPLIERS, ["F0401:4343"])["F0401:4343"].state == "settled"

    def test_whoever_changed_a_bank_account_does_not_confirm_it(self, cli: Cli, ledger: Ledger) -> None:
        found = {"F0401:4343": problem("bank_account_changed", "bank account", "from …1234 to …9876 by ME")}
        names = {"F0401:4343": [getpass.getuser().upper(), "SOMEBODY"]}
        now = ledger.clock.now()
        ledger.findings.set(SUPPLIERS, "bank_account_changed", found, run="r", now=now, changed_by=names)
        (row,) = ledger.exceptions.open()
        said = cli("exceptions", "dismiss", row.id, "--note", "called them")
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
        assert "made the change and cannot confirm it: let a second person do it" in said.err
        assert [each.id for each in ledger.exceptions.open()] == [row.id]

    def test_a_document_in_doubt_is_not_dismissed_and_the_line_says_why(self, cli: Cli, ledger: Ledger) -> None:
        id = hold(ledger, "F0411:1", "outcome_unknown")
        ledger.intents.open([NewIntent(INVOICES, "F0411:1", "create")], ledger.clock.now())
        said = cli("exceptions", "dismiss", id)
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
        assert f"{INVOICES}: F0411:1 is in doubt" in said.err
        assert [each.id for each in ledger.exceptions.open()] == [id]

    def test_what_an_exception_waits_for_is_shown(self, cli: Cli, ledger: Ledger) -> None:
        id = hold(ledger, "F0401:1", "payment_term_not_mapped", flow=SUPPLIERS, waits_for="payment_terms:D10")
        assert json.loads(cli("exceptions", "show", id, "--json").out)["waits_for"] == ["payment_terms:D10"]
        assert "waits_for  payment_terms:D10" in cli("exceptions", "show", id).out

    def test_replaying_needs_to_be_told_what(self, cli: Cli, ledger: Ledger) -> None:
        hold(ledger, "F0411:1")
        said = cli("exceptions", "replay")
        assert (said.code, said.out) == (2, "")
        assert released(ledger, INVOICES, ["F0411:1"]) == []

    def test_replaying_an_unreachable_system_says_so(self, cli: Cli, ledger: Ledger) -> None:
        id = hold(ledger, "F0411:1")
        said = cli("exceptions", "replay", id, "--json")
        assert said.code == 3
        assert "connection refused" in said.err
        # asked for and not done: the next sync does it
        assert released(ledger, INVOICES, ["F0411:1"]) == ["F0411:1"]


class TestMappings:
    def test_a_value_is_set_listed_and_releases_what_waited(self, cli: Cli, ledger: Ledger) -> None:
        hold(ledger, "F0401:1", "payment_term_not_mapped", flow=SUPPLIERS, waits_for="payment_terms:D10")
        hold(ledger, "F0401:2", "payment_term_not_mapped", flow=SUPPLIERS, waits_for="payment_terms:X99")
        said = cli("mappings", "set", "jde_coupa", "payment_terms", "D10", "Net 10", "--note", "agreed", "--unchecked")
        assert said.code == 0
        assert "1 documents will be tried again" in said.err
        assert released(ledger, SUPPLIERS, ["F0401:1", "F0401:2"]) == ["F0401:1"]
        (row,) = json.loads(cli("mappings", "list", "jde_coupa", "--json").out)["mappings"]
        assert (row["name"], row["key"], row["value"], row["note"]) == ("payment_terms", "D10", "Net 10", "agreed")
        assert cli("mappings", "remove", "jde_coupa", "payment_terms", "D10").code == 0
        assert cli("mappings", "remove", "jde_coupa", "payment_terms", "D10").code == 2

    def test_a_system_that_cannot_be_asked_is_said_to_be_and_nothing_is_written(self, cli: Cli, ledger: Ledger) -> None:
        said = cli("mappings", "set", "jde_coupa", "payment_terms", "D10", "Net 10")
        assert (said.code, said.out) == (3, "")
        assert "nothing was written" in said.err and "--unchecked" in said.err
        assert ledger.mappings.list() == []

    @pytest.mark.parametrize(
        ("integration", "table", "value", "reported"),
        [
            (
                "jde_coupa",
                "payment_term",
                "N30",
                "no table 'payment_term' in jde_coupa; there are: exchange_rates",
            ),
            ("jde_coupa", "exchange_rates", "0.00", "'0.00' is not a rate above 0; nothing was written"),
            ("jde_coupa", "tax_codes", "GBVAT/VAT", "'GBVAT/VAT' is not a tax area and an explanation code"),
            ("jde_bill", "countries", "Britain", "'Britain' is not an ISO code of two capital letters"),
            ("jde_bill", "payment_reversals", "yes", "'yes' is not `reverse` or `post`"),
        ],
    )
    def test_what_can_be_no_value_is_refused_whether_or_not_the_target_is_asked(
        self, cli: Cli, ledger: Ledger, integration: str, table: str, value: str, reported: str
    ) -> None:
        for more in ((), ("--unchecked",)):
            said = cli("mappings", "set", integration, table, "K", value, *more)
            assert (said.code, said.out) == (2, "") and reported in said.err
        assert ledger.mappings.list() == []

    def test_a_file_goes_out_and_comes_in_again(self, cli: Cli, ledger: Ledger, tmp_path: Path) -> None:
        hold(ledger, "F0401:1", "payment_term_not_mapped", flow=SUPPLIERS, waits_for="payment_terms:D10")
        file = tmp_path / "terms.csv"
        file.write_text("name,key,value\npayment_terms,D10,Net 10\npayment_terms,D30,Net 30\n")
        said = cli("mappings", "import", "jde_coupa", str(file), "--unchecked")
        assert said.code == 0
        assert "2 values changed; 1 documents" in said.err
        out = tmp_path / "out.csv"
        assert cli("mappings", "export", "jde_coupa", str(out)).code == 0
        assert out.read_text().splitlines()[1:] == ["payment_terms,D10,Net 10,", "payment_terms,D30,Net 30,"]


class TestLinks:
    @pytest.fixture(autouse=True)
    def _records(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Coupa holds supplier 7, and nothing else."""
        known = {"7": Target("7", {}, label="Acme")}
        monkeypatch.setattr(Suppliers, "read", lambda self, ids: {id: known[id] for id in ids if id in known})

    def test_a_link_by_hand_takes_the_records_label_and_releases_what_waited(self, cli: Cli, ledger: Ledger) -> None:
        hold(ledger, "F0401:4711", "natural_key_taken", flow=SUPPLIERS)
        hold(ledger, "F0411:1", "supplier_not_linked", waits_for=f"link:{SUPPLIERS}:F0401:4711")
        hold(ledger, "F0411:2", "supplier_not_linked", waits_for=f"link:{SUPPLIERS}:F0401:4712")
        said = cli("links", "set", SUPPLIERS, "F0401:4711", "7")
        assert said.code == 0
        assert "2 documents will be tried again" in said.err
        assert released(ledger, SUPPLIERS, ["F0401:4711"]) == ["F0401:4711"]
        assert released(ledger, INVOICES, ["F0411:1", "F0411:2"]) == ["F0411:1"]
        (link,) = json.loads(cli("links", "list", SUPPLIERS, "--json").out)["links"]
        assert (link["target_id"], link["target_label"], link["origin"]) == ("7", "Acme", "set")
        assert cli("links", "remove", SUPPLIERS, "F0401:4711").code == 0
        assert cli("links", "remove", SUPPLIERS, "F0401:4711").code == 2

    def test_a_record_that_is_not_there_is_no_link(self, cli: Cli, ledger: Ledger) -> None:
        said = cli("links", "set", SUPPLIERS, "F0401:4711", "8")
        assert (said.code, said.err) == (2, "connector: coupa has no suppliers 8\n")
        assert not list(ledger.links.all())

    def test_a_record_of_another_document_is_not_taken_from_it(self, cli: Cli, ledger: Ledger) -> None:
        settle(ledger, "F0401:1", "7", flow=SUPPLIERS)
        said = cli("links", "set", SUPPLIERS, "F0401:2", "7")
        assert said.code == 2
        assert "linked to F0401:1" in said.err

    def test_a_file_is_checked_against_the_target_before_anything_of_it_is_written(
        self, cli: Cli, ledger: Ledger, tmp_path: Path
    ) -> None:
        file = tmp_path / "links.csv"
        rows = ["flow,source_key,target_entity,target_id", f"{SUPPLIERS},F0401:1,suppliers,7"]
        file.write_text("\n".join([*rows, f"{SUPPLIERS},F0401:2,suppliers,8"]) + "\n")
        said = cli("links", "import", str(file))
        assert said.code == 2
        assert f"{file} row 3: coupa has no suppliers 8" in said.err
        assert not list(ledger.links.all())
        file.write_text("\n".join(rows) + "\n")
        assert cli("links", "import", str(file)).code == 0
        assert [link.target_label for link in ledger.links.all()] == ["Acme"]


class TestAudit:
    @pytest.mark.parametrize("key", ["F0411:1", "jde:F0411:1", "coupa:invoices:1538"])
    def test_both_ids_lead_to_the_same_history(self, cli: Cli, ledger: Ledger, key: str) -> None:
        settle(ledger, "F0411:1", "1538")
        said = cli("audit", key, "--json")
        assert said.code == 0
        reported = json.loads(said.out)
        assert reported["key"] == key
        assert [(link["system"], link["entity"], link["id"]) for link in reported["links"]] == [
            ("coupa", "invoices", "1538")
        ]
        (event,) = reported["events"]
        assert {"at", "flow", "event", "source_id", "target_id", "run", "partition", "detail"} <= event.keys()
        assert (event["event"], event["source_id"], event["target_id"]) == ("settled", "F0411:1", "1538")

    def test_people_get_a_table(self, cli: Cli, ledger: Ledger) -> None:
        settle(ledger, "F0411:1", "1538")
        said = cli("audit", "F0411:1")
        assert "jde F0411:1 is coupa invoices 1538" in said.out


class TestCredentials:
    def test_values_come_from_stdin_and_the_environment_and_are_never_shown(
        self, cli: Cli, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("Tr0ub4dor\n"))
        set_by_stdin = cli("credentials", "set", "jde", "password", "--stdin")
        monkeypatch.setenv("THE_SECRET", "c0rrect h0rse")
        set_by_variable = cli("credentials", "set", "coupa", "client_secret", "--from-env", "THE_SECRET")
        listed = cli("credentials", "list", "--json")
        assert home.credentials().get("jde")["password"] == "Tr0ub4dor"
        assert home.credentials().get("coupa")["client_secret"] == "c0rrect h0rse"
        for said in (set_by_stdin, set_by_variable, listed):
            assert said.code == 0
            assert "Tr0ub4dor" not in said.out + said.err
            assert "c0rrect" not in said.out + said.err

    def test_the_list_says_where_each_is_and_what_is_missing(
        self, cli: Cli, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home.credentials().delete("coupa", "client_id")
        monkeypatch.setenv("CONNECTOR_JDE_PASSWORD", "x")
        found = json.loads(cli("credentials", "list", "--json").out)["credentials"]
        kept = {(each["connection"], each["name"]): each["kept"] for each in found}
        assert kept == {
            ("bill", "dev_key"): "stored",
            ("bill", "organization_id"): "stored",
            ("bill", "password"): "stored",
            ("bill", "username"): "stored",
            ("coupa", "client_id"): "missing",
            ("coupa", "client_secret"): "stored",
            ("jde", "password"): "environment",
            ("jde", "username"): "stored",
        }

    def test_keys_rotate_and_a_credential_is_forgotten(self, cli: Cli, home: Home) -> None:
        keys = home.keys_file.read_text()
        assert cli("credentials", "rotate").code == 0
        assert home.keys_file.read_text() != keys
        assert home.credentials().get("jde")["password"] == "secret-password"
        home.ledger().landing_keys.add("k1", Fernet(Fernet.generate_key()).encrypt(b""), home.ledger().clock.now())
        said = cli("credentials", "rotate")
        assert said.code == 0 and "1 keys of landed columns (k1) cannot be read: restore the key" in said.err
        assert cli("credentials", "delete", "jde", "password").code == 0
        assert cli("credentials", "delete", "jde", "password").code == 2

    @pytest.mark.parametrize(
        ("arguments", "line"),
        [
            (("jde", "pasword", "--stdin"), "jde has no credential 'pasword'; its credentials are username, password"),
            (("nix", "password", "--stdin"), "no connection 'nix'; there are: bill, coupa, jde"),
            (("jde", "password", "--from-env", "NOT_SET"), "the variable NOT_SET is not set"),
            (("jde", "password", "--stdin"), "the credential password of jde is empty"),
            (("jde", "password"), "there is no terminal to ask at: use --stdin or --from-env"),
        ],
    )
    def test_what_cannot_be_kept(
        self, cli: Cli, home: Home, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], line: str
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        said = cli("credentials", "set", *arguments)
        assert said.code == 2
        assert line in said.err
        assert home.credentials().get("jde")["password"] == "secret-password"
