"""The command line as a whole. A command is imported when it is called, and imports what is expensive (Dagster, pandas)
only when it runs: most of what a small command takes is the importing."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module

import click
import typer

from connector_assets.cli.exits import INTERRUPTED, UNUSABLE, code_of, line_of, report_defect, tell
from connector_resources.errors import ConnectorError
from connector_resources.printable import Printable
from connector_resources.private import keep_private

HELP = "Keeps ERPs and spend-management systems in agreement. State lives in CONNECTOR_HOME (default .connector)."
# new objects after which the garbage collector looks for cycles; Python's own number is 700
FEW_COLLECTIONS = 100_000
# in the order of the help; each is a module of this package, with an `app` of its own or a function of its name
COMMANDS = (
    "demo",
    "sandbox",
    "init",
    "ping",
    "credentials",
    "sync",
    "sweep",
    "plans",
    "approvals",
    "exceptions",
    "mappings",
    "links",
    "audit",
    "reconcile",
    "inbox",
    "home",
    "ui",
)


def app_of(commands: Iterable[str]) -> typer.Typer:
    """The application with these of its commands."""
    app = typer.Typer(name="connector", add_completion=False, pretty_exceptions_enable=False)
    # without it, an application of one command would take that command's name for its argument
    app.callback(help=HELP, no_args_is_help=True)(lambda: None)
    for name in commands:
        module = import_module(f"connector_assets.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, name))
    return app


def main() -> None:
    """Run the command line and exit with its code."""
    keep_private()
    if logging.lastResort is not None:
        # what nobody has taken care of goes to the terminal
        logging.lastResort.setFormatter(Printable())
    # what is imported stays: the collector would walk through all of it again and again while it comes in
    gc.set_threshold(FEW_COLLECTIONS)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code (see `exits`)."""
    called = arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS
    try:
        command = typer.main.get_command(app_of(called))
        code = command.main(list(arguments), prog_name="connector", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return UNUSABLE
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "connector"
        tell(f"{where}: {' '.join(error.format_message().split())} (see {where} --help)")
        return UNUSABLE
    except (click.Abort, KeyboardInterrupt):
        tell("connector: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of the output has closed it; nothing more can be flushed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ConnectorError as error:
        tell(f"connector: {line_of(error)}")
        return code_of(error)
    except Exception as error:  # noqa: BLE001 - the last place where a defect can be told without a traceback
        return report_defect(error)
    return code if isinstance(code, int) else 0
