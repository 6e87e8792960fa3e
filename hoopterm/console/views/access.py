"""Who is let in and who is kept out: agents, tokens and locks, as rows, facts and questions."""

from __future__ import annotations

from datetime import datetime

from engine.api.schema import AgentView, LockView, TokenView
from hoopterm.console import phrases
from hoopterm.console.lines import BLANK, Line, Span, labelled, line
from hoopterm.console.text import clean
from hoopterm.console.views import status
from hoopterm.console.views.target import locked

AGENT_SOON = 14 * 86_400.0  # seconds before its end in which an agent is looked at
TOKEN_SOON = 1800.0  # `hoopterm connect` mints for an hour: those do not end soon from the start
_WORST_FIRST = ("locked", "soon", "expired", "valid", "revoked")


def agent_state(agent: AgentView, now: datetime) -> str:
    """A key of `status.ACCESS`."""
    return "locked" if agent.locked else _life(agent.expires, now, AGENT_SOON)


def token_state(token: TokenView, now: datetime) -> str:
    """A key of `status.ACCESS`."""
    return "revoked" if token.revoked else _life(token.expires, now, TOKEN_SOON)


def _life(expires: str | None, now: datetime, soon: float) -> str:
    left = phrases.seconds_until(expires, now) if expires else soon
    return "expired" if left <= 0 else "soon" if left < soon else "valid"


def agent_order(agent: AgentView, now: datetime) -> tuple[int, str]:
    """What is locked or ends comes first, the rest by name."""
    return _WORST_FIRST.index(agent_state(agent, now)), agent.name


def token_order(token: TokenView, now: datetime) -> tuple[bool, float, str]:
    """Those that let in, the first to end first; then those that no longer do, the latest end first."""
    left = phrases.seconds_until(token.revoked or token.expires, now)
    is_over = token.revoked is not None or left <= 0
    return is_over, -left if is_over else left, token.id


def agent_row(agent: AgentView, seen: str, now: datetime, *, is_stale: bool = False) -> dict[str, Line]:
    """An agent's cells in the list; `seen` is when it was last, "now", or empty."""
    mark = status.ACCESS[agent_state(agent, now)]
    return {
        "state": _mark(mark, is_stale=is_stale),
        "name": (Span(clean(agent.name, 80), "bright"),),
        "sponsor": (Span(clean(agent.sponsor, 80)),),
        "expires": _until(agent.expires, now, AGENT_SOON),
        "seen": _seen(seen, now),
        "sessions": _number(agent.sessions, "running"),
        "tokens": _number(agent.tokens, ""),
        "purpose": (Span(clean(agent.purpose or "", 200), "dim"),),
        "groups": (Span(clean(" ".join(agent.groups), 200), "dim"),),
        "logins": (Span(_logins(agent), "dim"),),
    }


def token_row(token: TokenView, now: datetime, *, is_stale: bool = False) -> dict[str, Line]:
    """A token's cells in the list."""
    over = token_state(token, now) in ("revoked", "expired")
    ended = token.revoked or token.expires
    return {
        "state": _mark(status.ACCESS[token_state(token, now)], is_stale=is_stale),
        "id": (Span(clean(token.id, 40), "dim" if over else ""),),
        "subject": (Span(clean(token.subject, 80), "dim" if over else "bright"),),
        "minted": (Span(clean(token.minted_by, 80), "dim" if over else ""),),
        "expires": line((f"{phrases.ago(ended, now)} ago", "dim")) if over else _until(ended, now, TOKEN_SOON),
        "used": _seen(token.last_used or "", now),
        "created": line((f"{phrases.ago(token.created, now)} ago", "dim")),
    }


def lock_row(lock: LockView, now: datetime, *, is_stale: bool = False) -> dict[str, Line]:
    """A lock's cells in the list."""
    return {
        "kind": line((f"■ {clean(lock.kind, 20)}", "dim" if is_stale else "red")),
        "name": (Span(clean(lock.name, 80), "bright"),),
        "reason": (Span(clean(lock.reason, 400)),),
        "since": line(f"{phrases.ago(lock.since, now)} ago"),
        "by": (Span(clean(lock.by, 80)),),
        "covers": (Span(clean(" ".join(lock.covers), 400), "dim"),),
    }


def agent_words(agent: AgentView, now: datetime) -> str:
    """What a filter looks at."""
    mark = status.ACCESS[agent_state(agent, now)].word
    return " ".join((agent.name, agent.sponsor, agent.purpose or "", *agent.groups, *agent.logins, mark))


def token_words(token: TokenView, now: datetime) -> str:
    """The same of a token."""
    return " ".join((token.id, token.subject, token.minted_by, status.ACCESS[token_state(token, now)].word))


def lock_words(lock: LockView) -> str:
    """The same of a lock."""
    return " ".join((lock.kind, lock.name, lock.reason, lock.by, *lock.covers))


