"""Which tables exist: their columns as jde-ais section 3.6 lists them, aliases without prefix."""

from __future__ import annotations

from connector_sandbox.jde.tables import Table, parse_columns

_AUDIT = "USER:S10 PID:S10 JOBN:S10 UPMJ:D UPMT:N6"
_AUDIT_ORDERS = "USER:S10 PID:S10 JOBN:S10 UPMJ:D TDAY:N6"
_BATCH = "EDUS:S10 EDBT:S15 EDTN:S22 EDLN:P7.3 EDER:S1 EDSP:S1 EDTC:S1 EDTR:S1 EDDH:S1"

# a currency has up to three decimals (F0013.CDEC)
_VOUCHER_MONEY = """AG:P15.3 AAP:P15.3 ADSC:P15.3 ADSA:P15.3 ATXA:P15.3 ATXN:P15.3 STAM:P15.3 TXA1:S10 EXR1:S2
    CRRM:S1 CRCD:S3 CRR:P15.7 ACR:P15.3 FAP:P15.3 CDS:P15.3 CDSA:P15.3 CTXA:P15.3 CTXN:P15.3 CTAM:P15.3"""

# columns that no JDE program updates (section 11.1)
_RESERVED = "URC1:S3 URDT:D URAT:P15.2 URAB:N8 URRF:S15"

_ACCOUNT = "ANI:S29 AID:S8 MCU:R12 OBJ:S6 SUB:S8 SBL:S8 SBLT:S1"


def _table(name: str, title: str, key: str, indexed: str, spec: str) -> Table:
    return Table(name, title, parse_columns(spec), tuple(key.split()), tuple(indexed.split()))


