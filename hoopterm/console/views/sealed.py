"""What the log says of an operation: the number of its entry, and whether it is proven."""

from __future__ import annotations

from hoopterm.console import phrases
from hoopterm.console.lines import Line, Span, line, wrap
from hoopterm.console.sealed import Sealed
from hoopterm.console.text import clean

_LABEL = 10


def sealed(found: Sealed | None, cells: int) -> list[Line]:
    """A labelled fact a line; None stands for what is being asked."""
    if found is None:
        return _fact("entry", line(("asking the log…", "dim")), cells)
    out: list[Line] = []
    if found.entry is not None:
        more = f"  and {phrases.plural(found.others, 'later one')}" if found.others else ""
        out += _fact(
            "entry",
            line((f"#{found.entry.sequence:,}", "strong"), f" {clean(found.entry.event, 40)}", (more, "dim")),
            cells,
        )
    if found.proven is not None and found.proven.holds:
        out += _fact("proof", line(("✓ proven here", "running"), (" to be in the signed log", "dim")), cells)
        out += _fact("", line((f"leaf {found.proven.leaf:,} of {found.proven.size:,}", "dim")), cells)
    elif found.proven is not None:
        out += _fact("proof", line(("✗ not proven", "danger"), (f"  {clean(found.proven.why, 200)}", "red")), cells)
    else:
        label = "proof" if found.entry is not None else "entry"
        out += _fact(label, line(("not checked: ", "amber"), (clean(found.cause, 300), "dim")), cells)
    return out


def _fact(label: str, value: Line, cells: int) -> list[Line]:
    pieces = wrap(value, max(cells - _LABEL, 12))
    return [(Span(("" if at else label).ljust(_LABEL), "dim"), *piece) for at, piece in enumerate(pieces)]
