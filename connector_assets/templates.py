"""The `connections.yaml` that `connector init` writes to start from."""

from __future__ import annotations

from datetime import date

from connector_resources.connections import COUPA_SCOPES, PURCHASE_ORDER_SCOPES

SANDBOX_HOST = "127.0.0.1"

_HEAD = """\
# The connections of this home and what flows between them. Secrets are not kept here:
#   connector credentials set <connection> <name>
# The first day that is read; `connector sync`, the schedules and the nightly sweep begin here.
start_date: {start_date}
"""

_SITE = """
# Who may be connected to `connector inbox serve` at a time: in all; from one address; and your own relays and proxies,
# addresses or networks, for which each_address is not
# inbox: {connections: 3072, each_address: 256, relays: []}

connections:
  jde:
    system: jde
    # the AIS server's address, with /jderest
    url: https://ais.example.com:7443/jderest
    # the zone in which JDE writes UPMJ and UPMT
    time_zone: Europe/London
    # null: the AIS server's own default
    environment: null
    role: "*ALL"
    # the token is bound to this name; without it a new address kills the session
    device_name: ml-connector
    page_size: 500
    limits: {in_flight: 4, timeout_seconds: 60}
    # what JDE's own payment run selects (F0411.PST, PYIN, GLBA; none: all): nobody else may pay that
    payment_run: {pay_statuses: [A], payment_instruments: [], bank_accounts: []}
    # how amounts in yen, dinars and the like come through AIS: as_served, or shifted as if they had two decimals
    # currency_decimals: as_served
    # how the site's orchestrations take dates: iso, as docs/orchestrations.md asks; user, the login user's own format
    orchestration_dates: iso
    # the site's own orchestrations, by what they do; `inputs` maps our fields to its inputs where they differ
    # orchestrations:
    #   self_test: {name: TEST_FORMATS}
    #   voucher_batch_add: {name: ADD_VOUCHER_ROWS}
    #   voucher_batch_run: {name: RUN_VOUCHER_BATCH}
    #   voucher_batch_status: {name: ASK_VOUCHER_BATCH}
    #   voucher_enter: {name: ENTER_VOUCHER, key_output: DocumentNumber}
    #   voucher_match: {name: MATCH_VOUCHER, key_output: DocumentNumber}
    #   voucher_void: {name: VOID_VOUCHER, inputs: {DocumentNumber: "Voucher No "}}
    #   voucher_match_reverse: {name: REVERSE_MATCH}
    #   voucher_pay_status: {name: SET_PAY_STATUS}
    #   payment_record: {name: RECORD_PAYMENT, key_output: PaymentID}
    #   payment_void: {name: VOID_PAYMENT, key_output: PaymentID}
    effect_window_seconds: 120
  coupa:
    system: coupa
    url: https://example.coupahost.com
    time_zone: UTC
    # Coupa gives 25 calls a second to all integrations together
    limits: {in_flight: 8, per_second: 25, burst: 20}
    effect_window_seconds: 120
    # what Coupa tells by itself (`connector inbox serve`): null, or call-outs, or what a relay of yours signs, or both
    inbox: null
    # inbox:
    #   # Coupa's call-outs, with a token that we issue to inbox_client_id and inbox_client_secret; null: none
    #   bearer: {token_seconds: 86399}
    #   # signed with the credential inbox_relay_secret; null: no relay
    #   relay: {header: X-Signature, encoding: hex, prefix: "sha256=", signed: timestamp.body,
    #     timestamp_header: X-Timestamp, tolerance_seconds: 300, event_id_header: null}
    #   # names of documents that only your data mappings use
    #   documents: {our-invoice: invoices}
    #   # how long a repetition is known as one
    #   keep_days: 30
  bill:
    system: bill
    # the gateway's address with /connect; https://gateway.stage.bill.com/connect is BILL's own test system
    url: https://gateway.prod.bill.com/connect
    time_zone: UTC
    # BILL takes three calls in flight per developer key and organisation, of all processes together, and 20,000 a clock
    # hour per developer key; other programs that use the same key take from both
    limits: {in_flight: 3, calls_per_hour: 20000}
    # a session unused for so long is renewed before it is used; BILL ends it after 35 minutes
    idle_seconds: 1500
    effect_window_seconds: 120
    # what BILL tells by itself: `connector inbox serve` subscribes to its events and keeps the subscription; null: none
    inbox: null
    # inbox:
    #   # where BILL reaches it, over HTTPS; /bill/bill is put behind it
    #   public_url: https://connector.example.com
    #   # of the kinds that the organisation's catalog has
    #   events: [vendor.*, bill.*, payment.updated, payment.failed]
    #   # how often the subscription is looked at; how long the key before a rotation counts; as above
    #   check_seconds: 60
    #   former_key_hours: 24
    #   keep_days: 30

integrations:
  jde_coupa:
    kind: jde_coupa
    connections: {jde: jde, coupa: coupa}
    schedule: "*/15 * * * *"
    overlap_days: 1
    # a file of accounting periods and their cut-offs, from this folder; denser polls before a close, rare ones after it
    close_calendar: null
    flows:
      suppliers:
        # on any flow: a cron line of its own; null: no poll brings it; left out: the integration's
        schedule: "*/15 * * * *"
        # F0101.AT1 of those who are paid; others are ignored
        payable_types: [V]
        # how a second supplier of one name is called
        unique_name: "{name} ({number})"
      accounts:
        # accounts: create and update; validate_only: link what Coupa holds, hold what it lacks
        mode: accounts
        # Coupa's account type; null: the only active one
        chart: null
        # company -> its own account type, where there are several
        # charts: {"00200": JDE UK}
        segments: [MCU, OBJ, SUB]
      # only where it is named: purchase orders as external orders, which Coupa must have switched on for the site; its
      # connection needs the scopes core.purchase_order.read and core.purchase_order.write beside the usual ones
      # purchase_orders:
      #   # F4301.DCTO of purchase orders; F4311.NXTR of lines in force, and what says cancelled and closed
      #   order_types: [OP]
      #   approved: ["280", "300", "370", "380", "400", "440", "999"]
      #   cancelled_last: ["980"]
      #   closed_next: ["999"]
      #   po_number: "{DOCO}-{DCTO}-{KCOO}"
      #   # login of the Coupa user who receives; Coupa insists on one
      #   ship_to_user: erp_receiver
      #   # where the mapping `ship_to` knows neither the ship-to address nor the business unit; null: held
      #   ship_to_location: null
      #   # issue_without_send, issue (the supplier hears of it) or none
      #   issue: issue_without_send
      #   # orders with a hold code: ignore, hold or send
      #   held_orders: ignore
      # only where one of them is named, and one only: what JD Edwards pays of invoices that were born in Coupa, told to
      # them; or what Coupa Pay pays, booked in JD Edwards by the orchestrations payment_record and payment_void of its
      # connection, for which Coupa's needs the scope core.pay.payments.read
      # payments_to_coupa: {}
      # payments_to_jde:
      #   # statuses of payments that are booked, and of those that are voided where they were
      #   statuses: [completed_successfully]
      #   undone_statuses: [cancelled, canceled]
      #   unclear_statuses: [completed_with_errors]
      #   # payment numbers (F0413.DOCM) are this plus the id of Coupa's payment detail, and nobody else's
      #   payment_number_base: 90000000
      #   # a G/L date in a closed period: hold, or first_open_day
      #   closed_period: first_open_day
      invoices:
        # invoices_draft, external_payables or payment_update_only
        mode: invoices_draft
        submit: false
        bypass_approvals: false
        # a custom field of Coupa's invoices that holds KCO/DCT/DOC; null: internal-note
        key_custom_field: null
        # where Coupa Pay pays (external_payables, payments_to_jde): a pay status (F0411.PST) that JD Edwards' run does
        # not select; vouchers are set to it by the orchestration voucher_pay_status before Coupa can pay them
        handed_over_status: null
        # a second voucher of one supplier and invoice number: hold or send
        duplicates: hold
        # on any flow: `required`, or an amount above which somebody must approve what is sent; null: nobody is asked
        approval: null
        # which F0911 lines are not costs: A/P trade and tax accounts, by OBJ or MCU.OBJ, with * for any characters;
        # here those of the balance-sheet units, whose numbers begin with zeros
        distribution:
          offset_accounts: ["0000*.4110"]
          tax_accounts: ["0000*.4433", "0000*.4434"]
      # invoices approved in Coupa become vouchers; runs only where it is named, with orchestrations on the connection
      # approved_invoices:
      #   # batch: F0411Z1, F0911Z1 and the batch run; direct: entered at once
      #   mode: batch
      #   # who pays: jde (on approved_status), or coupa (on unpayable_status, which JDE's payment run must not select)
      #   payer: jde
      #   approved_status: A
      #   unpayable_status: H
      #   selected_statuses: [A]
      #   # by what a voucher is known: supplier_invoice, preset_document (a number of preset_first to preset_last), or
      #   # mark (in mark_column VR01 or URRF, where JDE keeps it)
      #   voucher_key: supplier_invoice
      #   # the remark of a voucher begins with the mark of its invoice
      #   mark_in_remark: true
      #   mark_prefix: "CPA-"
      #   # invoices dated before this day are left alone
      #   go_live: null
      #   gl_date: invoice_date
      #   # a G/L date in a closed period: hold or first_open_day
      #   closed_period: first_open_day
      #   # an invoice that changed after its voucher was made: void_and_add or hold
      #   on_change: void_and_add
      #   # accounts of an invoice's charges that carry none in Coupa: shipping, handling, misc
      #   charge_accounts: {}
      # the pay status of vouchers whose invoices Coupa approved or rejected
      # approvals:
      #   waiting_statuses: [H]
  jde_bill:
    kind: jde_bill
    connections: {jde: jde, bill: bill}
    schedule: "*/15 * * * *"
    overlap_days: 1
    flows:
      chart_of_accounts:
        # accounts: create and update; validate_only: link what BILL holds, hold what it lacks
        mode: accounts
        # how an account is called: number (MCU.OBJ.SUB), MCU, OBJ, SUB, DL01
        name: "{number} {DL01}"
        # BILL's type of accounts by object (F0901.OBJ), the first range that fits; of all others it is left to BILL
        # account_types:
        #   - {from: "5000", to: "5999", type: EXPENSE}
        #   - {from: "4110", to: "4110", type: ACCOUNTS_PAYABLE}
        # what somebody archives or renames in BILL: source puts it right again, hold asks
        on_conflict: source
      departments:
        # what business units are in BILL: departments, locations or accounting_classes
        as: departments
        # types of business units (F0006.STYL) that are sent; null: all. Of the others nothing is on a bill's line
        unit_types: null
        name: "{MCU} {DL01}"
      # approved pay items (F0411.PST) are set to handed_over_status, which JDE's payment run does not select, by the
      # orchestration voucher_pay_status, before BILL can pay them; null: the run selects none of pay_statuses
      bills:
        pay_statuses: [A]
        handed_over_status: null
      vendor_credits:
        pay_statuses: [A]
        handed_over_status: null
      # only where it is named: approved purchase orders become bills, before there is an invoice. An order that
      # vouchers refer to is left to them, and the vouchers of an order that is a bill are none
      # purchase_order_bills:
      #   order_types: [OP]
      #   # of DOCO, DCTO and KCOO; `-{KCOO}` follows where JDE has several companies
      #   invoice_number: "PO{DOCO}-{DCTO}"
      #   # days after the order, or after the last promised date of its lines: order_date or promised_date
      #   due: order_date
      #   due_days: 30
      # approved bills that were born in BILL become vouchers; runs only where it is named, with orchestrations on the
      # connection. BILL pays them: their pay status must be none that JDE's payment run selects
      # approved_bills:
      #   # batch: F0411Z1, F0911Z1 and the batch run; direct: entered at once
      #   mode: batch
      #   unpayable_status: H
      #   selected_statuses: [A]
      #   # by what a voucher is known: supplier_invoice, preset_document (a number of preset_first to preset_last), or
      #   # mark (in VR01, where JDE keeps it)
      #   voucher_key: supplier_invoice
      #   # the remark of a voucher begins with the mark of its bill
      #   mark_in_remark: true
      #   mark_prefix: "BL-"
      #   approval_statuses: [APPROVED, UNASSIGNED]
      #   # unit.object.subsidiary of lines that have no account in BILL; null: such a bill is held
      #   default_account: null
      #   # bills dated before this day are left alone
      #   go_live: null
      #   gl_date: invoice_date
      #   # a G/L date in a closed period: hold or first_open_day
      #   closed_period: first_open_day
      #   # a bill that changed after its voucher was made: void_and_add or hold
      #   on_change: void_and_add
"""

