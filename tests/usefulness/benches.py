"""pgbench on both sides: it initialises, and every script of its own runs in every protocol without an error."""

from __future__ import annotations

from tests.usefulness.programs import Difference
from tests.usefulness.sides import Side, Sides

SCRIPTS = ("tpcb-like", "simple-update", "select-only")
PROTOCOLS = ("simple", "extended", "prepared")
INITIALISATIONS = ("dtgvp", "dtGvpf")
_CONTENTS = """
select 'accounts', count(*), sum(aid::bigint * abalance), max(length(filler)) from pgbench_accounts
union all select 'tellers', count(*), sum(tid * tbalance), null from pgbench_tellers
union all select 'branches', count(*), sum(bid * bbalance), null from pgbench_branches
union all select 'history', count(*), sum(delta::bigint * tid), null from pgbench_history order by 1
"""


def bench(direct: Sides, through: Sides) -> tuple[int, list[Difference]]:
    """Run pgbench on two databases, directly in the one and through the engine in the other: with the same seed both
    have to hold the same afterwards."""
    pair = (direct.direct, through.through)
    done = 0
    differences = []
    for steps in INITIALISATIONS:
        options = ("--initialize", f"--init-steps={steps}", "--scale=1", "--quiet")
        ends = [_end(side.run("pgbench", *options)) for side in pair]
        done += 1
        if ends[0] != ends[1] or not _same(direct, through):
            differences.append(Difference(f"pgbench {' '.join(options)}", *ends))
    for protocol in PROTOCOLS:
        for script in SCRIPTS:
            done += 1
            options = (f"--builtin={script}", f"--protocol={protocol}", "--transactions=30", "--random-seed=7")
            ends = [_counts(side, *options) for side in pair]
            if ends[0] != ends[1] or not _same(direct, through):
                differences.append(Difference(f"pgbench {' '.join(options)}", *ends))
    return done, differences


def _end(done: object) -> str:
    status, errors = getattr(done, "returncode", None), str(getattr(done, "stderr", ""))
    return f"exit {status}{errors if status else ''}"


def _counts(side: Side, *options: str) -> str:
    """How it ended, and its lines that count transactions."""
    done = side.run("pgbench", *options)
    lines = [line for line in done.stdout.splitlines() if line.startswith("number of")]
    return "\n".join((_end(done), *lines))


def _same(direct: Sides, through: Sides) -> bool:
    return direct.database.psql(_CONTENTS) == through.database.psql(_CONTENTS)
