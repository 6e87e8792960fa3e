"""`python -m tests.bench [--only NAME] [--rounds N] [--seconds S] [--quick] [--json]`, or `… profile SCENARIO`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

from tests.bench import auditlog, bulk, machine, memory, peers, profiling, report, statements
from tests.bench.bench import BUILD, Bench, Options
from tests.bench.figures import Figure

SCENARIOS: dict[str, Callable[[Bench], list[Figure]]] = {
    "statements": statements.measure,
    "bulk": bulk.measure,
    "log": auditlog.measure,
    "idle": memory.measure_idle,
    "answer": memory.measure_answer,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("what", nargs="*", help="nothing, or `profile` and a scenario such as batched-simple-8")
    parser.add_argument("--only", action="append", choices=sorted(SCENARIOS), help="measure this scenario alone")
    parser.add_argument("--rounds", type=int, help="how often peers take turns")
    parser.add_argument("--seconds", type=int, help="how long each run of pgbench takes")
    parser.add_argument("--quick", action="store_true", help="about a minute: one short round")
    parser.add_argument("--json", action="store_true", help="print no table, only the line of JSON")
    given = parser.parse_args()
    rounds, seconds = (1, 1) if given.quick else (5, 2)
    options = Options(given.rounds or rounds, given.seconds or seconds, given.quick)
    with Bench(options) as bench:
        if given.what[:1] == ["profile"]:
            print(profiling.profile(bench, given.what[1], given.seconds or 8))
            return
        figures = [figure for name in given.only or SCENARIOS for figure in SCENARIOS[name](bench)]
        found = machine.describe(bench.directory, bench.server.bin, peers.pgbouncer_program())
    result = {"machine": found, "figures": [figure.as_json() for figure in figures]}
    (BUILD / "bench.json").write_text(json.dumps(result, indent=1))
    if not given.json:
        print(report.table(figures), file=sys.stderr)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