_SANDBOX = """
connections:
  jde:
    system: jde
    url: http://{host}:{jde}/jderest
    time_zone: Europe/London
    currency_decimals: as_served
    orchestration_dates: iso
    role: "*ALL"
    device_name: ml-connector
    page_size: 1000
    limits: {{in_flight: 4, timeout_seconds: 60}}
    orchestrations:
      self_test: {{name: ML_SelfTest}}
      # own_inputs: those that the site's designer has beside the contract's, with defaults
      voucher_batch_add: &voucher
        name: ML_VoucherBatchAdd
        own_inputs: [PayItems.PONumber, PayItems.POType, PayItems.POCompany, PayItems.POSuffix, PayItems.POLine,
          Distribution.Subledger, Distribution.SubledgerType]
      voucher_batch_run: {{name: ML_VoucherBatchRun}}
      voucher_batch_status: {{name: ML_VoucherBatchStatus}}
      voucher_enter: {{<<: *voucher, name: ML_VoucherEnter, key_output: DocumentNumber}}
      voucher_match:
        name: ML_VoucherMatch
        key_output: DocumentNumber
        own_inputs: [Lines.POSuffix, Distribution.Subledger, Distribution.SubledgerType]
      voucher_void: {{name: ML_VoucherVoid}}
      voucher_match_reverse: {{name: ML_VoucherMatchReverse}}
      voucher_pay_status: {{name: ML_VoucherPayStatus}}
      payment_record: {{name: ML_PaymentRecord, key_output: PaymentID, own_inputs: [PayItems.ItemDiscount]}}
      payment_void: {{name: ML_PaymentVoid, key_output: PaymentID}}
  coupa:
    system: coupa
    url: http://{host}:{coupa}
    time_zone: Europe/London
    # the sandbox of a first run is served with `--limits off`
    limits: {{in_flight: 8, per_second: null}}
    settle_seconds: 0
    scopes:
{scopes}
  bill:
    system: bill
    url: http://{host}:{bill}/connect
    time_zone: Europe/London
    limits: {{in_flight: 3}}
    settle_seconds: 0
    # BILL's events (`connector inbox serve`), which the sandbox sends over HTTPS to this machine; null: none
    inbox: null
    # inbox: {{public_url: "https://{host}:8980"}}

integrations:
  jde_coupa:
    kind: jde_coupa
    connections: {{jde: jde, coupa: coupa}}
    schedule: "*/15 * * * *"
    overlap_days: 1
    flows:
      accounts: {{chart: JDE}}
      purchase_orders: {{ship_to_user: erp_receiver, ship_to_location: M30}}
      invoices: {{key_custom_field: jde-voucher}}
      approved_invoices: {{mode: batch}}
      payments_to_coupa: {{}}
      # what BILL pays is none of Coupa's approvers' business
      approvals: {{elsewhere_statuses: [B]}}
  jde_bill:
    kind: jde_bill
    connections: {{jde: jde, bill: bill}}
    schedule: "*/15 * * * *"
    overlap_days: 1
    flows:
      chart_of_accounts: {{}}
      departments: {{}}
      # BILL pays: on a status that JDE's payment run does not select, nor approvals of jde_coupa waits on, whose
      # approvers must not release what BILL pays
      bills: {{handed_over_status: B}}
      vendor_credits: {{handed_over_status: B}}
      approved_bills: {{unpayable_status: B}}
"""


def site_connections(start_date: date) -> str:
    """A commented file for real systems: every line that a site must look at."""
    return _HEAD.format(start_date=start_date) + _SITE


def sandbox_connections(start_date: date, port_base: int = 8900) -> str:
    """A file that points at a sandbox on this machine, which counts its ports from `port_base`."""
    ports = {"jde": port_base + 1, "coupa": port_base + 2, "bill": port_base + 3}
    scopes = "\n".join(f"      - {scope}" for scope in (*COUPA_SCOPES, *PURCHASE_ORDER_SCOPES))
    return _HEAD.format(start_date=start_date) + _SANDBOX.format(host=SANDBOX_HOST, scopes=scopes, **ports)
