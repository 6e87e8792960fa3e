"""A session: its row in the list, and its facts."""

from __future__ import annotations

from datetime import datetime

from engine.api.schema import SessionView
from hoopterm.console import phrases
from hoopterm.console.lines import BLANK, Line, Span, joined, labelled, line
from hoopterm.console.text import clean
from hoopterm.console.views import status
from hoopterm.console.views.review import person


def row(session: SessionView, is_held: bool, now: datetime) -> dict[str, Line]:
    """The session's cells in the list."""
    live = session.state == "live"
    tone, who = "" if live else "dim", clean(session.identity.subject, 80)
    mark = status.session(session.state, is_held=is_held)
    since = phrases.ago(session.opened if live else session.closed or session.opened, now)
    return {
        "state": (mark.span,),
        "since": (Span(since, tone),),
        "who": (*((Span("locked ", "red"),) if session.locked else ()), Span(who, "bright" if live else "dim")),
        "behalf": (Span(clean(session.identity.on_behalf_of or session.identity.sponsor or "", 80), "dim"),),
        "target": (Span(clean(session.target, 80), tone),),
        "mode": (Span("observed", "amber"),) if session.mode == "observe" else BLANK,
        "verb": (Span(clean(session.last_verb, 40), tone),),
        "operations": (Span(phrases.few(session.operations), tone),),
        "denied": _number(session.denied, "red", live),
        "held": _number(session.held, "amber", live),
        "masked": _number(session.masked, "mask", live),
        "rows": (Span(phrases.few(session.rows), tone),),
        "client": (Span(clean(session.client, 120), "dim"),),
        "id": (Span(clean(session.id, 60), "dim"),),
    }


def _number(value: int, role: str, live: bool) -> Line:
    return (Span(phrases.few(value), role if live else "dim"),) if value else (Span("·", "faint"),)


def words(session: SessionView) -> str:
    """What a filter looks at."""
    who = session.identity
    return " ".join(
        (
            session.id,
            session.state,
            session.mode,
            "locked" if session.locked else "",
            who.subject,
            who.sponsor or "",
            who.on_behalf_of or "",
            session.target,
            session.protocol,
            session.client,
            session.last_verb,
        )
    )


def facts(session: SessionView, now: datetime, is_stale: bool = False) -> list[Line]:
    """Who, where from, since when, and what came of it so far: two lines."""
    live = session.state == "live"
    mark = status.SESSIONS["stale"] if live and is_stale else status.session(session.state)
    opened = phrases.local_date(session.opened, now)
    span = f"since {opened}" if live else f"{opened} – {phrases.local_date(session.closed or session.opened, now)}"
    counts = joined(
        (
            line(phrases.plural(session.operations, "operation")),
            line((f"{phrases.count(session.denied)} denied", "red")) if session.denied else BLANK,
            line((f"▒ {phrases.count(session.masked)} masked", "mask")) if session.masked else BLANK,
            line(phrases.plural(session.rows, "row")) if session.rows else BLANK,
            line(("only observed", "amber")) if session.mode == "observe" else BLANK,
        )
    )
    where = line(mark.span, "  ", (clean(session.target, 60), "bright"), (f"  from {clean(session.client, 60)}", "dim"))
    return [person(session.identity), joined((where, line((span, "dim")))), counts]


def question(session: SessionView, now: datetime, cells: int) -> list[Line]:
    """What the confirmation of an end repeats."""
    did = line(phrases.plural(session.operations, "operation"), f", last {clean(session.last_verb, 40) or 'none'}")
    return labelled(
        cells,
        ("who", person(session.identity)),
        ("where", line((clean(session.target, 80), "bright"), (f"  from {clean(session.client, 80)}", "dim"))),
        ("since", line(phrases.local_date(session.opened, now), (f"  {phrases.ago(session.opened, now)}", "dim"))),
        ("did", did),
        ("what", line("the connection is cut; an open transaction rolls back, a held operation is withdrawn")),
        ("how long", line("at once and for good; the agent may connect again while its token is valid")),
    )


def lock_question(session: SessionView, live: int, cells: int) -> list[Line]:
    """What the confirmation of a lock repeats; `live` sessions of that identity are known."""
    identity = session.identity
    name = clean(identity.subject, 60)
    too = line("the agents they sponsor, what is done on their behalf or through tokens they minted")
    return labelled(
        cells,
        ("who", person(identity)),
        ("where", line("every target")),
        ("what", line(f"new sessions are refused; {phrases.plural(live, 'live session')} and open reviews end")),
        *((("also", too),) if identity.kind == "human" else ()),
        ("how long", line(f"until somebody runs hoopterm unlock --identity {name}")),
    )
