"""Reasons of records that documents refer to: suppliers, accounts, departments."""

from __future__ import annotations

from connector_assets.engine.reasons.entry import Reason

REASONS = (
    Reason(
        "unreadable_record",
        "normal",
        "a record cannot be read: {field} is of type {value}",
        "correct {field} of the record in its system: each sync reads it again until it can be read; if it is right "
        "as it is, dismiss this one, or have the connector changed to read it",
    ),
    Reason(
        "supplier_not_linked",
        "normal",
        "supplier {value} is not linked to a supplier in the target",
        "do what the exception of the supplier says: it names what prevents the link; or link it by hand: "
        "`connector links set FLOW F0401:NUMBER ID`",
        blank=("the document names no supplier", "enter the supplier on the document, then replay"),
    ),
    Reason(
        "vendor_ambiguous",
        "normal",
        "a person must decide which vendor of the target this supplier is: {value}",
        "decide: `connector mappings set {integration} vendor_matches {record} ID`, where ID is the vendor's id or "
        "`new` for a vendor of its own; or link it: `connector links set {flow} {key} ID`",
    ),
    Reason(
        "supplier_not_released",
        "normal",
        "supplier {value} is new in the target, and AP has not released it",
        "check its name, address and bank account in the target, then release it: `connector mappings set "
        "{integration} released_vendors {arg} yes`",
        blank=("the document names no supplier", "enter the supplier on the document, then replay"),
    ),
    Reason(
        "supplier_not_payable",
        "normal",
        "supplier {value} is no longer payable in the source, and is therefore archived in the target",
        "if the document is owed all the same, pay it in the source; or make the supplier payable again there: then "
        "the next sync restores it in the target, and sends the document by itself",
        blank=("the document names no supplier", "enter the supplier on the document, then replay"),
    ),
    Reason(
        "address_missing",
        "normal",
        "the supplier has no address, or one that lacks its {value}, and the target requires it",
        "complete the address in the source: the next sync sends it; or change `address_needs` of the flow",
    ),
    Reason(
        "country_not_mapped",
        "normal",
        "country {value} is not mapped to an ISO code of two letters",
        "map it: `connector mappings set {integration} countries {arg} CODE`, where CODE is its ISO code of two "
        "letters",
        blank=("the supplier's address has no country", "enter the country of the address in the source"),
    ),
    Reason(
        "currency_not_the_vendors",
        "normal",
        "the voucher is in {value}, and the supplier's vendor has its bills in another currency",
        "set `other_currencies: second_vendor` of the vendors flow, or link a vendor of that currency by hand, "
        "then replay",
    ),
    Reason(
        "account_not_found",
        "normal",
        "account {value} does not exist in the chart of accounts of the source",
        "correct the account on the distribution line, or add it to the chart, then replay",
    ),
    Reason(
        "account_not_postable",
        "normal",
        "account {value} does not accept postings (posting edit code)",
        "move the line to an account that accepts postings, or change the posting edit code, then replay",
    ),
    Reason(
        "subledger_required",
        "normal",
        "account {value} accepts postings only with a subledger (posting edit code), and the line has none",
        "move the line to an account without that rule, or enter the voucher by hand; or change the posting edit "
        "code of the account, then replay",
    ),
    Reason(
        "units_required",
        "normal",
        "account {value} accepts postings only with a number of units (posting edit code), and the line has none",
        "move the line to an account without that rule, or enter the voucher by hand; or change the posting edit "
        "code of the account, then replay",
    ),
    Reason(
        "several_companies",
        "normal",
        "its lines are on accounts of several companies: {value}",
        "split it into a document for each company; or, if the companies settle among themselves, set `company` of "
        "the flow, then replay",
    ),
    Reason(
        "account_not_linked",
        "normal",
        "account {value} exists in the source but is not known in the target",
        "do what the exception of the account says: it names what prevents the link; or link it by hand: `connector "
        "links set FLOW F0901:ACCOUNT ID`",
        blank=("a line names no account", "enter the account on the distribution line, then replay"),
    ),
    Reason(
        "chart_not_set",
        "normal",
        "there is no chart of accounts in the target for {value}",
        "name the chart of its company in `charts` of the accounts flow, or one chart for all companies in `chart`, "
        "then replay",
    ),
    Reason(
        "account_missing_in_target",
        "normal",
        "account {value} is not in the target's chart of accounts, and this flow only validates",
        "add the account in the target, or set the accounts flow's mode to `accounts`",
    ),
    Reason(
        "department_not_linked",
        "normal",
        "business unit {value} is not known in the target",
        "do what the exception of the unit says: it names what prevents the link; or map it to a record of the "
        "target: `connector mappings set {integration} departments {arg} RECORD`, where RECORD is its name or id",
        blank=("a line names no business unit", "enter the business unit in the source, then replay"),
    ),
    Reason(
        "department_missing_in_target",
        "normal",
        "business unit {value} is not in the target, and this flow only validates",
        "add it in the target, or map it: `connector mappings set {integration} departments {arg} RECORD`, where "
        "RECORD is the name or id of the record; or set the departments flow's mode to `departments`",
    ),
    Reason(
        "archived_in_target",
        "normal",
        "{field} {value} is archived in the target, which therefore refuses it on documents",
        "restore it in the target, or set `on_conflict: source` of its flow to have it restored; then replay",
    ),
)
