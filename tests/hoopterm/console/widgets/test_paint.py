"""Every span passes the gate on its way to the terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from hoopterm.console.lines import Span
from hoopterm.console.text import clean
from hoopterm.console.themes import DEFAULT
from hoopterm.console.widgets.paint import strip


@given(st.lists(st.text(max_size=40), max_size=5), st.integers(0, 60))
def test_what_is_painted_is_safe_and_has_the_width_it_was_given(texts: list[str], cells: int) -> None:
    painted = strip(tuple(Span(text, "strong") for text in texts), cells, DEFAULT, Style.null())
    assert painted.cell_length == cells
    shown = "".join(segment.text for segment in painted)
    assert clean(shown) == shown


def test_a_cursor_lies_upon_everything() -> None:
    over = Style(bgcolor="red")
    painted = strip((Span("a", "call"), Span("b")), 5, DEFAULT, Style.null(), over)
    assert {segment.style.bgcolor.name for segment in painted if segment.style and segment.style.bgcolor} == {"red"}
