"""JDE payment terms (F0014 PTC) to Coupa payment terms: the mapping table `payment_terms`, else the same code."""

from __future__ import annotations

import pandas as pd

from connector_assets.engine.context import RunContext

MAPPING = "payment_terms"


def resolve_terms(context: RunContext, terms: pd.Series) -> pd.Series:
    """Coupa's term code for each JDE term; None where JDE has none, '' where it cannot be known.

    A mapped term must be an active payment term of Coupa, and so must one that is taken over unmapped.
    """
    mapped = context.ledger.mappings.table(context.integration.name, MAPPING)
    codes = {row["code"] for row in context.reader("coupa").snapshot("payment_terms") if row.get("active") is not False}

    def resolve(term: str | None) -> str | None:
        if term is None:
            return None
        code = mapped.get(term, term)
        return code if code in codes else ""

    return pd.Series([resolve(term) for term in terms], index=terms.index, dtype=object)
