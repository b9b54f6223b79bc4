"""Payment instruments (F0411.PYIN) compared with their list of user-defined codes, for `ping`.

The sheet names F0005 and its columns by inference, and no list of payment instruments (jde-ais section 3.6); JD Edwards
has them as 00/PY. A code is reported as missing only if that list can be read and is not empty. Otherwise `ping` says
that nobody has checked.
"""

from __future__ import annotations

from collections.abc import Collection

from connector_assets.documents.jde.keys import text
from connector_assets.engine.context import RunContext
from connector_resources.errors import ConnectorError
from connector_resources.jde import JdeClient

SETTING = "card_instruments"
LIST = ("00", "PY")


def looked_up(context: RunContext, codes: Collection[str]) -> tuple[list[str], list[str]]:
    """What is wrong with these codes of the setting `card_instruments`, and what could not be looked up; asks JDE."""
    named = sorted({code for code in codes if code.strip()})
    if not named:
        return [], []
    where = f"the list {'/'.join(LIST)} of user-defined codes (F0005)"
    try:
        pages = context.client("jde", JdeClient).by_keys("F0005", ["SY", "RT"], [LIST], columns=["SY", "RT", "KY"])
        known = {text(row["KY"]) for page in pages for row in page}
    except ConnectorError as error:
        return [], [f"{SETTING} is not checked, since {where} cannot be read: {error}"]
    if not known:
        return [], [f"{SETTING} is not checked, since {where} is empty"]
    missing = [code for code in named if code not in known]
    if not missing:
        return [], []
    return [f"{SETTING} names {', '.join(missing)}, which JD Edwards does not have in {where}"], []
