"""The first look: what needs a person, what is alive, then how everything is and what changed."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.api.schema import ChangeView, PaceView, ReviewView, SessionView
from hoopterm.console import phrases
from hoopterm.console.lines import BLANK, Item, Line, Span, ends, fit, joined, line, row
from hoopterm.console.store import Store
from hoopterm.console.text import clean
from hoopterm.console.views import review, session
from hoopterm.console.views.health import health
from hoopterm.console.views.news import news
from hoopterm.console.views.sparkline import sparkline

_MOST_WAITING, _MOST_LIVE = 4, 4
_NARROW = 76


@dataclass(frozen=True, slots=True)
class News:
    """What changed, `since` when in words, or why nobody can say."""

    changes: Sequence[ChangeView] = ()
    since: str = ""  # empty: nobody has looked before
    more: str = ""
    why: str = ""


def left(store: Store, found: News, now: datetime, cells: int, lines: int) -> list[Item]:
    """What needs a person, what is alive, what changed: all there is to do something about."""
    room = max((lines - 8) // 3, _MOST_WAITING)
    return [
        *_waiting(store, now, cells, room),
        Item(BLANK),
        *_live(store, now, cells, room),
        Item(BLANK),
        *_news(found, now, cells),
    ]


def right(store: Store, now: datetime, cells: int) -> list[Line]:
    """The last hour, and how everything is."""
    out = [*_pace(store, cells), BLANK, _heading("health", "", cells)]
    if store.status is not None:
        out += [fit(item.line, cells) for item in health(store.status, now, is_long=True)]
    return out


def whole(store: Store, found: News, now: datetime, cells: int) -> list[Item]:
    """All of it in one column, as close as a small terminal needs it."""
    out = [
        *_waiting(store, now, cells, _MOST_WAITING),
        *_live(store, now, cells, _MOST_LIVE),
        *(Item(each) for each in _pace(store, cells)),
    ]
    if store.status is not None:
        out.append(Item(_heading("health", "", cells)))
        out += health(store.status, now, is_long=False)
    return [*out, *_news(found, now, cells)]


def _heading(title: str, more: str, cells: int, role: str = "dim") -> Line:
    head = line(("── ", "faint"), (title, role), (f"  {more}" if more else "", "dim"), " ")
    return (*head, Span("─" * max(cells - sum(len(span.text) for span in head), 0), "faint"))


def _widths(cells: int) -> tuple[int, int, int]:
    """Of who, target and verb: they grow with the terminal, what follows takes the rest."""
    spare = max(cells - _NARROW, 0)
    return 13 + min(spare // 4, 13), 9 + min(spare // 6, 9), 9


def _waiting(store: Store, now: datetime, cells: int, most: int) -> list[Item]:
    waiting = sorted(store.waiting, key=lambda each: (not each.may_decide, each.deadline, each.id))
    yours = sum(each.may_decide for each in waiting)
    if not waiting:
        return [
            Item(_heading("waiting for you", "", cells)),
            Item(line(("  ✓ ", "running"), ("nothing waits", ""), ("; what is held appears here at once", "dim"))),
        ]
    others = len(waiting) - yours
    more = f"and {others} for others" if yours and others else "" if yours else "for others: you may not decide them"
    title = f"▲ {yours} waiting for you" if yours else f"▲ {len(waiting)} waiting"
    out = [Item(_heading(title, more, cells, "waiting"))]
    out += [Item(_review(each, now, cells), f"review:{each.id}") for each in waiting[:most]]
    return out + _rest(len(waiting) - most, "3", "all that wait", "reviews:")


def _review(found: ReviewView, now: datetime, cells: int) -> Line:
    who, where, verb = _widths(cells)
    cell = review.row(found, now)
    tone = "bright" if found.may_decide else "dim"
    rest = max(cells - 8 - who - where - verb - 12 - 12, 8)
    return row(
        ((Span("▲ ", "waiting" if found.may_decide else "dim"), *fit(cell["left"], 6, right=True)), 8),
        (line((clean(found.identity.subject, 60), tone)), who),
        (line(clean(found.target, 60)), where),
        (cell["verb"], verb),
        (cell["resource"], rest),
        (cell["rows"], -12),
    )


def _live(store: Store, now: datetime, cells: int, most: int) -> list[Item]:
    live = [each for each in store.sessions.values() if each.state == "live"]
    held = {each.session for each in store.waiting}
    first = heapq.nlargest(most, live, key=lambda each: (each.id in held, each.opened, each.id))
    more = ""
    if live:
        counts = ((sum(each.denied for each in live), "denied"), (sum(each.masked for each in live), "values masked"))
        more = " · ".join(f"{phrases.count(number)} {what}" for number, what in counts if number)
    title = phrases.plural(len(live), "live session") if live else "live sessions"
    out = [Item(_heading(title, more, cells, "running" if live else "dim"))]
    if not live:
        return [*out, *_nobody(store)]
    out += [Item(_session(each, each.id in held, now, cells), f"session:{each.id}") for each in first]
    return out + _rest(len(live) - most, "2", "all sessions", "sessions:")


def _nobody(store: Store) -> list[Item]:
    status = store.status
    if not store.sessions and status is not None and not status.operations:
        where = status.listeners[0] if status.listeners else None
        at = f" and have it connect to {clean(where.host, 60)}:{where.port}" if where is not None else ""
        return [
            Item(line("  no agent has come yet: ", ("hoopterm token create AGENT", "bright"), (at, "dim"))),
        ]
    return [Item(line(("  ○ nobody is connected", "dim")))]


def _session(found: SessionView, is_held: bool, now: datetime, cells: int) -> Line:
    who, where, verb = _widths(cells)
    cell = session.row(found, is_held, now)
    did = joined(
        (
            line(f"{phrases.few(found.operations)} ops"),
            line((f"{phrases.few(found.denied)} denied", "red")) if found.denied else BLANK,
            line((f"▒ {phrases.few(found.masked)}", "mask")) if found.masked else BLANK,
            cell["mode"],
        )
    )
    glyph = cell["state"][0]
    return row(
        ((Span(glyph.text[0] + " ", glyph.role), *fit(cell["since"], 6, right=True)), 8),
        (cell["who"], who),
        (cell["target"], where),
        (cell["verb"], verb),
        (did, max(cells - 8 - who - where - verb - 8, 8)),
    )


def _rest(more: int, key: str, does: str, id: str) -> list[Item]:
    if more <= 0:
        return []
    return [Item(line((f"          +{more} more   ", "dim"), (key, "key"), (f" {does}", "dim")), id)]


def _pace(store: Store, cells: int) -> list[Line]:
    status = store.status
    pace = status.pace if status is not None else None
    if status is None or pace is None:
        return []
    minutes = min(round(len(pace.operations) * pace.seconds / 60), 60)
    span = "last hour" if minutes >= 60 else f"last {phrases.plural(max(minutes, 1), 'minute')}"
    figures = (
        ("operations", pace.operations, status.operations, "running"),
        ("denied", pace.denied, status.denied, "danger"),
        ("masked", pace.masked, status.masked, "mask"),
    )
    out = [_heading(span, "", cells)]
    for label, steps, total, role in figures:
        rate = speed(steps, pace)
        figure = line(
            (f"{rate:>9}", "bright" if any(steps[-2:]) else "dim"), (f"{phrases.count(total):>12}", "dim"), " "
        )
        bars = sparkline(steps, max(cells - 13 - 24, 8), role)
        out.append(ends((Span(f"  {label:<11}", "dim"), *bars), figure, cells))
    return out


def speed(steps: Sequence[int], pace: PaceView) -> str:
    """How many a second now: of the step that goes on, and the one before it."""
    latest = steps[-2:]
    passed = pace.into + (pace.seconds if len(latest) > 1 else 0.0)
    rate = sum(latest) / passed if passed > 0 else 0.0
    if not sum(latest):
        return "0/s"
    return f"{rate:.1f}/s" if rate < 100 else f"{phrases.few(round(rate))}/s"


def _news(found: News, now: datetime, cells: int) -> list[Item]:
    title = f"since you last looked, {found.since}" if found.since else "lately"
    out = [Item(_heading(title, found.more, cells))]
    if found.why:
        return [*out, Item(line((f"  {clean(found.why, 200)}", "dim")))]
    if not found.changes:
        return [*out, Item(line(("  nothing was denied, decided, locked or applied", "dim")))]
    return [
        *out,
        *(
            Item(fit(news(each, now), cells), f"news:{place}:{each.session or ''}")
            for place, each in enumerate(found.changes)
        ),
    ]
