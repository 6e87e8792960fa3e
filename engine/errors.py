"""What can go wrong, in classes somebody catches. Each says what happened, why, and what to do next."""

from __future__ import annotations

from engine.model import Decision


class HooptermError(Exception):
    """The root: `what` happened, `why`, and the `hint` for what to do next."""

    code = "error"

    def __init__(self, what: str, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" if self.why else self.what


class Denied(HooptermError):
    """An operation was decided against; adapters turn it into the protocol's native denial."""

    code = "denied"

    def __init__(
        self,
        what: str,
        why: str,
        hint: str,
        *,
        decision: Decision,
        operation: str,
        review: str | None = None,
        retry: bool = False,
    ) -> None:
        super().__init__(what, why, hint)
        self.decision = decision
        self.operation = operation
        self.review = review
        self.retry = retry

    def as_json(self) -> dict[str, object]:
        """The machine-readable line of a denial, keys as published."""
        return {
            "decision": self.decision.verdict.value,
            "rule": self.decision.rule,
            "reason": self.decision.reason,
            "operation": self.operation,
            "review": self.review,
            "retry": self.retry,
        }


class SessionRefused(HooptermError):
    """A session may not open: bad token, unknown target, nothing covers it."""

    code = "refused"


class ProtocolViolation(HooptermError):
    """The peer broke the wire protocol; the connection ends."""

    code = "protocol"


class UpstreamError(HooptermError):
    """The upstream could not be reached, refused us, or broke its protocol."""

    code = "upstream"


class ConfigError(HooptermError):
    """The YAML does not hold; `problems` are `file:line:column: message` lines, all at once."""

    code = "config"

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("the configuration does not hold", "\n".join(problems), "fix the lines named and try again")
        self.problems = problems


class RecordError(HooptermError):
    """The record cannot be written; nothing may execute."""

    code = "record"


class Forbidden(HooptermError):
    """A person lacks the permission for a control operation, or it would be self-approval."""

    code = "forbidden"


class NotFound(HooptermError):
    """No such review, session, token, recording …"""

    code = "not_found"


class Conflict(HooptermError):
    """It is no longer in the state this needs: decided already, changed by somebody else."""

    code = "conflict"