_TABLES = (
    _table(
        "F0101",
        "Address Book Master",
        "AN8",
        "ALKY UPMJ",
        f"""AN8:N8 ALKY:S20 TAX:S20 ALPH:S40 DC:S40 MCU:R12 LNGP:S2 AT1:S3 TAXC:S1 ATP:S1 ATR:S1 ATE:S1 EFTB:D
        AN81..86:N8 AC01..30:S3 GLBA:S8 RMK:S30 TXCT:S20 TX2:S20 ALP1:S40 URRF:S15 URCD:S2 URAB:N8 DUNS:S13
        TICKER:S10 ACTIN:S1 {_AUDIT}""",
    ),
    _table(
        "F0111",
        "Address Book - Who's Who",
        "AN8 IDLN",
        "AN8 UPMJ",
        f"""AN8:N8 IDLN:N5 DSS5:N5 MLNM:S40 ATTL:S40 ALPH:S40 DC:S40 GNNM:S25 MDNM:S25 SRNM:S25 TYC:S1
        REM1:S40
        {_AUDIT}""",
    ),
    _table(
        "F0116",
        "Address by Date",
        "AN8 EFTB",
        "AN8 UPMJ",
        f"""AN8:N8 EFTB:D EFTF:S1 ADD1..4:S40 ADDZ:S12 CTY1:S25 COUN:S25 ADDS:S3 CTR:S3 {_AUDIT}""",
    ),
    _table(
        "F0115",
        "Address Book - Phone Numbers",
        "AN8 IDLN CNLN RCK7",
        "AN8 UPMJ",
        f"AN8:N8 IDLN:N5 CNLN:N5 RCK7:N5 PHTP:S4 AR1:S6 PH1:S20 {_AUDIT}",
    ),
    _table(
        "F01151",
        "Address Book - Electronic Address",
        "AN8 IDLN RCK7",
        "AN8 UPMJ",
        f"AN8:N8 IDLN:N5 RCK7:N5 ETP:S4 EMAL:S256 {_AUDIT}",
    ),
    _table(
        "F0401",
        "Supplier Master",
        "AN8",
        "UPMJ",
        f"""AN8:N8 APC:S4 MCUP:R12 OBAP:S6 AIDP:S8 KCOP:S5 CRRP:S3 TRAP:S3 HDPY:S1 PYIN:S1 SNTO:N8 TXA2:S10
        EXR2:S2
        TAWH:N8 PCWH:P7.3 CRCA:S3 HOLD:S2 INMG:S10 FRTH:S3 ANCR:N8 AYPD:P15.2 APPD:P15.2 AVCH:S1 ASN:S8
        ATRL:S2
        {_AUDIT}""",
    ),
    _table(
        "F0030",
        "Bank Transit Master",
        "UKID",
        "AN8 UPMJ",
        f"""UKID:N8 BKTP:S1 TNST:S20 CBNK:S20 CHKD:S2 AN8:N8 DL01:S30 SWFT:S15 IBAN:S34 CTR:S3 CRCD:S3 AID:S8
        {_AUDIT}""",
    ),
    _table(
        "F0006",
        "Business Unit Master",
        "MCU",
        "UPMJ",
        f"""MCU:R12 STYL:S2 LDM:S1 CO:S5 DL01..04:S30 DC:S40 RP01..30:S3 RP31..50:S10 AN8:N8 CNTY:S3
        ADDS:S3 TXA1:S10
        PECC:S1 MCUS:R12 FMOD:S1 {_AUDIT}""",
    ),
    _table(
        "F0010",
        "Company Constants",
        "CO",
        "UPMJ",
        f"CO:S5 NAME:S30 CRCD:S3 DTPN:S1 PNC:N2 DFYJ:D AN8:N8 ALTC:S40 {_AUDIT}",
    ),
    _table("F0013", "Designate Currency Codes", "CRCD", "UPMJ", f"CRCD:S3 DL01:S30 CDEC:S1 CKR:S10 {_AUDIT}"),
    _table(
        "F0014",
        "Payment Terms",
        "PTC",
        "UPMJ",
        f"PTC:S3 PTD:S30 DCP:P7.3 DCD:N3 NDTP:N3 NSP:N3 {_AUDIT}",
    ),
    _table(
        "F0015",
        "Currency Exchange Rates",
        "CRCD CRDC AN8 RTTYP EFT",
        "UPMJ",
        f"CRCD:S3 CRDC:S3 AN8:N8 RTTYP:S1 EFT:D CRR:P15.7 CRRD:P15.7 {_AUDIT}",
    ),
    _table(
        "F0005",
        "User Defined Code Values",
        "SY RT KY",
        "UPMJ",
        f"SY:S4 RT:S2 KY:R10 DL01:S30 DL02:S30 SPHD:S10 HRDC:S1 {_AUDIT}",
    ),
    _table(
        "F0901",
        "Account Master",
        "AID",
        "MCU OBJ UPMJ",
        f"""CO:S5 AID:S8 MCU:R12 OBJ:S6 SUB:S8 ANS:S25 DL01:S30 LDA:S1 BPC:S3 PEC:S1 BILL:S1 CRCD:S3 UM:S2
        R001..043:S3 OBJA:S6 SUBA:S8 TXA1:S10 TXGL:S1 {_AUDIT}""",
    ),
    # Users, roles and who has which: what public clients read of them is all that is known of their columns.
    _table("F0092", "Library Lists - User", "USER", "", "USER:S10 UGRP:S10"),
    _table("F00926", "Anonymous User Access Table", "USER", "", "USER:S10 ROLEDESC:S60"),
    _table("F95921", "Role Relationships", "FRROLE TOROLE", "", "FRROLE:S10 TOROLE:S10"),
    _table(
        "F0011",
        "Batch Control Records",
        "ICUT ICU",
        "UPMJ",
        "ICUT:S2 ICU:N8 IST:S1 IAPP:S1 USER:S10 DICJ:D NDO:N5 BALJ:S1 AME:P15.3 POB:S1 PID:S10 JOBN:S10 UPMJ:D UPMT:N6",
    ),
    _table(
        "F0411",
        "Accounts Payable Ledger",
        "DOC DCT KCO SFX SFXE",
        "DOC AN8 VINV UPMJ ICU",
        f"""KCO:S5 DOC:N8 DCT:S2 SFX:S3 SFXE:N2 DCTA:S2 AN8:N8 PYE:N8 SNTO:N8 DIVJ:D DSVJ:D DDJ:D DDNJ:D
        DGJ:D FY:N2
        CTRY:N2 PN:N2 CO:S5 ICU:N8 ICUT:S2 DICJ:D BALJ:S1 PST:S1 {_VOUCHER_MONEY} GLC:S4 GLBA:S8 POST:S1 AM:S1
        AID:S8 MCU:R12 OBJ:S6 SUB:S8 SBLT:S1 SBL:S8 PTC:S3 VOD:S1 OKCO:S5 ODCT:S2 ODOC:N8 OSFX:S3 CRC:S3
        VINV:S25
        PKCO:S5 PO:S8 PDCT:S2 LNID:P6.3 SFXO:S3 VR01:S25 RMK:S30 HDGJ:D RF:S2 PYIN:S1 RP1..3:S1 AC07:S3 TNN:S1
        {_RESERVED} DRF:N3
        TORG:S10 YC01..10:S3 BCRC:S3 {_AUDIT}""",
    ),
    _table(
        "F0413",
        "Accounts Payable - Matching Document",
        "PYID",
        "PYID DOCM PYE UPMJ",
        f"""PYID:N15 DCTM:S2 DOCM:N8 PYE:N8 GLBA:S8 DMTJ:D VDGJ:D PAAP:P15.3 CRRM:S1 CRCD:S3 CRR:P15.7
        FAP:P15.3
        PYIN:S1 CO:S5 ICU:N8 ICUT:S2 DICJ:D POST:S1 BCRC:S3 {_AUDIT}""",
    ),
    _table(
        "F0414",
        "Accounts Payable Matching Document Detail",
        "PYID RC5",
        "PYID DOC AN8 UPMJ",
        f"""PYID:N15 RC5:N5 DCTM:S2 DOCM:N8 KCO:S5 DOC:N8 DCT:S2 SFX:S3 SFXE:N2 AN8:N8 PYE:N8 DMTJ:D DGJ:D
        CO:S5
        POST:S1 PAAP:P15.3 ADSC:P15.3 ADSA:P15.3 PFAP:P15.3 CDS:P15.3 CDSA:P15.3 CRRM:S1 CRCD:S3 CRR:P15.7 BCRC:S3
        GLC:S4
        {_AUDIT}""",
    ),
    _table(
        "F0911",
        "Account Ledger",
        "DCT DOC KCO DGJ JELN LT EXTL",
        "DOC AN8 AID VINV R2 UPMJ ICU",
        f"""KCO:S5 DCT:S2 DOC:N8 DGJ:D JELN:P7.1 EXTL:S2 POST:S1 ICU:N8 ICUT:S2 DICJ:D CO:S5 {_ACCOUNT}
        AM:S1 LT:S2
        PN:N2 CTRY:N2 FY:N2 CRRM:S1 CRCD:S3 CRR:P15.7 BCRC:S3 AA:P15.3 ACR:P15.3 U:P15.2 UM:S2 GLC:S4 RE:S1
        EXA:S30
        EXR:S30 R1:S8 R2:S8 SFX:S3 ODOC:N8 ODCT:S2 OKCO:S5 PKCO:S5 OSFX:S3 PO:S8 PDCT:S2 LNID:P6.3 AN8:N8
        VINV:S25
        IVD:D CN:S8 DKJ:D ASID:S25 TXA1:S10 EXR1:S2 TXITM:N8 STAM:P15.3 CTAM:P15.3 TORG:S10 {_AUDIT}""",
    ),
    _table(
        "F0411Z1",
        "Voucher Transactions - Batch File",
        "EDUS EDBT EDTN EDLN",
        "EDBT EDTN UPMJ",
        f"""{_BATCH} KCO:S5 DOC:N8 DCT:S2 SFX:S3 AN8:N8 PYE:N8 SNTO:N8 DIVJ:D DSVJ:D DDJ:D DDNJ:D DGJ:D
        CO:S5 ICU:N8
        ICUT:S2 PST:S1 {_VOUCHER_MONEY} GLC:S4 GLBA:S8 AM:S1 MCU:R12 PTC:S3 VINV:S25 PKCO:S5 PO:S8 PDCT:S2
        LNID:P6.3
        SFXO:S3 VR01:S25 RMK:S30 PYIN:S1 AC07:S3 TNN:S1
        RP1..2:S1 TXA3:S10 EXR3:S2 HDGJ:D {_RESERVED} DOCM:N8 ATFLG:S1 ATRL:S2 PSTE:S1 TORG:S10 BCRC:S3
        {_AUDIT}""",
    ),
    _table(
        "F0911Z1",
        "Journal Entry Transactions - Batch File",
        "EDUS EDBT EDTN EDLN",
        "EDBT EDTN UPMJ",
        f"""{_BATCH} KCO:S5 DCT:S2 DOC:N8 DGJ:D JELN:P7.1 EXTL:S2 ICU:N8 ICUT:S2 CO:S5 {_ACCOUNT} AM:S1 LT:S2
        CRRM:S1 CRCD:S3 CRR:P15.7 AA:P15.3 ACR:P15.3 AG:P15.3 U:P15.2 UM:S2 EXA:S30 EXR:S30 R1:S8 R2:S8 AN8:N8
        VINV:S25 IVD:D PO:S8 PDCT:S2 PKCO:S5 TKTX:S10 DLNID:P6.3 CKNU:S25 ASID:S25 TORG:S10 {_AUDIT}""",
    ),
    _table(
        "F4301",
        "Purchase Order Header",
        "DOCO DCTO KCOO SFXO",
        "DOCO AN8 VR01 UPMJ",
        f"""KCOO:S5 DOCO:N8 DCTO:S2 SFXO:S3 MCU:R12 OKCO:S5 OORN:S8 OCTO:S2 RKCO:S5 RORN:S8 RCTO:S2 AN8:N8
        SHAN:N8
        DRQJ:D TRDJ:D PDDJ:D OPDJ:D ADDJ:D CNDJ:D VR01:S25 VR02:S25 DEL1:S30 DEL2:S30 RMK:S30 DESC:S30 PTC:S3
        EXR1:S2 TXA1:S10 HOLD:S2 ANBY:N8 ANCR:N8 FRTH:S3 OTOT:P15.3 CRRM:S1 CRCD:S3 CRR:P15.7 FAP:P15.3
        BCRC:S3
        ORBY:S10 TKBY:S10 ARTG:S12 OSTS:S1 RETI:S1 POHC01..12:S3 POHP01..13:S10 POHU01..02:S10 {_AUDIT_ORDERS}""",
    ),
    _table(
        "F4311",
        "Purchase Order Detail File",
        "DOCO DCTO KCOO SFXO LNID",
        "DOCO AN8 UPMJ",
        f"""KCOO:S5 DOCO:N8 DCTO:S2 SFXO:S3 LNID:P6.3 MCU:R12 CO:S5 OKCO:S5 OORN:S8 OCTO:S2 OGNO:P7.3
        RKCO:S5 RORN:S8
        RCTO:S2 RLLN:P7.3 AN8:N8 SHAN:N8 DRQJ:D TRDJ:D PDDJ:D OPDJ:D ADDJ:D CNDJ:D DGL:D ITM:N8 LITM:S25
        AITM:S25
        DSC1:S30 DSC2:S30 LNTY:S2 NXTR:S3 LTTR:S3 PDP1..5:S3 UOM:S2 UORG:P15.2 UOPN:P15.2 UREC:P15.2
        URLV:P15.2
        UCHG:P15.2 PRRC:P15.4 AEXP:P15.3 AOPN:P15.3 AREC:P15.3 ARLV:P15.3 ACHG:P15.3 PROV:S1 OTQY:S1 PTC:S3
        TX:S1
        EXR1:S2 TXA1:S10 UOM1..3:S2 GLC:S4 ANI:S29 AID:S8 OMCU:R12 OBJ:S6 SUB:S8 SBLT:S1 SBL:S8 ASID:S25
        STTS:S2
        LT:S2 CRCD:S3 CRR:P15.7 FRRC:P15.4 FEA:P15.3 FAP:P15.3 FREC:P15.3 TORG:S10 DOCC:N8 CHLN:N5 UNSPSC:S8
        CMDCDE:S15 UKID:N8 PODC01..04:S10 {_AUDIT_ORDERS}""",
    ),
    _table(
        "F43121",
        "Purchase Order Receiver File",
        "MATC DOCO DCTO KCOO SFXO LNID NLIN DOC",
        "DOCO DOC AN8 UPMJ",
        f"""MATC:S1 AN8:N8 KCOO:S5 DOCO:N8 DCTO:S2 SFXO:S3 LNID:P6.3 NLIN:N3 UREC:P15.2 AREC:P15.3 UOPN:P15.2
        AOPN:P15.3 VINV:S25 CNID:S20 RCDJ:D TRDJ:D KCO:S5 DOC:N8 DCT:S2 {_AUDIT_ORDERS}""",
    ),
)


