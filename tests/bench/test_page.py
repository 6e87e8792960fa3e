from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.figures import Bound, Figure
from tests.bench.page import BEGIN, END, block, rewrite, rows

ROOT = Path(__file__).parents[2]
MACHINE = {
    "processor": "a processor",
    "cores": 2,
    "memory": 24 << 30,
    "kernel": "Linux",
    "fdatasync_append_us": 165.0,
    "fdatasync_us": 105.0,
    "python": "3.11",
    "postgresql": "18",
    "pgbouncer": "1.18",
}
GOOD = Figure("s", "good", "good", "×", (0.7,), Bound.AT_LEAST, 0.65)
BAD = Figure("s", "bad", "bad", "µs", (95.0,), Bound.AT_MOST, 80.0)
FREE = Figure("s", "free", "free", "×", (1.0,))
PUBLISHED = 8 + 9 + 2 + 1 + 1 + 7 + 2 + 4 + 1  # statements, bulk, log, idle, answer, ssh, replay, console, lists


def test_a_block_reads_back_as_the_figures_that_have_a_target() -> None:
    page = f"{BEGIN}\n{block([GOOD, BAD, FREE], MACHINE, 'today')}\n{END}"
    assert rows(page) == [("good", "≥ 0.65×", "0.70×", True), ("bad", "≤ 80.0 µs", "95.0 µs", False)]


def test_a_page_is_rewritten_between_its_marks_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    rewrite(page, "new")
    assert page.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


def test_a_page_without_a_place_for_the_figures_stays_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\n")
    with pytest.raises(SystemExit, match="no place"):
        rewrite(page, "new")
    assert page.read_text() == f"before\n{BEGIN}\n"


def test_the_readme_has_every_published_figure() -> None:
    found = rows((ROOT / "README.md").read_text())
    assert len(found) == PUBLISHED
    assert all(title and target and measured for title, target, measured, _ in found)


def test_the_readme_shows_the_chart_of_the_same_run() -> None:
    assert "](screenshots/bench.svg)" in (ROOT / "README.md").read_text()
    assert (ROOT / "screenshots" / "bench.svg").exists()
