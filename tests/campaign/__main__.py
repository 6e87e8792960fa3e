"""`python -m tests.campaign [NAME …] [--count N] [--seed S]`: the long runs; the last line is one JSON object.

Exit status 1 if anything failed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Mapping

COUNTS: Mapping[str, int] = {"masking": 6000, "guardrails": 2500, "detectors": 40_000, "faults": 200}
"""Each run by the name of its module, and how much of it is all of it. A run gives figures, `failures` among them."""


def main() -> int:
    """Run them one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(COUNTS))
    parser.add_argument("--count", type=int, help="how much of each; all of it where not given")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(COUNTS):
        parser.error(f"no campaign {', '.join(sorted(unknown))}")
    figures = {}
    for name in chosen.names or COUNTS:
        count = COUNTS[name] if chosen.count is None else chosen.count
        figures[name] = importlib.import_module(f"tests.campaign.{name}").run(count, chosen.seed)
    print(json.dumps(figures))
    return 1 if any(each["failures"] for each in figures.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
