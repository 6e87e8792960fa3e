"""What can go wrong between a person and the engine; each class has its exit status."""

from __future__ import annotations


class Problem(Exception):
    """The root: a stable `code`, what happened, and a `hint` for what to do next."""

    exit_status = 1

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    @property
    def sentence(self) -> str:
        """What happened, and what to do next where that is known, in one line."""
        return f"{self.message}; {self.hint}" if self.hint else self.message


class Refused(Problem):
    """The engine, or this command itself, said no."""


class Misused(Problem):
    """The command line does not make sense."""

    exit_status = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__("usage", message, hint)


class EngineUnreachable(Problem):
    """Nobody answers where the engine should be, or it went away."""

    exit_status = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__("unreachable", message, hint)