def _outbound(name: str, title: str, source: str, audit: str, *, without: str, indexed: str = "") -> Table:
    """A table of the outbound log: the control columns, then those of what it copies (section 16)."""
    copied = next(table for table in _TABLES if table.name == source)
    left_out = {*without.split(), "USER", "PID", "JOBN", "UPMJ", "UPMT", "TDAY"}
    columns = " ".join(column.spec for column in copied.columns if column.alias not in left_out)
    spec = f"{_OUTBOUND} {columns} USER:S10 PID:S10 JOBN:S10 UPMJ:D {audit}"
    return _table(name, title, "EDUS EDBT EDTN EDLN", f"UPMJ {indexed}", spec)


_OUTBOUND = "EDUS:S10 EDBT:S15 EDTN:S22 EDLN:P7.3 TYTN:S8 EDSP:S1 TNAC:S2"

_LOGS = (
    _outbound(
        "F0411Z3", "Voucher Transactions - Outbound", "F0411", "UPMT:N6 TDAY:N6", without="AID", indexed="DOC AN8"
    ),
    _outbound("F0911Z4", "Journal Entry Transactions - Outbound", "F0911", "TDAY:N6", without="STAM CTAM"),
    _outbound(
        "F0413Z1", "Payments - Outbound", "F0413", "UPMT:N6 TDAY:N6", without="CRR FAP POST BCRC", indexed="PYID"
    ),
    _outbound(
        "F0414Z1",
        "Payment Details - Outbound",
        "F0414",
        "UPMT:N6 TDAY:N6",
        without="DOCM PYE DMTJ DGJ",
        indexed="PYID",
    ),
    _outbound("F4301Z1", "Purchase Orders - Outbound", "F4301", "TDAY:N6", without=""),
    _outbound("F4311Z1", "Purchase Order Lines - Outbound", "F4311", "TDAY:N6", without=""),
    _outbound("F0401Z1", "Supplier Master - Batch File", "F0401", "UPMT:N6 TDAY:N6", without=""),
)

