"""A terminal's screen as it was: cells, colours, cursor, and the part of it there is room for.

What was recorded never reaches the operator's terminal but through this grid: each character is one that the terminal
will give exactly the cells it had, or a box in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style as Look
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from hoopterm.console.actions import Scope, bindings
from hoopterm.console.text import clean
from hoopterm.console.themes import is_ansi, style
from replay.picture import rgb
from replay.screen import Colour, Cursor, Row, Screen, Style

_BOX = "▯"


class Still(NamedTuple):
    """A screen at one moment, on which what happens to it later does not show."""

    columns: int
    rows: int
    lines: Sequence[Row]
    cursor: Cursor

    @classmethod
    def of(cls, screen: Screen) -> Still:
        """The screen as it is now."""
        return cls(screen.columns, screen.rows, screen.lines, screen.cursor)


class Grid(Widget, can_focus=True):
    """Shows a still. Where it is larger than the widget, the part around the cursor, until one pans by hand."""

    BINDINGS = bindings(Scope.GRID)

    class Panned(Message):
        """Another part of the screen is shown."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._still: Still | None = None
        self._corner: tuple[int, int] | None = None  # column and row at the top left, when panned by hand

    @property
    def still(self) -> Still | None:
        """What it shows."""
        return self._still

    def show(self, still: Still | None) -> None:
        """Show this screen."""
        if still != self._still:
            self._still = still
            self.refresh()

    @property
    def corner(self) -> tuple[int, int]:
        """The column and row, from 0, of the cell at the top left."""
        still, (width, height) = self._still, self.size
        if still is None:
            return 0, 0
        column, row = self._corner or (still.cursor.column - width + 1, still.cursor.row - height + 1)
        return min(max(column, 0), max(still.columns - width, 0)), min(max(row, 0), max(still.rows - height, 0))

    @property
    def crop(self) -> str:
        """Which part is shown, in words; nothing where all of it is."""
        still, (column, row), (width, height) = self._still, self.corner, self.size
        parts = []
        if still is not None and still.columns > width:
            parts.append(f"columns {column + 1}–{column + width} of {still.columns}")
        if still is not None and still.rows > height:
            parts.append(f"rows {row + 1}–{row + height} of {still.rows}")
        return " · ".join(parts)

    def action_pan(self, columns: int, rows: int) -> None:
        """Show what is beside."""
        column, row = self.corner
        self._corner = (column + columns, row + rows)
        self._corner = self.corner
        self.refresh()
        self.post_message(self.Panned())

    def action_center(self) -> None:
        """Show the part around the cursor again."""
        self._corner = None
        self.refresh()
        self.post_message(self.Panned())

    def render_line(self, y: int) -> Strip:
        still, (left, top), width = self._still, self.corner, self.size.width
        base, theme = self.rich_style, self.app.theme
        if still is None or top + y > still.rows:
            return Strip([Segment(" " * width, base)], width)
        if top + y == still.rows:  # the edge of a screen smaller than the widget
            edge = "─" * min(still.columns, width) + ("┘" if still.columns < width else "")
            return Strip([Segment(edge, base + style(theme, "faint"))]).adjust_cell_length(width, base)
        cursor = still.cursor
        at = min(cursor.column, still.columns - 1) if cursor.is_visible and cursor.row == top + y else None
        whole = Strip(_segments(still.lines[top + y], base, is_ansi(theme), at), still.columns)
        shown = whole.crop(left, left + width)
        if shown.cell_length < width:
            shown = Strip([*shown, Segment("│", base + style(theme, "faint"))])
        return shown.adjust_cell_length(width, base)


def _segments(row: Row, base: Look, ansi: bool, cursor: int | None) -> list[Segment]:
    out: list[Segment] = []
    column = 0
    for run in row:
        look = base + _look(run.style, ansi)
        text = _safe(run.text, run.wide)
        if cursor is not None and column <= cursor < column + run.cells:
            place = (cursor - column) // (2 if run.wide else 1)
            before, under, after = _split(text, run.text, place, run.wide)
            out += [Segment(before, look), Segment(under, look + _CURSOR), Segment(after, look)]
        else:
            out.append(Segment(text, look))
        column += run.cells
    return out


_CURSOR = Look(reverse=True)


def _split(text: str, recorded: str, place: int, wide: bool) -> tuple[str, str, str]:
    """The text before, under and behind the cursor; a box for a wide character is two characters."""
    begin = len(_safe(recorded[:place], wide))
    end = begin + len(_safe(recorded[place : place + 1], wide))
    return text[:begin], text[begin:end], text[end:]


def _safe(text: str, wide: bool) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(each, wide) for each in text)


@lru_cache(maxsize=4096)
def _shown(char: str, wide: bool) -> str:
    """The character, if it can be shown in the cells it had."""
    cells = 2 if wide else 1
    if clean(char) == char and cell_len(char) == cells:
        return char
    return " " if char.isspace() and not wide else _BOX.ljust(cells)


@lru_cache(maxsize=4096)
def _look(found: Style, ansi: bool) -> Look:
    return Look(
        color=_colour(found.foreground, ansi),
        bgcolor=_colour(found.background, ansi),
        bold=found.bold or None,
        dim=found.faint or None,
        italic=found.italic or None,
        underline=found.underline or None,
        strike=found.strikethrough or None,
        reverse=found.inverse or None,
    )


def _colour(colour: Colour, ansi: bool) -> Color | None:
    if colour is None:
        return None
    if isinstance(colour, int) and ansi:
        return Color.from_ansi(colour)
    return Color.from_rgb(*rgb(colour, (0, 0, 0)))
