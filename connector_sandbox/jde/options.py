"""What a site decides, or the fact sheet leaves open: the switches of this sandbox."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import msgspec

from connector_sandbox.jde.catalogue import NOT_IN_REFERENCE
from connector_sandbox.jde.dates import INPUT_FORMATS, DatePattern
from connector_sandbox.jde.indexes import check_added
from connector_sandbox.jde.views import View
from connector_sandbox.kernel.system import BadCommandError

TRANSACTION_TYPES = ("JDEVOUCH", "JDEJE", "JDEPYMNT", "JDEPOOUT", "JDESM")


class DataSecurity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the limited user may not see (jde-ais section 8, 11): it is left out without a word."""

    columns: dict[str, list[str]] = msgspec.field(default_factory=lambda: {"F0101": ["TAX", "TX2"], "F0411": ["RMK"]})
    """Table -> aliases that are removed from its answers."""
    rows: dict[str, dict[str, list[str]]] = msgspec.field(
        default_factory=lambda: {"F0101": {"AT1": ["V"]}, "F0411": {"CO": ["00001"]}}
    )
    """Table -> alias -> the only values whose rows the user sees."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The switches, as `POST /options {"jde": {...}}` takes them."""

    time_zone: str = "Europe/London"
    """The server's local zone: UPMJ, UPMT and TODAY are read in it."""
    environment: str = "JPD920"
    role: str = "*ALL"
    session_environment: str = ""
    """Not empty: every login gets this environment, whatever it asked for."""
    date_pattern: str = "dd/MM/yyyy"
    limited_date_pattern: str = "MM/dd/yyyy"
    decimal_format: Literal[".", ","] = "."
    """The users' decimal sign, as the login says it."""
    decimal_effect: Literal["ignored", "refused", "misread"] = "ignored"
    """What a decimal comma does to numbers in conditions and orchestration inputs, which is not established (jde-ais
    section 17): nothing; 1234.56 is an error; it is read as 123456. 1234,56 is right in the last two."""
    user_info: dict[str, str | None] = {}
    """Fields of the login's userInfo that this site serves otherwise; null: not at all."""
    login_body: bool = True
    login_basic: bool = True
    allowed_hosts_listed: bool = True
    """False: the HTML server does not list this AIS server, and logins answer 405."""
    session_idle_minutes: float = 30
    session_ttl_minutes: float = 480
    token_delay_seconds: float = 0.0
    """A new login is not known for so long: not documented of any vendor, and seen of all that have several servers."""
    invalid_token_status: Literal[444, 403] = 444
    """What the data service answers to a dead token: some Tools releases may say 403."""
    timestamp_style: Literal["iso", "classic"] = "iso"
    """`2025-09-19T20:16:27.934+0000`, or `2025-03-04:15.17.29` of older Tools releases."""
    db_fetch_limit: int = 2000
    """The HTML server's DB Fetch Limit: the most rows one answer holds; 0 is none."""
    result_set_seconds: float = 60
    """JAS resultSetTimeout: how long the cursor behind a next link lives."""
    repeated_link: Literal["expired", "same_page", "next_page"] = "expired"
    """What a next link answers when it is called a second time: the sheet is silent."""
    moving_pages: bool = False
    """True: each page is read again at its offset, so that rows move while paging."""
    unknown_target: Literal["500", "200"] = "500"
    """An unknown table or column: a ServiceErrorResponse, or sysErrors in a 200."""
    views: dict[str, View] = {}
    """Business views of the site beside the delivered ones: {"V55AP": {"tables": ["F0411", "F0101"], "joins":
    [[["F0411.AN8", "F0101.AN8"]]]}}."""
    reference_schema: bool = True
    """Whether the site has the columns of the reference schema alone, so that others do not exist (F0413.POST, …)."""
    missing_columns: dict[str, list[str]] = {}
    """Table -> aliases that do not exist at this site: IBAN of F0030 is recent, for one (section 10)."""
    count_scans: bool = False
    """Whether the rows that each question scans are counted (`GET /scans`); off, it costs nothing."""
    added_indexes: dict[str, list[str]] = {}
    """Table -> indexes that the site added, each as its columns with commas: {"F0411": ["UPMJ,UPMT"]}."""
    outbound_log: list[str] = []
    """Transaction types that are logged for other systems: JDEVOUCH, JDEJE, JDEPYMNT, JDEPOOUT, JDESM. None as
    delivered."""
    outbound_after_image: str = "UA"
    """TNAC of what the log says of a row that was added or changed; which values vouchers have is not established."""
    outbound_before_image: str = ""
    """TNAC of the row as it was before a change; blank: no before images."""
    outbound_deletion: str = ""
    """TNAC of a row that was deleted; blank: deletions are not logged. Whether they are is not established."""
    internal_host: str = "http://e1ais01.internal.example:9300"
    """The host that next links name; nobody outside can resolve it."""
    data_security: DataSecurity = DataSecurity()
    currency_decimals: Literal["as_served", "shifted"] = "as_served"
    """How amounts of currencies without two decimals are shown: right, or with the two of the data dictionary."""
    hidden_tables: list[str] = []
    """Tables that no user may read (jde-ais section 14.4)."""
    hidden_answer: Literal["403", "500", "200"] = "403"
    """What the data service answers for them: an authorization failure, a ServiceErrorResponse, or sysErrors in a 200;
    which is not established."""
    hidden_columns: dict[str, list[str]] = {}
    """Table -> aliases that column security removes from the answers to every user."""
    reversal_extension: Literal["R", ""] = ""
    """EXTL of the reversing lines of a void: section 15 has RE V alone on them, and no page names an EXTL."""
    unposted_void: Literal["voided", "deleted"] = "deleted"
    """What voiding a voucher that was not posted does: its rows are gone for good (section 15: an unposted voucher is
    deleted), or they stay and are void."""
    changed_rows: Literal["delta", "opposite", "replaced"] = "delta"
    """The audit row of a change of a posted pay item (section 15, rule 4): AG is new less old; or old less new; or the
    original row turns P as it was and the new row holds all of the new amount, open: one answer of the vendor's."""
    matched_void: Literal["refuse", "warn", "silent"] = "refuse"
    """What A/P does when a voucher that procurement made is voided there (section 15, rule 9): it is refused, or it is
    void and its order lines stay vouchered, with a warning or without a word; only P4314 opens them again."""
    recurring_invoice: Literal["copied", "blank"] = "copied"
    """The invoice number (VINV) of the copies of a recurring voucher: either may be (section 11.4)."""
    speed_status_moves_date: bool = True
    """Whether the speed status change (P0411S) sets the audit columns of F0411: no page says that it does not."""
    posting_moves_date: bool = False
    """Whether posting a batch (R09801) sets the audit columns of its rows: not established."""
    void_clears_gross: bool = True
    """Whether the gross amount of a voided pay item is zero from then on; section 15 has it shown as zero."""
    auto_post: bool = False
    """Whether vouchers are posted as they are entered: the batch processor's option (jde-ais section 11.3)."""
    voucher_1099: Literal["kept", "dropped", "supplier"] = "kept"
    """What becomes of the 1099 codes (TNN, AC07) that a voucher is entered with: kept; lost; or the code is always the
    supplier's category code 07. Which it is, and whether the batch carries them, is not established."""
    duplicate_invoices: Literal["silent", "warn", "error"] = "warn"
    """The A/P constant DUIN for a supplier's second voucher of one invoice number (jde-ais section 6): N takes it
    without a word, Y warns (0082), H refuses (1912)."""
    entry_warnings: Literal["made", "again", "not_made"] = "made"
    """What a warning on the first OK of W0411A does to the orchestration, which answers 200 with `warnings` in each
    case (section 13): `made`, its designer sends the same OK again, and the voucher is there; `again`, it is not, and
    passes when the same call comes a second time; `not_made`, each call is a new form and none passes."""
    terms_compute: bool = True
    """Whether payment terms (PTC; blank: the supplier's) make discount, its date and the due date by F0014, as section
    11.1 says; a discount is kept then only where it is given with its own date and no terms."""
    batch_reference: Literal["kept", "dropped"] = "dropped"
    """VR01 of the batch processor (section 11.1, ignored fields): the vendor drops it; a site's own program may keep
    it. RP1, RP2, TXA3, EXR3 and HDGJ are dropped in any case."""
    user_fields: Literal["kept", "dropped"] = "dropped"
    """URRF, URC1, URDT, URAT and URAB, which are reserved for users (section 11.1): promised to nobody in the batch,
    and on no A/P form."""
    batch_remark: Literal["kept", "dropped"] = "kept"
    """RMK of the batch processor: not on the ignored list, so that it is inferred that it is kept (section 11.4)."""
    entry_reference: Literal["kept", "dropped"] = "dropped"
    """VR01 of vouchers that are entered or matched by a form: named on no page, to be taken for absent (section 13)."""
    unprocessed_flag: Literal["0", ""] = "0"
    """EDSP of a batch row that waits: the 9.1 and 9.2 editions say 0, the 9.0 edition leaves it blank (11.1)."""
    orchestration_errors: dict[str, Literal["abort", "body", "continue"]] = {}
    """Orchestration ("*": the others) -> how its failure shows: 500, errors in a 200, continued."""
    orchestration_dates: dict[str, str] = {}
    """Orchestration ("*": the others) -> format of its date inputs: yyyy-MM-dd, MM/dd/yyyy, dd/MM/yyyy, yyyyMMdd, epoch
    (milliseconds in a string), user (the login user's pattern)."""
    required_inputs: bool = True
    """Whether a call that leaves out a required input ends in an exception, as invalid inputs do (section 14.2)."""
    superfluous_inputs: Literal["ignored", "refused"] = "ignored"
    """What becomes of inputs that an orchestration does not declare: not established."""
    input_names: dict[str, dict[str, str]] = {}
    """Orchestration -> input -> what this site's designer called it, to the letter: {"PayItems.PayItem": "No."}."""
    discovered_arrays: Literal["inputs", "subinputs", "names", "hidden"] = "names"
    """How discovery shows an array input: with its members under `inputs` or `subinputs`, without them, or not at all;
    which is not established (section 14.1)."""
    discovered_types: dict[str, str] = {}
    """What discovery calls the types Date and Array, where it is something else: not established."""
    discovered_entry: Literal["full", "example"] = "full"
    """Whether discovery prints all that the reference lists, or the four fields of the vendor's example."""
    input_format: Literal["Generic", "JDE Standard"] = "Generic"
    """`inputFormat` of all orchestrations; each takes both forms."""
    abort_message: Literal["object", "text"] = "object"
    """`message` of an orchestration that a form aborts: the step's output, or a text (section 5)."""
    warned: dict[str, str] = {}
    """Orchestration ("*": the others) -> a warning that its form gives although it does what it is asked."""
    warning_status: Literal["WARN", "SUCCESS"] = "WARN"
    """`jde__status` of an answer with warnings alone: not established."""
    failing_after_write: dict[str, Literal["abort", "body", "continue"]] = {}
    """Orchestration -> how a later step of it fails when the write is done, which nothing takes back (section 3.4)."""
    unknown_orchestration: Literal[404, 500] = 500
    """What an orchestration that does not exist answers: not established."""
    check_periods: bool = True
    """Whether a G/L date before the current period (PBCO) or after the next one (PACO) is refused."""
    unshared_parts: list[str] = []
    """Orchestrations of which the users may not see a part (view security, section 14.3): discovered, and each call
    ends in an exception, for the component is not found (14.2)."""
    missing_orchestrations: list[str] = []
    """Orchestrations that this site has not built: neither discovered nor run."""
    order_statuses: list[str] = msgspec.field(default_factory=lambda: ["220", "280", "380", "400", "999"])
    """The site's way of an order line: entered, approved, printed, received; the last one is the end."""
    received_is_complete: bool = False
    """Whether a line that is received in full has the last next status at once, before its vouchers."""
    two_way_line_types: list[str] = msgspec.field(default_factory=lambda: ["J"])
    """Line types (LNTY) that are vouchered without a receipt, e.g. services."""
    match_price_tolerance_percent: Decimal = Decimal(0)
    """How far an invoiced amount may differ from the order's; beyond a rounding of 0.01 a match is refused."""
    match_variance_account: str = ""
    """Account (unit.object.subsidiary) of price variances; blank: the order line's own."""
    duplicate_payment_numbers: Literal["silent", "error"] = "silent"
    """A second payment of one number (DOCM) on the same voucher: taken, or refused."""
    reopened_pay_status: str = "A"
    """Pay status that a voucher gets when its payment is voided."""
    run_pay_statuses: list[str] = msgspec.field(default_factory=lambda: ["A"])
    """Pay statuses that the data selection of the payment run takes."""
    run_payment_instruments: list[str] = []
    """Payment instruments (PYIN) that it takes, blank as ""; none: all."""
    run_bank_accounts: list[str] = []
    """G/L bank accounts (GLBA) that it takes, blank as ""; none: all."""
    pay_status_is_set: bool = True
    """False: orchestrations that set a pay status answer success and set none."""
    void_payment_lines: bool = True
    """Whether voiding a payment also adds negative F0414 rows of type PO, as section 15 says; VDGJ of F0413 says it in
    any case."""
    void_clears_payment: bool = True
    """Whether voiding a payment takes the amount out of F0413, as section 15 says."""
    unposted_payment_void: Literal["voided", "deleted"] = "voided"
    """The processing option for payments that were not posted: voided as others, or deleted without a trace."""
    journal_closes_pay_items: bool = True
    """Whether the orchestration of a journal closes pay items when it is told to; False: it takes the input, and posts
    the journal alone."""
    payment_batch_types: dict[str, str] = msgspec.field(default_factory=lambda: {"PK": "K", "PN": "M", "PT": "K"})
    """Document type of a payment (DCTM) -> type of its batch (F0413.ICUT), which is not established: the sheet has only
    W, of a payment that makes its voucher. One that is not named is in no batch."""
    special_payees: dict[str, int] = {}
    """Supplier -> the payee (PYE) of its new vouchers; it is not established where JDE takes it from."""
    batch_seconds: float = 0
    """How long R04110ZA waits in its queue before it processes the batch rows."""
    write_back: bool = False
    """Whether DOC, DCT, KCO, ICU and ICUT of the voucher are written back to its batch rows: not established, only EDSP
    and CRRM are documented to change (section 11.4)."""
    purge_processed: bool = False
    """Whether processed batch rows are deleted at once."""

    def changed(self, changes: Mapping[str, Any]) -> Options:
        """A copy with these switches changed; BadCommandError for what is not a switch or a value."""
        try:
            options = msgspec.convert({**msgspec.to_builtins(self), **changes}, Options)
            zoneinfo.ZoneInfo(options.time_zone)
            DatePattern.parse(options.date_pattern)
            DatePattern.parse(options.limited_date_pattern)
            for view in options.views.values():
                view.check()
            check_added(options.added_indexes)
            for name, format_ in options.orchestration_dates.items():
                if format_ not in INPUT_FORMATS:
                    raise ValueError(f"orchestration_dates: {name} has no format {format_}: {', '.join(INPUT_FORMATS)}")
            if "token" in options.user_info:
                raise ValueError("user_info: the token is not a preference")
            unknown = set(options.outbound_log) - set(TRANSACTION_TYPES)
            if unknown:
                raise ValueError(f"outbound_log: there is no transaction type {min(unknown)}")
            if len(options.order_statuses) < 3:
                raise ValueError("order_statuses needs three statuses at least")
        except (msgspec.ValidationError, zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
            raise BadCommandError(f"jde options: {error}") from None
        return options

    def absent_columns(self) -> dict[str, list[str]]:
        """Table -> aliases that do not exist at this site."""
        if not self.reference_schema:
            return self.missing_columns
        tables = {*NOT_IN_REFERENCE, *self.missing_columns}
        return {name: [*NOT_IN_REFERENCE.get(name, ()), *self.missing_columns.get(name, ())] for name in tables}

    def as_dict(self) -> dict[str, Any]:
        """All switches as plain values."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain
