"""What the audit log says: the closed list of events, and the shape of an entry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from replay.tiles import MAX_ENTRY_SIZE


class EventName(StrEnum):
    """Every event there is."""

    ENGINE_STARTED = "engine.started"
    ENGINE_STOPPED = "engine.stopped"
    SESSION_REFUSED = "session.refused"
    SESSION_OPENED = "session.opened"
    SESSION_CLOSED = "session.closed"
    CONSOLE_OPENED = "console.opened"
    CONSOLE_CLOSED = "console.closed"
    OPERATION_INTENDED = "operation.intended"
    OPERATION_FORWARDED = "operation.forwarded"
    OPERATION_COMPLETED = "operation.completed"
    OPERATION_DENIED = "operation.denied"
    OPERATION_FAILED = "operation.failed"
    REVIEW_REQUESTED = "review.requested"
    REVIEW_VOTED = "review.voted"
    REVIEW_APPROVED = "review.approved"
    REVIEW_DENIED = "review.denied"
    REVIEW_EXPIRED = "review.expired"
    REVIEW_WITHDRAWN = "review.withdrawn"
    REVIEW_USED = "review.used"
    REVIEW_REVOKED = "review.revoked"
    POLICY_APPLIED = "policy.applied"
    POLICY_REFUSED = "policy.refused"
    TOKEN_CREATED = "token.created"
    TOKEN_REVOKED = "token.revoked"
    IDENTITY_LOCKED = "identity.locked"
    IDENTITY_UNLOCKED = "identity.unlocked"
    EVIDENCE_READ = "evidence.read"
    AUDIT_SEARCHED = "audit.searched"
    RECORDING_SEGMENT = "recording.segment"
    ANSWER_GAP = "answer.gap"
    NOTIFY_FAILED = "notify.failed"
    TARGET_REFUSED = "target.refused"
    SPACE_LOW = "space.low"
    LOG_KEY = "log.key"


class Entry(msgspec.Struct):
    """One event as it is hashed and stored: JSON with these keys in this order. `time` is written as RFC 3339."""

    v: int
    time: datetime
    event: EventName
    session: str | None
    operation: str | None
    identity: str | None
    target: str | None
    data: dict[str, Any]


_encode = msgspec.json.Encoder().encode


def encode_entry(entry: Entry) -> bytes:
    """The bytes of an entry; over-long texts in its data are cut, and `truncated` in it then says so."""
    encoded = _encode(entry)
    return encoded if len(encoded) <= MAX_ENTRY_SIZE else _encode(_cut(entry))


def _cut(entry: Entry) -> Entry:
    def fits(data: dict[str, Any]) -> bool:
        return len(_encode(msgspec.structs.replace(entry, data=data))) <= MAX_ENTRY_SIZE

    return msgspec.structs.replace(entry, data=shortened(entry.data, MAX_ENTRY_SIZE // 2, fits))


def shortened(data: dict[str, Any], limit: int, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The data with every text and list in it cut to the longest common length that fits, marked `truncated`."""
    while limit >= 16:
        shorter = {**_shortened(data, limit), "truncated": True}
        if fits(shorter):
            return shorter
        limit //= 2
    return {"truncated": True}


def _shortened(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= limit else value[:limit] + "…"
    if isinstance(value, dict):
        return {key: _shortened(item, limit) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shortened(item, limit) for item in list(value)[: max(limit, 64)]]
    return value
