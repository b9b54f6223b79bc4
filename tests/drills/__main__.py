"""`python tests/drills`: see `drill_command`, which is a module by itself so that its own processes can import it."""

import os
import sys
import warnings
from pathlib import Path

# the homes of a drill lie in folders that are thrown away
os.environ["CONNECTOR_INSTANCE"] = "tests"
TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / each) for each in ("drills", "scenarios", "assets/inbox", "")]

from drill_command import main  # noqa: E402 - found by the line above

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
