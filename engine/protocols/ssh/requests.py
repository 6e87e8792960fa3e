"""What a channel asks for, and the operation it is."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.model import Access, Effect, Operation, Resource
from engine.protocols.ssh import variables

if TYPE_CHECKING:
    from engine.session import Session


@dataclass(frozen=True, slots=True)
class Terminal:
    """The pseudo-terminal a channel asked for. `size` is columns, rows, and both in pixels."""

    term: str
    size: tuple[int, int, int, int]
    modes: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Request:
    """One channel's request: `kind` is exec, shell or subsystem; `text` the command or the subsystem's name."""

    kind: str
    text: str = ""
    terminal: Terminal | None = None

    @property
    def verb(self) -> str:
        """As rules name it."""
        return self.kind.upper()


def new_id(session: Session) -> str:
    """An identifier for the session's next operation."""
    return f"{session.id}.{secrets.token_hex(4)}"


def operation_of(session: Session, request: Request, accesses: Sequence[Access], why_opaque: str | None) -> Operation:
    """The operation that a channel's request is."""
    return Operation(
        id=new_id(session),
        session=session.id,
        kind=request.kind,
        verb=request.verb,
        text=request.text,
        accesses=tuple(accesses),
        context=(("terminal", "yes" if request.terminal is not None else "no"),),
        why_opaque=why_opaque,
    )


def variable_operation(session: Session, name: str, value: str) -> Operation:
    """Setting an environment variable for a command."""
    effect = Effect.HOUSEKEEPING if variables.is_harmless(name, value) else Effect.SESSION
    return Operation(
        id=new_id(session),
        session=session.id,
        kind="variable",
        verb="ENV",
        text=f"{name}={value}",
        accesses=(Access(effect, Resource("variable", name)),),
    )
