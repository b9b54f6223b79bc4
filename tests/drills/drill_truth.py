"""What is really there when a case is over, by the systems themselves, and what our memory says of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from connector_assets.documents.jde.voucher_entry.writer import FIRST
from connector_assets.engine.flow import Flow
from connector_assets.engine.reasons import HIGH, severity_of
from connector_assets.engine.reconciling import is_void
from connector_resources.ledger.models import deliveries, exceptions, intents
from connector_sandbox.kernel.system import System

# where a document must not be left: something is still to be found out, or to be sent
UNDECIDED = frozenset({"new", "sending", "in_doubt", "failed"})
VERSIONS = frozenset({"lock-version-key", "UPMJ", "UPMT", "TDAY", "_sequence"})
# numbers that JDE and BILL give in the order in which they are asked, and references by a number that depends on what
# was created first: what is meant is told by another field
NUMBERS = frozenset({"DOC", "ICU", "PYID", "order-header", "confirmationNumber", "transactionNumber"})
# what a system keeps for itself: a batch run that finds nothing to do is a job all the same
BOOKKEEPING = frozenset({"jobs", "messages", "batches", "next_numbers", "event_history", "setup"})
# what tells of a namesake
TAKEN = "natural_key_taken"
LOST, DUPLICATE, UNDECIDED_, GUESSED = COUNTS = ("lost", "duplicate", "undecided", "guessed")

Entity = tuple[str, str]


@dataclass(frozen=True)
class Truth:
    """`content`: of each entity that was touched, its records without numbers and stamps, as text. `live`: the target's
    own records by the key that they carry, voided ones left out; `voided` those. The rest is what our ledger says:
    states by key (ignored ones left out), links, keys whose agreed content is not what the target holds, open
    exceptions, what was left undecided, the steps that were ever begun, what waits for the first voucher."""

    content: Mapping[Entity, Counter[str]]
    live: Mapping[str, tuple[str, ...]]
    voided: Mapping[str, tuple[str, ...]]
    states: Mapping[str, str]
    links: Mapping[str, str]
    disagreeing: frozenset[str]
    exceptions: frozenset[tuple[str, str]]
    left: tuple[str, ...] = ()
    steps: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()


@dataclass
class Verdict:
    """What is wrong at the end of a case; nothing, as a rule. `doubled` are records that a network made which delivered
    a request twice, `named` those of them that an exception tells of."""

    found: dict[str, list[str]] = field(default_factory=dict)
    doubled: int = 0
    named: int = 0

    def add(self, count: str, what: str) -> None:
        """Something is wrong."""
        self.found.setdefault(count, []).append(what)

    def __bool__(self) -> bool:
        return bool(self.found)

    def __str__(self) -> str:
        return "\n".join(f"  {count}: {what}" for count, all in self.found.items() for what in all)


def truth_of(
    flow: Flow,
    systems: Mapping[str, System],
    entities: Iterable[Entity],
    foreign_records: set[Entity],
    three_way: Mapping[tuple[int, str], str] | None = None,
) -> Truth:
    """Ask both systems and the ledger; `foreign_records` are (entity, id) of records that are none of ours. Of a flow
    that makes vouchers, `papers` says by supplier and invoice number which document one is of, whatever the flow
    knows."""
    live: dict[str, list[str]] = {}
    voided: dict[str, list[str]] = {}
    held: dict[str, Any] = {}
    for target in flow.targets():
        key = flow.key_of(target)
        if key is not None:
            (voided if is_void(target) else live).setdefault(key, []).append(target.id)
            held[target.id] = target.content
    if three_way is not None:
        live, voided = _vouchers(systems["jde"], three_way, foreign_records)
    ledger, name = flow.context.ledger, flow.full_name
    known = ledger.deliveries.load(name, list(ledger.deliveries.keys(name)))
    links = {link.source_key: link.target_id for link in ledger.links.all(flow=name)}
    return Truth(
        content={(system, entity): _records(systems[system], entity, foreign_records) for system, entity in entities},
        live={key: tuple(ids) for key, ids in live.items()},
        voided={key: tuple(ids) for key, ids in voided.items()},
        states={key: each.state for key, each in known.items() if each.state != "ignored"},
        links=links,
        disagreeing=frozenset(
            key for key, id in links.items() if known[key].state == "settled" and known[key].content != held.get(id)
        ),
        exceptions=_exceptions(flow),
        left=tuple(_left(flow)),
        steps=_steps(flow),
        waiting=frozenset(key for key, each in known.items() if each.waiting == FIRST),
    )


def _vouchers(
    jde: System, three_way: Mapping[tuple[int, str], str], foreign_records: set[Entity]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The vouchers in force and the void ones of each document, by supplier and invoice number alone."""
    live: dict[str, list[str]] = {}
    voided: dict[str, list[str]] = {}
    for number, row in jde.dump()["F0411"].items():
        key = three_way.get((int(row["AN8"]), str(row.get("VINV", "")).strip()))
        if key is None or ("F0411", number) in foreign_records or row.get("DCTA") == "PE":
            continue
        own = (voided if row.get("VOD") == "V" else live).setdefault(key, [])
        if (name := voucher_name(row)) not in own:
            own.append(name)
    return live, voided


