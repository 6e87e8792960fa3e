"""A terminal that is watched or replayed: what it is, and what was typed into it."""

from __future__ import annotations

from collections.abc import Sequence

from hoopterm.console.lines import BLANK, Line, Span, line, wrap
from hoopterm.console.statements import Statement
from hoopterm.console.text import clean
from hoopterm.console.views import statement
from hoopterm.console.widgets.grid import Still

_TYPED = 12  # lines of what was typed that are shown


def told(found: Statement) -> Line:
    """A line that was typed, and what was decided, on one line."""
    mark = statement.mark(found)
    text = (clean(found.text.partition("\n")[0], 200), "bright")
    return line(" ", (f"{mark.glyph} ", mark.role), text, "  ", statement.decision(found))


def about(still: Still, crop: str) -> Line:
    """Its size, and honestly what of it is not shown."""
    size = line((f"{still.columns} × {still.rows}", "dim"))
    return line(*size, ("  showing ", "amber"), (crop, "amber"), " ") if crop else (*size, Span(" "))


def evidence(
    found: Statement, at: Statement | None, still: Still, typed: str, cells: int, seal: Sequence[Line] = ()
) -> list[Line]:
    """The line one is `at`, the decision on the terminal itself, then what was typed last.

    `seal` is what the log has of the line, else of the terminal."""
    out: list[Line] = []
    if at is not None:
        out += [*wrap(line((clean(at.text, 400), "strong")), cells), *statement.evidence(at, cells), *seal, BLANK]
    out += statement.evidence(found, cells)
    if at is None:
        out += seal
    out.append(line(("terminal".ljust(10), "dim"), f"{still.columns} × {still.rows}"))
    keys = [piece for piece in typed.replace("\r\n", "\r").replace("\n", "\r").split("\r") if piece]
    if keys:
        out += [BLANK, line(("typed", "dim"))]
        for each in keys[-_TYPED:]:
            out += wrap(line("  ", (clean(each, 400), "bright")), cells, indent=line("  "))
    return out


def indexing(share: float) -> list[Line]:
    """What is shown while a place is not indexed yet."""
    return [BLANK, line(("  reading the terminal's recording  ", "dim"), (f"{share:.0%}", "bright"))]
