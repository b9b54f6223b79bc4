"""What an answer to a write proves.

Only an answer that the vendor documents, with the vendor's own body, says that a write was refused or not processed.
Between the vendor and us stand gateways, proxies and load balancers. Each of them answers in its own name, and may do
so after the write took effect. So each system has a table of its answers; what stands in none of its rows proves
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from connector_resources.errors import ConnectorError, OutcomeUnknown
from connector_resources.http.model import Answer

Meaning = Literal["refused", "not_processed"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a system's table. `mark` looks for the vendor's own body; `says` is the row for people, `source` the
    sheet and section that it is from.

    'refused': the vendor looked at the document and said no. 'not_processed': it did not come to that (login, limits,
    permission), so the same may be sent again. `partial`: what came before the refusal inside the vendor stands, so
    that the document is looked up all the same.
    """

    statuses: Collection[int]
    mark: Callable[[Answer], bool]
    meaning: Meaning
    says: str
    source: str
    partial: bool = False


Answers = Sequence[Row]


def proof(answers: Answers, answer: Answer) -> Row | None:
    """The first row that an answer fits, None where it proves nothing."""
    return next((row for row in answers if answer.status in row.statuses and row.mark(answer)), None)


def attested(answers: Answers, answer: Answer, problem: ConnectorError) -> ConnectorError:
    """`problem`, with the row that shows that the vendor itself answered, where there is one."""
    row = proof(answers, answer)
    if row is not None:
        problem.proof, problem.partial = f"{answer.status}: {row.says}", row.partial
    return problem


def read_write(answers: Answers, answer: Answer, problem: ConnectorError) -> ConnectorError:
    """What an answer to a write means, of which the vendor's classifier made `problem`: that, with its proof, where the
    table has it; else `OutcomeUnknown`, which keeps what the answer would have meant from the vendor."""
    if isinstance(problem, OutcomeUnknown):
        return problem
    if attested(answers, answer, problem).proof:
        return problem
    return OutcomeUnknown(
        f"{problem}; this is no answer by which {answer.connection} says that a call was not processed",
        connection=answer.connection,
        status=answer.status,
        read_as=problem,
    )
