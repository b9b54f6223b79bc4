"""The page docs/orchestrations.md, made from the contract."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Any

from connector_resources.jde.contract.model import Act, Input, Output, Step

_WIDTH = 120
_NEEDS = {"always": "yes", "where": "where {}", "feature": "only if {}"}
_INFERRED = "**[inferred]**"

_HEAD = """\
# Orchestrations to build

<!-- Generated from connector_resources/jde/contract: `python -m connector_resources.jde.contract`. Do not edit. -->

JD Edwards is written through orchestrations that the customer builds in Orchestrator Studio; none comes with it.
This page describes completely what the connector calls, one section for each orchestration. Build only those that the
enabled flows need. Names are free: `orchestrations` of the connection gives the site's own name of each, and under
`inputs` its own names of inputs.

```yaml
orchestrations:
  voucher_enter: {name: ENTER_VOUCHER, key_output: DocumentNumber}
  payment_record:
    name: RECORD_PAYMENT
    key_output: PaymentID
    inputs: {PaymentNumber: "Payment No ", PayItems: Grid, PayItems.PayItem: Item}
```

Marks: a step ends with its source in the fact sheet ([vendors/jde-ais.md](vendors/jde-ais.md), with its sections);
**[inferred]** was concluded and not seen; **To find out** is what only the site's own release shows. No export file is
delivered, since its format is not published.

