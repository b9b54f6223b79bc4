"""New suppliers that are on hold in Coupa until AP has looked at them."""

from __future__ import annotations

from scenario_site import Site, outcome, outcomes

ANVIL = "F0401:4343"


def test_a_new_supplier_is_on_hold_until_a_person_releases_it_in_coupa(site: Site) -> None:
    """Given a site whose new suppliers are on hold, when one is made, then it is active and on hold; once a person in
    Coupa has released it, no sync and no change of it in JD Edwards puts it back."""
    site.configure("suppliers", new_suppliers="on_hold")
    assert outcomes(site.sync("suppliers")["suppliers"]) == {"created": 2}
    held = site.spend.supplier(4343)
    assert (held["status"], held["on-hold"]) == ("active", True)
    assert site.sync("suppliers")["suppliers"].writes == 0
    site.spend.set("suppliers", held["id"], on_hold=False)
    site.books.upsert("F0101", {"AN8": 4343, "ALPH": "Anvil and Daughters"})
    assert outcome(site.sync("suppliers")["suppliers"], ANVIL) == "updated"
    held = site.spend.supplier(4343)
    assert (held["name"], held["on-hold"]) == ("Anvil and Daughters", False)
    assert site.spend.supplier(4344)["on-hold"] is True


def test_by_default_nobody_is_put_on_hold_and_a_hold_of_coupas_users_stays(site: Site) -> None:
    """Given the default, then new suppliers are not on hold; who is put on hold in Coupa stays so, also when JD Edwards
    changes it."""
    site.sync("suppliers")
    held = site.spend.supplier(4343)
    assert not held["on-hold"]
    site.spend.set("suppliers", held["id"], on_hold=True)
    site.books.upsert("F0101", {"AN8": 4343, "ALPH": "Anvil and Daughters"})
    assert outcome(site.sync("suppliers")["suppliers"], ANVIL) == "updated"
    assert site.spend.supplier(4343)["on-hold"] is True
    assert site.exceptions("suppliers") == []


def test_a_supplier_that_is_in_coupa_already_is_not_put_on_hold(testbed: Site) -> None:
    """Given a supplier that Coupa's users entered under our number, when it is linked, then it stays as it is."""
    testbed.configure("suppliers", new_suppliers="on_hold")
    methods = {"po-method": "prompt", "po-change-method": "prompt", "invoice-matching-level": "none"}
    testbed.spend.create("suppliers", {"name": "Cutter Ltd", "number": "5001", "status": "active", **methods})
    key = testbed.books.supplier(5001, "Cutter Ltd", tax_id="GB987654321")
    assert outcome(testbed.sync("suppliers")["suppliers"], key) == "adopted"
    testbed.sync("suppliers")
    assert not testbed.spend.supplier(5001)["on-hold"]
