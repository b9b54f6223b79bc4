"""The command line as a whole. Commands import what is dear (Dagster, pandas) only when they run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click
import typer

from connector_assets.cli import (
    approvals,
    audit,
    credentials,
    demo,
    exceptions,
    init,
    links,
    mappings,
    ping,
    plans,
    reconcile,
    sandbox,
    sweep,
    sync,
    ui,
)
from connector_assets.cli.exits import INTERRUPTED, UNUSABLE, code_of, line_of, tell, tell_defect
from connector_resources.errors import ConnectorError

app = typer.Typer(
    name="connector",
    help="Keeps ERPs and spend-management systems in agreement. State lives in CONNECTOR_HOME (default .connector).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.add_typer(sandbox.app, name="sandbox")
app.command("init")(init.init)
app.command("ping")(ping.ping)
app.add_typer(credentials.app, name="credentials")
app.command("sync")(sync.sync)
app.command("sweep")(sweep.sweep)
app.add_typer(plans.app, name="plans")
app.add_typer(approvals.app, name="approvals")
app.add_typer(exceptions.app, name="exceptions")
app.add_typer(mappings.app, name="mappings")
app.add_typer(links.app, name="links")
app.add_typer(audit.app, name="audit")
app.command("reconcile")(reconcile.reconcile)
app.command("ui")(ui.ui)


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code (see `exits`)."""
    command = typer.main.get_command(app)
    try:
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
        # whoever read the output has seen enough; nothing more can be flushed to him
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ConnectorError as error:
        tell(f"connector: {line_of(error)}")
        return code_of(error)
    except Exception as error:  # noqa: BLE001 - the last place where a defect can be told without a traceback
        return tell_defect(error)
    return code if isinstance(code, int) else 0
