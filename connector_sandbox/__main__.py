"""`python -m connector_sandbox`: serve the sandbox."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from connector_sandbox import BadCommandError, serve


def main(arguments: list[str] | None = None) -> int:
    """Serve with what the command line says; 2 when it cannot be done so."""
    parser = argparse.ArgumentParser(prog="python -m connector_sandbox", description=__doc__)
    parser.add_argument("--port-base", type=int, default=8900, help="control port; the systems are above it")
    parser.add_argument("--ledger", type=Path, help="directory with the files of a ledger to serve")
    parser.add_argument("--seed", type=int, default=1, help="seed of the made-up content")
    parser.add_argument("--size", type=int, help="how many documents to make up")
    parser.add_argument("--faults", type=Path, help="JSON file with a list of fault rules")
    parser.add_argument("--limits", choices=["on", "off"], default="on", help="the vendors' documented rate limits")
    parser.add_argument("--state", type=Path, help="directory that keeps the content over a restart")
    parser.add_argument(
        "--trust", type=Path, help="PEM file of authorities that receivers of events may be certified by"
    )
    given = vars(parser.parse_args(arguments))
    given["limits"] = given["limits"] == "on"
    try:
        serve(**given)
    except (BadCommandError, OSError) as error:
        print(f"connector_sandbox: {error}", file=sys.stderr)  # noqa: T201 - a command line speaks
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
