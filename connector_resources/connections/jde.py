"""The settings of a JD Edwards connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from connector_resources.connections.base import BaseConnection, StrictSettings

# how orchestrations take dates: iso is yyyy-MM-dd, which docs/orchestrations.md asks for; user is the login user's own
# simpleDateFormat; epoch_ms is noon of the day in the connection's time zone, in milliseconds
DateFormat = Literal["iso", "user", "MM/dd/yyyy", "dd/MM/yyyy", "yyyyMMdd", "epoch_ms"]


class Orchestration(StrictSettings):
    """A site's own orchestration for one act of ours: its name, and our field -> its input's name."""

    name: str = Field(min_length=1, description="its name in Orchestrator Studio")
    version: Literal["v1", "v2", "v3"] = Field(
        default="v3", description="service prefix of the call: it chooses the output's conventions"
    )
    inputs: dict[str, str] = Field(
        default_factory=dict,
        description="our field -> its input's name, to the letter; a grid's fields as grid.field",
    )
    date_format: DateFormat | None = Field(
        default=None, description="how it takes dates; null: as orchestration_dates of the connection says"
    )
    own_inputs: tuple[str, ...] = Field(
        default=(),
        description="inputs of the site's own that we do not fill, since it has a default for them; a grid's as"
        " grid.field",
    )
    key_output: str | None = Field(
        default=None,
        description="output that holds the new document's number; an answer without it is no success",
    )


class PaymentRun(StrictSettings):
    """What the data selection of the site's payment run (R04570) takes: said by the site, for JDE does not show it.

    One that does not look at payment instruments or bank accounts has none here, which stands for all.
    """

    pay_statuses: tuple[str, ...] = Field(
        default=("A",), min_length=1, description="pay statuses (F0411.PST) that it selects"
    )
    payment_instruments: tuple[str, ...] = Field(
        default=(), description="payment instruments (F0411.PYIN) that it selects, a blank one as ''; none: all"
    )
    bank_accounts: tuple[str, ...] = Field(
        default=(), description="G/L bank accounts (F0411.GLBA) that it selects, a blank one as ''; none: all"
    )

    def selectable(self, row: Mapping[str, Any]) -> bool:
        """Whether the run may select a row of F0411, as soon as it is due: open, not void, and in all that is named."""
        if _text(row, "VOD") == "V" or not row.get("AAP"):
            return False
        banks = {each.strip().lstrip("0") for each in self.bank_accounts}
        return (
            _text(row, "PST") in self.pay_statuses
            and (not self.payment_instruments or _text(row, "PYIN") in self.payment_instruments)
            and (not banks or _text(row, "GLBA").lstrip("0") in banks)
        )


class JdeConnection(BaseConnection):
    """JD Edwards EnterpriseOne through an AIS server (jde-ais sections 1 and 2). `url` ends in `/jderest`."""

    CREDENTIALS: ClassVar[tuple[str, ...]] = ("username", "password")

    system: Literal["jde"] = "jde"
    environment: str | None = Field(default=None, description="login environment; null: the AIS server's default")
    role: str = Field(default="*ALL", description="login role")
    device_name: str = Field(
        default="ml-connector",
        min_length=1,
        description="token's device: fixed, else a new address kills the token",
    )
    api_version: Literal["v1", "v2"] = Field(default="v2", description="service prefix: v1 is none, v2 is /v2")
    page_size: int = Field(default=500, ge=1, le=100_000, description="rows a page")
    keys_per_call: int = Field(default=200, ge=1, le=5_000, description="keys in one LIST condition")
    orchestrations: dict[str, Orchestration] = Field(
        default_factory=dict, description="act -> orchestration; names are each site's own"
    )
    orchestration_dates: DateFormat | None = Field(
        default=None,
        description="how the site's orchestrations take dates: iso (yyyy-MM-dd, as docs/orchestrations.md asks), user"
        " (the login user's format, what was sent before this setting), MM/dd/yyyy, dd/MM/yyyy, yyyyMMdd, epoch_ms;"
        " null: not said, and no date is written until it is",
    )
    currency_decimals: Literal["as_served", "shifted"] | None = Field(
        default=None,
        description="how amounts of currencies come that have not two decimals: as_served, as they are; shifted, as if"
        " they had two (1000 yen as 10.00); null: documents in them wait until a voucher proves the first, or a site"
        " says it",
    )
    changes: Literal["audit", "log"] = Field(
        default="audit",
        description="how changed vouchers are found: by the audit date of F0411, whose rows are all looked through "
        "where the site has no index on UPMJ; or by the outbound log (F0411Z3, F0911Z4), which the site switches on",
    )
    log_days: int = Field(
        default=5, ge=1, description="days that the outbound log keeps for certain; older ones are read by audit date"
    )
    payment_run: PaymentRun = Field(default=PaymentRun(), description="what JDE's own payment run selects")

    def dates_of(self, act: str) -> DateFormat | None:
        """How the orchestration for an act takes dates; None where nothing says it."""
        named = self.orchestrations.get(act)
        return (named.date_format if named else None) or self.orchestration_dates


def _text(row: Mapping[str, Any], alias: str) -> str:
    return str(row.get(alias) or "").strip()
