"""The JD Edwards tables that the flows read (jde-ais section 3.6).

A column is known by its data-dictionary alias, without the table's prefix: `F0411.AN8`, never `RPAN8`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from connector_resources.errors import UnusableInput
from connector_resources.jde.shapes import Table, columns_of

_AUDIT = """
USER ~str10  user who changed it last
PID ~str10  program that changed it last
JOBN ~str10  workstation that changed it last
UPMJ day    date of the last change, in the server's own time zone
{clock} time   time of the last change, HHMMSS
"""

# of the outbound logs what leads to the document (jde-ais section 16); the rest of the columns is as in their table
_LOGGED = """
EDUS  str10  user
EDBT  str15  batch
EDTN  str22  transaction
EDLN  num3   line of the transaction
KCO   str5   document company
DOC   whole  document number
DCT   str2   document type
UPMJ  day    date of the log; which time column stands beside it is not established
"""


def _table(name: str, meaning: str, key: str, columns: str, *, clock: str | None = "UPMT") -> Table:
    described = columns_of(columns + (_AUDIT.format(clock=clock) if clock else ""))
    return Table(name, meaning, MappingProxyType(described), tuple(key.split()), clock)


_ALL = (
    _table(
        "F0101",
        "Address book: suppliers, customers, employees",
        "AN8",
        """
        AN8   whole  address number
        ALKY ~str20  long address number
        TAX   estr20 tax id
        TX2  ~estr20 second tax id
        ALPH  str40  name
        ALP1 ~str40  secondary name
        DC   ~str40  compressed name
        MCU   rstr12 business unit
        LNGP ~str2   language
        AT1   str3   search type (01/ST): V supplier, C customer, E employee
        TAXC  str1   person or corporation
        ATP   str1   payables flag
        ATR  ~str1   receivables flag
        ATE  ~str1   employee flag
        EFTB  day    date from which the address holds
        AN81..AN86 whole related address number
        AC01..AC30 str3  category code
        GLBA ~str8   G/L bank account
        RMK   str30  remark
        TXCT ~estr20 tax exemption certificate
        URRF  str15  user reference
        URCD ~str2   user code
        URAB ~whole  user number
        DUNS ~str13  DUNS number
        TICKER ~str10 ticker
        ACTIN ~str1   activity flag
        """,
    ),
    _table(
        "F0111",
        "Who's who: people of an address",
        "AN8 IDLN",
        """
        AN8   whole  address number
        IDLN  whole  line; 0 is the company itself
        MLNM ~str40  mailing name
        ATTL ~str40  title
        ALPH  str40  name
        GNNM ~str25  given name
        MDNM ~str25  middle name
        SRNM ~str25  surname
        TYC  ~str1   type
        REM1 ~str40  remark
        """,
    ),
    _table(
        "F0116",
        "Postal addresses by date; the latest EFTB up to today holds",
        "AN8 EFTB",
        """
        AN8   whole  address number
        EFTB  day    date from which it holds
        EFTF ~str1   effective-date flag
        ADD1  str40  address line 1
        ADD2  str40  address line 2
        ADD3  str40  address line 3
        ADD4  str40  address line 4
        ADDZ  str12  postal code
        CTY1  str25  city
        COUN ~str25  county
        ADDS  str3   state
        CTR   str3   country (00/CN)
        """,
    ),
    _table(
        "F0115",
        "Telephone numbers",
        "AN8 IDLN CNLN RCK7",
        """
        AN8   whole  address number
        IDLN  whole  line of the person, 0 the company
        CNLN  whole  line of the related person
        RCK7  whole  line of the number
        PHTP  str4   type (01/PH)
        AR1   str6   prefix
        PH1   str20  number
        """,
    ),
    _table(
        "F01151",
        "Electronic addresses",
        "AN8 IDLN RCK7",
        """
        AN8   whole  address number
        IDLN  whole  line of the person, 0 the company
        RCK7  whole  line of the address
        ETP   str4   type: E mail, I web
        EMAL  str256 the address
        """,
    ),
    _table(
        "F0401",
        "Supplier master",
        "AN8",
        """
        AN8   whole  address number
        APC  ~str4   A/P class (G/L offset)
        MCUP ~rstr12 default expense business unit
        OBAP ~str6   default expense object
        AIDP ~str8   default expense account id
        KCOP ~str5   default company
        CRRP  str3   default currency
        TRAP  str3   payment terms
        HDPY  str1   hold payment
        PYIN ~str1   payment instrument
        SNTO ~whole  payee
        TXA2 ~str10  tax area
        EXR2 ~str2   tax explanation
        TAWH  whole  withholding authority
        PCWH  num3   withholding percent
        CRCA ~str3   currency of the amounts
        HOLD  str2   order hold code
        INMG ~str10  print message
        FRTH ~str3   freight handling
        ANCR ~whole  carrier
        AYPD ~money  vouchered this year
        APPD ~money  vouchered last year
        AVCH ~str1   evaluated receipts
        ASN  ~str8   price schedule
        ATRL ~str2   voucher match automation rule
        """,
    ),
    _table(
        "F0030",
        "Bank accounts of suppliers and others",
        "UKID",
        """
        UKID  whole  number of the row
        BKTP  str1   type (00/BT): V supplier
        TNST  estr20 routing number of the bank
        CBNK  estr20 account number
        CHKD  str2   check digit
        AN8   whole  address number
        DL01 ~str30  description
        SWFT  str15  SWIFT code of the bank
        IBAN ?estr34 international account number
        CTR  ~str3   country
        CRCD ~str3   currency
        AID  ~str8   own account (F0901) of a bank account of ours
        """,
    ),
    _table(
        "F0006",
        "Business units",
        "MCU",
        """
        MCU   rstr12 business unit
        STYL  str2   type
        LDM  ~str1   level of detail
        CO    str5   company
        DL01  str30  description
        DL02  str30  description 2
        DL03  str30  description 3
        DL04  str30  description 4
        DC   ~str40  compressed description
        RP01..RP50 str10 category code
        AN8   whole  address number
        CNTY ~str3   county
        ADDS  str3   state
        TXA1  str10  tax area
        PECC ~str1   posting edit
        MCUS ~rstr12 subsequent business unit
        FMOD ~str1   model flag
        """,
    ),
    _table(
        "F0010",
        "Companies",
        "CO",
        """
        CO    str5   company
        NAME  str30  name
        CRCD  str3   domestic currency
        DTPN  str1   fiscal date pattern
        PNC   whole  current period
        DFYJ  day    start of the fiscal year
        AN8   whole  address number
        ALTC ~str40  alternate name
        """,
    ),
    _table(
        "F0005",
        "User-defined codes",
        "SY RT KY",
        """
        SY    str4   product code
        RT    str2   code type
        KY    rstr10 code
        DL01  str30  description
        DL02  str30  description 2
        SPHD ~str10  special handling
        HRDC ~str1   hard coded
        """,
        clock=None,
    ),
    _table(
        "F0013",
        "Currencies",
        "CRCD",
        """
        CRCD  str3   currency
        DL01  str30  description
        CDEC  str1   decimals
        CKR  ~str10  cheque routine
        """,
    ),
    _table(
        "F0014",
        "Payment terms",
        "PTC",
        """
        PTC   str3   terms
        PTD  ~str30  description
        DCP  ~num3   discount percent
        DCD  ~whole  days of discount
        NDTP ~whole  net days to pay
        NSP  ~whole  number of split payments
        """,
    ),
    _table(
        "F0901",
        "Account master; unique also by MCU, OBJ, SUB",
        "AID",
        """
        AID   str8   account id, with leading zeros
        CO    str5   company
        MCU   rstr12 business unit
        OBJ   str6   object
        SUB   str8   subsidiary
        ANS  ~str25  free-form third number
        DL01  str30  description
        LDA  ~str1   level of detail, 3 to 9
        BPC  ~str3   budget pattern
        PEC   str1   posting edit (H00/PE): blank, L, S, U, X take postings; I, N, M, B do not
        BILL  str1   billable
        CRCD  str3   currency
        UM   ~str2   unit of measure
        R001..R043 str3 category code
        OBJA ~str6   alternate object
        SUBA ~str8   alternate subsidiary
        TXA1  str10  tax area
        TXGL ~str1   taxable
        """,
    ),
    _table(
        "F0411",
        "Accounts-payable ledger: a voucher is the pay items that share DOC, DCT and KCO",
        "DOC DCT KCO SFX SFXE",
        """
        DOC   whole  document number
        DCT   str2   document type: PV voucher, PR recurring, PM manual, PD debit memo, PL logged
        KCO   str5   document company
        SFX   str3   pay item
        SFXE  whole  pay item extension
        DCTA  str2   adjusting document type: PE on the audit row of a change or a void
        AN8   whole  supplier
        PYE   whole  payee
        SNTO ~whole  sent to
        DIVJ  day    invoice date
        DSVJ ~day    service date
        DDJ   day    due date
        DDNJ  day    discount due date
        DGJ   day    G/L date
        FY   ~whole  fiscal year
        CTRY ~whole  century
        PN   ~whole  period
        CO    str5   company
        ICU  ~whole  batch number
        ICUT ~str2   batch type
        DICJ ~day    batch date
        BALJ ~str1   balanced
        PST   str1   pay status (00/PS)
        AG    money  gross amount, domestic
        AAP   money  open amount, domestic
        ADSC  money  discount available
        ADSA  money  discount taken
        ATXA ~money  taxable amount
        ATXN ~money  non-taxable amount
        STAM  money  tax, domestic
        CRRM  str1   currency mode: D domestic, F foreign
        CRCD  str3   currency
        CRR  ~num10  exchange rate
        ACR   money  gross amount, foreign
        FAP   money  open amount, foreign
        CDS   money  discount available, foreign
        CDSA ~money  discount taken, foreign
        CTXA ~money  taxable amount, foreign
        CTXN ~money  non-taxable amount, foreign
        CTAM  money  tax, foreign
        TXA1  str10  tax area
        EXR1  str2   tax explanation
        GLC  ~str4   G/L offset
        GLBA  str8   G/L bank account
        POST  str1   posted
        MCU   rstr12 business unit
        PTC   str3   payment terms
        VOD   str1   void flag
        OKCO ~str5   original company
        ODCT ~str2   original document type
        ODOC ~whole  original document
        OSFX ~str3   original pay item
        CRC  ~str3   base currency code
        VINV  str25  supplier's invoice number
        PKCO  str5   order company
        PO    str8   order number
        PDCT  str2   order type
        LNID  num3   order line
        SFXO  str3   order suffix
        VR01  str25  reference
        RMK   str30  remark
        RF   ~str2   recurring frequency
        PYIN  str1   payment instrument
        RP1   str1   category code 1: 1 for a prepayment
        RP2  ~str1   category code 2
        RP3   str1   category code 3: R for a logged voucher that was redistributed
        AC07  str3   category code 7: 1099 code
        TNN   str1   1099 flag
        URRF  str15  user reference
        URC1 ~str3   user code
        TORG ~str10  originator
        YC01..YC10 str3 category code
        BCRC  str3   base currency
        """,
    ),
    _table(
        "F0411Z1",
        "Vouchers in the batch file, to be made by R04110ZA",
        "EDUS EDBT EDTN EDLN",
        """
        EDUS  str10  user who gets the messages
        EDBT  str15  batch
        EDTN  str22  transaction: a voucher
        EDLN  num3   line of the transaction: a pay item
        EDSP  str1   processed: 1, or 0
        EDTC ~str1   action: A add
        EDTR ~str1   type: V voucher
        KCO   str5   document company, once the voucher is made
        DOC   whole  document number, once the voucher is made
        DCT   str2   document type
        AN8   whole  supplier
        DIVJ  day    invoice date
        DGJ   day    G/L date
        CO    str5   company
        PST   str1   pay status
        AG    money  gross amount, domestic
        STAM  money  tax, domestic
        CRRM  str1   currency mode: D domestic, F foreign
        CRCD  str3   currency
        ACR   money  gross amount, foreign
        CTAM  money  tax, foreign
        VINV  str25  supplier's invoice number
        VR01  str25  reference
        URRF  str15  user reference
        """,
    ),
    _table(
        "F0911",
        "General ledger lines",
        "DCT DOC KCO DGJ JELN LT EXTL",
        """
        DCT   str2   document type
        DOC   whole  document number
        KCO   str5   document company
        DGJ   day    G/L date
        JELN  num3   line number
        LT    str2   ledger type: AA actual
        EXTL  str2   line extension
        ANI   str29  account number as typed
        AID   str8   account id
        MCU   rstr12 business unit
        OBJ   str6   object
        SUB   str8   subsidiary
        SBL   str8   subledger
        SBLT  str1   subledger type
        AA    money  amount, domestic
        ACR   money  amount, foreign
        CRCD  str3   currency
        U    ~num3   units
        EXA   str30  explanation
        EXR   str30  remark
        R1   ~str8   reference 1
        R2    str8   reference 2
        VINV  str25  supplier's invoice number
        IVD  ~day    invoice date
        PO    str8   order number
        AN8   whole  address number
        ICU   whole  batch number
        ICUT  str2   batch type
        POST  str1   posted
        RE    str1   V on a line that reverses another one
        """,
    ),
    _table(
        "F0011",
        "Batches: a row each, changed with what is in it",
        "ICUT ICU",
        """
        ICUT  str2   batch type (98/IT): V vouchers, K M W payments, G journal entries
        ICU   whole  batch number
        """,
    ),
    _table(
        "F0411Z3",
        "Outbound log of voucher changes, which a site may switch on",
        "EDUS EDBT EDTN EDLN",
        _LOGGED,
        clock=None,
    ),
    _table(
        "F0911Z4",
        "Outbound log of journal changes, which a site may switch on",
        "EDUS EDBT EDTN EDLN",
        _LOGGED,
        clock=None,
    ),
    _table(
        "F0413",
        "Payments",
        "PYID",
        """
        PYID  whole  payment id
        DCTM  str2   payment type: PK automatic, PN manual, PT transfer, PO void
        DOCM  whole  payment number
        PYE   whole  payee
        GLBA ~str8   G/L bank account
        DMTJ  day    payment date
        VDGJ  day    void date
        PAAP  money  amount
        CRCD  str3   currency
        PYIN ~str1   payment instrument
        ICU   whole  batch number
        ICUT  str2   batch type
        """,
    ),
    _table(
        "F0414",
        "Which pay items a payment paid",
        "PYID RC5",
        """
        PYID  whole  payment id
        RC5   whole  line
        DCTM  str2   payment type of the line: PO where it takes another one back
        DCT   str2   document type
        DOC   whole  document number
        KCO   str5   document company
        SFX   str3   pay item
        SFXE  whole  pay item extension
        PAAP  money  amount, domestic
        ADSA  money  discount taken
        PFAP  money  amount, foreign
        CRCD  str3   currency
        AN8   whole  supplier
        """,
    ),
    _table(
        "F4301",
        "Purchase order headers",
        "DOCO DCTO KCOO SFXO",
        """
        KCOO  str5   order company
        DOCO  whole  order number
        DCTO  str2   order type (00/DT): OP purchase order, OR requisition, OB blanket, OQ quote
        SFXO  str3   order suffix, 000 for purchase orders
        MCU   rstr12 business unit
        AN8   whole  supplier
        SHAN  whole  ship-to address number
        TRDJ  day    order date
        DRQJ  day    requested date
        PDDJ  day    promised date
        CNDJ ~day    cancel date
        VR01  str25  reference
        VR02 ~str25  second reference
        RMK   str30  remark
        DESC ~str30  description
        PTC   str3   payment terms
        EXR1 ~str2   tax explanation
        TXA1  str10  tax rate area
        HOLD  str2   hold code
        ANBY ~whole  buyer
        OTOT ~money  order total
        CRRM  str1   currency mode: D domestic, F foreign
        CRCD  str3   currency
        CRR  ~num7   exchange rate
        FAP   money  open amount, foreign
        BCRC  str3   base currency
        ORBY ~str10  ordered by
        OSTS ~str1   order status
        """,
        clock="TDAY",
    ),
    _table(
        "F4311",
        "Purchase order lines",
        "DOCO DCTO KCOO SFXO LNID",
        """
        KCOO  str5   order company
        DOCO  whole  order number
        DCTO  str2   order type
        SFXO  str3   order suffix
        LNID  num3   line number
        MCU   rstr12 business unit
        CO    str5   company
        AN8   whole  supplier
        SHAN  whole  ship-to address number
        DRQJ  day    requested date
        TRDJ  day    order date
        PDDJ  day    promised date
        CNDJ ~day    cancel date
        DGL  ~day    G/L date
        ITM  ~whole  item, short
        LITM  str25  item, long
        DSC1  str30  description
        DSC2  str30  second description
        LNTY  str2   line type
        NXTR  str3   next status
        LTTR  str3   last status
        UOM   str2   unit of measure
        UORG  num4   quantity ordered
        UOPN  num4   quantity open
        UREC  num4   quantity received
        URLV  num4   quantity relieved
        PRRC  num4   unit cost
        AEXP  money  extended amount
        AOPN  money  open amount
        AREC ~money  received amount
        ARLV ~money  relieved amount
        PTC   str3   payment terms
        TX   ~str1   taxable
        EXR1 ~str2   tax explanation
        TXA1  str10  tax rate area
        GLC  ~str4   G/L class
        ANI   str29  account number as typed
        AID   str8   account id
        OMCU  rstr12 business unit of the account
        OBJ   str6   object
        SUB   str8   subsidiary
        SBLT  str1   subledger type
        SBL   str8   subledger
        STTS ~str2   line status
        CRCD  str3   currency
        CRR  ~num7   exchange rate
        FRRC  num4   unit cost, foreign
        FEA   money  extended amount, foreign
        FAP   money  open amount, foreign
        FREC  money  received amount, foreign
        CHLN ~whole  change order line
        """,
        clock="TDAY",
    ),
    _table(
        "F43121",
        "Purchase order receipts",
        "MATC DOCO DCTO KCOO SFXO LNID NLIN DOC",
        """
        MATC  str1   what the row is: 1 receipt, 2 match, 3 both
        KCOO  str5   order company
        DOCO  whole  order number
        DCTO  str2   order type
        SFXO  str3   order suffix
        LNID  num3   order line number
        NLIN  whole  number of the row within the line
        DOC   whole  number of the receipt's or voucher's document
        DCT   str2   its type
        KCO   str5   its company
        UREC  num4   quantity received
        UOPN  num4   quantity open
        AREC ~money  amount received
        AOPN  money  amount open
        VINV  str25  supplier's invoice number
        CNID ~str20  container
        TRDJ  day    order date
        RCDJ ~day    receipt date
        """,
        clock="TDAY",
    ),
)

TABLES: Mapping[str, Table] = MappingProxyType({table.name: table for table in _ALL})


def known_table(name: str) -> Table:
    """A table by name; raises UnusableInput for one that is not described here."""
    if name not in TABLES:
        raise UnusableInput(f"table {name} is not known; known are {', '.join(TABLES)}")
    return TABLES[name]