TABLES: dict[str, Table] = {table.name: table for table in (*_TABLES, *_LOGS)}

# What the grid shows as column headings. Labels depend on the user's language, so nobody may parse them;
# aliases without an
# entry show their alias.
LABELS: dict[str, str] = {
    "AA": "Amount",
    "AAP": "Open Amount",
    "ADD1": "Address Line 1",
    "AG": "Gross Amount",
    "AID": "Account ID",
    "ALPH": "Alpha Name",
    "AN8": "Address Number",
    "AT1": "Search Type",
    "CO": "Co",
    "CRCD": "Cur Cod",
    "DCT": "Do Ty",
    "DGJ": "G/L Date",
    "DIVJ": "Invoice Date",
    "DL01": "Description",
    "DOC": "Document Number",
    "KCO": "Doc Co",
    "MCU": "Business Unit",
    "OBJ": "Obj Acct",
    "PST": "Pay Stat",
    "SFX": "Pay Itm",
    "SUB": "Sub",
    "UPMJ": "Date Updated",
    "UPMT": "Time Last Updated",
    "VINV": "Invoice Number",
}

# What the schema that the sheet's columns are from has not (sections 3.6 and 10): other releases may have it. A site
# with this schema answers such a column as one that does not exist.
NOT_IN_REFERENCE: dict[str, tuple[str, ...]] = {
    "F0411": ("AID",),
    "F0413": ("CO", "CRR", "FAP", "POST", "BCRC"),
    "F0414": ("DOCM", "PYE", "DMTJ", "DGJ"),
    "F0911": ("STAM", "CTAM"),
}
