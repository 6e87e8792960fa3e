"""A refusal as SSH says it: lines on the standard error of the channel, and an exit status."""

from __future__ import annotations

import json

from engine.errors import Denied, HooptermError
from engine.protocols.base import Hold

DENIED = 126
"""The exit status of what was denied: what a shell gives for a command it may not run."""

BROKEN = 255
"""That of what the engine or the upstream could not do: what `ssh` itself gives for an error of its own."""


def words_of(error: HooptermError) -> str:
    """What, why, what next, and for a denial the same as one line of JSON; each line is marked as the engine's."""
    lines = [error.what]
    lines += [line for line in error.why.splitlines() if line]
    if error.hint:
        lines.append(error.hint)
    if isinstance(error, Denied):
        lines.append(json.dumps(error.as_json(), ensure_ascii=False, separators=(",", ":")))
    return _marked(lines)


def words_of_hold(hold: Hold) -> str:
    """What a client is told while it waits."""
    people = "one of them" if hold.quorum == 1 else f"{hold.quorum} of them"
    return _marked(
        [
            f"waiting for approval: review {hold.review}",
            f"rule {hold.rule}: {hold.reason}",
            f"reviewers: {', '.join(hold.reviewers)} ({people}); decided until {hold.deadline}",
            f"it waits here for {hold.hold:g} s; interrupting it withdraws the review",
        ]
    )


def status_of(error: HooptermError) -> int:
    """The exit status that goes with it."""
    return DENIED if isinstance(error, Denied) else BROKEN


def printable(text: str) -> str:
    """The text without anything a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _marked(lines: list[str]) -> str:
    return "".join(f"hoopterm: {printable(line)}\r\n" for line in lines)