def agent_facts(agent: AgentView, lock: LockView | None, seen: str, now: datetime, cells: int) -> list[Line]:
    """All that is known of an agent."""
    kept = [("locked", line((clean(agent.locked, 400), "red")))] if agent.locked and lock is None else []
    return [
        line((clean(agent.name, 120), "strong"), "  ", status.ACCESS[agent_state(agent, now)].span),
        BLANK,
        *labelled(
            cells,
            *locked(lock, now),
            *kept,
            ("sponsor", line(clean(agent.sponsor, 120), ("  answers for it", "dim"))),
            ("purpose", line(clean(agent.purpose or "–", 600))),
            ("groups", line(clean(" ".join(agent.groups), 400) or "–")),
            ("expires", line(*_until(agent.expires, now, AGENT_SOON), (_date(agent.expires, now), "dim"))),
            ("last seen", _seen(seen, now)),
            ("sessions", line(f"{phrases.count(agent.sessions)} live")),
            ("tokens", line(f"{phrases.count(agent.tokens)} that let it in now")),
            ("logs in by", line(_logins(agent))),
        ),
    ]


def token_facts(token: TokenView, lock: LockView | None, now: datetime, cells: int) -> list[Line]:
    """All that is known of a token; its secret is not."""
    revoked = [("revoked", line(f"{phrases.ago(token.revoked, now)} ago"))] if token.revoked else []
    return [
        line((clean(token.id, 80), "strong"), "  ", status.ACCESS[token_state(token, now)].span),
        BLANK,
        *labelled(
            cells,
            ("lets in", line((clean(token.subject, 120), "bright"))),
            *locked(lock, now),
            ("minted by", line(clean(token.minted_by, 120))),
            ("created", line(f"{phrases.ago(token.created, now)} ago", (_date(token.created, now), "dim"))),
            *revoked,
            ("expires", line(*_until(token.expires, now, TOKEN_SOON), (_date(token.expires, now), "dim"))),
            ("last used", _seen(token.last_used or "", now)),
            ("secret", line(("was shown once, when it was minted", "dim"))),
        ),
    ]


def lock_facts(lock: LockView, now: datetime, cells: int) -> list[Line]:
    """All that is known of a lock."""
    unknown = [("note", line(("the configuration names nothing like it", "amber")))] if not lock.is_known else []
    return [
        line((clean(lock.name, 120), "strong"), (f"  {clean(lock.kind, 20)}", "dim")),
        BLANK,
        *labelled(cells, *locked(lock, now), *_covers(lock), *unknown),
    ]


def identity_question(name: str, live: int, covers: list[str], cells: int) -> list[Line]:
    """What the confirmation of an identity's lock repeats."""
    return labelled(
        cells,
        ("who", line((clean(name, 120), "strong"))),
        ("where", line("every target")),
        ("what", line(f"new sessions are refused; {phrases.plural(live, 'live session')} and open reviews end")),
        *([("also", line("whom they sponsor: " + clean(", ".join(covers), 400)))] if covers else []),
        ("how long", line(f"until it is unlocked, here or by hoopterm unlock --identity {clean(name, 60)}")),
    )


def unlock_question(lock: LockView, now: datetime, cells: int) -> list[Line]:
    """What the confirmation of an unlock repeats."""
    return labelled(
        cells,
        ("who" if lock.kind == "identity" else "where", line((clean(lock.name, 120), "strong"))),
        *locked(lock, now),
        *_covers(lock),
        ("what", line("new sessions are let in again as the rules say; what was ended stays ended")),
        ("how long", line("at once, until it is locked again")),
    )


def revoke_question(token: TokenView, now: datetime, cells: int) -> list[Line]:
    """What the confirmation of a revocation repeats."""
    return labelled(
        cells,
        ("who", line((clean(token.subject, 120), "strong"), ("  minted by ", "dim"), clean(token.minted_by, 120))),
        ("token", line(clean(token.id, 80), ("  last used ", "dim"), *_seen(token.last_used or "", now))),
        ("where", line("every target")),
        ("what", line("it lets nobody in any more, and every session that it opened ends")),
        ("how long", line("at once and for good; other tokens of theirs stay")),
    )


def _covers(lock: LockView) -> list[tuple[str, Line]]:
    return [("also stops", line(clean(", ".join(lock.covers), 400)))] if lock.covers else []


def _mark(mark: status.Mark, *, is_stale: bool) -> Line:
    return (Span(mark.span.text, "dim") if is_stale else mark.span,)


def _until(expires: str | None, now: datetime, soon: float) -> Line:
    if not expires:
        return line(("never", "dim"))
    left = phrases.seconds_until(expires, now)
    if left <= 0:
        return line((f"{phrases.age(-left)} ago", "red"))
    return line((f"in {phrases.age(left)}", "amber" if left < soon else ""))


def _date(stamp: str | None, now: datetime) -> str:
    return f"  {phrases.local_date(stamp, now)}" if stamp else ""


def _seen(seen: str, now: datetime) -> Line:
    if not seen:
        return line(("–", "faint"))
    return line(("now", "running")) if seen == "now" else line((f"{phrases.ago(seen, now)} ago", "dim"))


def _logins(agent: AgentView) -> str:
    return clean(" ".join(("token", *agent.logins)), 80)


def _number(value: int, role: str) -> Line:
    return line((phrases.few(value), role)) if value else line(("·", "faint"))
