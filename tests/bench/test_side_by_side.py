"""The side-by-side benchmark counts what Coupa holds, believes no tool, and leaves no peer out silently."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import requests
from loopback import free_port

from benchmarks.delivery import environments, table
from benchmarks.delivery.__main__ import fault_plan
from benchmarks.delivery.contestants import EVERYONE, Contestant, Job, Site
from benchmarks.delivery.course import DidNotFinish, Score, run
from benchmarks.delivery.sandbox import CREATE, Sandbox, sandbox
from benchmarks.delivery.scene import Scene

INVOICES = 12

# a tool of the kind that the benchmark is about: no memory, no look-up, a retry for every answer that is not a success
CARELESS = """
import json, sys, time, urllib.request
records, coupa, token, pause = sys.argv[1:]
headers = {"Authorization": "Bearer " + token, "Accept": "application/json", "Content-Type": "application/json"}
sent = 0
for line in open(records):
    body = json.loads(line)["body"].encode()
    for _ in range(6):
        try:
            urllib.request.urlopen(urllib.request.Request(coupa + "/api/invoices", body, headers)).read()
            break
        except OSError:
            pass
    sent += 1
    time.sleep(float(pause))
print(json.dumps({"sent": sent}))
"""


def careless(pause: float = 0.0, program: str = CARELESS) -> Contestant:
    def job(site: Site) -> Job:
        arguments = [str(site.records), site.coupa, token(site.coupa, site.login), str(pause)]
        return Job([sys.executable, "-c", program, *arguments], {}, lambda out: f"{json.loads(out)['sent']} sent")

    return Contestant("script", "careless", "none", job)


def token(coupa: str, login: Any) -> str:
    form = {**login, "grant_type": "client_credentials"}
    return str(requests.post(f"{coupa}/oauth2/token", data=form, timeout=10).json()["access_token"])


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A Coupa with one supplier, and a dozen invoices for it that are not there yet."""
    base = free_port(7)
    with sandbox(base, tmp_path / "state.prepared", tmp_path / "log", size=1) as served:
        headers = {"Authorization": f"Bearer {token(served.coupa, served.login())}", "Accept": "application/json"}
        required = {"po-method": "prompt", "po-change-method": "prompt", "invoice-matching-level": "none"}
        body = {"name": "Smith & Sons", "number": "4001", "status": "active", **required}
        answer = requests.post(f"{served.coupa}/api/suppliers", json=body, headers=headers, timeout=10)
        assert answer.ok, answer.text
        supplier = answer.json()["id"]
    (tmp_path / "home.prepared").mkdir()
    numbers = [f"INV-{each}" for each in range(INVOICES)]
    with (tmp_path / "records.jsonl").open("w") as lines:
        for seq, number in enumerate(numbers, 1):
            line = {"type": "InvoiceAmountLine", "description": "Paper", "price": "10.00", "currency": {"code": "GBP"}}
            body = {
                "invoice-number": number,
                "invoice-date": "2026-03-02",
                "supplier": {"id": supplier},
                "currency": {"code": "GBP"},
                "account-type": {"name": "JDE"},
                "line-level-taxation": False,
                "invoice-lines": [line],
            }
            lines.write(json.dumps({"seq": seq, "key": number, "body": json.dumps(body)}) + "\n")
    return Scene(tmp_path, base, frozenset((supplier, number) for number in numbers), held=0)


def runs(contestant: Contestant, scene: Scene, faults: list[dict[str, Any]], *, kill: bool = False) -> Score:
    shutil.rmtree(scene.folder / f"{contestant.name}{'-killed' if kill else ''}", ignore_errors=True)
    return run(contestant, scene, Path(sys.executable), "", faults, kill=kill)


def test_a_retried_create_is_counted_as_a_duplicate_whatever_the_tool_says(scene: Scene) -> None:
    lost_answers = [
        {"name": "dropped", "kind": "drop_after", "system": "coupa", "route": CREATE, "calls": [2, 5]},
        {"name": "503", "kind": "status_after", "system": "coupa", "route": CREATE, "calls": [8]},
    ]
    score = runs(careless(), scene, lost_answers)
    assert (score.landed, score.duplicates, score.lost, score.foreign_records) == (INVOICES, 3, 0, 0)
    assert (score.exit_code, score.said) == (0, f"{INVOICES} sent")
    assert score.fired == {"dropped": 2, "503": 1}
    assert score.calls[CREATE] == INVOICES + 3
    assert score.calls_each == (INVOICES + 3 + 1) / INVOICES  # the login is a call too


