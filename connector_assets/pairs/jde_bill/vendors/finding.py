"""Looking suppliers up among the vendors of BILL, with what the ledger and people say about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Document, FieldChange
from connector_assets.engine.reasons import problem
from connector_assets.pairs.jde_bill.vendors.index import VendorIndex
from connector_assets.pairs.jde_bill.vendors.mapping import may_be_called, namesakes, tax_sharers
from connector_assets.pairs.jde_bill.vendors.matching import Sought, match, same_name, same_number
from connector_assets.pairs.jde_bill.vendors.settings import MATCHES, NEW, VendorSettings, parts_of, vendor_key
from connector_resources.bill import BillClient, Vendor
from connector_resources.ledger import Problem

TARGET = "vendors"


@dataclass(frozen=True, slots=True)
class _Ambiguity:
    """The candidates for a supplier in words, and why they are not clearly it; nothing where they are."""

    candidates: str
    why: str = ""


class Finder:
    """Finds suppliers' vendors, and remembers what speaks against them."""

    def __init__(self, context: RunContext, flow: str, settings: VendorSettings) -> None:
        self.context = context
        self.flow = flow
        self.settings = settings
        # of documents whose vendors were found by tax number, name or mapping
        self._ambiguities: dict[str, _Ambiguity] = {}
        self._differing: dict[tuple[str, str], tuple[FieldChange, ...]] = {}
        # document -> the vendor that a person named and that does not exist
        self._lost: dict[str, str] = {}
        # as of the last look: what people said, whose vendors are, which suppliers have none
        self._said: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._unlinked: frozenset[int] = frozenset()

    @cached_property
    def _index(self) -> VendorIndex:
        return VendorIndex(self.context.client("bill", BillClient), self.settings)

    def find(self, documents: Sequence[Document]) -> dict[str, list[Vendor]]:
        """Document key -> the vendors that may be it. Of one alone, `disagreements` says what speaks against it."""
        self._index.refresh()
        self._ask(documents)
        found = {document.key: self._look(document) for document in documents}
        return {key: vendors for key, vendors in found.items() if vendors}

    def disagreements(self, key: str, vendor: str) -> tuple[FieldChange, ...]:
        """What speaks against a vendor that was found."""
        return self._differing.get((key, vendor), ())

    def problem_of(self, key: str, why: str) -> Problem | None:
        """What a person has to decide about a document whose vendors were found without our marker; `why` is what the
        engine has against them."""
        ambiguity = self._ambiguities.get(key)
        return _ambiguous(key, f"{ambiguity.candidates}: {ambiguity.why or why}") if ambiguity is not None else None

    def lost(self, key: str) -> Problem | None:
        """The problem of a document for which a person named a vendor that does not exist."""
        vendor = self._lost.get(key)
        return _ambiguous(key, f"there is no vendor {vendor}") if vendor is not None else None

    def _ask(self, documents: Sequence[Document]) -> None:
        ledger = self.context.ledger
        table = ledger.mappings.table(self.context.integration.name, MATCHES)
        self._said = {f"F0401:{name}": value.strip() for name, value in table.items()}
        ids = {str(each.id) for document in documents for each in self._index.alike(_sought(document))}
        links = ledger.links.by_target(self.flow, TARGET, sorted(ids))
        named = {value: key for key, value in self._said.items() if value != NEW}
        self._owners = named | {id: link.source_key for id, link in links.items()}
        rows = [document.facts["row"] for document in documents]
        others = {vendor_key(each): each for row in rows for each in tax_sharers(row) | namesakes(row)}
        linked = ledger.links.of(self.flow, list(others))
        self._unlinked = frozenset(each for key, each in others.items() if key not in linked and key not in self._said)

    def _look(self, document: Document) -> list[Vendor]:
        key = document.key
        said = self._said.get(key)
        self._ambiguities.pop(key, None)
        self._lost.pop(key, None)
        if said and said != NEW:
            return self._named(key, said)
        if marked := self._index.marked(key):
            for vendor in marked:
                self._differing[key, str(vendor.id)] = self._against_marked(document, vendor)
            return marked
        return [] if said else self._alike(document)

    def _named(self, key: str, id: str) -> list[Vendor]:
        vendor = self._index.get(id)
        if vendor is None:
            self._lost[key] = id
            return []
        self._ambiguities[key] = _Ambiguity(self._index.known(vendor).tells(f"mapping {MATCHES}"))
        self._differing[key, id] = ()
        return [vendor]

    def _against_marked(self, document: Document, vendor: Vendor) -> tuple[FieldChange, ...]:
        """A vendor with our marker is this supplier where it bears a name that it may bear, or its tax number."""
        row, known = document.facts["row"], self._index.known(vendor)
        names = {row["alph"], document.content["name"], *may_be_called(row, self.settings)}
        if same_name(known.name) in {same_name(name) for name in names}:
            return ()
        number = same_number(row["tax_id"])
        if number is not None and number == same_number(known.tax_id):
            return ()
        return (FieldChange("name", vendor.name, document.content["name"]),)

    def _alike(self, document: Document) -> list[Vendor]:
        key, sought = document.key, _sought(document, self._unlinked)
        free = [vendor for vendor in self._index.alike(sought) if self._is_free(key, vendor)]
        _, second = parts_of(key)
        if second:
            # the supplier's vendor of its own currency is no candidate
            free = [vendor for vendor in free if vendor.bill_currency == second]
        found = match(sought, [self._index.known(vendor) for vendor in free], by_name=self.settings.match_by_name)
        if not found.candidates:
            return []
        why = ", ".join(found.against) or ("`match` is hold" if self.settings.match == "hold" else "")
        self._ambiguities[key] = _Ambiguity(found.words, why)
        chosen = {each.id for each in found.candidates}
        hits = [vendor for vendor in free if vendor.id in chosen]
        for vendor in hits:
            self._differing[key, str(vendor.id)] = (FieldChange("vendor", vendor.name, why),) if why else ()
        return hits

    def _is_free(self, key: str, vendor: Vendor) -> bool:
        """Whether a vendor is no other supplier's: by link, by what a person said, by marker."""
        return self._owners.get(str(vendor.id), key) == key and self.settings.key_in(vendor.short_name) in (None, key)


def _ambiguous(key: str, words: str) -> Problem:
    return problem("vendor_ambiguous", "vendor", words, waits_for=f"{MATCHES}:{key.removeprefix('F0401:')}")


def _sought(document: Document, rivals: frozenset[int] = frozenset()) -> Sought:
    row, content = document.facts["row"], document.content
    _, second = parts_of(document.key)
    names = tuple(name for name in dict.fromkeys((row["alph"], content["name"])) if name)
    return Sought(
        names=names,
        tax_id=row["tax_id"],
        currency=content["bill_currency"],
        country=content["address"]["country"],
        tax_rivals=frozenset() if second else tax_sharers(row) & rivals,
        name_rivals=frozenset() if second else namesakes(row) & rivals,
    )
