"""Exit codes, and what becomes of errors: one line on standard error, never a traceback.

  0  done, and nothing needs a person
  1  done, but exceptions remain in the flows that the command touched (reading alone touches none); what waits for an
     approval is no exception
  2  unusable input or configuration; nothing was written
  3  a system could not be reached or refused the login, or our own storage failed under the work
 70  a defect of ml-connector (EX_SOFTWARE): none of the above may be claimed; its traceback is in the home's logs
130  interrupted
"""

from __future__ import annotations

import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from connector_resources.errors import ConnectorError, NotAllowed, NotFound, StorageProblem, SystemProblem
from connector_resources.printable import printable

DONE = 0
NEEDS_A_PERSON = 1
UNUSABLE = 2
UNREACHABLE = 3
DEFECT = 70
INTERRUPTED = 130


def tell(text: str) -> None:
    """One line for the person at the terminal; standard output belongs to the command's answer."""
    sys.stderr.write(f"{printable(text)}\n")
    sys.stderr.flush()


def line_of(error: BaseException) -> str:
    """An error as one line, with what to do about it where it says so."""
    text = " ".join(str(error).split()) or type(error).__name__
    fix = error.fix if isinstance(error, NotAllowed) else ""
    return f"{text}: {fix}" if fix and fix not in text else text


def code_of(error: ConnectorError) -> int:
    """The exit code of an error that ended a command."""
    # an address that does not exist is a wrong setting, not an outage
    if isinstance(error, SystemProblem | StorageProblem) and not isinstance(error, NotFound):
        return UNREACHABLE
    return UNUSABLE


def system_problems() -> frozenset[str]:
    """The names of the errors that mean: a system, or our own storage, could not be reached or did not let us in."""
    found, queue = set(), [SystemProblem, StorageProblem]
    while queue:
        each = queue.pop()
        if not issubclass(each, NotFound):
            found.add(each.__name__)
            queue += each.__subclasses__()
    return frozenset(found)


def report_defect(error: Exception) -> int:
    """Say that this is our own mistake and where its traceback is."""
    path = _keep_traceback(error)
    tell(f"connector: a defect of ml-connector, {type(error).__name__}: {line_of(error)[:300]} (traceback: {path})")
    return DEFECT


def _keep_traceback(error: Exception) -> Path:
    # imported here, since not even a defect may need more than what is there already
    from connector_resources.home import Home

    logs = Home.locate().logs
    text = "".join(traceback.format_exception(error))
    name = f"defect-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.log"
    try:
        # a home is never made by a failure
        folder = logs if logs.parent.is_dir() else Path(tempfile.mkdtemp(prefix="connector-"))
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    except OSError:
        path = Path(tempfile.mkdtemp(prefix="connector-")) / name
        path.write_text(text, encoding="utf-8")
    return path
