"""Purchase orders and receipts (jde-ais section 3.6)."""

from __future__ import annotations

from connector_resources.jde.described.describing import table

TABLES = (
    table(
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
    table(
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
    table(
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
