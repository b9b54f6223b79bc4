"""`python -m connector_resources.jde.contract` writes docs/orchestrations.md again; with `-` it prints the page."""

from __future__ import annotations

import sys
from pathlib import Path

from connector_resources.jde.contract import orchestrations_page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "orchestrations.md"


def main() -> None:
    """Write the page, or print it."""
    if sys.argv[1:] == ["-"]:
        sys.stdout.write(orchestrations_page())
    else:
        PAGE.write_text(orchestrations_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
