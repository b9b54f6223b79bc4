"""Which indexes the database has: leading columns per table, of one 9.2 schema (jde-ais section 16).

Tails that are not known are left out. Tables that section 16 does not list have what the same schema has of them
(section 3.6), or their primary key alone. No delivered index of a ledger contains UPMJ; a site adds its own with the
switch `added_indexes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector_sandbox.jde.catalogue import TABLES
from connector_sandbox.jde.tables import Table

Index = tuple[str, ...]

# table -> its indexes beside the primary key, commas within one and blanks between
_SECONDARY = {
    "F0411": """DOC,DCT,KCO ICUT,ICU,KCO,DCT,DOC ICUT,ICU,CO,GLC ICU,ICUT,POST AN8,VINV AN8,DDJ,DCT AN8,DCT,DOC
        AN8,PO,PDCT,PKCO SNTO,AN8 PYE,DCT,DOC PWPG,AN8,PST NETTCID CNTRTID,WVID,PYE""",
    "F0911": """ICUT,ICU,DCT,DOC,KCO,DGJ ICUT,ICU,EXTL,POST POST,ICUT,ICU,LT,DGJ POST,AID,LT,CTRY,FY,PN AID,LT,DGJ,DCT
        AID,CTRY,FY,FQ,LT CO,MCU,SUB,OBJ,DGJ,LT BC,LT,MCU,OBJ DCT,EXA,DOC AID,R1 R2 SBL,SBLT,LT ASID RCND,AID""",
    "F0413": """DOCM,GLBA,PYE,DCTM DOCM,ICU,ICUT,VDGJ DCTM,DOCM,PYE PYE,DMTJ,GLBA GLBA,DMTJ,PYE GLBA,PYE ICU,ICUT
        ICU,DOCM""",
    "F0414": "DCT,DOC,KCO,SFX,SFXE DOC,DCT,KCO AN8,DCT,DOC PYID,POST PYID,DCTM,DOC PYID,SFX,RC5",
    "F0101": "DC ALKY TAX AT1,DC AC01 AT1,AC01 AN8,TX2 ALPH",
    "F4301": "KCOO,DOCO,DCTO AN8,DCTO,VR01 AN8,DCTO,HOLD AN8,DCTO,DOCO RORN,RCTO",
    "F4311": """DCTO,NXTR,LNTY AN8 ITM,MCU,PDDJ AID,DCTO OORN,OCTO MCU,DCTO,DOCO SBL,SBLT UKID SHPN""",
    "F43121": "DOCO,DCTO,KCOO,SFXO,LNID DOC,DCT,KCO MATC,AN8,DOCO VINV,DCT,KCO SHPN",
    "F0911Z1": "EDBT,EDTN,EDSP",
    "F0901": "MCU,OBJ,SUB MCU,SUB,OBJ SUB,OBJ,MCU OBJ,SUB,MCU CO,OBJ,SUB,MCU CO,MCU,OBJ,SUB ANS DL01",
    "F0006": "CO STYL,CO DL01",
    "F0010": "DTPN,DFYJ AN8 NAME",
    "F0015": "AN8,CRDC,CRCD",
    "F0030": "AN8,BKTP,TNST,CBNK BKTP,AN8 TNST,CBNK,BKTP BKTP,AID,MCU",
    "F0111": "AN8,TYC",
    "F0115": "AN8,IDLN,CNLN,PHTP AN8,IDLN,PHTP",
    "F01151": "AN8,IDLN,ETP",
    "F0411Z3": "DOC,DCT,KCO,SFX",
    "F0413Z1": "PYID",
    "F0414Z1": "PYID,RC5,TNAC,DCTM",
}


def as_index(text: str) -> Index:
    """The columns of `UPMJ,UPMT`."""
    return tuple(alias.strip() for alias in text.split(",") if alias.strip())


def indexes_of(table: Table, added: Mapping[str, Sequence[str]]) -> list[Index]:
    """The indexes of a table, its primary key first and what the site added last."""
    delivered = (as_index(text) for text in _SECONDARY.get(table.name, "").split())
    return [table.key, *delivered, *(as_index(text) for text in added.get(table.name, ()))]


def check_added(added: Mapping[str, Sequence[str]]) -> None:
    """ValueError for a table or column of `added_indexes` that does not exist."""
    for name, indexes in added.items():
        if name not in TABLES:
            raise ValueError(f"added_indexes: there is no table {name}")
        for text in indexes:
            if not as_index(text):
                raise ValueError(f"added_indexes: an index of {name} names no column")
            for alias in as_index(text):
                TABLES[name].column(alias)