def voucher_name(row: Mapping[str, Any]) -> str:
    """A voucher of JD Edwards, as links name it: `00001/PV/4711`."""
    return f"{row['KCO']}/{row['DCT']}/{row['DOC']}"


def judge(expected: Truth, found: Truth) -> Verdict:
    """Compare the end of a case with the end of a run in which nothing went wrong."""
    verdict = Verdict()
    for key in sorted({*expected.live, *expected.voided, *found.live, *found.voided}):
        _judge_targets(verdict, key, expected, found)
    for key in sorted(expected.states.keys() | found.states.keys()):
        ours, theirs = found.states.get(key, "unknown"), expected.states.get(key, "unknown")
        if ours != theirs:
            verdict.add(UNDECIDED_, f"{key} was left {ours}, without a fault it is {theirs}")
    for what in found.left:
        verdict.add(UNDECIDED_, what)
    for entity, records in found.content.items():
        _judge_content(verdict, entity, expected.content.get(entity, Counter()), records)
    for key in sorted(found.disagreeing - expected.disagreeing):
        verdict.add(GUESSED, f"{key} is settled on a content that the target does not hold")
    for key, why in sorted(found.exceptions ^ expected.exceptions):
        verdict.add(UNDECIDED_, f"{key}: exception {why} is open on one side only")
    return verdict


def judge_namesake(expected: Truth, found: Truth) -> Verdict:
    """The end of a case in which somebody entered another document under the name of ours, which was lost: that one is
    no target of ours, and it is told."""
    verdict = Verdict()
    for key in sorted(expected.live):
        if expected.states.get(key) == found.states.get(key) and (key, TAKEN) not in found.exceptions:
            continue
        if (key, TAKEN) not in found.exceptions:
            state = found.states.get(key, "unknown")
            verdict.add(UNDECIDED_, f"{key} is {state}, and no exception tells of its namesake")
        if key in found.links:
            verdict.add(GUESSED, f"{key} is linked to {found.links[key]}, which is another document")
    if not any(reason == TAKEN for _, reason in found.exceptions):
        verdict.add(GUESSED, "a document of another day was taken for ours")
    for what in found.left:
        verdict.add(UNDECIDED_, what)
    return verdict


def guessed_links(expected: Truth, found: Truth) -> list[str]:
    """Keys that were linked to one of several records although no answer had told which one is ours."""
    return [
        key
        for key, ids in found.live.items()
        if len(ids) > len(expected.live.get(key, ())) and found.links.get(key) in ids
    ]


def judge_doubled(
    expected: Truth, found: Truth, doubled: Sequence[tuple[str, str, str]], guessed: Iterable[str] = ()
) -> Verdict:
    """The end of a case in which the network delivered requests twice, after the next look at the target: what that
    made is counted apart, and has to be named by an exception. `doubled` are the effects of the second deliveries."""
    verdict = Verdict()
    reported = {key for key, reason in found.exceptions - expected.exceptions if severity_of(reason) == HIGH}
    made = {(system, entity) for system, entity, _ in doubled}
    for key in sorted({*expected.live, *found.live}):
        surplus = len(found.live.get(key, ())) - len(expected.live.get(key, ()))
        if surplus < 0:
            verdict.add(LOST, f"{key} has {-surplus} live targets too few")
        elif surplus and key in reported and surplus <= len(doubled):
            verdict.doubled += surplus
            verdict.named += surplus
        elif surplus:
            verdict.doubled += surplus
            verdict.add(DUPLICATE, f"{key} has {surplus} live targets too many, and no exception names them")
    for key in guessed:
        verdict.add(GUESSED, f"{key} was linked to one of several, of which no answer had told")
    for key in sorted((expected.states.keys() | found.states.keys()) - reported):
        ours, theirs = found.states.get(key, "unknown"), expected.states.get(key, "unknown")
        if ours != theirs:
            verdict.add(UNDECIDED_, f"{key} was left {ours}, without a fault it is {theirs}")
    for what in found.left:
        verdict.add(UNDECIDED_, what)
    for entity, records in found.content.items():
        _judge_doubled_content(
            verdict, entity, expected.content.get(entity, Counter()), records, reported, entity in made
        )
    for key in sorted(found.disagreeing - expected.disagreeing - reported):
        verdict.add(GUESSED, f"{key} is settled on a content that the target does not hold")
    for key, why in sorted(found.exceptions ^ expected.exceptions):
        if key not in reported:
            verdict.add(UNDECIDED_, f"{key}: exception {why} is open on one side only")
    return verdict


