"""Whether a write took: Coupa drops read-only and unknown fields silently, with a 200 (coupa section 8.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from pydantic import ValidationError

from connector_resources.coupa.fields import CUSTOM_FIELDS, hyphenated, underscored
from connector_resources.coupa.shapes import Record, Shape
from connector_resources.coupa.values import ZONE, decimal_of
from connector_resources.coupa.wire import body

DELETE = "_delete"  # how a line of a document is asked to go
_REFERENCE_KEYS = frozenset(
    {"id", "code", "name", "number", "account_type", "remit_to_code", "location_code", "login", "email"}
)


def dropped(sent: Mapping[str, Any], returned: Record, *, zone: tzinfo | None = None) -> list[str]:
    """The fields of `sent` that did not come back as sent, e.g. `["code", "invoice-lines[0].price"]`.

    Values are compared as what they mean: `"2.50"` is `"2.5"`, a date is its midnight in `zone` (the
    instance's). A reference agrees by any key that it was sent with. A field that this client does not read
    is listed too, since nothing shows that it was kept.
    """
    context = {ZONE: zone} if zone is not None else None
    return _dropped(body(sent), returned, context, "")


def _dropped(sent: Mapping[str, Any], returned: Shape, context: dict[str, Any] | None, path: str) -> list[str]:
    meant, unreadable = _meant(sent, type(returned), context)
    lost: list[str] = []
    for key, value in sent.items():
        name, where = underscored(key), path + hyphenated(key)
        if name in unreadable or name not in returned.model_fields_set:
            lost.append(where)
        elif name == CUSTOM_FIELDS:
            lost += _dropped_custom(value, getattr(returned, name), where)
        else:
            lost += _unequal(value, getattr(meant, name), getattr(returned, name), context, where)
    return lost


def _meant(sent: Mapping[str, Any], model: type[Shape], context: dict[str, Any] | None) -> tuple[Shape, frozenset[str]]:
    """What was sent, read as an answer would be, and the names of what cannot be read so."""
    whole = {"id": 0, **sent} if issubclass(model, Record) else dict(sent)
    try:
        return model.model_validate(whole, context=context), frozenset()
    except ValidationError as error:
        bad = frozenset(str(problem["loc"][0]) for problem in error.errors() if problem["loc"])
        rest = {key: value for key, value in whole.items() if underscored(key) not in bad}
        return model.model_validate(rest, context=context), bad


def _unequal(sent: Any, meant: Any, got: Any, context: dict[str, Any] | None, where: str) -> list[str]:
    if isinstance(sent, Mapping) and isinstance(got, Shape):
        inner = _dropped(sent, got, context, f"{where}.")
        if not _is_reference(sent, got):
            return inner
        # A reference is named by any of its keys: one that agrees is enough, an absent one proves nothing.
        absent = {f"{where}.{hyphenated(k)}" for k in sent if underscored(k) not in got.model_fields_set}
        agreed = len(inner) < len(sent)
        return [name for name in inner if not (agreed and name in absent)]
    if isinstance(sent, Sequence) and not isinstance(sent, str) and isinstance(got, tuple):
        return _dropped_items(sent, got, context, where)
    same = meant == got or (meant in (None, "") and got in (None, ""))
    return [] if same else [where]


def _is_reference(sent: Mapping[str, Any], got: Shape) -> bool:
    """A reference is sent by a key or two; an address or contact, which is written, has many fields."""
    return set(map(underscored, sent)) <= _REFERENCE_KEYS


def _dropped_items(sent: Sequence[Any], got: tuple[Any, ...], context: dict[str, Any] | None, where: str) -> list[str]:
    """Lists of one length agree item by item; in a longer one (payments append) each finds a partner.

    An item that was sent with its id is compared with the one of that id, and one that was sent to be removed must not
    be there.
    """
    known = {other.id: other for other in got if getattr(other, "id", None) is not None}
    free, new = list(got), []
    lost: list[str] = []
    for place, one in enumerate(sent):
        partner = known.get(one.get("id")) if isinstance(one, Mapping) else None
        if isinstance(one, Mapping) and one.get(DELETE) is True:
            lost += [f"{where}[{place}]"] if partner is not None else []
        elif partner is None:
            new.append((place, one))
        else:
            free.remove(partner)
            lost += _dropped(one, partner, context, f"{where}[{place}].")
    if len(new) == len(free):
        return lost + [
            name
            for (place, one), other in zip(new, free, strict=True)
            for name in _dropped(one, other, context, f"{where}[{place}].")
        ]
    for place, one in new:
        partner = next((other for other in free if not _dropped(one, other, context, "")), None)
        if partner is None:
            lost.append(f"{where}[{place}]")
        else:
            free.remove(partner)
    return lost


def _dropped_custom(sent: Any, got: Mapping[str, Any], where: str) -> list[str]:
    come = {underscored(key): value for key, value in got.items()}
    if not isinstance(sent, Mapping):
        return [where]
    return [f"{where}.{key}" for key, value in sent.items() if not _alike(value, come.get(underscored(key)))]


def _alike(sent: Any, got: Any) -> bool:
    """Custom fields have no type that we know: text, a number in either form, a lookup value's key."""
    if sent in (None, "") and got in (None, ""):
        return True
    if isinstance(got, Mapping):
        values = sent.values() if isinstance(sent, Mapping) else [sent]
        return any(_alike(value, other) for value in values for other in got.values())
    if sent == got or (str(sent) == str(got) and got is not None):
        return True
    if isinstance(sent, str) and isinstance(got, str):
        return False
    try:
        return got is not None and decimal_of(sent) == decimal_of(got)
    except ValueError:
        return False
