"""The orchestrator: discovery, calls in their forms, and the ways in which failure shows (jde-ais section 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connector_sandbox.jde.acting import BusinessError
from connector_sandbox.jde.dataservice import DataService
from connector_sandbox.jde.dates import CONTRACTS_OWN, InputDates
from connector_sandbox.jde.discovery import described, operation
from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.errors import AisError
from connector_sandbox.jde.http import Call
from connector_sandbox.jde.orchestrating import Inputs, Orchestration, OrchestrationContext, Result
from connector_sandbox.jde.orchestration_inputs import InvalidInputError, check_inputs, own_names, read_inputs
from connector_sandbox.jde.orchestrations import ORCHESTRATIONS
from connector_sandbox.jde.query import Reader
from connector_sandbox.jde.reports import Reports
from connector_sandbox.jde.sessions import Sessions

Answer = dict[str, Any]


class Orchestrator:
    """Finds, describes and runs the orchestrations of the customer, and the report service beside them."""

    def __init__(self, environment: Environment, sessions: Sessions, data: DataService, reports: Reports) -> None:
        self._environment = environment
        self._sessions = sessions
        self._data = data
        self._reports = reports

    def discover(self, call: Call) -> Answer:
        """All orchestrations."""
        return {"orchestrations": [described(item, self._environment.options) for item in self._built()]}

    def discover_one(self, call: Call) -> Answer:
        """One of them; AisError when there is none of that name."""
        return {"orchestrations": [described(self._named(call.name), self._environment.options)]}

    def open_api(self, call: Call) -> Answer:
        """The OpenAPI catalogue, of all or of one."""
        name = call.request.path_params.get("name")
        items = self._built() if name is None else [self._named(str(name))]
        paths = {f"/v{call.version}/orchestrator/{item.name}": {"post": operation(item)} for item in items}
        head = {"openapi": "3.0.0"} if call.version == 3 else {"swagger": "2.0"}
        return {**head, "info": {"title": "EnterpriseOne Orchestrations", "version": "1.0"}, "paths": paths}

    def run(self, call: Call) -> Answer:
        """Run one. AisError 403 for a user who may not, 500 when it aborts."""
        item = self._named(call.name)
        if item.writes and call.session.user.limited:
            raise AisError(403, f"Authorization Failure: not permitted to run {item.name}")
        started = self._environment.clock.now()
        reader = self._sessions.reader(call.session)
        context = OrchestrationContext(self._environment, self._reports, self._data, call.session, reader)
        if item.name in self._environment.options.unshared_parts:
            text = f"Component of {item.name} not found: view security or not shared"
            raise self._abort(item, BusinessError("", text), started, before=True)
        try:
            inputs = self._inputs(item, call, reader)
        except InvalidInputError as error:
            raise self._abort(item, BusinessError("", str(error)), started, before=True) from None
        try:
            result = item.run(context, inputs)
        except BusinessError as error:
            return self._failed(item, error, call, started)
        late = _of(self._environment.options.failing_after_write, item)
        if late:
            later = BusinessError("0050", f"{item.name}: a later step failed, what was written stays")
            return self._failed(item, later, call, started, style=late, outputs=result.outputs)
        return self._succeeded(item, result, call, started)

    def _inputs(self, item: Orchestration, call: Call, reader: Reader) -> Inputs:
        options = self._environment.options
        names = options.input_names.get(item.name, {})
        values = read_inputs(item.under(names), call, superfluous=options.superfluous_inputs == "ignored")
        dates = InputDates(_of(options.orchestration_dates, item) or CONTRACTS_OWN, reader.pattern, options.time_zone)
        inputs = Inputs(own_names(values, names), reader, dates)
        check_inputs(item, inputs, required=options.required_inputs)
        return inputs

    def run_report(self, call: Call) -> Answer:
        """report/execute: R04110ZA for the batch of a data selection on EDBT (section 3.3)."""
        if call.session.user.limited:
            raise AisError(403, "Authorization Failure: not permitted to run reports")
        body = call.body
        batch = _selected(body, "EDBT")
        if batch is None:
            raise AisError(500, "dataSelection needs a criterion on EDBT")
        final = str(body.get("reportVersion") or "") != "ZJDE0001"
        return self._reports.submit(str(body.get("reportName") or ""), batch, final=final, user=call.session.user.name)

    def report_status(self, call: Call) -> Answer:
        """report/status: a job by its number."""
        return self._reports.status(str(call.body.get("jobNumber") or ""))

    def _built(self) -> list[Orchestration]:
        """What this site has."""
        missing = self._environment.options.missing_orchestrations
        return [item for item in ORCHESTRATIONS.values() if item.name not in missing]

    def _named(self, name: str) -> Orchestration:
        item = ORCHESTRATIONS.get(name)
        if item is None or item not in self._built():
            status = self._environment.options.unknown_orchestration
            raise AisError(status, f"Orchestration {name} not found")
        return item

    def _succeeded(self, item: Orchestration, result: Result, call: Call, started: datetime) -> Answer:
        options = self._environment.options
        answer, warnings = dict(result.outputs), list(result.warnings)
        told = _of(options.warned, item)
        if told:
            warnings.append(BusinessError("0027", told))
        if not warnings:
            return answer | self._report_keys("SUCCESS", "", call.version, started)
        answer["ServiceRequest1"] = {"forms": [self._form(item, warnings=warnings)]}
        return answer | self._report_keys(options.warning_status, warnings[0].text, call.version, started)

    def _failed(
        self,
        item: Orchestration,
        error: BusinessError,
        call: Call,
        started: datetime,
        *,
        style: str = "",
        outputs: Mapping[str, Any] | None = None,
    ) -> Answer:
        """The answer of a failure; `outputs` are those of steps that were done before it."""
        style = style or _of(self._environment.options.orchestration_errors, item) or "abort"
        if style == "abort":
            raise self._abort(item, error, started)
        # Numbers come out as 0 and texts as blanks where nothing was made.
        nothing: Answer = {name: 0 if "Number" in name or name.endswith("ID") else "" for name in item.outputs}
        answer = nothing if outputs is None else dict(outputs)
        if style == "body":
            answer["ServiceRequest1"] = {"forms": [self._form(item, errors=[error])]}
            return answer | self._report_keys("SUCCESS", "", call.version, started)
        answer["continuedOnError"] = [
            {
                "step": item.form,
                "message": error.text,
                "timeStamp": self._environment.timestamp(),
                "userDefinedErrorText": f"{item.name} failed",
                "type": item.step,
            }
        ]
        answer["Errors/Warnings"] = [
            {
                "Application ID": item.form.partition("_")[0],
                "Title": item.description,
                "Errors": [error.on_wire()],
                "Warnings": [],
            }
        ]
        return answer | self._report_keys("WARN", error.text, call.version, started)

    def _abort(self, item: Orchestration, error: BusinessError, started: datetime, *, before: bool = False) -> AisError:
        """The 500 of a step that aborts, or, `before` any step, of inputs that are none."""
        # `message` is an object with the step's output where a form refused, else a text (section 5).
        form = {"ServiceRequest1": {"forms": [self._form(item, errors=[error])]}}
        shown = item.step == "formRequest" and self._environment.options.abort_message == "object" and not before
        body: Answer = {
            "message": form if shown else error.text,
            "exception": "com.oracle.e1.rest.OrchestrationException",
            "timeStamp": self._environment.timestamp(),
            "status": "ERROR",
            "type": "orchestration" if before else item.step,
        }
        if not before:
            body["userDefinedErrorText"] = f"{item.name} failed"
        return AisError(500, error.text, body=body | self._report_keys("ERROR", error.text, 3, started))

    def _form(
        self,
        item: Orchestration,
        *,
        errors: list[BusinessError] | None = None,
        warnings: list[BusinessError] | None = None,
    ) -> Answer:
        return {
            f"fs_{item.form}": {
                "title": item.description,
                "data": {},
                "errors": [error.on_wire() for error in errors or ()],
                "warnings": [warning.on_wire() for warning in warnings or ()],
            },
            "stackId": 1,
            "stateId": 1,
            "rid": "0" * 16,
            "currentApp": item.form,
            "timeStamp": self._environment.timestamp(),
            "sysErrors": [],
        }

    def _report_keys(self, status: str, message: str, version: int, started: datetime) -> Answer:
        """The keys with two underscores, which v3 adds."""
        if version < 3:
            return {}
        ended = self._environment.clock.now()
        return {
            "jde__status": status,
            "jde__simpleMessage": message,
            "jde__startTimestamp": _instant(started),
            "jde__endTimestamp": _instant(ended),
            "jde__serverExecutionSeconds": max(0.0, round((ended - started).total_seconds(), 3)),
        }


def _of(by_name: Mapping[str, Any], item: Orchestration) -> str:
    """What a switch says of an orchestration, or of all others; blank where it says nothing."""
    return str(by_name.get(item.name, by_name.get("*", "")))


def _selected(body: Mapping[str, Any], alias: str) -> str | None:
    selection = body.get("dataSelection")
    criteria = selection.get("criteria") if isinstance(selection, dict) else None
    for criterion in criteria if isinstance(criteria, list) else ():
        subject = criterion.get("subject") if isinstance(criterion, dict) else None
        if isinstance(subject, dict) and str(subject.get("view", "")).endswith(alias):
            predicate = criterion.get("predicate")
            values = predicate.get("values") if isinstance(predicate, dict) else None
            if isinstance(values, list) and values:
                return str(values[0])
    return None


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
