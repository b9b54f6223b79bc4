"""The texts of every reason, filled in as an exception fills them: no blank, no placeholder, no wrong command."""

from __future__ import annotations

import re
import shlex
import warnings
from decimal import Decimal

import click
import pytest

with warnings.catch_warnings():
    # Typer re-exports what click deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    import typer

    from connector_assets.cli.app import COMMANDS, app_of
from connector_assets.engine.document import FieldChange
from connector_assets.engine.reasons import problem, reasons, steps_of
from connector_assets.engine.words import beside, shown, words
from connector_resources.ledger import Problem

FLOW, KEY = "emea_payables/bills", "F0411:00100/PV/778812"
COMMAND = re.compile(r"`(connector [^`]+)`")
VALUES = ("30.5010", "2/10 N30", "Müller & Söhne; GmbH", Decimal("-12.50"), None, "", "  ")
FIELDS = ("payment_term", "")


def made(name: str, field: str, value: object) -> Problem:
    return problem(name, field, value).of(FLOW, KEY)


def parse(command: str) -> None:
    """Read a command line as the command would, and run nothing. Raises click's UsageError where it is none."""
    group: click.Command = typer.main.get_command(app_of(COMMANDS))
    words_left = shlex.split(command)[1:]
    context = click.Context(group, info_name="connector")
    while isinstance(group, click.Group):
        name = words_left.pop(0)
        found = group.get_command(context, name)
        if found is None:
            raise click.UsageError(f"no command {name}")
        group, context = found, click.Context(found, info_name=name, parent=context)
    group.parse_args(context, words_left)


@pytest.mark.parametrize("name", sorted(reasons()))
@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("field", FIELDS)
def test_a_reason_reads_as_a_sentence_with_nothing_left_to_fill_in(name: str, field: str, value: object) -> None:
    reported = made(name, field, value)
    for text in (reported.message, reported.fix):
        assert text == text.strip() and text, text
        assert not re.search(r"None|nan\b|[<>{}]|  |\n|\( *\)|:\s*$|: ,| ,| \.", text), text


@pytest.mark.parametrize("name", sorted(reasons()))
@pytest.mark.parametrize("value", [each for each in VALUES if not isinstance(each, Decimal)])
def test_each_command_of_a_fix_exists_and_takes_these_arguments(name: str, value: object) -> None:
    reported = made(name, "payment_term", value)
    for command in COMMAND.findall(reported.fix):
        parse(command)
    # a command that stands outside of backticks would not have been looked at
    assert "connector " not in COMMAND.sub("", reported.fix).replace("have the connector changed", "")
    # `{flow}` holds the integration already
    assert f"{FLOW.partition('/')[0]}/{FLOW}" not in reported.fix


def test_a_command_that_does_not_exist_would_be_found() -> None:
    for wrong in ("links make a b", "mappings set jde_coupa countries", "links set a b c d"):
        with pytest.raises(click.UsageError):
            parse(f"connector {wrong}")


def test_a_fix_names_the_integration_the_document_and_the_value_as_they_are_typed() -> None:
    assert (
        "`connector mappings set emea_payables payment_terms '2/10 N30' CODE`"
        in made("payment_term_not_mapped", "payment_term", "2/10 N30").fix
    )
    assert f"`connector links set {FLOW} {KEY} ID`" in made("natural_key_taken", "key", "7 is linked").fix
    assert "vendor_matches 4343 ID`" in problem("vendor_ambiguous", "vendor", "two").of(FLOW, "F0401:4343").fix
    reversal = problem("payment_needs_action", "", "x").of("b/payments", "payments:stp01/blp02")
    assert "`connector mappings set b payment_reversals blp02 reverse`" in reversal.fix


def test_what_is_blank_is_said_in_words() -> None:
    assert made("payment_term_not_mapped", "payment_term", None).message == "the document has no payment term"
    assert "mappings" not in made("payment_term_not_mapped", "payment_term", None).fix
    assert made("missing_in_target", "", None).message == "the linked document (blank) no longer exists in the target"
    assert made("not_answered", "", "").message == "the target did not answer properly"


def test_a_fix_is_a_list_of_steps() -> None:
    assert steps_of("correct the line, or add it; then replay") == ["correct the line, or add it", "replay"]
    assert steps_of("settle it by hand, then dismiss this one") == ["settle it by hand", "dismiss this one"]
    assert steps_of("map it: a; map it: b; map it: a") == ["map it: a", "map it: b"]
    assert all(len(steps_of(each.fix)) >= 1 for each in reasons().values())


def test_values_are_told_in_words() -> None:
    lines = [{"amount": Decimal("1.50"), "account": "30.5010", "note": None}, {"amount": "2.00", "open": True}]
    assert words(lines) == "amount 1.50, account 30.5010; amount 2.00, open yes"
    assert words(None) == words([None, ""]) == ""
    assert (shown("two\nlines"), shown(None)) == ("two lines", "(blank)")
    assert FieldChange("term", None, "N30").in_words == "(blank) to N30"
    assert beside("100.00", None) == "100.00, ours (blank)"
    assert len(shown("x" * 500)) < 210
