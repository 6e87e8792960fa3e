"""The README shows what the command found."""

from __future__ import annotations

import json
import re

import pytest

from tests.usefulness import figures
from tests.usefulness.__main__ import WORK
from tests.usefulness.figures import PARTS, Comparison, Precision, block, line, rewrite

COMPARISONS = [Comparison(part, 1800 + place, 1799 + place) for place, part in enumerate(PARTS)]
PRECISION = Precision(questions=66, columns=220, masked=2, refused=1, leaked=0)


def shape(text: str) -> list[str]:
    """The lines with their figures taken out."""
    return [re.sub(r"[\d,.]+", "0", row) for row in text.splitlines()]


def test_the_readme_has_the_block_in_the_shape_that_the_command_gives_it() -> None:
    text = figures.README.read_text()
    shown = text[text.index(figures.BEGINS) : text.index(figures.ENDS) + len(figures.ENDS)]
    assert shape(shown) == shape(block(COMPARISONS, PRECISION))


def test_the_block_replaces_the_old_one_and_nothing_else() -> None:
    text = f"before\n{figures.BEGINS}\nold\n{figures.ENDS}\nafter\n"
    made = block(COMPARISONS, PRECISION)
    assert rewrite(text, made) == f"before\n{made}\nafter\n"
    assert rewrite(rewrite(text, made), made) == rewrite(text, made)
    with pytest.raises(ValueError, match="lacks"):
        rewrite("no block", made)


def test_the_line_of_json_has_both_rates() -> None:
    told = json.loads(line(COMPARISONS, PRECISION))
    assert told["compatibility"] == pytest.approx(3599 / 3601, abs=1e-4)
    assert told["masked_or_refused"] == pytest.approx(2 / 220, abs=1e-4)


def test_each_part_of_the_table_is_worked() -> None:
    assert tuple(WORK) == PARTS
