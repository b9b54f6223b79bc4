"""`connector approvals` and `connector plans`: what a person sees and says, without any system."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from clerks import NOW, Cli, hold

from connector_assets.engine import plans
from connector_assets.engine.document import Document, Step, Target
from connector_assets.engine.frozen import Frozen, body_hash, body_text, freeze
from connector_assets.engine.report import FlowReport, Planned, Result
from connector_assets.run_setup import open_run_context
from connector_resources.home import Home
from connector_resources.ledger import Change, Ledger, NewStaged

INVOICES = "jde_coupa/invoices"
SUPPLIERS = "jde_coupa/suppliers"
BODY = {"invoice-number": "4711", "amount": Decimal("10.50"), "text": "10.50"}


def stage(ledger: Ledger, key: str, amount: str = "10.50", *, flow: str = INVOICES, supplier: str = "4343") -> str:
    """A document that waits for an approval; returns the id under which it does."""
    call = NewStaged(
        step="update",
        body=body_text(BODY),
        body_hash=body_hash(BODY),
        content_hash="c",
        content={"supplier": supplier},
        changes=[{"field": "amount", "from": "9.00", "to": amount}],
        stake=abs(Decimal(amount)),
        actor="connector",
    )
    change = Change(
        flow,
        key,
        state="staged",
        outcome="staged",
        amount=Decimal(amount),
        currency="GBP",
        partition="2026-02-27",
        staging=call,
    )
    ledger.record([change], NOW)
    return ledger.staged.of(flow, [key])[key].id


def waiting(cli: Cli, *options: str) -> list[str]:
    return [each["key"] for each in json.loads(cli("approvals", "list", "--json", *options).out)["approvals"]]


class TestApprovals:
    def test_the_list_is_json_for_programs_and_a_table_for_people(self, cli: Cli, ledger: Ledger) -> None:
        id = stage(ledger, "F0411:1")
        said = cli("approvals", "list", "--json")
        assert said.code == 0
        (row,) = json.loads(said.out)["approvals"]
        assert row == {
            "id": id,
            "flow": INVOICES,
            "key": "F0411:1",
            "state": "waiting",
            "action": "update",
            "supplier": "4343",
            "amount": "10.50",
            "currency": "GBP",
            "target_id": None,
            "since": NOW.isoformat(),
            "partition": "2026-02-27",
        }
        table = cli("approvals", "list").out
        assert "1 documents wait for an approval" in table and "amount: 9.00 -> 10.50" in table

    def test_one_is_shown_with_the_request_as_it_is_sent(self, cli: Cli, ledger: Ledger) -> None:
        id = stage(ledger, "F0411:1")
        said = cli("approvals", "show", id, "--json")
        assert said.code == 0
        assert '"amount": 10.50,' in said.out and '"text": "10.50"' in said.out
        assert list(json.loads(said.out)["request"]) == list(BODY)
        assert "10.50" in cli("approvals", "show", id).out

    def test_one_by_one(self, cli: Cli, ledger: Ledger) -> None:
        first, second = stage(ledger, "F0411:1"), stage(ledger, "F0411:2")
        said = cli("approvals", "approve", first, "--note", "seen")
        assert (said.code, said.err) == (0, "1 document approved: the next sync or poll sends it\n")
        assert waiting(cli) == ["F0411:2"]
        assert cli("approvals", "reject", second, "--note", "a test").code == 0
        assert waiting(cli) == []
        shown = json.loads(cli("approvals", "show", second, "--json").out)
        assert (shown["state"], shown["note"], shown["rule"]) == ("rejected", "a test", "by id")
        assert shown["decided_by"]
        assert ledger.deliveries.load(INVOICES, ["F0411:2"])["F0411:2"].outcome == "rejected"
        assert ledger.deliveries.due(INVOICES, NOW) == ["F0411:1"]

    @pytest.mark.parametrize(
        ("rule", "left"),
        [
            (("--all",), []),
            (("--flow", INVOICES), ["F0401:1"]),
            (("--integration", "jde_coupa"), []),
            (("--up-to", "10.50", "--currency", "GBP"), ["F0411:2"]),
            (("--up-to", "10.50", "--currency", "EUR"), ["F0411:1", "F0411:2", "F0401:1"]),
            (("--supplier", "43*"), ["F0411:2"]),
            (("--key", "F0411:*"), ["F0401:1"]),
            (("--key", "F0411:*", "--supplier", "4343"), ["F0411:2", "F0401:1"]),
        ],
    )
    def test_by_a_rule_or_all(self, cli: Cli, ledger: Ledger, rule: tuple[str, ...], left: list[str]) -> None:
        stage(ledger, "F0411:1")
        stage(ledger, "F0411:2", "-10.51", supplier="9999")
        stage(ledger, "F0401:1", flow=SUPPLIERS)
        listed = waiting(cli, *(() if rule == ("--all",) else rule))
        said = cli("approvals", "approve", *rule, "--json")
        assert said.code == 0
        assert [each["key"] for each in json.loads(said.out)["approved"]] == listed
        assert waiting(cli) == left

    def test_one_that_waits_no_more_keeps_the_others_waiting(self, cli: Cli, ledger: Ledger) -> None:
        first, second = stage(ledger, "F0411:1"), stage(ledger, "F0411:2")
        assert cli("approvals", "approve", first).code == 0
        for act in ("approve", "reject"):
            said = cli("approvals", act, second, first)
            assert (said.code, said.out) == (2, "")
            assert said.err == f"connector: {first} does not wait for an approval\n"
        assert waiting(cli) == ["F0411:2"]

    def test_exceptions_of_the_same_flow_are_told_by_the_exit_code(self, cli: Cli, ledger: Ledger) -> None:
        id = stage(ledger, "F0411:1")
        hold(ledger, "F0411:9")
        assert cli("approvals", "approve", id).code == 1


# -- plans ------------------------------------------------------------------------------------------------------------


def document(key: str) -> Document:
    return Document(key, {"key": key}, NOW, day=date(2026, 2, 27), amount=Decimal("10.50"), currency="GBP")


def plan(home: Home, id: str = "plan-1", *, by: str = "ann", keys: tuple[str, ...] = ("F0411:1",)) -> None:
    """A plan of one flow: one create a key, and a document that would only be linked."""

    def send(body: object) -> Target:
        raise AssertionError("a plan sends nothing")

    report = FlowReport(INVOICES, True, plan=True)
    for key in keys:
        frozen = freeze(document(key), Step("create", BODY, send, "created"), None)
        report.planned.append(
            Planned(key, "create", [], BODY, frozen, date(2026, 2, 27), amount=Decimal("10.50"), currency="GBP")
        )
        report.add([Result(key, "created", amount=Decimal("10.50"), currency="GBP")])
    report.planned.append(Planned("F0411:9", "adopt", [], None))
    report.add([Result("F0411:9", "adopted")])
    with open_run_context(home, "jde_coupa", id, actor=by) as context:
        plans.keep(context, report)


class TestPlans:
    def test_the_list_says_who_planned_what(self, cli: Cli, home: Home, ledger: Ledger) -> None:
        plan(home, "plan-1", by="ann")
        plan(home, "plan-2", by="bob", keys=("F0411:1", "F0411:2"))
        reported = json.loads(cli("plans", "list", "--json").out)["plans"]
        assert [(each["plan_id"], each["planned_by"], each["applied"]) for each in reported] == [
            ("plan-2", "bob", 0),
            ("plan-1", "ann", 0),
        ]
        (flow,) = reported[0]["flows"]
        assert (flow["flow"], flow["read"], flow["documents"], flow["outcomes"]["created"]) == (INVOICES, 3, 2, 2)
        assert len(json.loads(cli("plans", "list", "--limit", "1", "--json").out)["plans"]) == 1
        assert "invoices 2" in cli("plans", "list", "--integration", "jde_coupa").out

    def test_one_is_shown_with_the_requests_as_they_are_sent(self, cli: Cli, home: Home, ledger: Ledger) -> None:
        plan(home)
        said = cli("plans", "show", "plan-1", "--json")
        assert said.code == 0
        assert '"amount": 10.50,' in said.out and '"text": "10.50"' in said.out
        reported = json.loads(said.out)
        assert (reported["plan_id"], reported["integration"], reported["planned_by"]) == ("plan-1", "jde_coupa", "ann")
        (flow,) = reported["flows"]
        assert [each["action"] for each in flow["documents"]] == ["create", "adopt"]
        assert list(flow["documents"][0]["request"]) == list(BODY)
        assert "F0411:1" in cli("plans", "show", "plan-1").out

    def test_a_plan_keeps_its_calls_to_the_byte(self, home: Home, ledger: Ledger) -> None:
        plan(home)
        (call,) = plans.load(ledger, "plan-1").flows[INVOICES].calls("plan-1").values()
        expected = freeze(document("F0411:1"), Step("create", BODY, lambda body: Target("1", {}), "created"), None)
        assert call == Frozen(
            expected.step, body_text(BODY), expected.body_hash, expected.content_hash, None, None, "plan-1"
        )

    def test_a_plan_of_another_version_is_not_applied(self, cli: Cli, home: Home, ledger: Ledger) -> None:
        plan(home)
        (head,) = (each for each in ledger.reports.of("plan-1") if each.plan)
        newer = {**head.report, "plan": {**head.report["plan"], "format": plans.FORMAT + 1}}
        ledger.reports.put("plan-1", INVOICES, newer, plan=True)
        old = {name: value for name, value in head.report.items() if name != "plan"}
        ledger.reports.put("plan-0", INVOICES, old, plan=True)
        for id in ("plan-1", "plan-0"):
            said = cli("sync", "--apply", id)
            assert said.code == 2
            assert said.err == f"connector: the plan {id} was made by another version of ml-connector: plan again\n"

    @pytest.mark.parametrize("target", ["jde_coupa/suppliers", "jde_coupa2"])
    def test_a_plan_of_something_else_is_not_applied(self, cli: Cli, home: Home, ledger: Ledger, target: str) -> None:
        text = home.connections_file.read_text()
        home.connections_file.write_text(text + "  jde_coupa2:\n    kind: jde_coupa\n")
        plan(home)
        said = cli("sync", target, "--apply", "plan-1")
        assert (said.code, said.err) == (2, f"connector: the plan plan-1 is of {INVOICES}, not of {target}\n")

    def test_systems_that_cannot_be_reached_are_told_before_anything_is_sent(
        self, cli: Cli, home: Home, ledger: Ledger
    ) -> None:
        plan(home)
        assert cli("sync", "--apply", "plan-1", "--json").code == 3
        assert ledger.deliveries.load(INVOICES, ["F0411:1"]) == {}
