"""Glyph, word and colour of every state: never one of them alone."""

from __future__ import annotations

from typing import NamedTuple

from hoopterm.console.lines import Span


class Mark(NamedTuple):
    """How a state is shown."""

    glyph: str
    word: str
    role: str

    @property
    def span(self) -> Span:
        """Glyph and word."""
        return Span(f"{self.glyph} {self.word}", self.role)


UNKNOWN = Mark("?", "unknown", "dim")

REVIEWS = {
    "pending": Mark("▲", "waiting", "waiting"),
    "approved": Mark("✓", "approved", "bright"),
    "used": Mark("✓", "approved", "dim"),
    "denied": Mark("✗", "denied", "red"),
    "expired": Mark("◌", "expired", "dim"),
    "withdrawn": Mark("◌", "withdrawn", "dim"),
    "revoked": Mark("✗", "revoked", "red"),
}
SESSIONS = {
    "live": Mark("●", "live", "running"),
    "held": Mark("▲", "held", "waiting"),
    "stale": Mark("◌", "was live", "dim"),
    "closed": Mark("○", "closed", "dim"),
    "opened": Mark("●", "live", "running"),
    "killed": Mark("✗", "killed", "red"),
}
TARGETS = {
    "ready": Mark("✓", "ready", ""),
    "observe": Mark("◌", "observed", "amber"),
    "failing": Mark("✗", "failing", "danger"),
    "locked": Mark("■", "locked", "red"),
}
REACH = {
    "reachable": Mark("✓", "reachable", ""),
    "unreachable": Mark("✗", "unreachable", "danger"),
    "untried": Mark("◌", "never tried", "dim"),
    "locked": Mark("■", "locked", "red"),
}
ACCESS = {
    "valid": Mark("✓", "valid", ""),
    "soon": Mark("▲", "ends soon", "amber"),
    "expired": Mark("◌", "expired", "dim"),
    "revoked": Mark("✗", "revoked", "dim"),
    "locked": Mark("■", "locked", "red"),
}
SPACES = {
    "ample": Mark("✓", "ample", "dim"),
    "low": Mark("▲", "low", "waiting"),
    "full": Mark("✗", "full", "danger"),
}
OUTCOMES = {
    "completed": Mark("✓", "ran", "dim"),
    "failed": Mark("✗", "failed", "red"),
    "denied": Mark("✗", "denied", "danger"),
    "cancelled": Mark("◌", "cancelled", "dim"),
    "lost": Mark("◌", "lost", "red"),
    "running": Mark("●", "running", "running"),
    "held": Mark("▲", "held", "waiting"),
    "never_resubmitted": Mark("◌", "never sent again", "dim"),
}


def review(state: str) -> Mark:
    """The mark of a review's state."""
    return REVIEWS.get(state, UNKNOWN)


def session(state: str, *, is_held: bool = False) -> Mark:
    """The mark of a session; one that waits for people says so."""
    return SESSIONS["held"] if is_held and state == "live" else SESSIONS.get(state, UNKNOWN)


def space(level: str) -> Mark:
    """The mark of how much room a filesystem has."""
    return SPACES.get(level, UNKNOWN)


def outcome(status: str) -> Mark:
    """The mark of what became of an operation."""
    return OUTCOMES.get(status, UNKNOWN)
