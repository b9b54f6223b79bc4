"""Whether a voucher is the one that we asked for: what it shows, what vouchers of ours have shown before, and the rule.

A clerk can enter the very voucher that we asked for: of the same supplier, number, date, currency, type and amount, at
any moment between our call and our look. So agreement alone is never evidence. There are three kinds of it:

* **It proves itself.** Our mark in the remark (RMK) names the request. A document number that we gave it, or that came
  back to its batch row, is of nobody else; so is its batch (ICU), where that came back. What JD Edwards or a person
  said (the answer of a call, a link) is not judged here: it is known.
* **It has been proved.** That a voucher was made under our user (TORG) is evidence once a voucher that was known to be
  ours has shown it: the batch processor may run under another user. From then on one without it is not ours, and one
  without our mark is not where the mark has been seen to survive. Where others use our login too, our user is no
  evidence for a voucher; another user still is against it.
* **JD Edwards has processed it.** The row that we wrote is there and says EDSP 1: a voucher was made of it (jde-ais
  section 11.3). Where exactly one voucher of that supplier and number has appeared since we asked, whatever it says,
  and it agrees in everything, that one is it: a clerk's duplicate would be the second. A row that is gone says nothing:
  it was purged, or a clerk deleted it and entered the voucher himself.

The batch is no further evidence: each request has a batch of its own (EDBT), so that other vouchers of ours tell
nothing of it, and to give batch numbers beforehand would take a range of numbers as `preset_document` does, for a
weaker key.

Both signs are proved for each orchestration by itself: a form keeps the remark that the batch processor drops, and the
processor may run under a user of its own.

In every other case a person decides. A link, or a conclusion, teaches only the signs that the voucher shows and no
more: the person may have linked a clerk's voucher. That a sign does not survive is learnt of a voucher alone that JD
Edwards told of, or that proves itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

# signs that a voucher is ours: our mark in its remark, our user
REMARK, USER = "RMK", "TORG"
# between an orchestration and a sign
AT = "."

Verdict = Literal["ours", "not_ours", "open"]


@dataclass(frozen=True)
class Shown:
    """What one voucher shows of who made it. `mark`: our mark of this request (True) or any other mark (False); None:
    no mark. `number`: whether it is the number that we gave it, or that came back to its batch row; None: none did.
    `batch`: whether its batch (ICU) is the one that came back; None: none did. `user`: whether our user made it."""

    user: bool
    mark: bool | None = None
    number: bool | None = None
    batch: bool | None = None


@dataclass(frozen=True)
class Proved:
    """What vouchers have shown that are known to be ours: whether the mark survives, and whether our user makes them;
    None: not known. `shared`: somebody else uses our login too."""

    mark: bool | None = None
    user: bool | None = None
    shared: bool = False


@dataclass(frozen=True)
class Candidate:
    """A voucher of the supplier and number that we asked for, which has appeared since. `agrees`: in all that both
    say."""

    verdict: Verdict
    agrees: bool
    void: bool = False


def judge(shown: Shown, proved: Proved, *, marked: bool) -> Verdict:
    """Whether a voucher that has appeared since we asked is ours. `marked`: we asked for it with our mark."""
    for in_words in (shown.number, shown.mark):
        if in_words is not None:
            return "ours" if in_words else "not_ours"
    if marked and proved.mark:
        return "not_ours"
    if proved.user and not shown.user:
        return "not_ours"
    if shown.batch is not None:
        return "ours" if shown.batch else "not_ours"
    return "ours" if proved.user and not proved.shared else "open"


def choose(candidates: Mapping[str, Candidate], *, processed: bool) -> str | None:
    """The voucher that is ours; None where a person has to say. `processed`: JD Edwards says that it made one."""
    ours = [name for name, each in candidates.items() if each.agrees and each.verdict == "ours"]
    in_force = [name for name in ours if not candidates[name].void]
    if ours:
        return (in_force or ours)[0] if len(in_force) == 1 or (not in_force and len(ours) == 1) else None
    appeared = [name for name, each in candidates.items() if each.verdict == "open"]
    if not processed or len(appeared) != 1:
        return None
    [name] = appeared
    return name if candidates[name].agrees and not candidates[name].void else None


def several(candidates: Mapping[str, Candidate]) -> list[str]:
    """The vouchers in force that are all ours, where there is more than one: a network delivered a request twice. None
    of them is chosen, and none is sent again."""
    ours = [name for name, each in candidates.items() if each.agrees and each.verdict == "ours" and not each.void]
    return ours if len(ours) > 1 else []


def taught(
    seen: Mapping[str, bool] | None, act: str, signs: Mapping[str, bool], *, certain: bool
) -> Mapping[str, bool]:
    """What is learnt by a voucher that the orchestration `act` made, beside what was `seen` before: the signs that it
    shows, and does not. See the module."""
    learnt = {_sign(act, name): shown for name, shown in signs.items() if shown or certain}
    # one was seen, whatever it shows
    known = {_sign(act, ""): True, **(seen or {})}
    return {**known, **learnt} if certain else {**learnt, **known}


def is_proved(seen: Mapping[str, bool] | None, act: str) -> bool:
    """Whether a voucher that the orchestration `act` made has shown what survives."""
    if not seen or not act:
        return seen is not None
    return _sign(act, "") in seen or not any(AT in name for name in seen)


def proved_by(seen: Mapping[str, bool] | None, acts: Collection[str], *, shared: bool) -> Proved:
    """What has been learnt, as the ledger keeps it, of a voucher that one of these orchestrations made; without any, of
    one of which that is not known."""
    of = acts or {name.rpartition(AT)[0] for name in seen or {}}
    shown = [{(seen or {}).get(_sign(act, sign), (seen or {}).get(sign)) for act in of} for sign in (REMARK, USER)]
    mark, user = (values.pop() if len(values) == 1 else None for values in shown)
    return Proved(mark, user, shared)


def _sign(act: str, name: str) -> str:
    """What the ledger calls a sign of vouchers that an orchestration makes. Before it told them apart there was one
    for all of them, which still counts for those that have shown nothing since."""
    return f"{act}{AT}{name}" if act else name
