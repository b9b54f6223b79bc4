"""Address book, companies, accounts and codes (jde-ais section 3.6)."""

from __future__ import annotations

from connector_resources.jde.described.describing import table

TABLES = (
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
)
