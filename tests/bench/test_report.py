from __future__ import annotations

from tests.bench.figures import Bound, Figure
from tests.bench.report import shown, table

SHARE = Figure("s", "share", "against PgBouncer", "×", (0.7,), Bound.AT_LEAST, 0.65, {"batched_tps": 12345.6})
ADDED = Figure("s", "added", "added", "µs", (95.04,), Bound.AT_MOST, 80.0)


def test_each_figure_says_target_measured_and_verdict() -> None:
    assert table([SHARE, ADDED]).splitlines() == [
        "against PgBouncer  ≥ 0.65×    0.70×    holds",
        "    batched_tps 12,346",
        "added              ≤ 80.0 µs  95.0 µs  FALLS SHORT",
    ]


def test_a_figure_without_a_target_has_no_verdict() -> None:
    assert table([Figure("s", "n", "what", "µs", (1.0,))]) == "what    1.0 µs"


def test_large_numbers_are_shown_whole() -> None:
    assert shown(15234.4, "entries/s") == "15,234 entries/s"
