"""What is said of a session's operations: events in the log, frames in the session's recording."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from engine.model import Decision, Operation

if TYPE_CHECKING:
    from engine.approvals.request import Review
    from engine.audit.events import EventName
    from engine.audit.log import Log
    from engine.session import Session

_SALT_BYTES = 16


def append(
    log: Log,
    session: Session,
    event: EventName,
    data: dict[str, Any],
    operation: Operation | None = None,
    *,
    relaxed: bool = False,
) -> int:
    """An event about a session, or about one of its operations; its sequence. Raises RecordError."""
    return log.append(
        event,
        session=session.id,
        operation=operation.id if operation is not None else None,
        identity=session.identity.subject,
        target=session.target.name,
        data=data,
        relaxed=relaxed,
    )


def describe(session: Session, operation: Operation, decision: Decision, review: Review | None = None) -> None:
    """The operation's frame in the recording: its text with detectors applied. Written once. Raises RecordError."""
    if operation.id in session.open_operations:
        return
    salt, masks = secrets.token_bytes(_SALT_BYTES), session.masks
    session.recorder.event(
        "q",
        {
            "operation": operation.id,
            "verb": operation.verb,
            "text": masks.text(operation.text),
            "salt": salt.hex(),
            "effects": [[access.effect.value, str(access.resource)] for access in operation.accesses],
            "verdict": decision.verdict.value,
            "rule": decision.rule,
            "reason": decision.reason,
            "review": review.id if review else None,
            "parameters": [
                None if parameter.value is None else masks.text(parameter.value) for parameter in operation.parameters
            ],
        },
    )
    session.open_operations[operation.id] = salt


def evidence(session: Session, operation: Operation, decision: Decision, review: str | None) -> dict[str, Any]:
    """What the log says of an operation that was described. The digest of the exact text is salted, so that nobody who
    has only the log can guess the text; the salt is in the recording."""
    salt = session.open_operations[operation.id]
    return {
        "verb": operation.verb,
        "digest": hashlib.sha256(salt + operation.text.encode(errors="surrogateescape")).hexdigest(),
        "effects": [access.effect.value for access in operation.accesses],
        "resources": [str(access.resource) for access in operation.accesses],
        "has_where": operation.has_where,
        "verdict": decision.verdict.value,
        "rule": decision.rule,
        "reason": decision.reason,
        "policy": session.revision.digest,
        "review": review,
    }


def tell_review(session: Session, operation: Operation, review: Review, state: str) -> None:
    """The frame of what became of a review, as far as it has come. Raises RecordError."""
    session.recorder.event(
        "w",
        {
            "operation": operation.id,
            "review": review.id,
            "state": state,
            "by": [vote.person for vote in review.votes],
            "reason": "; ".join(vote.reason for vote in review.votes if vote.reason),
            "deadline": review.deadline_text,
        },
    )
