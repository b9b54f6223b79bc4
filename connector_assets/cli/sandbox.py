"""`connector sandbox`: the vendors' systems on loopback."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from connector_assets.cli.sandboxes import DEFAULT_PORT, command

if TYPE_CHECKING:
    from connector_resources.home import Home

app = typer.Typer(name="sandbox", help="The systems on this machine, with made-up data.", no_args_is_help=True)

Ledger = Annotated[Path | None, typer.Option("--ledger", metavar="DIR", help="Serve the files of this ledger.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the made-up data.")]
Trust = Annotated[
    Path | None,
    typer.Option(
        "--trust",
        metavar="FILE",
        help="PEM of authorities that receivers of events may be certified by; without it, that of this home's inbox.",
    ),
]
Size = Annotated[int | None, typer.Option("--size", min=1, help="How many vouchers to make up.")]
PortBase = Annotated[int, typer.Option("--port-base", min=1, max=65529, help="Control port; the systems are above it.")]


@app.command("serve")
def serve(
    port_base: PortBase = DEFAULT_PORT,
    ledger: Ledger = None,
    seed: Seed = 1,
    size: Size = None,
    faults: Annotated[Path | None, typer.Option("--faults", metavar="FILE", help="JSON list of fault rules.")] = None,
    limits: Annotated[Literal["on", "off"], typer.Option("--limits", help="The vendors' documented rates.")] = "on",
    state: Annotated[Path | None, typer.Option("--state", metavar="DIR", help="Keeps the data over a restart.")] = None,
    trust: Trust = None,
    demo: Annotated[bool, typer.Option("--demo", help="What `connector demo` left, on its ports.")] = False,
) -> None:
    """Serve until told to stop; one line of JSON says when it is ready."""
    from connector_resources.home import Home

    trust = trust or inbox_authority(Home.locate())
    if demo:
        from connector_assets.cli.demo_home import left_by_demo

        left = left_by_demo()
        arguments = serving(left.port_base, state=left.state, limits="off", trust=trust)
    else:
        arguments = serving(
            port_base, ledger=ledger, seed=seed, size=size, faults=faults, limits=limits, state=state, trust=trust
        )
    words = command(arguments)
    # the sandbox takes this process over, so that signals and its output are its own
    os.execv(words[0], words)  # noqa: S606 - ourselves


def inbox_authority(home: Home) -> Path:
    """The authority that certifies this home's `connector inbox serve` on loopback; it may not be there yet."""
    return home.tls / "ca.pem"


def serving(
    port_base: int,
    *,
    ledger: Path | None = None,
    seed: int = 1,
    size: int | None = None,
    faults: Path | None = None,
    limits: str = "on",
    state: Path | None = None,
    trust: Path | None = None,
) -> list[str]:
    """The sandbox's arguments."""
    given = {"--ledger": ledger, "--size": size, "--faults": faults, "--state": state, "--trust": trust}
    arguments = ["--port-base", str(port_base), "--seed", str(seed), "--limits", limits]
    return arguments + [part for name, value in given.items() if value is not None for part in (name, str(value))]
