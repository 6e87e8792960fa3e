"""What a client asks for when it opens a session: its settings are decided before the upstream sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.errors import SessionRefused
from engine.model import Access, Effect, Operation, Resource
from engine.protocols.postgres.options import session_settings
from engine.protocols.postgres.settings import is_harmless

if TYPE_CHECKING:
    from engine.session import Session


def asked_settings(parameters: Mapping[str, str]) -> dict[str, str]:
    """The settings of a start-up, each under its own name. Raises SessionRefused for replication."""
    if parameters.get("replication", "off").lower() not in ("off", "false", "no", "0"):
        raise SessionRefused(
            "replication connections are not offered", "their stream cannot be decided, masked or recorded"
        )
    return session_settings(parameters)


def startup_operation(session: Session, settings: Mapping[str, str]) -> Operation | None:
    """The operation that these settings are; None where they are all harmless."""
    deciding = {name: value for name, value in settings.items() if not is_harmless(name, value.strip("'\" "))}
    if not deciding:
        return None
    return Operation(
        id=f"{session.id}.0",
        session=session.id,
        kind="startup",
        verb="SET",
        text="; ".join(f"SET {name} = {_literal(value)}" for name, value in deciding.items()),
        accesses=tuple(Access(Effect.SESSION, Resource("setting", name)) for name in deciding),
        context=(("database", session.database or ""),),
    )


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
