"""Numbers over time in one line."""

from __future__ import annotations

from collections.abc import Sequence

from hoopterm.console.lines import Line, Span

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[int], cells: int, role: str) -> Line:
    """The values, the oldest first, in so many cells: neighbours are added up, and what there is not yet is a dot.

    Nothing is the lowest bar in a faint colour, so that one of anything is seen.
    """
    if cells <= 0:
        return ()
    per = max(-(-len(values) // cells), 1)
    grouped = [sum(values[max(end - per, 0) : end]) for end in range(len(values), 0, -per)][::-1]
    out = [Span("·" * (cells - len(grouped)), "faint")] if len(grouped) < cells else []
    most = max(grouped, default=0)
    for value in grouped:
        height = 0 if not value else 1 + round((len(_BARS) - 2) * value / most)
        out.append(Span(_BARS[height], role if value else "faint"))
    return tuple(_merged(out))


def _merged(spans: Sequence[Span]) -> list[Span]:
    out: list[Span] = []
    for span in spans:
        if out and out[-1].role == span.role:
            out[-1] = Span(out[-1].text + span.text, span.role)
        else:
            out.append(span)
    return out
