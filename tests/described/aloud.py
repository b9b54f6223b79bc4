"""`python -m described.aloud FILE ARGUMENTS…`: the `connector` command, and in FILE what it sent and what was wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from connector_assets.cli import main
from described.listening import listening


def run(file: Path, arguments: list[str]) -> None:
    """The command in this process; it ends as the command does."""
    sys.argv = ["connector", *arguments]
    with listening() as heard:
        try:
            main()
        finally:
            file.write_text(json.dumps({"sent": heard.sent, "wrong": heard.wrong}), encoding="utf-8")


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2:])
