"""Two records of one document in the target: from a network that sends twice, a copied home, or a person.

All records of a flow's kind are read, page by page, and grouped by document: by our key on the record, by our links
and, if a record has no key, by the natural key that a look-up would use. Void records do not count. More than one in
force is a finding of the document (`duplicate_in_target`), which stands until a check finds only one. Meanwhile the
link stays, and nothing is sent for the document (see `engine/gate.py`). A document whose outcome is unknown, or that a
look-up holds for its several records, is left to the look-up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping

from connector_assets.engine.document import Target
from connector_assets.engine.flow import Flow
from connector_assets.engine.reasons import problem
from connector_assets.engine.task import DUPLICATE
from connector_resources.ledger import Problem
from connector_resources.ledger.findings import Reported

REASON = DUPLICATE
# what is known of documents whose next look-up decides
UNDECIDED = frozenset({"in_doubt", "sending"})


def report_duplicates(flow: Flow, source: Collection[str] = (), listed: Collection[Target] | None = None) -> Reported:
    """Open and close the findings of a flow by the target's records of its kind (`listed`, where they were read
    already). `source` are keys that the source holds: of them those count, too, that nobody has delivered yet."""
    ledger, name = flow.context.ledger, flow.full_name
    linked = {link.source_key: link.target_id for link in ledger.links.all(flow=name)}
    found = _concerned(flow, source, linked, duplicates(flow, listed))
    dismissed = ledger.findings.dismissed(name, REASON)
    problems = {key: _problem(flow, records, linked.get(key)) for key, records in found.items()}
    problems = {key: each for key, each in problems.items() if (key, each.value) not in dismissed}
    return ledger.findings.set(name, REASON, problems, run=flow.context.run, now=flow.context.now())


def report_duplicates_among(flow: Flow, targets: Collection[Target]) -> None:
    """Open the findings that these records of the target make together; what was found before stays as it is."""
    ledger, name = flow.context.ledger, flow.full_name
    found = duplicates(flow, targets)
    if not found:
        return
    links = ledger.links.by_target(name, flow.target_entity, [each.id for each in targets])
    linked = {link.source_key: id for id, link in links.items()}
    concerned = _concerned(flow, (), linked, found)
    stands, dismissed = ledger.findings.of(name, REASON, list(concerned)), ledger.findings.dismissed(name, REASON)
    problems = {key: _problem(flow, ids, linked.get(key)) for key, ids in concerned.items() if key not in stands}
    problems = {key: each for key, each in problems.items() if (key, each.value) not in dismissed}
    ledger.findings.set(name, REASON, problems, run=flow.context.run, now=flow.context.now(), looked_at=problems)


def duplicates(flow: Flow, records_there: Collection[Target] | None = None) -> dict[str, list[str]]:
    """Document key -> the ids of its records in force, and in words what one of them holds twice; of those documents
    alone of which there is more than one."""
    listed = {each.id: each for each in (flow.targets() if records_there is None else records_there)}
    listed |= {each.id: each for each in flow.foreign_records(list(listed.values()))}
    targets = {id: each for id, each in listed.items() if flow.in_force(each)}
    keys = _keys(flow, targets.values())
    records: dict[str, list[str]] = defaultdict(list)
    for id, target in targets.items():
        for key in keys[id]:
            records[key] += [id, *flow.inner_duplicates(target)]
    return {key: sorted(each) for key, each in records.items() if len(each) > 1}


def _keys(flow: Flow, targets: Collection[Target]) -> dict[str, list[str]]:
    """Target id -> the documents that a record is of."""
    links = flow.context.ledger.links.by_target(flow.full_name, flow.target_entity, [each.id for each in targets])
    found = {each.id: set(flow.keys_of(each)) for each in targets}
    for id, link in links.items():
        found[id].add(link.source_key)
    known_as: dict[Hashable, set[str]] = defaultdict(set)
    for each in targets:
        if found[each.id] and (name := flow.known_as(each)) is not None:
            known_as[name] |= found[each.id]
    for each in targets:
        if not found[each.id]:
            found[each.id] = known_as.get(flow.known_as(each), set())
    return {id: sorted(keys) for id, keys in found.items()}


def _concerned(
    flow: Flow, source: Collection[str], linked: Mapping[str, str], found: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """Those of the documents that are ours to tell. Records are reported once, and of a document that is linked to one
    of them: it is what more would be sent for."""
    ledger = flow.context.ledger
    known = ledger.deliveries.load(flow.full_name, list(found))
    taken = {each.key for each in ledger.exceptions.open(flow=flow.full_name, reason="natural_key_taken")}
    owners = {id: key for key, id in linked.items()}
    named: dict[str, set[str]] = defaultdict(set)
    for key, records in found.items():
        state = known[key].state if key in known else None
        if key in linked:
            named[key] |= set(records)
        elif key not in taken and state not in UNDECIDED and not (state is None and key not in source):
            named[next((owners[each] for each in records if each in owners), key)] |= set(records)
    return {key: sorted(records) for key, records in named.items()}


def _problem(flow: Flow, records: Collection[str], linked: str | None) -> Problem:
    words = [f"{each} (linked)" if each == linked else each for each in records]
    return problem(REASON, flow.target_entity, ", ".join(words))
