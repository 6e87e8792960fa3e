"""What changed, in a line each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from engine.api.schema import ChangeView, ReviewView
from hoopterm.console import phrases
from hoopterm.console.lines import BLANK, Line, joined, line
from hoopterm.console.store import settled
from hoopterm.console.text import clean


class _Word(NamedTuple):
    glyph: str
    text: str
    role: str
    tells: tuple[str, ...] = ()  # of what was said, in this order


_WORDS = {
    "operation.denied": _Word("✗", "denied", "danger", ("verb", "resources", "rule")),
    "session.refused": _Word("✗", "refused", "red", ("why",)),
    "target.refused": _Word("✗", "not its key", "danger", ("why",)),
    "review.approved": _Word("✓", "approved", "bright", ("rule", "by", "reason")),
    "review.denied": _Word("✗", "denied it", "red", ("rule", "by", "reason")),
    "review.expired": _Word("◌", "expired", "amber", ("rule", "by")),
    "review.revoked": _Word("✗", "revoked", "red", ("rule", "by", "reason")),
    "policy.applied": _Word("◆", "policy", "bright", ("author", "changes")),
    "policy.refused": _Word("✗", "no policy", "red", ("author",)),
    "identity.locked": _Word("■", "locked", "red", ("by", "reason")),
    "identity.unlocked": _Word("□", "unlocked", "bright", ("by", "reason")),
    "token.revoked": _Word("■", "token ended", "bright", ("token", "by")),
    "answer.gap": _Word("✗", "answer lost", "danger", ("why", "recording")),
    "notify.failed": _Word("✗", "not told", "red", ("why",)),
    "space.low": _Word("▲", "space low", "waiting", ("level", "path")),
    "engine.started": _Word("●", "started", "bright", ()),
}
_REVIEWS = {"denied": "review.denied", "expired": "review.expired", "revoked": "review.revoked"}
_UNKNOWN = _Word("·", "", "dim")


def news(change: ChangeView, now: datetime) -> Line:
    """How long ago, what, who, where, and a few words more."""
    word = _WORDS.get(change.event, _UNKNOWN)
    who = clean(change.identity or "", 60)
    where = clean(change.target or "", 60)
    times = line((f"×{phrases.few(change.count)}", "strong")) if change.count > 1 else BLANK
    told = (line((_told(change.said.get(name)), "dim")) for name in word.tells if change.said.get(name))
    head = line(
        (f"{phrases.ago(change.time, now):>4}  ", "dim"),
        (f"{word.glyph} {word.text or clean(change.event, 30):<11}  ", word.role),
    )
    subject = line((who, "bright"), (f" → {where}" if who and where else where, "")) if who or where else BLANK
    return (*head, *joined((times, subject, *told)))


def _told(value: object) -> str:
    if isinstance(value, list):
        return clean(", ".join(map(str, value[:3])) + (f" +{len(value) - 3}" if len(value) > 3 else ""), 160)
    return clean(str(value), 160)


def of_reviews(reviews: Iterable[ReviewView], since: str) -> list[ChangeView]:
    """What became of reviews since then: what people see who may not read the record. Newest first."""
    found = []
    for review in reviews:
        event = _REVIEWS.get(review.state) or ("review.approved" if review.state in ("approved", "used") else "")
        at = review.deadline if review.state == "expired" else settled(review)
        if event and at >= since:
            vote = review.votes[-1] if review.votes else None
            said = {"rule": review.rule} | ({"by": vote.person, "reason": vote.reason} if vote is not None else {})
            found.append(ChangeView(0, at, event, review.identity.subject, review.target, review.session, 1, said))
    return sorted(found, key=lambda change: change.time, reverse=True)
