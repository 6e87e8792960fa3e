"""What commands print: data on stdout, narration on stderr, and nothing of a stranger's raw."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.text import Text

from engine.api.schema import ErrorView
from hoopterm.console.text import clean
from hoopterm.errors import Problem

_PIPED_WIDTH = 10_000  # nothing is cut for a program that reads
_GAP = "  "
_NARROWEST = 8  # cells that a column is cut to before it is left out

_STATES = {
    "ready": ("✓", "green"),
    "failing": ("✗", "red"),
    "observe": ("◌", "yellow"),
    "pending": ("▲", "yellow"),
    "approved": ("✓", "green"),
    "used": ("✓", "green"),
    "denied": ("✗", "red"),
    "revoked": ("✗", "red"),
    "expired": ("○", "dim"),
    "withdrawn": ("○", "dim"),
    "closed": ("○", "dim"),
    "killed": ("✗", "red"),
    "locked": ("■", "red"),
    "unlocked": ("✓", "green"),
    "live": ("●", "green"),
    "valid": ("●", "green"),
    "allow": ("✓", "green"),
    "review": ("▲", "yellow"),
    "deny": ("✗", "red"),
    "completed": ("✓", "green"),
    "failed": ("✗", "red"),
    "cancelled": ("○", "dim"),
    "lost": ("✗", "red"),
    "running": ("●", "green"),
    "draining": ("▲", "yellow"),
    "ample": ("✓", "green"),
    "low": ("▲", "yellow"),
    "full": ("✗", "red"),
}


class Column(NamedTuple):
    """One column of a table; `gives` says that it may be cut, or left out, where the terminal is narrow."""

    title: str
    gives: bool = False
    right: bool = False


def now() -> datetime:
    """The moment that relative times are told from."""
    return datetime.now(UTC)


def console(*, stderr: bool = False) -> Console:
    """Where people read: colours only on a terminal and without NO_COLOR, no markup, nothing guessed."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPED_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def say(*parts: str | Text) -> None:
    """One line for people on stdout, cut where the terminal ends."""
    console().print(_line(parts), no_wrap=True, overflow="ellipsis", crop=True)


def say_whole(*parts: str | Text) -> None:
    """One line for people on stdout that must not lose anything: the terminal folds it."""
    console().print(_line(parts), soft_wrap=True)


def note(*parts: str | Text) -> None:
    """One line of narration on stderr."""
    console(stderr=True).print(_line(parts), soft_wrap=True)


def _line(parts: Sequence[str | Text]) -> Text:
    return Text.assemble(*(Text(clean(part)) if isinstance(part, str) else part for part in parts))


def styled(text: str, style: str) -> Text:
    """A stranger's text made safe, in one style."""
    return Text(clean(text), style)


def badge(state: str) -> Text:
    """A state as glyph, word and colour."""
    glyph, style = _STATES.get(state, ("·", ""))
    return styled(f"{glyph} {state}", style)


def draw(columns: Sequence[Column], rows: Iterable[Sequence[str | Text]], *, empty: str) -> None:
    """A table that never wraps; without rows, the line that says why."""
    cells = [[Text(clean(cell)) if isinstance(cell, str) else cell for cell in row] for row in rows]
    if not cells:
        note(styled(empty, "dim"))
        return
    screen = console()
    natural = [max(len(column.title), *(row[at].cell_len for row in cells)) for at, column in enumerate(columns)]
    widths = _fitted(columns, natural, screen.width)
    for row in [[styled(column.title, "dim") for column in columns], *cells]:
        shown = [_padded(row[at], width, right=columns[at].right) for at, width in widths.items()]
        line = Text(_GAP).join(shown)
        line.rstrip()
        screen.print(line, no_wrap=True, crop=True)


def _fitted(columns: Sequence[Column], natural: Sequence[int], room: int) -> dict[int, int]:
    """Each shown column's width: the widest that give are cut first; where that is not enough the last of them go."""
    widths = dict(enumerate(natural))
    while (over := sum(widths.values()) + len(_GAP) * (len(widths) - 1) - room) > 0:
        giving = [at for at in widths if columns[at].gives]
        if not giving:
            break
        widest = max(giving, key=lambda at: widths[at])
        if widths[widest] > _NARROWEST:
            widths[widest] -= min(over, max(1, (widths[widest] - _NARROWEST) // 2))
        else:
            del widths[giving[-1]]
    return widths


def _padded(cell: Text, width: int, *, right: bool) -> Text:
    cell = cell.copy()
    cell.truncate(width, overflow="ellipsis")
    (cell.pad_left if right else cell.pad_right)(max(width - cell.cell_len, 0))
    return cell


def facts(pairs: Iterable[tuple[str, str | Text]]) -> None:
    """Names and values under one another; values that are empty are left out."""
    shown = [(name, value) for name, value in pairs if str(value)]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        say_whole(styled(f"{name:<{width}}  ", "dim"), value)


def emit(value: Any) -> None:
    """One JSON document: indented for people, in one line for programs."""
    encoded = msgspec.json.encode(value)
    print((msgspec.json.format(encoded, indent=2) if sys.stdout.isatty() else encoded).decode())


def emit_line(value: Any) -> None:
    """One JSON object in one line, at once."""
    print(msgspec.json.encode(value).decode(), flush=True)


def complain(problem: Problem, as_json: bool) -> None:
    """What went wrong, on stderr."""
    if as_json:
        error = ErrorView(problem.code, problem.message, problem.hint)
        print(msgspec.json.encode({"error": error}).decode(), file=sys.stderr)
        return
    for index, line in enumerate(problem.message.split("\n")):
        note(*((Text("✗ ", "red"), line) if index == 0 else ("  ", line)))
    for line in filter(None, problem.hint.split("\n")):
        note(styled(f"  {line}", "dim"))