"""

_RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "How it is called",
        (
            "`POST /jderest/v3/orchestrator/<name>` with the token of the login and a flat JSON object (`version: v1`"
            " or `v2` of the setting leaves out or changes the prefix).",
            "Every scalar is a JSON string. An array is a JSON array of objects, whose fields are strings again."
            " Declare arrays as array inputs with their members; names must match exactly, blanks included.",
            "`string`: text as it stands. `numeric`: digits, a point as decimal sign, a minus in front; no thousands"
            " sign, no exponent: `-1234.50`.",
            "`date`: `yyyy-MM-dd`. Declare the input with that format. Where the site's input has another,"
            " `date_format` of the setting says which; the connector then sends that one.",
            "An empty string, or a missing field, means no value. Leave the form's field untouched then,"
            " so that JDE fills its own default. Never write a blank over a default.",
            "Length is the column's: a longer text is an error, never cut.",
        ),
    ),
    (
        "Error settings of every orchestration that writes",
        (
            "On Error of each step: **Abort**. Never Continue: an answer with `continuedOnError` is taken as unknown,"
            " and the document is looked up.",
            "A user-defined error text on each step that says what could not be done"
            " (`Voucher header refused`). It is shown to people with JDE's own words.",
            "Error-level handling for form responses switched on for the site, so that a form error inside a form"
            " step ends the orchestration (jde-ais 14.2). Where it is off, the errors must stand in the answer"
            " (`fs_*.errors`): never filter them out.",
            "Warnings do not stop: `Stop on warning` off, and where a form answers the first OK with warnings, a second"
            " OK in the same form request (jde-ais 13). The connector has looked for duplicates before.",
            "No compensation by another orchestration, no retry, no loop around a writing step, no schedule and no"
            " notification that starts it. The connector decides whether a call is repeated.",
            "No Groovy that rewrites the answer and hides errors; no white list that turns an error into a success.",
        ),
    ),
    (
        "What every answer holds",
        (
            "Status 200 and the outputs of the section by their names; dates ISO, numbers with a point (Studio's"
            " defaults). Further content is ignored.",
            "The output named by `key_output`, only if the document was created: an answer without it is no success.",
            "With errors: status 500, JDE's own `message` and the user-defined text.",
            "Warnings alone, with the key output: done. Warnings alone without it, where the section has one: the"
            " connector takes the outcome as unknown and looks in JDE. Where the section has none, it looks each time.",
        ),
    ),
    (
        "Rights",
        (
            "Share every part (orchestration, form requests, data requests, rules) and give the integration user view"
            " security on each; the steps run as that user, with its application, row and data security"
            " (jde-ais 14.3). [jde_site.md](jde_site.md) says what else an administrator sets up.",
        ),
    ),
)


def page(acts: Mapping[str, Act], flows: Mapping[str, str]) -> str:
    """The whole page; `flows` names the flows for which each act is built."""
    parts = [_HEAD.rstrip(), ""]
    heads = (
        f"[`{act.name}`](#{act.name}), for {flows[act.name]}. It changes {', '.join(act.writes) or 'nothing'}."
        for act in acts.values()
    )
    parts += [*_items(heads), ""]
    for title, rules in _RULES:
        parts += [f"## {title}", "", *_items(rules), ""]
    for act in acts.values():
        parts += [*_section(act), ""]
    return "\n".join(parts).rstrip() + "\n"


def _section(act: Act) -> Iterator[str]:
    yield f"## {act.name}"
    yield ""
    yield from wrap(f"{act.purpose} {act.optional}".strip(), _WIDTH)
    yield ""
    notes = _Notes()
    yield "| input | type | length | required | in JDE | meaning |"
    yield "|---|---|---|---|---|---|"
    for path, each in act.paths():
        yield _input(path, each, notes)
    yield ""
    if notes:
        yield from _items((f"({number}) {note}" for number, note in enumerate(notes, 1)))
        yield ""
    yield "```json"
    yield json.dumps(example(act), indent=1, ensure_ascii=False)
    yield "```"
    yield ""
    yield from _titled("Steps", (_step(each) for each in act.steps), "1.")
    yield from _titled("Refuses, with an error", act.refuses)
    yield from _titled("Never", act.never)
    if act.once:
        yield from wrap(f"**A second call with the same inputs.** {act.once}", _WIDTH)
        yield ""
    if not act.outputs:
        yield "**Outputs.** None is needed: the connector reads what was done."
        return
    yield "| output | type | meaning |"
    yield "|---|---|---|"
    for output in act.outputs:
        yield _output(output.name, output)
        for member in output.members:
            yield _output(f"{output.name}.{member.name}", member)


def example(act: Act) -> dict[str, Any]:
    """A request of the act as it is sent, with what most sites send."""
    return _example(act.inputs)


def _example(inputs: Iterable[Input]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in inputs:
        if each.type == "array":
            if each.need != "feature":
                found[each.name] = [_example(each.members)]
        elif each.example and each.need != "feature":
            found[each.name] = each.example
    return found


class _Notes(list[str]):
    """What does not fit into a line of the table, below it."""

    def mark(self, note: str) -> str:
        """The mark that stands in the table for a note, which may be that of another line too."""
        if note not in self:
            self.append(note)
        return f"({self.index(note) + 1})"


def _input(path: str, each: Input, notes: _Notes) -> str:
    length = "" if each.type in ("array", "date") else str(each.size or "")
    if each.type == "numeric" and each.decimals:
        length = f"{each.size},{each.decimals}"
    need = _NEEDS[each.need].format(each.when)
    meaning = each.meaning
    if each.one_of:
        meaning += f" ({', '.join(f'`{value}`' for value in each.one_of)})"

    def line() -> str:
        return f"| `{path}` | {each.type} | {length} | {need} | {each.column} | {meaning} |"

    if len(line()) > _WIDTH and need != "yes":
        need = notes.mark(need)
    if len(line()) > _WIDTH:
        meaning, _, more = meaning.partition("; ")
        meaning = f"{meaning} {notes.mark(f'`{path}`: {more}')}"
    return line()


def _output(path: str, each: Output) -> str:
    notes = [each.meaning, *(["**the key output**"] if each.key else []), *(["optional"] if each.optional else [])]
    return f"| `{path}` | {each.type} | {'; '.join(notes)} |"


def _step(step: Step) -> str:
    marks = [f"({step.source})"] if step.source else []
    marks += [_INFERRED] if step.inferred else []
    line = " ".join([step.does, *marks])
    return f"{line}. **To find out**: {step.open}." if step.open else f"{line}."


def _titled(title: str, items: Iterable[str], bullet: str = "*") -> Iterator[str]:
    listed = list(_items(items, bullet))
    if listed:
        yield f"**{title}**"
        yield ""
        yield from listed
        yield ""


def _items(items: Iterable[str], bullet: str = "*") -> Iterator[str]:
    indent = " " * (len(bullet) + 1)
    for each in items:
        yield from wrap(each, _WIDTH, initial_indent=f"{bullet} ", subsequent_indent=indent, break_on_hyphens=False)
