"""The form services: their paths, tokens and request shapes; the forms themselves no sandbox can run (section 3.3).

Which control of a form holds what is a matter of the site's release and is published nowhere, so an answer would be an
invention. Each request that is one is answered with the ServiceErrorResponse of a form that cannot be run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from connector_sandbox.jde.errors import AisError
from connector_sandbox.jde.http import Call

Asked = TypeVar("Asked", bound=msgspec.Struct)


class _Form(msgspec.Struct):
    form: str = msgspec.field(name="formName")
    version: str | None = None
    action: str | None = msgspec.field(name="formServiceAction", default=None)
    inputs: list[dict[str, Any]] | None = msgspec.field(name="formInputs", default=None)
    actions: list[dict[str, Any]] | None = msgspec.field(name="formActions", default=None)


class _Batch(msgspec.Struct):
    forms: list[_Form] = msgspec.field(name="formRequests")


class _Stack(msgspec.Struct):
    action: str
    form: _Form | None = msgspec.field(name="formRequest", default=None)


def run_form(call: Call) -> Any:
    """formservice: AisError 400 for what is no form request, else 500."""
    raise _not_run(_read(call.body, _Form).form)


def run_forms(call: Call) -> Any:
    """batchformservice: as `run_form`, for several."""
    raise _not_run(*(form.form for form in _read(call.body, _Batch).forms))


def run_stack(call: Call) -> Any:
    """appstack: as `run_form`, for a form that stays open."""
    stack = _read(call.body, _Stack)
    if stack.action != "open":
        raise AisError(500, f"appstack: there is no open form to {stack.action}")
    raise _not_run(*([stack.form.form] if stack.form else []))


def _read(body: Mapping[str, Any], kind: type[Asked]) -> Asked:
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise AisError(400, f"Invalid JSON input: {error}") from None


def _not_run(*forms: str) -> AisError:
    return AisError(500, f"Form {', '.join(forms) or 'missing'} cannot be run: the sandbox has no interactive forms")
