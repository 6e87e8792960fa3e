"""What the engine said, as view state: no widgets, no sockets, no clock of its own.

The link feeds it, screens read it. Every change names its topic, so that a screen repaints what changed and nothing
else.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from enum import StrEnum
from time import monotonic

from engine.api.schema import LiveView, ReviewView, SessionView, StatusView
from hoopterm.console.access import Access

STALE_AFTER = 10.0  # seconds of silence; the live feed says something at least every few
_PAST_REVIEWS = 500
_PAST_SESSIONS = 20_000


class Topic(StrEnum):
    """What can change."""

    REVIEWS = "reviews"
    SESSIONS = "sessions"
    STATUS = "status"
    LINK = "link"


class LinkState(StrEnum):
    """How the road to the engine is."""

    CONNECTING = "connecting"
    LIVE = "live"
    LOST = "lost"


class Store:
    """The console's picture of one engine."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self.link = LinkState.CONNECTING
        self.cause = ""  # why the link was lost
        self.retry_at: float | None = None
        self.heard: float | None = None
        self.status: StatusView | None = None
        self.reviews: dict[str, ReviewView] = {}
        self.sessions: dict[str, SessionView] = {}
        self.access: Access | None = None  # asked for by the screen that shows it
        self.loaded = False
        self._changes: set[Topic] = set()
        self._order: list[str] | None = None
        self._waiting: list[ReviewView] | None = None
        self._live, self._past = _Sorted(), _Sorted()
        self._sessions: list[str] | None = None  # in their order

    def load(self, status: StatusView, reviews: Iterable[ReviewView], sessions: Iterable[SessionView]) -> None:
        """Replace the picture by what the engine says now."""
        self.status = status
        self.reviews = {review.id: review for review in reviews}
        self.sessions = {session.id: session for session in sessions}
        self._live = _Sorted(map(_place, filter(_is_live, self.sessions.values())))
        self._past = _Sorted(_place(session) for session in self.sessions.values() if not _is_live(session))
        self._sessions = self._waiting = None
        self.loaded = True
        self.link = LinkState.LIVE
        self.cause, self.retry_at = "", None
        self._order = None
        self.touch()
        self._changes |= set(Topic)

    def apply(self, live: LiveView) -> None:
        """Take in one change of the live feed."""
        self.touch()
        if live.review is not None:
            self.reviews[live.review.id] = live.review
            self._order = self._waiting = None
            self._changes.add(Topic.REVIEWS)
            if len(self.reviews) > 2 * _PAST_REVIEWS:
                self._forget_reviews()
        if live.session is not None:
            self._take(live.session)
            self._changes.add(Topic.SESSIONS)
            if len(self.sessions) > 2 * _PAST_SESSIONS:
                self._forget_sessions()
        if live.status is not None:
            self.status = live.status
            self._changes.add(Topic.STATUS)

    def decided(self, review: ReviewView) -> None:
        """Take in the answer to a vote, unless the feed was faster and knows what became of it."""
        known = self.reviews.get(review.id)
        if known is None or known.state == "pending":
            self.apply(LiveView(review=review))

    def touch(self) -> None:
        """The engine was heard."""
        self.heard = self._clock()

    def lose(self, cause: str, retry_in: float) -> None:
        """The road is gone; what is shown is from before."""
        self.link = LinkState.LOST
        self.cause = cause
        self.retry_at = self._clock() + retry_in
        self._changes.add(Topic.LINK)

    def connecting(self) -> None:
        """Another attempt begins."""
        self.retry_at = None
        self._changes.add(Topic.LINK)

    def take_changes(self) -> frozenset[Topic]:
        """What changed since this was asked last."""
        changes = frozenset(self._changes)
        self._changes.clear()
        return changes

    @property
    def age(self) -> float | None:
        """Seconds since the engine was heard."""
        return None if self.heard is None else self._clock() - self.heard

    @property
    def retry_in(self) -> float | None:
        """Seconds until the next attempt."""
        return None if self.retry_at is None else max(self.retry_at - self._clock(), 0.0)

    @property
    def is_stale(self) -> bool:
        """Whether nothing may be decided on this picture."""
        age = self.age
        return self.link is not LinkState.LIVE or age is None or age > STALE_AFTER

    @property
    def waiting(self) -> list[ReviewView]:
        """Reviews that wait for people."""
        if self._waiting is None:
            self._waiting = [review for review in self.reviews.values() if review.state == "pending"]
        return self._waiting

    @property
    def live_sessions(self) -> int:
        """How many sessions are live."""
        return len(self._live.places)

    def queue(self) -> list[str]:
        """Ids of reviews: the pending by deadline, oldest first, then the past, newest first."""
        if self._order is None:
            pending = sorted(self.waiting, key=lambda review: (review.deadline, review.id))
            past = [review for review in self.reviews.values() if review.state != "pending"]
            past.sort(key=lambda review: (settled(review), review.id), reverse=True)
            self._order = [review.id for review in pending + past]
        return self._order

    def session_order(self) -> list[str]:
        """Ids of sessions: the live, newest first, then the past, latest end first."""
        if self._sessions is None:
            self._sessions = [id for part in (self._live, self._past) for _, id in reversed(part.places)]
        return self._sessions

    def _take(self, session: SessionView) -> None:
        """Keep a session; most news of one does not move it."""
        before = self.sessions.get(session.id)
        self.sessions[session.id] = session
        if before is not None:
            if _place(before) == _place(session) and _is_live(before) == _is_live(session):
                return
            self._part(before).remove(_place(before))
        self._part(session).add(_place(session))
        self._sessions = None

    def _part(self, session: SessionView) -> _Sorted:
        return self._live if _is_live(session) else self._past

    def past_of(self, review: ReviewView, most: int) -> list[ReviewView]:
        """What the same identity had decided lately, newest first."""
        past = (self.reviews[id] for id in self.queue())
        subject = review.identity.subject
        found = [
            other
            for other in past
            if other.state != "pending" and other.identity.subject == subject and other.id != review.id
        ]
        return found[:most]

    def pending_of(self, session: str) -> list[ReviewView]:
        """What a session waits for."""
        return [review for review in self.waiting if review.session == session]

    def _forget_reviews(self) -> None:
        for id in self.queue()[_PAST_REVIEWS:]:
            if self.reviews[id].state != "pending":
                del self.reviews[id]
        self._order = self._waiting = None

    def _forget_sessions(self) -> None:
        for id in self.session_order()[_PAST_SESSIONS:]:
            session = self.sessions[id]
            if not _is_live(session):
                del self.sessions[id]
                self._past.remove(_place(session))
        self._sessions = None


class _Sorted:
    """Places in their order: one more or less does not sort the others again."""

    def __init__(self, places: Iterable[tuple[str, str]] = ()) -> None:
        self.places = sorted(places)

    def add(self, place: tuple[str, str]) -> None:
        insort(self.places, place)

    def remove(self, place: tuple[str, str]) -> None:
        del self.places[bisect_left(self.places, place)]


def _is_live(session: SessionView) -> bool:
    return session.state == "live"


def _place(session: SessionView) -> tuple[str, str]:
    """Where it stands among the live or the past."""
    return session.closed or session.opened, session.id


def settled(review: ReviewView) -> str:
    """When a review left the queue, as far as it says: its last vote, else when it was asked."""
    return max((vote.time for vote in review.votes), default=review.requested)


def matches(words: str, haystack: str) -> bool:
    """Whether a filter keeps a row: every word occurs, no `!word` does. Case is ignored."""
    found = haystack.lower()
    for word in words.lower().split():
        if word.startswith("!"):
            if len(word) > 1 and word[1:] in found:
                return False
        elif word not in found:
            return False
    return True
