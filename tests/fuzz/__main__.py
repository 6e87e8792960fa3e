"""`make fuzz`: each target under atheris for a while; the last line is one JSON object of figures.

`python -m tests.fuzz [--seconds N] [TARGET …]`. What is found on the way is kept in `.fuzz/`, and tried first the next
time; an input that crashes a target is kept there too, and its name is in the figures. Exit status 1 if there is one.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.fuzz.targets import CORPUS, NAMES

_KEPT = Path(".fuzz")
_LIMITS = ("-rss_limit_mb=1024", "-malloc_limit_mb=256", "-timeout=20", "-max_len=4096")
_COVERAGE = re.compile(r"\bcov: (\d+)")
_RUN = re.compile(r"^#(\d+)", re.MULTILINE)


def fuzz(name: str, seconds: int) -> dict[str, Any]:
    """One target for that long: executions, new coverage, and the inputs that crashed it."""
    found, crashes = _KEPT / "corpus" / name, _KEPT / "crashes" / name
    for directory in (found, crashes):
        directory.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.fuzz.run", name, str(found), str(CORPUS / name), *_LIMITS]
    command += [f"-max_total_time={seconds}", f"-artifact_prefix={crashes}/"]
    before = set(crashes.iterdir())
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    coverage = [int(number) for number in _COVERAGE.findall(done.stderr)]
    runs = _RUN.findall(done.stderr)
    crashed = sorted(str(path) for path in set(crashes.iterdir()) - before)
    if done.returncode and not crashed:
        crashed = [f"exit status {done.returncode}"]
    if crashed:
        print(done.stderr[-4000:])
    return {
        "executions": int(runs[-1]) if runs else 0,
        "new_coverage": coverage[-1] - coverage[0] if coverage else 0,
        "crashes": crashed,
    }


def main() -> int:
    """Run them one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(NAMES))
    chosen = parser.parse_args()
    if unknown := set(chosen.targets) - set(NAMES):
        parser.error(f"no target {', '.join(sorted(unknown))}")
    figures = {}
    for name in chosen.targets or NAMES:
        figures[name] = fuzz(name, chosen.seconds)
        print(f"{name:12} {figures[name]}", flush=True)
    crashes = sum(len(each["crashes"]) for each in figures.values())
    total = {
        "executions": sum(each["executions"] for each in figures.values()),
        "new_coverage": sum(each["new_coverage"] for each in figures.values()),
        "crashes": crashes,
    }
    print(json.dumps({"fuzz": {**total, "targets": figures}}))
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
