"""The orchestrator: discovery, calls in their forms, and the ways in which failure shows (jde-ais section 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connector_sandbox.jde.acting import BusinessError
from connector_sandbox.jde.dataservice import DataService
from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.errors import AisError
from connector_sandbox.jde.http import Call
from connector_sandbox.jde.orchestrating import Desk, Inputs, Orchestration, Result
from connector_sandbox.jde.orchestrations import ORCHESTRATIONS
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
        return {"orchestrations": [_described(item) for item in self._built()]}

    def discover_one(self, call: Call) -> Answer:
        """One of them; AisError when there is none of that name."""
        return {"orchestrations": [_described(self._named(call.name))]}

    def open_api(self, call: Call) -> Answer:
        """The OpenAPI catalogue, of all or of one."""
        name = call.request.path_params.get("name")
        items = self._built() if name is None else [self._named(str(name))]
        paths = {f"/v{call.version}/orchestrator/{item.name}": {"post": _operation(item)} for item in items}
        head = {"openapi": "3.0.0"} if call.version == 3 else {"swagger": "2.0"}
        return {**head, "info": {"title": "EnterpriseOne Orchestrations", "version": "1.0"}, "paths": paths}

    def run(self, call: Call) -> Answer:
        """Run one. AisError 403 for a user who may not, 500 when it aborts."""
        item = self._named(call.name)
        if item.writes and call.session.user.limited:
            raise AisError(403, f"Authorization Failure: not permitted to run {item.name}")
        started = self._environment.clock.now()
        reader = self._sessions.reader(call.session)
        desk = Desk(self._environment, self._reports, self._data, call.session, reader)
        try:
            result = item.run(desk, Inputs(read_inputs(item, call), reader))
        except BusinessError as error:
            return self._failed(item, error, call, started)
        return self._succeeded(item, result, call, started)

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
        answer = dict(result.outputs)
        if not result.warnings:
            return answer | self._report_keys("SUCCESS", "", call.version, started)
        answer["ServiceRequest1"] = {"forms": [self._form(item, warnings=list(result.warnings))]}
        return answer | self._report_keys("WARN", result.warnings[0].text, call.version, started)

    def _failed(self, item: Orchestration, error: BusinessError, call: Call, started: datetime) -> Answer:
        styles = self._environment.options.orchestration_errors
        style = styles.get(item.name, styles.get("*", "abort"))
        if style == "abort":
            raise self._abort(item, error, started)
        # Numbers come out as 0 and texts as blanks where nothing was made.
        answer: Answer = {name: 0 if "Number" in name or name.endswith("ID") else "" for name in item.outputs}
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

    def _abort(self, item: Orchestration, error: BusinessError, started: datetime) -> AisError:
        # `message` is an object with the step's output where a form refused, else a text (section 5).
        form = {"ServiceRequest1": {"forms": [self._form(item, errors=[error])]}}
        body: Answer = {
            "message": form if item.step == "formRequest" else error.text,
            "exception": "com.oracle.e1.rest.OrchestrationException",
            "timeStamp": self._environment.timestamp(),
            "status": "ERROR",
            "type": item.step,
            "userDefinedErrorText": f"{item.name} failed",
        }
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


def read_inputs(item: Orchestration, call: Call) -> dict[str, Any]:
    """The inputs of a call: JDE standard, generic, v3 arrays, or the query string of a GET. AisError 400
    for no such."""
    body: Mapping[str, Any] = call.body
    if call.request.method == "GET":
        body = dict(call.request.query_params.items())
    if isinstance(body.get("inputs"), list):
        return _standard_inputs(body)
    values = {name: body[name] for name in item.inputs if name in body}
    for detail, columns in item.details.items():
        rows = body.get(detail)
        if rows is None:
            # The old generic form has room for one grid row, among the other inputs, where no name stands for both.
            row = {} if columns.keys() & item.inputs.keys() else {name: body[name] for name in columns if name in body}
            rows = [row] if row else []
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise AisError(400, f"Invalid JSON input: {detail} is not an array of objects")
        values[detail] = rows
    return values


def _standard_inputs(body: Mapping[str, Any]) -> dict[str, Any]:
    def named(inputs: Any) -> dict[str, Any]:
        return {str(pair["name"]): pair.get("value") for pair in inputs}

    try:
        values = named(body["inputs"])
        for detail in body.get("detailInputs") or ():
            values[str(detail["name"])] = [named(row["inputs"]) for row in detail["repeatingInputs"]]
    except (KeyError, TypeError, AttributeError):
        # Any other nesting than the documented one.
        raise AisError(400, "Invalid JSON input: not in the JDE standard format") from None
    return values


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


def _described(item: Orchestration) -> Answer:
    return {
        "name": item.name,
        "omwObjectName": f"ORC_{sum(item.name.encode()):010d}CUST",
        "description": item.description,
        "category": "Accounts Payable",
        "udoGroup": "Personal",
        "inputFormat": "Generic",
        "inputs": [
            *({"name": name, "type": kind} for name, kind in item.inputs.items()),
            *(
                {
                    "name": detail,
                    "type": "Array",
                    "subinputs": [{"name": name, "type": kind} for name, kind in columns.items()],
                }
                for detail, columns in item.details.items()
            ),
        ],
        "outputs": [{"name": name} for name in item.outputs],
        "containsContinueOnError": False,
        "scheduleUDOName": "",
        "version": "3",
    }


def _operation(item: Orchestration) -> Answer:
    types = {"String": "string", "Numeric": "number", "Date": "string"}

    def properties(inputs: Mapping[str, Any]) -> Answer:
        return {name: {"type": types[kind]} for name, kind in inputs.items()}

    schema = properties(item.inputs) | {
        detail: {"type": "array", "items": {"type": "object", "properties": properties(columns)}}
        for detail, columns in item.details.items()
    }
    return {
        "operationId": item.name,
        "description": item.description,
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": schema}}}},
        "responses": {"200": {"description": "OK"}},
    }


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