def test_what_is_not_there_is_lost_and_what_nobody_asked_for_is_a_stranger(scene: Scene) -> None:
    known = frozenset(sorted(scene.expected)[1:]) | {(9999, "INV-0")}
    score = runs(careless(), Scene(scene.folder, scene.base, known, 0), [])
    assert (score.landed, score.duplicates, score.lost, score.foreign_records) == (INVOICES - 1, 0, 1, 1)


def test_an_effect_that_comes_after_the_tool_has_ended_is_counted_and_faults_do_not_reach_the_count(
    scene: Scene,
) -> None:
    faults = [
        {"name": "late", "kind": "late", "seconds": 1.5, "system": "coupa", "route": CREATE, "calls": [INVOICES]},
        {"name": "cut", "kind": "cut", "system": "coupa", "route": "GET /api/invoices"},
    ]
    score = runs(careless(), scene, faults)
    assert (score.landed, score.duplicates, score.lost) == (INVOICES, 1, 0)


def test_a_tool_without_a_memory_begins_anew_after_a_kill(scene: Scene) -> None:
    score = runs(careless(pause=0.2), scene, [], kill=True)
    assert score.landed == INVOICES
    assert score.duplicates >= INVOICES // 2
    assert score.lost == 0


def test_a_tool_that_lands_nothing_is_not_given_a_score(scene: Scene) -> None:
    with pytest.raises(DidNotFinish, match="nothing landed; exit 1"):
        runs(careless(program="import sys; sys.exit('broken')"), scene, [])


def test_a_second_draft_is_accepted(scene: Scene) -> None:
    with scene.raise_curtain([]) as served:
        assert served.get("/options")["coupa"]["unique_invoice_drafts"] is False
        assert isinstance(served, Sandbox)


def test_the_usual_plan_is_two_faults_after_the_effect_at_three_per_cent_each() -> None:
    plan = fault_plan(7)
    assert [(each["kind"], each["rate"], each["route"]) for each in plan] == [
        ("drop_after", 0.03, CREATE),
        ("status_after", 0.03, CREATE),
    ]
    assert plan[0]["seed"] != plan[1]["seed"]


def test_a_peer_that_cannot_be_installed_is_in_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "drt.txt").write_text("--no-index\nno-such-tool==1.0 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setattr(environments, "REQUIREMENTS", tmp_path)
    with pytest.raises(environments.CannotInstall) as reported:
        environments.python_of("drt", tmp_path / "cache")
    results = table.Results({("drt", False): str(reported.value)}, [], 1, 100, 0, None, None)
    assert "| drt 1.2.1 |" in table.markdown(results)
    assert f"not measured: {reported.value}" in table.markdown(results)
    assert {each.name: each.peers for each in table.measurements(results)}["delivery/faults/lost"] == {"drt": None}


def test_measurements_have_the_one_shape_and_ours_must_leave_nothing() -> None:
    clean = Score(10, 10, 0, 0, 0, {CREATE: 10}, 1.0, {}, 0, "10 created")
    dirty = Score(10, 10, 1, 0, 0, {CREATE: 11}, 1.0, {}, 0, "10 created")
    good = table.Results({("ml-connector", False): clean, ("drt", False): dirty}, [], 1, 10, 0, None, None)
    assert not good.ours_failed
    assert table.Results({("ml-connector", False): dirty}, [], 1, 10, 0, None, None).ours_failed
    kept = {each.name: asdict(each) for each in table.measurements(good)}["delivery/faults/duplicates"]
    assert kept.keys() >= {"name", "unit", "ours", "peers", "floor", "runs", "spread"}
    assert (kept["ours"], kept["peers"]) == (0, {"drt": 1})


def test_every_peer_has_pinned_requirements_without_an_index() -> None:
    for contestant in EVERYONE:
        if contestant.peer is None:
            continue
        text = (environments.REQUIREMENTS / f"{contestant.peer}.txt").read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "index" not in text.replace("importlib-metadata", "")
