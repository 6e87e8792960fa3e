"""A target: its row, its facts, and the questions before it is locked."""

from __future__ import annotations

from datetime import datetime

from engine.api.schema import LockView, TargetDetailView
from hoopterm.console import phrases
from hoopterm.console.lines import BLANK, Line, Span, joined, labelled, line
from hoopterm.console.text import clean
from hoopterm.console.views import status


def state(target: TargetDetailView) -> str:
    """What is worst about it: a key of `status.REACH`."""
    if target.locked:
        return "locked"
    if target.failing:
        return "unreachable"
    return "reachable" if target.answered else "untried"


def order(target: TargetDetailView) -> tuple[int, str]:
    """What is broken or locked comes first, the rest by name."""
    return ("unreachable", "locked").index(state(target)) if target.failing or target.locked else 2, target.name


def row(target: TargetDetailView, now: datetime, *, is_stale: bool = False) -> dict[str, Line]:
    """Its cells in the list."""
    mark = status.REACH[state(target)]
    answered = (f"{phrases.ago(target.answered, now)} ago", "") if target.answered else ("–", "faint")
    return {
        "state": (Span(mark.span.text, "dim") if is_stale else mark.span,),
        "name": (Span(clean(target.name, 80), "bright"),),
        "protocol": (Span(clean(target.protocol, 20)),),
        "address": (Span(clean(target.address, 120), "dim"),),
        "sessions": _live(target.sessions),
        "answered": line(answered),
        "credential": (Span(clean(target.credential, 40) or "–", "dim"),),
        "mode": (Span("observed", "amber"),) if target.mode == "observe" else line(("enforced", "dim")),
        "labels": (Span(_labels(target), "dim"),),
    }


def words(target: TargetDetailView) -> str:
    """What a filter looks at."""
    mark = status.REACH[state(target)].word
    return " ".join(
        (target.name, target.protocol, target.address, target.mode, target.credential, mark, _labels(target))
    )


def facts(target: TargetDetailView, lock: LockView | None, now: datetime, cells: int) -> list[Line]:
    """All that is known of it; of a credential the kind."""
    mark = status.REACH[state(target)]
    answered = f"{phrases.ago(target.answered, now)} ago" if target.answered else "not since the engine began"
    trouble = [("why", line((clean(target.trouble, 600), "red")))] if target.failing and target.trouble else []
    return [
        line((clean(target.name, 120), "strong"), "  ", mark.span),
        BLANK,
        *labelled(
            cells,
            *locked(lock, now),
            *trouble,
            ("answered", line(answered)),
            *([("failed", line(f"{phrases.ago(target.failed, now)} ago"))] if target.failed else []),
            ("sessions", line(f"{phrases.count(target.sessions)} live")),
            ("protocol", line(clean(target.protocol, 40))),
            ("address", line(clean(target.address, 400))),
            *([("database", line(clean(target.database, 200)))] if target.database else []),
            *([("tls", line(clean(target.tls, 40)))] if target.tls else []),
            ("login", line(clean(target.login, 120) or "–")),
            ("credential", line(clean(target.credential, 40) or "–", _KEPT)),
            *_host_keys(target),
            ("mode", line(_OBSERVED if target.mode == "observe" else "enforced")),
            ("answers", line(_ANSWERS.get(target.answers, clean(target.answers, 40)))),
            *([("trusted", line(clean(" ".join(target.trusted), 400)))] if target.trusted else []),
            ("labels", line(_labels(target) or "–")),
        ),
    ]  # fmt: skip


_KEPT = ("  its kind; the value stays in the engine", "dim")
_OBSERVED = ("observed: nothing is denied, all is recorded", "amber")
_ANSWERS = {"all": "recorded whole", "digest": "recorded as digests"}


def _host_keys(target: TargetDetailView) -> list[tuple[str, Line]]:
    if target.needs_host_key:
        told = line(("not pinned: ", "amber"), f"hoopterm target learn {clean(target.name, 80)}")
        return [("host key", told)]
    return [("host key" if not place else "", line(clean(key, 200))) for place, key in enumerate(target.host_keys)]


def locked(lock: LockView | None, now: datetime) -> list[tuple[str, Line]]:
    """Who locked it, since when and why."""
    if lock is None:
        return []
    by = joined((line("by ", (clean(lock.by, 120), "bright")), line(f"{phrases.ago(lock.since, now)} ago")))
    return [("locked", by), ("", line((clean(lock.reason, 600), "red")))]


def lock_question(name: str, live: int, cells: int) -> list[Line]:
    """What the confirmation of a target's lock repeats."""
    return labelled(
        cells,
        ("who", line("everybody who comes to it")),
        ("where", line((clean(name, 120), "bright"))),
        ("what", line(f"new sessions are refused; {phrases.plural(live, 'live session')} and open reviews end")),
        ("how long", line(f"until it is unlocked, here or by hoopterm unlock --target {clean(name, 60)}")),
    )


def _live(sessions: int) -> Line:
    return line((phrases.few(sessions), "running")) if sessions else line(("·", "faint"))


def _labels(target: TargetDetailView) -> str:
    return clean(" ".join(f"{key}={value}" for key, value in sorted(target.labels.items())), 400)
