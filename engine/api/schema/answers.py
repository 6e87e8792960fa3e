"""What answers and requests of every subject are made of."""

from __future__ import annotations

import msgspec


class ErrorView(msgspec.Struct, frozen=True):
    """Why a request failed."""

    code: str
    message: str
    hint: str = ""


class TextView(msgspec.Struct, frozen=True):
    """One text: a certificate or a key."""

    text: str


class DoneView(msgspec.Struct, frozen=True):
    """What was asked is done."""

    done: bool = True


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks to approve, deny, revoke or kill something, and says why."""

    reason: str = ""
