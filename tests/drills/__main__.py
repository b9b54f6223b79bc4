"""`python tests/drills`: see `drill_command`, which is a module by itself so that its own processes can import it."""

import sys
import warnings
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "drills"), str(TESTS / "scenarios"), str(TESTS)]

from drill_command import main  # noqa: E402 - found by the line above

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
