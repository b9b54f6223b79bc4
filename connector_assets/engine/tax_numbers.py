"""Tax numbers: shown as their last four everywhere, except in the landing store and in the request that needs them."""

from __future__ import annotations

import hashlib
import hmac

from connector_resources.errors import FieldMessage, Refused, SystemProblem
from connector_resources.redact import last_four


def masked(tax_id: str | None, seal: bytes) -> str | None:
    """A tax number as everything but the landing store and the request may know it: its last four, and a digest by
    which a change before them is noticed. Its key is the landing store's: without one, so short a number is guessed."""
    if not tax_id:
        return None
    return f"{last_four(tax_id)} #{hmac.new(seal, tax_id.encode(), hashlib.sha256).hexdigest()[:8]}"


def without(problem: SystemProblem, tax_id: str | None) -> SystemProblem:
    """What a system says about a request, with the tax number of that request as its last four."""
    if not tax_id or (tax_id not in str(problem) and not isinstance(problem, Refused)):
        return problem
    shown = last_four(tax_id)
    problem.args = (str(problem).replace(tax_id, shown),)
    if isinstance(problem, Refused):
        problem.fields = tuple(FieldMessage(f.field, f.message.replace(tax_id, shown)) for f in problem.fields)
    return problem
