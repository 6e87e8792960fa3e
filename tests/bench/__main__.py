"""The published benchmark, or `profile SCENARIO`: where an engine's time goes meanwhile."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench import (
    auditlog,
    bulk,
    chart,
    console,
    consoles,
    hours,
    lists,
    machine,
    memory,
    page,
    peers,
    profiling,
    report,
    searches,
    ssh,
    statements,
)
from tests.bench.bench import BUILD, Bench, Options
from tests.bench.figures import Figure

ROOT = Path(__file__).parents[2]
SCENARIOS: dict[str, Callable[[Bench], list[Figure]]] = {
    "statements": statements.measure,
    "bulk": bulk.measure,
    "log": auditlog.measure,
    "idle": memory.measure_idle,
    "answer": memory.measure_answer,
    "ssh": ssh.measure,
    "console": console.measure,
    "consoles": consoles.measure,
    "lists": lists.measure,
    "replay": hours.measure,
    "search": searches.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="profile SCENARIO", help=profiling.USAGE)
    parser.add_argument("--only", action="append", choices=sorted(SCENARIOS), help="measure this scenario alone")
    parser.add_argument("--rounds", type=int, help="how often peers take turns")
    parser.add_argument("--seconds", type=int, help="how long each run of pgbench, or the profile, takes")
    parser.add_argument("--quick", action="store_true", help="in about a minute: one short round, smaller answers")
    parser.add_argument("--json", action="store_true", help="print no table, only the line of JSON")
    given = parser.parse_args()
    if given.what and (given.what[0] != "profile" or len(given.what) != 2):
        parser.error(f"profile what? {profiling.USAGE}")
    rounds, seconds = (1, 1) if given.quick else (5, 2)
    with Bench(Options(given.rounds or rounds, given.seconds or seconds, given.quick)) as bench:
        if given.what:
            print(profiling.profile(bench, given.what[1], given.seconds or 8))
            return
        figures = [figure for name in given.only or SCENARIOS for figure in SCENARIOS[name](bench)]
        found = machine.describe(bench.directory, bench.server.bin, peers.pgbouncer_program())
    if not given.json:
        print(report.table(figures), file=sys.stderr)
    print(_keep(figures, found, is_published=not (given.only or given.quick)))


def _keep(figures: Sequence[Figure], found: dict[str, Any], *, is_published: bool) -> str:
    """Write the run's files, a whole run's to where the README shows them; its one line of JSON."""
    now = datetime.now(UTC)
    result = {
        "time": now.isoformat(timespec="seconds"),
        "machine": found,
        "figures": [each.as_json() for each in figures],
    }
    picture = chart.svg(figures, page.described(found))
    (BUILD / "bench.json").write_text(json.dumps(result, indent=1, ensure_ascii=False))
    (BUILD / "bench.svg").write_text(picture)
    if is_published:
        (ROOT / "screenshots" / "bench.svg").write_text(picture)
        page.rewrite(ROOT / "README.md", page.block(figures, found, f"{now:%d %B %Y}"))
    return json.dumps(result, ensure_ascii=False)


if __name__ == "__main__":
    main()
