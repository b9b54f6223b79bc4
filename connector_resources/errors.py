"""The small vocabulary in which everything that can go wrong is reported.

The delivery engine decides by class, a person reads the text: what happened, to which record, what to do.
"""

from __future__ import annotations

from dataclasses import dataclass

from connector_resources.printable import printable


class ConnectorError(Exception):
    """Anything that ml-connector reports on purpose; its text is one line for a person.

    A vendor's words may be part of it: wherever the error is shown, by us or by Dagster, nothing in them takes effect.
    `proof` names the vendor's own answer. Of a write it proves that there was no effect; '' where nothing was sent to
    begin with. `partial` says that something before it, inside the vendor, may have had one.
    """

    proof = ""
    partial = False

    def __str__(self) -> str:
        return printable(super().__str__())


class UnusableInput(ConnectorError):
    """A file, setting, argument or credential that cannot be used: nothing was written, exit code 2."""


class CopiedHome(UnusableInput):
    """The ledger belongs to another place than the one where it is opened: only reading goes on."""


class StorageProblem(ConnectorError):
    """Our own storage failed under a run: its database has gone away, or a disk is full.

    What was sent has its intent: once the storage is back, the next run looks it up. `why` is the storage's own word.
    """

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} cannot be used: {why}")
        self.why = why


@dataclass(frozen=True, slots=True)
class FieldMessage:
    """One sentence of a refusal, with the field it is about ('' where the vendor names none)."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class TooLong(UnusableInput):
    """A request that was not sent, since values of it are longer than the target takes: a person shortens them.

    `fields` says of each which one it is, its length and the greatest one.
    """

    def __init__(self, message: str, fields: tuple[FieldMessage, ...]) -> None:
        super().__init__(message)
        self.fields = fields


class SystemProblem(ConnectorError):
    """Something that a connected system did or said.

    `connection` is the instance's name; `status` the HTTP status, where there was one.
    """

    def __init__(self, message: str, *, connection: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.connection = connection
        self.status = status


class Refused(SystemProblem):
    """The target looked at the request and said no; sending the same again would be refused again.

    `code` is the vendor's own code of the reason, '' where it gives none.
    """

    def __init__(
        self,
        message: str,
        *,
        fields: tuple[FieldMessage, ...] = (),
        code: str = "",
        connection: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, connection=connection, status=status)
        self.fields = fields
        self.code = code


class NotFound(SystemProblem):
    """The address or record does not exist."""


class NotAllowed(SystemProblem):
    """Authenticated, but without the permission, scope or licence; `fix` says what an administrator does."""

    def __init__(self, message: str, *, fix: str = "", connection: str = "", status: int | None = None) -> None:
        super().__init__(message, connection=connection, status=status)
        self.fix = fix


class LoginRefused(NotAllowed):
    """The credentials themselves were refused."""


class RateLimited(SystemProblem):
    """Not processed: too many calls. `retry_after` is in seconds, None where the vendor does not say."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        connection: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, connection=connection, status=status)
        self.retry_after = retry_after


class Unavailable(SystemProblem):
    """Certainly not applied, or a read: the system could not be reached or was not able to answer."""


class UnboundedAnswer(SystemProblem):
    """A read whose answer went past a limit of the connection: asking again would get the same."""


class OutcomeUnknown(SystemProblem):
    """A write was sent and no trustworthy answer came back: it may or may not have had its effect.

    `read_as` is what the answer would mean, had it come from the vendor: whom to wait for, what to correct.
    """

    def __init__(
        self,
        message: str,
        *,
        connection: str = "",
        status: int | None = None,
        read_as: ConnectorError | None = None,
    ) -> None:
        super().__init__(message, connection=connection, status=status)
        self.read_as = read_as
