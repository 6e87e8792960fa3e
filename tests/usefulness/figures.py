"""Both rates, as the command prints them and as the README shows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.usefulness.precision import Verdict

README = Path(__file__).parents[2] / "README.md"
BEGINS = "<!-- make usefulness writes this -->"
ENDS = "<!-- make usefulness wrote this -->"
HEADING = "| what is done directly and through the engine | cases | the same |"
PARTS = (
    "SQLAlchemy's suite for dialects, with psycopg",
    "SQLAlchemy's suite for dialects, with asyncpg",
    "psql's describing commands",
    "pg_dump, in plain forms and archives",
    "psql and pg_restore of such dumps",
    "pgbench, every script in every protocol",
    "psycopg, asyncpg and pg8000 at work",
    "catalog queries of tools and drivers",
)


@dataclass(frozen=True)
class Comparison:
    """How many cases of one part there were, and how many came out as they do directly."""

    part: str
    cases: int
    same: int


@dataclass(frozen=True)
class Precision:
    """Of the questions about one protected column: how many output columns had to come through, and what did not."""

    questions: int
    columns: int
    masked: int
    refused: int
    leaked: int

    @classmethod
    def of(cls, verdicts: Sequence[Verdict]) -> Precision:
        """Counted over verdicts."""
        return cls(
            len(verdicts),
            sum(verdict.unprotected for verdict in verdicts),
            sum(verdict.lost for verdict in verdicts),
            sum(bool(verdict.refused) for verdict in verdicts),
            sum(len(verdict.leaked) for verdict in verdicts),
        )


def line(comparisons: Sequence[Comparison], precision: Precision) -> str:
    """One line of JSON."""
    suite = [comparison for comparison in comparisons if comparison.part in PARTS[:2]]
    figures = {
        "compatibility": _rate(suite),
        "same": {comparison.part: [comparison.same, comparison.cases] for comparison in comparisons},
        "masked_or_refused": round(precision.masked / precision.columns, 4),
        "columns": precision.columns,
        "questions": precision.questions,
        "refused": precision.refused,
        "leaked": precision.leaked,
    }
    return json.dumps(figures)


def _rate(comparisons: Sequence[Comparison]) -> float:
    cases = sum(comparison.cases for comparison in comparisons)
    return round(sum(comparison.same for comparison in comparisons) / cases, 5) if cases else 0.0


def block(comparisons: Sequence[Comparison], precision: Precision) -> str:
    """What stands in the README between the markers."""
    rows = [f"| {each.part} | {each.cases:,} | {each.same:,} |" for each in comparisons]
    share = 100 * precision.masked / precision.columns
    told = (
        f"Of {precision.columns} output columns of {precision.questions} questions to a rental shop whose "
        f"`customer.email` is protected,\nnot counting those it is in, {precision.masked} were masked or refused "
        f"({share:.1f}%); {precision.refused} questions were refused."
    )
    return "\n".join((BEGINS, HEADING, "| --- | ---: | ---: |", *rows, "", told, ENDS))


def rewrite(text: str, made: str) -> str:
    """The README with this block in the place of the old one. Raises ValueError where the markers are not."""
    before, begins, rest = text.partition(BEGINS)
    _, ends, after = rest.partition(ENDS)
    if not (begins and ends):
        raise ValueError(f"the README lacks {BEGINS} or {ENDS}")
    return f"{before}{made}{after}"
