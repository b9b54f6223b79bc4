"""Vouchers, journal lines, batches and payments (jde-ais sections 3.6 and 16)."""

from __future__ import annotations

from connector_resources.jde.described.describing import table

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

TABLES = (
    table(
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
    table(
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
        ICU  ~whole  batch number, once the voucher is made
        ICUT ~str2   batch type
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
    table(
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
    table(
        "F0011",
        "Batches: a row each, changed with what is in it",
        "ICUT ICU",
        """
        ICUT  str2   batch type (98/IT): V vouchers, K M W payments, G journal entries
        ICU   whole  batch number
        """,
    ),
    table(
        "F0411Z3",
        "Outbound log of voucher changes, which a site may switch on",
        "EDUS EDBT EDTN EDLN",
        _LOGGED,
        clock=None,
    ),
    table(
        "F0911Z4",
        "Outbound log of journal changes, which a site may switch on",
        "EDUS EDBT EDTN EDLN",
        _LOGGED,
        clock=None,
    ),
    table(
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
    table(
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
)
