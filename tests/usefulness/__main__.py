"""`make usefulness`: everything in this folder, whole. Some minutes; prints differences, and last one line of JSON.

`--only WORD …` takes the parts whose name has one of the words, and leaves the README as it is.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hoopterm.demo.postgres import EmbeddedPostgres
from tests.servers.postgres import Database, fresh_database
from tests.usefulness import benches, clients, compliance, dumps, figures, precision, programs
from tests.usefulness.figures import PARTS, Comparison, Precision
from tests.usefulness.programs import Difference
from tests.usefulness.sides import MAIL, Sides, sides

Found = tuple[int, list[Difference]]


class Bench:
    """A server of its own, and the databases and engines that the parts ask for."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._server = stack.enter_context(EmbeddedPostgres(settings={"max_prepared_transactions": "10"}))

    def folder(self) -> Path:
        """A fresh folder."""
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="hoopterm-useful-")))

    def database(self, script: str = "") -> Database:
        """A fresh database, filled."""
        database = self._stack.enter_context(fresh_database(self._server))
        if script:
            database.psql(script)
        return database

    def sides(self, database: Database, **settings: str) -> Sides:
        """An engine before it."""
        return self._stack.enter_context(sides(self.folder(), database, **settings))


def suite(bench: Bench, driver: str) -> Found:
    """SQLAlchemy's suite."""
    both = bench.sides(bench.database(compliance.SCHEMAS))
    other = both.on(bench.database(compliance.SCHEMAS))
    return compliance.compare(both.direct, other.through, driver, bench.folder())


def restore(bench: Bench) -> Found:
    """Dumps restored through an engine without masks: under them nobody makes functions in PL/pgSQL."""
    source = bench.sides(bench.database(precision.RENTAL))
    target = bench.sides(bench.database(), masking="")
    return dumps.restore(source.direct, [target.on(bench.database()) for _ in dumps.WAYS], bench.folder())


def questions(bench: Bench, file: str) -> list[precision.Verdict]:
    """Questions to the shop with its protected column."""
    both = bench.sides(bench.database(precision.RENTAL), masking=MAIL, target=precision.TRUSTED)
    return precision.ask(both, precision.questions(file))


def catalog(bench: Bench) -> Found:
    """What tools ask of the catalog."""
    verdicts = questions(bench, "catalog.sql")
    return len(verdicts), [
        Difference(each.question.title, "", each.refused or f"{', '.join(sorted(each.masked))} masked")
        for each in verdicts
        if each.lost
    ]


def _shop(bench: Bench) -> Sides:
    return bench.sides(bench.database(precision.RENTAL), target=precision.TRUSTED)


def _pgbench(bench: Bench) -> Found:
    both = bench.sides(bench.database())
    return benches.bench(both, both.on(bench.database()))


WORK: dict[str, Callable[[Bench], Found]] = dict(
    zip(
        PARTS,
        (
            lambda bench: suite(bench, "psycopg"),
            lambda bench: suite(bench, "asyncpg"),
            lambda bench: programs.describe(_shop(bench), programs.commands()),
            lambda bench: dumps.dump(_shop(bench), bench.folder()),
            restore,
            _pgbench,
            lambda bench: clients.work(_shop(bench)),
            catalog,
        ),
        strict=True,
    )
)


@contextmanager
def bench() -> Iterator[Bench]:
    """Everything is stopped and removed at its end."""
    with ExitStack() as stack:
        yield Bench(stack)


def main(arguments: list[str]) -> None:
    """Run the parts, print what differs, rewrite the README's block, and print one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.usefulness", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD")
    chosen = parser.parse_args(arguments).only
    comparisons = []
    with bench() as shared:
        for part, work in WORK.items():
            if chosen and not any(word in part for word in chosen):
                continue
            cases, differences = work(shared)
            comparisons.append(Comparison(part, cases, cases - len(differences)))
            print(f"{part}: {cases - len(differences)} of {cases}", flush=True)
            print(*differences, sep="\n\n", end="\n" if differences else "", flush=True)
        verdicts = questions(shared, "queries.sql")
    for verdict in verdicts:
        if verdict.lost or verdict.leaked:
            print(f"{verdict.question.title}: {verdict.refused or sorted(verdict.masked)} {sorted(verdict.leaked)}")
    counted = Precision.of(verdicts)
    if not chosen:
        made = figures.block(comparisons, counted)
        figures.README.write_text(figures.rewrite(figures.README.read_text(), made))
    print(figures.line(comparisons, counted))


if __name__ == "__main__":
    main(sys.argv[1:])
