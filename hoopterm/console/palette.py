"""Everything that can be reached by name: commands, and what the engine has, found by a few letters.

A provider makes entries of the store; each entry says what happens to the console when it is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hoopterm.console.access import Kind
from hoopterm.console.store import Store

if TYPE_CHECKING:
    from hoopterm.console.app import Console

MOST = 200  # entries that are shown; nobody reads on, they type on
_LABEL_FIRST = 1000  # what a match in the label is ahead of one in the rest


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to reach. Its texts are strangers': they pass the gate where they are shown."""

    kind: str
    label: str
    help: str
    run: Callable[[Console], object]
    keys: str = ""
    sought: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sought", f"{self.label} {self.help} {self.kind} {self.keys}".lower())


Provider = Callable[[Store], Iterable[Entry]]


def reviews(store: Store) -> Iterator[Entry]:
    """What waits, then what is past."""
    for id in store.queue():
        review = store.reviews[id]
        told = f"{review.state} · {review.identity.subject} · {review.text[:200]}"
        yield Entry("review", f"{review.verb} {review.target}", told, _opens_review(id))


def sessions(store: Store) -> Iterator[Entry]:
    """The live ones, to watch."""
    for id in store.session_order():
        session = store.sessions[id]
        if session.state == "live":
            label = f"{session.identity.subject} → {session.target}"
            yield Entry("session", label, f"watch · {session.client} · {id}", _opens_session(id))


def recordings(store: Store) -> Iterator[Entry]:
    """Those of past sessions, newest first."""
    for id in store.session_order():
        session = store.sessions[id]
        if session.state != "live" and session.recording:
            label = f"{session.identity.subject} → {session.target}"
            yield Entry("recording", label, f"replay · {session.opened[:16]} · {id}", _opens_recording(id))


def targets(store: Store) -> Iterator[Entry]:
    """Each target."""
    for target in store.status.targets if store.status is not None else ():
        told = f"how it answers · {target.protocol} {target.address}"
        yield Entry("target", target.name, told, _opens_access(Kind.TARGETS, target.name))


def agents(store: Store) -> Iterator[Entry]:
    """Each agent, once they were asked for, else those that were seen."""
    seen = {session.identity.subject for session in store.sessions.values() if session.identity.kind == "agent"}
    for name in sorted(seen | set(store.access.agents if store.access is not None else ())):
        yield Entry("agent", name, "who answers for it, and until when", _opens_access(Kind.AGENTS, name))


def rules(store: Store) -> Iterator[Entry]:
    """Each rule that held something; what it held."""
    for name in sorted({review.rule for review in store.reviews.values() if review.rule}):
        yield Entry("rule", name, "what it held", _filters("approvals", name))


PROVIDERS: tuple[Provider, ...] = (reviews, sessions, targets, agents, rules, recordings)


def rank(words: str, entries: Sequence[Entry]) -> list[int]:
    """Places of the entries that match, best first, at most `MOST`.

    Every word has to be there, and counts for more in the label and at its start; where no entry has them all, their
    letters in that order are enough.
    """
    wanted = words.lower().split()
    if not wanted:
        return list(range(min(len(entries), MOST)))
    found = [(score, place) for place, entry in enumerate(entries) if (score := _score(wanted, entry)) is not None]
    if not found:
        letters = _letters("".join(wanted))
        found = [
            (match.end() - match.start(), place)
            for place, entry in enumerate(entries)
            if (match := letters.match(entry.sought)) is not None
        ]
    return [place for _, place in sorted(found)[:MOST]]


def _score(wanted: Sequence[str], entry: Entry) -> int | None:
    """How far from the front the words are; None where one is missing."""
    total = 0
    for word in wanted:
        place = entry.sought.find(word)
        if place < 0:
            return None
        total += place if place < len(entry.label) else _LABEL_FIRST + place
    return total


def _letters(letters: str) -> re.Pattern[str]:
    """These letters in this order, found without ever going back."""
    return re.compile("".join(f"[^{re.escape(letter)}]*+{re.escape(letter)}" for letter in letters), re.DOTALL)


def _opens_review(id: str) -> Callable[[Console], object]:
    return lambda console: console.open_review(id)


def _opens_session(id: str) -> Callable[[Console], object]:
    return lambda console: console.open_session(id)


def _opens_recording(id: str) -> Callable[[Console], object]:
    return lambda console: console.open_recording(id)


def _opens_access(kind: Kind, key: str) -> Callable[[Console], object]:
    return lambda console: console.open_access(kind, key)


def _filters(mode: str, words: str) -> Callable[[Console], object]:
    return lambda console: console.open_filtered(mode, words)
