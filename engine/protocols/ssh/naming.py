"""The name a client logs in with: its target, and who it is where that is not told by its key."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

CONSOLE = "console"
"""The name that asks for the console instead of a target."""


@dataclass(frozen=True, slots=True)
class LoginName:
    """`TARGET`, or `IDENTITY+TARGET`."""

    target: str
    identity: str | None = None

    @property
    def is_console(self) -> bool:
        """Whether the console is asked for."""
        return self.target == CONSOLE


def parse(user: str, targets: Container[str] = ()) -> LoginName:
    """What a login name says. Where no target is called that, the last plus sign divides it."""
    identity, plus, target = user.rpartition("+")
    return LoginName(target, identity or None) if plus and user not in targets else LoginName(user)
