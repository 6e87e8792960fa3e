"""Header, footer, banner, and the four states every list has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hoopterm.console import phrases
from hoopterm.console.actions import Action, Scope, find, modes
from hoopterm.console.lines import BLANK, Line, Span, ends, line, measure, shorten
from hoopterm.console.store import LinkState, Store
from hoopterm.console.text import clean
from hoopterm.console.views import first, room

_TABS_FROM = 110


@dataclass(frozen=True, slots=True)
class Place:
    """Where one is: the engine's name, the mode, a file when nothing is asked of an engine, and what is beside it."""

    name: str
    mode: str
    file: str = ""
    beside: Line = BLANK


def header(store: Store, place: Place, cells: int, now: datetime, *, is_quiet: bool = False) -> Line:
    """Product, engine, link's age, waiting, you, clock. Where nobody is at it, nothing in it moves by the second."""
    waiting = len(store.waiting)
    left = line(" ", ("hoopterm", "brand"), "  ")
    if place.file:
        left += line(clean(place.file, 120), ("  file", "dim"))
    else:
        left += (Span(clean(place.name, 60)), *place.beside, Span(" "), *_pulse(store, is_quiet))
        if store.status is not None and store.status.draining:
            left += line("  ", ("draining", "waiting"))
    middle = line((f"▲ {waiting} waiting", "waiting")) if waiting else line(("nothing waits", "dim"))
    if place.file or not store.loaded:
        middle = BLANK
    clock = now.astimezone().strftime("%H:%M   " if is_quiet else "%H:%M:%S")
    right = (*_you(store), Span(clock, "bright"), Span(" "))
    if cells < 72:
        right = (Span(clock, "bright"), Span(" "))
    if cells >= _TABS_FROM:
        others = measure(left) + measure(middle) + measure(right) + 4
        left += next((piece for piece in _pieces(store, place.mode) if measure(piece) + others <= cells), BLANK)
    gap = cells - measure(left) - measure(middle) - measure(right)
    if gap < 2:
        return ends(left, middle if middle and gap < -9 else (*middle, Span("  "), *right), cells)
    lead = gap // 2
    return (*left, Span(" " * lead), *middle, Span(" " * (gap - lead)), *right)


def _pieces(store: Store, mode: str) -> Iterator[Line]:
    """What a wide header has besides, the most first: the free space gives way to the screens' names."""
    gap = Span("    ")
    if store.status is not None:
        yield (*room.note(store.status.space), gap, *_tabs(mode))
    yield (gap, *_tabs(mode))
    yield (gap, *_tabs(mode, True))


def _pulse(store: Store, is_quiet: bool) -> Line:
    age = store.age
    if store.link is LinkState.CONNECTING:
        return line(("◌ connecting", "dim"))
    if store.link is LinkState.LOST or age is None:
        return line(("✗ away", "danger"), (f" {phrases.age(age)}" if age is not None else "", "dim"))
    if store.is_stale:
        return line(("◌ silent ", "red"), (phrases.age(age), "red"))
    if is_quiet:
        return line(("● live", "running"), "     ")
    return line(("● live ", "running"), (phrases.freshness(age), "dim"))


def _you(store: Store) -> Line:
    status = store.status
    if status is None or not status.you:
        return BLANK
    ranks = [name for name in ("admin", "approver", "operator", "auditor") if name in status.permissions]
    rank = next((name for name in ("approver",) if name in ranks), ranks[0] if ranks else "guest")
    return line(clean(status.you, 24), (f" · {rank}", "dim"), "  ")


def _tabs(mode: str, is_short: bool = False) -> Line:
    out: list[Span] = []
    for name, action in modes().items():
        here = name == mode
        out.append(Span(f"{action.shown} ", "key" if here else "dim"))
        if here or not is_short:
            out += [Span(action.label, "strong" if here else "dim"), Span("  ")]
    return tuple(out)


def _range() -> str:
    shown = [action.shown for action in modes().values()]
    return f"{shown[0]}–{shown[-1]}"


def footer(actions: Sequence[Action], off: frozenset[str], labels: Mapping[str, str], cells: int) -> Line:
    """As many keys as fit, the weightiest first; what cannot be done now is dim."""
    room = cells - 1
    tail = line((_range(), "key"), (" screens ", "dim")) if cells < _TABS_FROM else BLANK
    out: list[Span] = [Span(" ")]
    used = 1 + measure(tail)
    for action in sorted(actions, key=lambda action: -action.weight):
        if not action.weight:
            break
        faded = action.id in off
        piece = (
            Span(action.shown, "faint" if faded else "key"),
            Span(f" {labels.get(action.id, action.label)}", "faint" if faded else "dim"),
        )
        if used + measure(piece) + 3 > room:
            continue
        out += [*piece, Span("   ")]
        used += measure(piece) + 3
    return ends(tuple(out), tail, cells)


def banner(store: Store, cells: int) -> Line:
    """Why the engine is away and when it is tried again, or that it runs out of space; blank while all is well."""
    if store.link is LinkState.LOST:
        wait = store.retry_in
        again = "trying again now" if wait is None else f"trying again in {wait:.0f}s"
        since = f" · picture is {phrases.age(store.age)} old" if store.age is not None else ""
        right = line((f" {again}{since} · {find(Scope.APP, 'retry').shown} now ", "alarm"))
        left = line((f" ✗ {clean(store.cause, 300)} ", "alarm"))
        filled = ends(shorten(left, max(cells - measure(right), 10)), right, cells)
        return tuple(Span(span.text, "alarm") for span in filled)
    if store.loaded and store.is_stale and store.age is not None:
        text = f" ◌ the engine is silent for {phrases.age(store.age)}: this may be old, so nothing can be decided"
        return (Span(text.ljust(cells)[:cells], "alarm"),)
    return BLANK if store.status is None else room.banner(store.status.space, cells)


def empty(title: str, why: str, key: str = "", does: str = "", store: Store | None = None) -> list[Line]:
    """An empty list: that it is, why, the next key, and an agent's way in while the store has no session."""
    out = [BLANK, line("  ", (title, "strong")), line("  ", (why, "dim"))]
    if key:
        out += [BLANK, line("  ", (key, "key"), (f" {does}", "dim"))]
    return out if store is None else out + first.first_steps(store)


def loading(what: str, place: str) -> list[Line]:
    """A list that is on its way."""
    return [BLANK, line("  ", (f"◌ {what}", "dim")), line("  ", (clean(place, 200), "dim"))]


def broken(what: str, cause: str, key: str = "", does: str = "tries again") -> list[Line]:
    """A list that could not be had: the cause, and how to retry; where there is no engine at all, how to have one."""
    if first.is_missing(cause):
        return first.no_engine(cause)
    return [
        BLANK,
        line("  ", (f"✗ {what}", "danger")),
        line("  ", clean(cause, 500)),
        BLANK,
        line("  ", (key or find(Scope.APP, "retry").shown, "key"), (f" {does}", "dim")),
    ]