def _judge_doubled_content(
    verdict: Verdict, entity: Entity, expected: Counter[str], found: Counter[str], reported: set[str], made: bool
) -> None:
    """Records beyond those that should be there, or holding something twice: by the network, and then told of."""
    surplus, missing = (found - expected).total(), (expected - found).total()
    where = ".".join(entity)
    if surplus < missing and (made or not reported):
        # with a document that waits for a person, what would have followed from it waits, too
        verdict.add(LOST, f"{where}: {missing - surplus} records are missing")
    elif surplus and not (made and reported):
        verdict.add(DUPLICATE, f"{where}: {surplus} records are not as they should be, and no exception tells of them")


def _judge_targets(verdict: Verdict, key: str, expected: Truth, found: Truth) -> None:
    for wanted, there, kind in ((expected.live, found.live, "live"), (expected.voided, found.voided, "voided")):
        before, after = wanted.get(key, ()), there.get(key, ())
        if len(after) > len(before):
            verdict.add(DUPLICATE, f"{key} has {len(after)} {kind} targets: {', '.join(after)}")
        if len(after) < len(before):
            verdict.add(LOST, f"{key} has {len(after)} {kind} targets of {len(before)}")
    linked = found.links.get(key)
    if (key in expected.links) != (linked is not None):
        verdict.add(GUESSED, f"{key} is linked to {linked}")
    elif linked is not None and linked not in (*found.live.get(key, ()), *found.voided.get(key, ())):
        verdict.add(GUESSED, f"{key} is linked to {linked}, which carries another key")


def _judge_content(verdict: Verdict, entity: Entity, expected: Counter[str], found: Counter[str]) -> None:
    surplus, missing = list((found - expected).elements()), list((expected - found).elements())
    where = ".".join(entity)
    for one, other in zip(surplus, missing, strict=False):
        differing = _differing(json.loads(one), json.loads(other))
        twice = any(isinstance(a, list) and isinstance(b, list) and len(a) > len(b) for _, a, b in differing)
        shown = "; ".join(f"{name} {a!r}, expected {b!r}" for name, a, b in differing)
        verdict.add(DUPLICATE if twice else GUESSED, f"{where}: {shown}")
    for one in surplus[len(missing) :]:
        verdict.add(DUPLICATE, f"{where}: one too many: {one[:300]}")
    for one in missing[len(surplus) :]:
        verdict.add(LOST, f"{where}: one is missing: {one[:300]}")


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    names = sorted(one.keys() | other.keys())
    return [(name, one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)]


def _records(system: System, entity: str, foreign_records: set[Entity]) -> Counter[str]:
    held = system.dump().get(entity, {})
    return Counter(
        json.dumps(plain(record), sort_keys=True, default=str)
        for number, record in held.items()
        if (entity, number) not in foreign_records
    )


def plain(value: Any) -> Any:
    """A record without what differs from run to run: numbers, stamps, versions."""
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items() if not _runs_on(name)}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return str(value) if value.astimezone(UTC).time().isoformat() == "00:00:00" else "an instant"
    return value


def _runs_on(name: str) -> bool:
    return name == "id" or name.endswith(("-id", "-at", "Id", "Time")) or name in VERSIONS | NUMBERS


def _exceptions(flow: Flow) -> frozenset[tuple[str, str]]:
    query = select(exceptions.c.key, exceptions.c.reason).where(
        exceptions.c.flow == flow.full_name, exceptions.c.closed_at.is_(None)
    )
    with flow.context.ledger._db.read() as connection:
        return frozenset((row.key, row.reason) for row in connection.execute(query))


def _steps(flow: Flow) -> frozenset[str]:
    with flow.context.ledger._db.read() as connection:
        query = select(intents.c.step).where(intents.c.flow == flow.full_name).distinct()
        return frozenset(connection.execute(query).scalars())


def _left(flow: Flow) -> Iterable[str]:
    """Calls without an outcome, claims, and documents that nobody will look at again."""
    with flow.context.ledger._db.read() as connection:
        unclosed = select(intents.c.key, intents.c.step).where(
            intents.c.flow == flow.full_name, intents.c.closed_at.is_(None)
        )
        for row in connection.execute(unclosed):
            yield f"{row.key}: what became of {row.step} was left open"
        mine = deliveries.c.flow == flow.full_name
        now = flow.context.now()
        for row in connection.execute(
            select(deliveries.c.key, deliveries.c.state, deliveries.c.claimed_until).where(mine)
        ):
            # one that has run out keeps nobody from anything
            if row.claimed_until is not None and row.claimed_until > now:
                yield f"{row.key} was left claimed"
            if row.state in UNDECIDED:
                yield f"{row.key} was left {row.state}"
