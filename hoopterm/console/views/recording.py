"""A recording in a line, and what stands in place of one that shows nothing."""

from __future__ import annotations

from datetime import datetime

from hoopterm.console import phrases
from hoopterm.console.lines import BLANK, Line, Span, joined, line
from hoopterm.console.reel import Reel
from hoopterm.console.text import clean
from hoopterm.console.views import chrome


def about(reel: Reel, name: str, now: datetime) -> Line:
    """Whose session it is, on what, and since when."""
    head = reel.header
    opened = str(head.get("opened") or "")
    try:
        since = phrases.local_date(opened, now) if opened else ""
    except ValueError:
        since = ""
    facts = joined(
        (
            line(
                (clean(str(head.get("identity") or "?"), 60), "strong"),
                (" on ", "dim"),
                (clean(str(head.get("target") or "?"), 60), "bright"),
            ),
            line((since, "dim")) if since else BLANK,
            line((phrases.plural(len(reel.player.all_statements), "statement"), "dim")),
            line(("only observed", "amber")) if head.get("mode") == "observe" else BLANK,
            line((clean(str(head.get("session") or name), 60), "dim")),
        )
    )
    return (Span(" "), *facts)


def nothing(reel: Reel | None, name: str, cause: str) -> list[Line]:
    """Why there is nothing to replay, or not yet."""
    if cause:
        return chrome.broken("This recording cannot be replayed", cause, "q", "back")
    if reel is None:
        return chrome.loading("reading the recording", name)
    return chrome.empty(
        "No statement in this recording", "the session opened and closed without running any", "q", "back"
    )
