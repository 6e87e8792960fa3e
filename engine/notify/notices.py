"""What a notification says of an event: who, where and which fields of its data, from a closed table.

No statement text, no parameter and no text of an upstream's error is among them.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from engine.audit.events import EventName

MAX_TEXT: Final = 1000
MAX_ITEMS: Final = 50
_NAMED: Final = frozenset(
    {"table", "view", "sequence", "function", "schema", "database", "role", "type", "channel", "setting"}
)
_ASKED: Final = ("verb", "effects", "resources", "has_where", "verdict", "rule", "reason", "review", "policy")
_DECIDED: Final = ("review", "rule", "by", "reason", "verdict", "until")
_LOCK: Final = ("kind", "by", "reason")

SAID: Final[dict[EventName, tuple[str, ...]]] = {
    EventName.ENGINE_STARTED: ("policy",),
    EventName.ENGINE_STOPPED: ("policy",),
    EventName.SESSION_REFUSED: ("why", "suppressed"),
    EventName.SESSION_OPENED: ("database", "kind", "groups", "sponsor", "purpose", "on_behalf_of", "mode"),
    EventName.SESSION_CLOSED: ("reason", "operations", "denied", "masked", "rows"),
    EventName.TARGET_REFUSED: ("why", "shown"),
    EventName.CONSOLE_OPENED: ("console", "signs"),
    EventName.CONSOLE_CLOSED: ("console", "reason", "status"),
    EventName.OPERATION_INTENDED: _ASKED,
    EventName.OPERATION_FORWARDED: ("verb",),
    EventName.OPERATION_COMPLETED: ("verb", "rows", "changed", "masked"),
    EventName.OPERATION_DENIED: (*_ASKED, "retry"),
    EventName.OPERATION_FAILED: ("verb", "status"),
    EventName.REVIEW_REQUESTED: (
        *("review", "rule", "reason", "verb", "effects", "resources", "has_where"),
        *("reviewers", "quorum", "deadline"),
    ),
    EventName.REVIEW_VOTED: _DECIDED,
    EventName.REVIEW_APPROVED: _DECIDED,
    EventName.REVIEW_DENIED: _DECIDED,
    EventName.REVIEW_EXPIRED: _DECIDED,
    EventName.REVIEW_WITHDRAWN: _DECIDED,
    EventName.REVIEW_USED: _DECIDED,
    EventName.REVIEW_REVOKED: _DECIDED,
    EventName.POLICY_APPLIED: ("revision", "previous", "author", "changes"),
    EventName.POLICY_REFUSED: ("author", "revision"),
    EventName.TOKEN_CREATED: ("token", "by", "expires", "on_behalf_of"),
    EventName.TOKEN_REVOKED: ("token", "by"),
    EventName.IDENTITY_LOCKED: _LOCK,
    EventName.IDENTITY_UNLOCKED: _LOCK,
    EventName.EVIDENCE_READ: ("what",),
    EventName.AUDIT_SEARCHED: (),  # what was searched for is the searcher's text
    EventName.RECORDING_SEGMENT: ("recording", "offset", "length", "final"),
    EventName.ANSWER_GAP: ("recording", "why", "dropped", "since", "first", "last"),
    EventName.SPACE_LOW: ("path", "level", "free", "total", "warn", "floor", "days_left", "refused"),
    EventName.LOG_KEY: ("origin", "key"),
}
"""Every event that may be notified, and what of its data is told. One that a notification failed is none of them."""


def notice(event: EventName, sequence: int, entry: bytes) -> bytes:
    """The JSON a notification carries of an entry of the log."""
    logged = msgspec.json.decode(entry)
    data = logged["data"]
    told = {name: _told(name, data) for name in SAID[event] if name in data}
    who = {name: logged[name] for name in ("session", "operation", "identity", "target")}
    content = {"v": 1, "event": event, "time": logged["time"], "sequence": sequence, **who, **told}
    if (command := _next(event, data)) is not None:
        content["next"] = command
    return msgspec.json.encode(content)


def _told(name: str, data: dict[str, Any]) -> Any:
    value, resources = data[name], [str(each) for each in data.get("resources", ())]
    if name == "resources":
        value = [each for each in resources if _is_named(each)]
    elif name == "reason":
        for each in sorted(resources, key=len, reverse=True):
            value = value if _is_named(each) else value.replace(each, each.partition(":")[0])
    return _short(value)


def _is_named(resource: str) -> bool:
    """The others are paths and programs, which a statement's literals can be."""
    return resource.partition(":")[0] in _NAMED


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else value[:MAX_TEXT] + "…"
    if isinstance(value, list):
        return [_short(item) for item in value[:MAX_ITEMS]]
    return value


def _next(event: EventName, data: dict[str, Any]) -> str | None:
    """What to type to look at it."""
    if event.startswith("review.") and "review" in data:
        return f"hoopterm approvals show {data['review']}"
    return "hoopterm engine status" if event == EventName.SPACE_LOW else None
