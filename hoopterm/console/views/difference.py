"""What a policy would change: in rules, in who may do what where, and in lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from engine.api.schema import DiffView, ShiftView
from hoopterm.console.lines import BLANK, Line, Span, line, wrap
from hoopterm.console.text import clean

_ROLES = {"+": "running", "-": "red", "~": "amber"}
_DIRECTIONS = {"gains": ("▲", "amber"), "loses": ("▼", "red")}
_VERDICTS = {"allow": "running", "review": "amber", "deny": "red"}


def changes(found: DiffView | None) -> list[Line]:
    """Rules and other things added, removed and changed."""
    return [line((clean(each, 400), _ROLES.get(each[:1], ""))) for each in found.changes] if found else []


def shifts(found: DiffView | None) -> list[Line]:
    """Who gains or loses what where: one line each, gains first, since those let something run."""
    order = {"gains": 0, "differs": 1, "loses": 2}
    every = sorted(found.shifts, key=lambda shift: order.get(shift.direction, 1)) if found else []
    return [_shift(shift) for shift in every]


def _shift(shift: ShiftView) -> Line:
    glyph, role = _DIRECTIONS.get(shift.direction, ("~", "bright"))
    return (
        Span(f"{glyph} ", role),
        Span(_names(shift.identities), "bright"),
        Span(f" {clean(shift.direction)} ", role),
        Span(_names(shift.effects), "bright"),
        Span(" on ", "dim"),
        Span(_names(shift.targets), "bright"),
        Span("  ", "dim"),
        *_verdicts(shift.before),
        Span(" → ", "dim"),
        *_verdicts(shift.after),
        *((Span(f"  by {_names(shift.rules)}", "dim"),) if shift.rules else ()),
    )


def _verdicts(verdicts: Sequence[str]) -> Line:
    out: list[Span] = []
    for verdict in verdicts:
        out += [*([Span("|", "dim")] if out else []), Span(clean(verdict, 20), _VERDICTS.get(verdict, ""))]
    return tuple(out) or (Span("nothing", "dim"),)


def _names(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(clean(name, 60) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def meaning(found: DiffView | None, cause: str, cells: int) -> list[Line]:
    """The rules that differ, and what that means for whom; `cause` is why nobody can say."""
    if cause:
        return [line(("◌ not compared: ", "dim"), (clean(cause, 300), "dim"))]
    if found is None:
        return [line(("◌ comparing", "dim"))]
    if not found.changes:
        return nothing()
    out = [line(("what changes", "dim")), *_wrapped(changes(found), cells), BLANK, line(("for whom", "dim"))]
    said = _wrapped(shifts(found), cells)
    return [*out, *(said or [line("nobody gains or loses anything")])]


def _wrapped(lines: Sequence[Line], cells: int) -> list[Line]:
    return [piece for each in lines for piece in wrap(each, cells, indent=(Span("    "),))]


def patch(text: str) -> list[Line]:
    """A diff of text, coloured."""
    out: list[Line] = []
    for row in text.splitlines():
        if row.startswith(("--- ", "+++ ")):
            out.append(line((clean(row), "dim")))
        elif row.startswith("@@"):
            out.append(line((clean(row), "number")))
        else:
            role = {"+": "running", "-": "red"}.get(row[:1], "dim")
            out.append(line((clean(row.replace("\t", "    ")), role)))
    return out


def both(text: str, found: DiffView | None, cause: str, cells: int) -> list[Line]:
    """What would change, in meaning and in text."""
    return [*meaning(found, cause, cells), BLANK, *patch(text)] if text else nothing()


def nothing() -> list[Line]:
    """A draft that says what is in force."""
    return [BLANK, line("  ", ("Nothing is changed", "strong")), line("  ", ("the text is what is in force", "dim"))]
