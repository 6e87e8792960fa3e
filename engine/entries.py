"""What is said of a session's operations: events in the log, frames in the session's recording."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from engine.model import Column, Decision, Operation, Outcome

if TYPE_CHECKING:
    from engine.approvals.request import Review
    from engine.audit.events import EventName
    from engine.audit.log import Log
    from engine.masking.plan import Masks, Plan
    from engine.session import Session

_SALT_BYTES = 16


class Salts:
    """Random salts, asked of the system many at a time: one system call each would cost more than the digest."""

    def __init__(self, random: Callable[[int], bytes] = secrets.token_bytes, at_once: int = 256) -> None:
        self._random = random
        self._size = at_once * _SALT_BYTES
        self._pool = b""
        self._position = 0

    def __call__(self) -> bytes:
        """The next one."""
        if self._position == len(self._pool):
            self._pool, self._position = self._random(self._size), 0
        self._position += _SALT_BYTES
        return self._pool[self._position - _SALT_BYTES : self._position]


new_salt = Salts()


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


def opening(session: Session) -> dict[str, Any]:
    """What `session.opened` says: who came in, and by what."""
    identity = session.identity
    data = {
        "client": session.client,
        "database": session.database,
        "kind": identity.kind,
        "groups": sorted(identity.groups),
        "sponsor": identity.sponsor,
        "purpose": identity.purpose,
        "on_behalf_of": identity.on_behalf_of,
        "authenticated": identity.authenticated,
        "token": identity.token,
        "mode": session.target.mode.value,
        "policy": session.revision.digest,
    }
    if identity.vouched is not None:
        data |= {"login": identity.vouched.login, "jti": identity.vouched.id}
    if identity.certified is not None:
        data |= {"certificate": identity.certified.id}
    return data


def describe(session: Session, operation: Operation, decision: Decision, review: Review | None = None) -> None:
    """The operation's frame in the recording: its text with detectors applied. Written once. Raises RecordError."""
    if operation.id in session.open_operations:
        return
    salt, masks = new_salt(), session.masks
    review_id = review.id if review else None
    session.recorder.event("q", question(operation, decision, review_id, masks.text(operation.text), salt.hex(), masks))
    session.open_operations[operation.id] = salt


def question(
    operation: Operation, decision: Decision, review: str | None, text: str, salt: str, masks: Masks
) -> dict[str, Any]:
    """What that frame says; `text` is masked already."""
    return {
        "operation": operation.id,
        "verb": operation.verb,
        "text": text,
        "salt": salt,
        "effects": [
            [effect, name] for effect, name in zip(_effects(operation), resources(operation, masks), strict=True)
        ],
        "verdict": decision.verdict.value,
        "rule": decision.rule,
        "reason": masks.text(decision.reason),
        "review": review,
        "parameters": [
            None if parameter.value is None else masks.text(parameter.value) for parameter in operation.parameters
        ],
        **({"inferred": True} if operation.is_inferred else {}),
    }


def resources(operation: Operation, masks: Masks) -> list[str]:
    """The names of what it touches, with detectors applied: those of commands and paths are what somebody typed."""
    names = [str(access.resource) for access in operation.accesses]
    is_clear = masks.is_clear("\n".join(names).encode(errors="surrogatepass"))
    return names if is_clear else [masks.text(name) for name in names]


def _effects(operation: Operation) -> list[str]:
    return [access.effect.value for access in operation.accesses]


def digest_of(salt: bytes, text: bytes) -> str:
    """The digest of an exact text in the log. It is salted, so that nobody who has only the log can guess the text; the
    salt is in the recording."""
    return hashlib.sha256(salt + text).hexdigest()


def evidence(session: Session, operation: Operation, decision: Decision, review: str | None) -> dict[str, Any]:
    """What the log says of an operation that was described."""
    digest = digest_of(session.open_operations[operation.id], operation.text.encode(errors="surrogateescape"))
    return intent(session, operation, decision, review, digest)


def intent(
    session: Session, operation: Operation, decision: Decision, review: str | None, digest: str
) -> dict[str, Any]:
    """The same, given the text's digest."""
    return {
        "verb": operation.verb,
        "digest": digest,
        "effects": _effects(operation),
        "resources": resources(operation, session.masks),
        "has_where": operation.has_where,
        "verdict": decision.verdict.value,
        "rule": decision.rule,
        "reason": session.masks.text(decision.reason),
        "policy": session.revision.digest,
        "review": review,
    }


def header(operation: str, columns: Sequence[Column], formats: Sequence[int], plan: Plan) -> dict[str, Any]:
    """What the frame of an answer's columns says. Formats are 0 text, 1 binary."""
    return {
        "operation": operation,
        "columns": [
            {
                "name": column.name,
                "type": column.type_name,
                "format": formats[index] if index < len(formats) else 0,
                "masked": plan.columns[index] is not None,
            }
            for index, column in enumerate(columns)
        ],
    }


def ending(operation: str, outcome: Outcome) -> dict[str, Any]:
    """What the frame of an operation's end says."""
    return {
        "operation": operation,
        "status": outcome.status.value,
        "tag": outcome.tag,
        "rows": outcome.rows,
        "changed": outcome.changed,
        "masked": outcome.masked,
        "error": outcome.error,
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
