"""How the engine is, in a line each: listeners, targets, locks, the store, the log, and the space it has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.api.schema import StatusView, TargetView
from hoopterm.console import phrases
from hoopterm.console.lines import BLANK, Item, Line, Span, joined, line
from hoopterm.console.text import clean
from hoopterm.console.views import room
from hoopterm.console.views import status as marks

_LABEL = 11


def health(status: StatusView, now: datetime, *, is_long: bool) -> list[Item]:
    """What is broken comes first in each line; a target that is can be gone to."""
    return [
        *_listeners(status, is_long=is_long),
        *_targets(status, is_long=is_long),
        *([Item(_labelled("locks", line((f"■ {phrases.plural(status.locks, 'lock')} set", "red"))), "locks:")]
          if status.locks else []),
        *(Item(_labelled(what, line((f"✗ {clean(why, 200)}", "danger")))) for what, why in status.troubles.items()),
        Item(_labelled("log", _log(status, now))),
        *([Item(_labelled("space", space))] if (space := _space(status)) else []),
    ]  # fmt: skip


def _labelled(label: str, value: Line) -> Line:
    return (Span(f"  {label:<{_LABEL}}", "dim"), *value)


def _listeners(status: StatusView, *, is_long: bool) -> Iterator[Item]:
    told = [
        line(
            ("● ", "running"),
            f"{clean(each.protocol, 20)} ",
            (f"{clean(each.host, 60)}:{each.port}", "bright"),
            ("" if each.tls in ("", "off") or not is_long else f"  tls {each.tls}", "dim"),
        )
        for each in status.listeners
    ]
    if status.draining:
        yield Item(_labelled("engine", line(("▲ draining: it takes no more clients", "waiting"))))
    if not told:
        yield Item(_labelled("listeners", line(("none: nobody can connect", "amber"))))
    elif is_long:
        for number, each in enumerate(told):
            yield Item(_labelled("" if number else "listeners", each))
    else:
        yield Item(_labelled("listeners", joined(told, Span("  "))))


def state(target: TargetView) -> marks.Mark:
    """The mark of a target: what is worst about it."""
    if target.locked:
        return marks.TARGETS["locked"]
    if target.failing:
        return marks.TARGETS["failing"]
    return marks.TARGETS["observe" if target.mode == "observe" else "ready"]


def _targets(status: StatusView, *, is_long: bool) -> Iterator[Item]:
    bad = [target for target in status.targets if target.locked or target.failing]
    observed = sum(target.mode == "observe" for target in status.targets if target not in bad)
    good = joined(
        (
            line((f"✓ {len(status.targets) - len(bad)} ready", "dim" if bad else "")) if status.targets else BLANK,
            line((f"{observed} only observed", "amber")) if observed else BLANK,
            BLANK if status.targets else line(("none: the configuration names no target", "amber")),
        )
    )
    yield Item(_labelled("targets", good), "targets:")
    for target in bad[: 8 if is_long else 3]:
        mark = state(target)
        yield Item(_labelled("", line(mark.span, "  ", (clean(target.name, 40), "bright"))), f"target:{target.name}")


def _log(status: StatusView, now: datetime) -> Line:
    signed = f"signed {phrases.ago(status.checkpoint, now)} ago" if status.checkpoint else "not signed yet"
    return joined(
        (
            line("✓ " if not status.troubles else "  ", f"{phrases.count(status.log_size)} entries"),
            line((signed, "" if status.checkpoint else "amber")),
            line((f"store {clean(status.store, 20)}", "dim")),
        )
    )


def _space(status: StatusView) -> Line:
    space = room.tightest(status.space)
    if space is None:
        return BLANK
    role = {"low": "waiting", "full": "danger"}.get(space.level, "dim")
    glyph = marks.space(space.level).glyph
    return line((f"{glyph} {phrases.room(space.free, space.total, space.rate, space.days_left)}", role))
