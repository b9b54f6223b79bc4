"""JD Edwards' AIS server, as its pages have it (docs/vendors/jde-ais.md), and the orchestrations of our own page.

Which columns a table has is read from the sheet itself: section 3.6, the audit columns and the indexes of section 16.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from described.routes import Route, Sent
from described.shapes import FLAG, Anything, Each, Fields, Number, Shape, Text

DOCS = Path(__file__).parents[2] / "docs"
SHEET = DOCS / "vendors" / "jde-ais.md"
ORCHESTRATIONS = DOCS / "orchestrations.md"
AIS = "/jderest"

# -- section 3.6: which columns a table has -------------------------------------------------------------------------

_TABLE = re.compile(r"F\d{4,5}(?:Z\d\w?)?")
_AUDIT = frozenset({"USER", "PID", "JOBN", "UPMJ"})


def _aliases(text: str) -> Iterator[str]:
    """The data items that a text names, `ADD1..ADD4` written out."""
    for first, last in re.findall(r"\b([A-Z]+\d+)\.\.(?:[A-Z]+)?(\d+)\b", text):
        stem, begin = first.rstrip("0123456789"), first[len(first.rstrip("0123456789")) :]
        for number in range(int(begin), int(last) + 1):
            yield f"{stem}{number:0{len(begin)}d}"
    yield from re.findall(r"\b[A-Z][A-Z0-9]{0,5}\b", text)


@cache
def columns() -> Mapping[str, frozenset[str]]:
    """Table -> the columns that the sheet has of it."""
    sheet = SHEET.read_text(encoding="utf-8")
    facts = sheet.split("### 3.6 Table facts", 1)[1].split("\n## 4.", 1)[0]
    known: dict[str, set[str]] = {}
    # `**F0101 Address Book** (…): …`, `**F0413/F0414 payments**: …`, up to the next heading of this kind
    for heading, text in re.findall(r"\*\*(F\d{4}[^*]*)\*\*(.*?)(?=\*\*F\d{4}|\Z)", facts, re.DOTALL):
        for table in _TABLE.findall(heading):
            known.setdefault(table, set()).update(_aliases(text))
    audited, _, _ = facts.split("| has UPMJ", 1)[1].partition("\n\n")
    with_time, with_day = audited.splitlines()[2].split("|")[1:3]
    for table in _TABLE.findall(with_time):
        known.setdefault(table, set()).update(_AUDIT, {"UPMT"})
    for table in _TABLE.findall(with_day):
        known.setdefault(table, set()).update(_AUDIT, {"TDAY"})
    indexes = sheet.split("\n## 16.", 1)[1].split("**Outbound log", 1)[0]
    for names, text in re.findall(r"^\| (F[^|]+) \| (.+) \|$", indexes, re.MULTILINE):
        for table in _TABLE.findall(names):
            known.setdefault(table, set()).update(_aliases(text))
    # F0411Z1 "then the F0411 columns"; the outbound logs are copies (section 16)
    for copy, of in (("F0411Z3", "F0411"), ("F0911Z4", "F0911")):
        known[copy] = known[of] | {"EDUS", "EDBT", "EDTN", "EDLN", "EDSP", "EDTC", "EDTR", "TNAC"}
    # the reference schema has more of the batch rows than the part of the page that could be read (11.1)
    known["F0411Z1"] |= _AUDIT
    return {table: frozenset(each) for table, each in known.items()}


# -- section 3.1: the data service ----------------------------------------------------------------------------------

_ONE = ("EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL")
_STRINGS = ("STR_START_WITH", "STR_END_WITH", "STR_CONTAIN", "STR_BLANK", "STR_NOT_BLANK")
_SPECIAL = (
    "LITERAL",
    "TODAY",
    *(f"TODAY_{sign}_{unit}" for sign in ("PLUS", "MINUS") for unit in ("DAY", "MONTH", "YEAR")),
)
_CONDITION = Fields(
    {
        "controlId": Text(form=r"F\w+\.\w+"),
        "operator": Text(among=("BETWEEN", "LIST", *_ONE, *_STRINGS)),
        "value": Each(
            Fields({"content": Text(least=0), "specialValueId": Text(among=_SPECIAL)}, ("content", "specialValueId")),
        ),
    },
    required=("controlId", "operator"),
)
_QUERY_FIELDS: dict[str, Shape] = {
    "autoFind": FLAG,
    "matchType": Text(among=("MATCH_ALL", "MATCH_ANY")),
    "condition": Each(_CONDITION),
}
QUERY = Fields(
    {
        **_QUERY_FIELDS,
        "complexQuery": Each(
            Fields(
                {"andOr": Text(among=("AND", "OR")), "query": Fields(_QUERY_FIELDS, ("condition",))},
                ("andOr", "query"),
            )
        ),
    }
)
_COLUMN = Text(form=r"F\w+\.\w+")
_FUNCTIONS = ("SUM", "MIN", "MAX", "AVG", "COUNT", "COUNT_DISTINCT", "AVG_DISTINCT", "SUM_DISTINCT")
AGGREGATION = Fields(
    {
        "aggregations": Each(
            Fields({"aggregation": Text(among=_FUNCTIONS), "column": _COLUMN}, ("aggregation", "column"))
        ),
        "groupBy": Each(Fields({"column": _COLUMN}, ("column",))),
        "orderBy": Each(Fields({"column": _COLUMN, "direction": Text(among=("ASC", "DESC"))}, ("column", "direction"))),
    }
)
DATA_REQUEST = Fields(
    {
        "targetName": Text(form="F[0-9A-Z]+"),
        "targetType": Text(among=("table", "view")),
        "dataServiceType": Text(among=("BROWSE", "COUNT", "AGGREGATION")),
        "findOnEntry": Text(among=("TRUE", "true")),  # strings, as maxPageSize (section 8, 14)
        "returnControlIDs": Text(form=r"F\w+\.\w+(\|F\w+\.\w+)*"),
        "maxPageSize": Text(form=r"\d+|(?i:no max)"),
        "query": QUERY,
        "aggregation": AGGREGATION,
        "outputType": Text(among=("GRID_DATA",)),
        "enableNextPageProcessing": FLAG,
        "nextPageTimeInterval": Number(0),
    },
    required=("targetName", "targetType", "dataServiceType", "findOnEntry", "outputType"),
)


class DataRequest(Shape):
    """A question: its fields, each column of the table that the sheet has, as many values as the operator takes."""

    def problems(self, value: Any, where: str) -> Iterator[str]:
        found = list(DATA_REQUEST.problems(value, where))
        yield from found
        if found:
            return
        table = value["targetName"]
        known = columns().get(table)
        if known is None:
            yield f"table {table} is not in the sheet"
            return
        for named in _columns_of(value):
            of, _, alias = named.partition(".")
            if of != table:
                yield f"{named} is no column of {table}"
            elif alias not in known:
                yield f"{named} is not in the sheet"
        for condition in _conditions(value.get("query", {})):
            yield from _values(condition)
        if value["dataServiceType"] == "BROWSE" and "maxPageSize" not in value:
            yield "maxPageSize is not sent: 100 rows by default"
        if value["dataServiceType"] == "AGGREGATION" and not value.get("aggregation", {}).get("aggregations"):
            yield "an aggregation of nothing"


def _conditions(query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from query.get("condition", ())
    for each in query.get("complexQuery", ()):
        yield from each["query"]["condition"]


def _columns_of(request: Mapping[str, Any]) -> Iterator[str]:
    yield from filter(None, request.get("returnControlIDs", "").split("|"))
    aggregation = request.get("aggregation", {})
    for name in ("aggregations", "groupBy", "orderBy"):
        yield from (each["column"] for each in aggregation.get(name, ()))
    yield from (each["controlId"] for each in _conditions(request.get("query", {})))


# an operator takes so many values; whether a text is blank is asked without one
_VALUES = {
    **dict.fromkeys((*_ONE, "STR_START_WITH", "STR_END_WITH", "STR_CONTAIN"), 1),
    **dict.fromkeys(("STR_BLANK", "STR_NOT_BLANK"), 0),
    "BETWEEN": 2,
}


def _values(condition: Mapping[str, Any]) -> Iterator[str]:
    operator, count = condition["operator"], len(condition.get("value", ()))
    # a LIST has as many as there are, but not none
    if count != _VALUES.get(operator, count or 1):
        yield f"{condition['controlId']} {operator} has {count} values"


# -- section 3.4 and 14: orchestrations, by the page that we give to whoever builds them ----------------------------

_NUMERIC = Text(form=r"(-?\d+(\.\d+)?)?", least=0)
_DATE = Text(form=r"(\d{4}-\d\d-\d\d)?", least=0)
# the page's own title of an act, where the demonstration's site names it otherwise
_NAMED_OTHERWISE = {"JournalAdd": "payment_journal"}


@cache
def contract() -> Mapping[str, Fields]:
    """Act -> what is sent to it: flat JSON, every scalar a string of its column's length."""
    page = ORCHESTRATIONS.read_text(encoding="utf-8")
    acts = {}
    for act, text in re.findall(r"^## ([a-z_]+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL):
        rows = re.findall(r"^\| `([\w.]+)` \| (\w+) \| ([\d,]*) \| ([^|]*) \|", text, re.MULTILINE)
        acts[act] = _inputs(rows)
    return acts


def _inputs(rows: Sequence[tuple[str, str, str, str]]) -> Fields:
    known: dict[str, Shape] = {}
    members: dict[str, dict[str, Shape]] = {}
    needed: dict[str, list[str]] = {"": []}
    for name, kind, length, required in rows:
        array, _, member = name.rpartition(".")
        if kind == "array":
            members[name], needed[name] = {}, []
        else:
            (members[array] if array else known)[member] = _scalar(kind, length)
        if required == "yes":
            needed[array].append(member)
    arrays = {name: Each(Fields(each, needed[name])) for name, each in members.items()}
    return Fields({**known, **arrays}, needed[""])


def _scalar(kind: str, length: str) -> Text:
    if kind == "date":
        return _DATE
    if kind == "numeric":
        return _NUMERIC
    return Text(int(length) if length.isdigit() else None, least=0)


class Orchestrated(Route):
    """A call of an orchestration: its inputs are those of the page."""

    def problems(self, sent: Sent) -> Iterator[str]:
        name = sent.path.rsplit("/", 1)[1].removeprefix("ML_")
        act = _NAMED_OTHERWISE.get(name, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
        shape = contract().get(act)
        if shape is None:
            yield f"orchestration {name} is on no page"
            return
        yield from Route(self.method, self.path, shape, self.headers).problems(sent)


# -- the routes -----------------------------------------------------------------------------------------------------

_JSON = {"accept": "application/json", "content-type": "application/json"}
# section 2: whoever gives a device name at login sends it with every call
TOKEN = {"accept": "application/json", "jde-ais-auth": ".+", "jde-ais-auth-device": ".+"}
LOGIN = Fields(
    {name: Text() for name in ("username", "password", "environment", "role", "jasserver", "deviceName")},
    required=("username", "password", "deviceName"),
)


def _any_query(query: Sequence[tuple[str, str]]) -> Iterator[str]:
    """A next link is used as it came (section 4): there is nothing to say of its parameters."""
    return iter(())


def _capabilities(query: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, _ in query:
        if name not in ("requiredCapabilities", "all"):
            yield f"parameter {name} is on no page"


def _routes() -> Iterator[Route]:
    both = {**TOKEN, "content-type": "application/json"}
    yield Route("POST", f"{AIS}/v2/tokenrequest", LOGIN, _JSON)
    yield Route("POST", f"{AIS}/v2/tokenrequest/logout", Fields({"token": Text()}, ("token",)), both)
    for prefix in ("", "/v2"):
        yield Route("GET", f"{AIS}{prefix}/defaultconfig", None, {"accept": "application/json"}, _capabilities)
    yield Route("POST", f"{AIS}/v2/dataservice", DataRequest(), both)
    yield Route("GET", f"{AIS}/v2/dataservice/next", None, TOKEN, _any_query)
    yield Route("GET", f"{AIS}/discover", None, TOKEN)
    yield Route("GET", f"{AIS}/discover/{{name}}", None, TOKEN)
    for prefix in ("", "/v2", "/v3"):
        yield Orchestrated("POST", f"{AIS}{prefix}/orchestrator/{{name}}", Anything(), both)


ROUTES = sorted(_routes(), key=lambda route: route.path.count("{"))
