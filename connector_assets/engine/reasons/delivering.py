"""Reasons of delivery: what the target holds, what a person did there, what became of a call."""

from __future__ import annotations

from connector_assets.engine.reasons.entry import Reason

REASONS = (
    Reason(
        "natural_key_taken",
        "high",
        "the target already holds a document of this key that does not agree with ours: {value}",
        "compare both; if they are the same document, link them by hand: `connector links set {flow} {key} ID`, "
        "where ID is its id in the target",
    ),
    Reason(
        "duplicate_in_target",
        "high",
        "the target holds more than one record of this document in force: {value}",
        "void all but the linked one in the target, or link the one that stays: `connector links set {flow} {key} "
        "ID`, where ID is its id in the target; the next sweep or a replay closes this one when it finds only one; "
        "until then nothing is sent for the document",
    ),
    Reason(
        "missing_in_target",
        "normal",
        "the linked document {value} no longer exists in the target",
        "restore it there; or have it created again: `connector links remove {flow} {key}`, then replay",
    ),
    Reason(
        "deleted_in_target",
        "high",
        "a person deleted in the target what we created there, and the money may go out twice: {value}",
        "stop what is about to be paid, and find out why. If it is to stay deleted, cancel it in the source too, "
        "and dismiss this one; else have it created again: `connector links remove {flow} {key}`, then replay",
    ),
    Reason(
        "deleted_in_source",
        "normal",
        "the record was deleted in the source after it was delivered",
        "cancel the document in the target by hand, then dismiss this exception",
    ),
    Reason(
        "changed_on_both_sides",
        "normal",
        "{field} changed in the target since the last agreement: {value}",
        "decide which side is right; set `on_conflict: source` to let the source win, then replay",
    ),
    Reason(
        "voided_in_target",
        "normal",
        "a person ended it in the target, which cannot restore what is void: {value}",
        "if it is owed, void it in the source and enter it there again; if it is not, void it in the source: the "
        "next sync closes this one by itself",
    ),
    Reason(
        "raised_in_target",
        "high",
        "somebody increased it in the target, which would pay more than is owed: {value}",
        "set the {field} back in the target, and stop a payment that is under way there; or, if more is owed, "
        "correct the document in the source; the next sync closes this one by itself",
    ),
    Reason(
        "denied_in_target",
        "normal",
        "its approver in the target denied it, and nobody pays it: {value}",
        "find out why; have it approved there, or hold or void it in the source: the next sync closes this one by "
        "itself",
    ),
    Reason(
        "approval_stale",
        "high",
        "its approver approved it for less than its present amount, and nobody was asked again: {value}",
        "have its approvers approve it again in the target, for the new amount, or have it denied there: the next "
        "sync closes this one by itself; if they agree to the new amount without that, replay",
    ),
    Reason(
        "not_kept",
        "high",
        "the target did not keep what a person had entered there when we changed the document: {field} was {value}",
        "enter it again in the target (a credit that was applied: before the bill is paid); then replay",
    ),
    Reason(
        "undone_in_target",
        "high",
        "a person undid in the target what we did there, and the money may go out twice: {field} {value}",
        "stop what is about to be paid, and find out why. If it is to stay undone, undo it in the source too, then "
        "replay; else have it entered again in the target, link it by hand (`connector links set {flow} {key} ID`), "
        "and replay",
    ),
    Reason(
        "changed_since_plan",
        "normal",
        "the {field} is not what it was when {value} was made",
        "plan again and apply the new plan; a replay sends it as it is now",
    ),
    Reason(
        "total_differs",
        "normal",
        "the target accepted the document, but its {field} is {value}",
        "compare both; correct the document in the target or in the source, then replay",
    ),
    Reason(
        "refused_by_target",
        "normal",
        "the target refused {field}: {value}",
        "correct what the target names, then replay",
    ),
    Reason(
        "not_answered",
        "normal",
        "the target did not answer properly: {value}",
        "nothing: the next run tries again",
    ),
    Reason(
        "outcome_unknown",
        "normal",
        "a call was sent and its outcome is not known yet: {value}",
        "nothing: the next run looks it up in the target before it does anything else",
    ),
)
