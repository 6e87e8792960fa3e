"""Sessions as they are listed and watched."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.api.schema.reviews import IdentityView


class SessionView(msgspec.Struct, frozen=True):
    """One session, live or past."""

    id: str
    state: str  # live | closed
    identity: IdentityView
    target: str
    protocol: str
    client: str  # address and application name, printable
    opened: str
    closed: str | None = None
    mode: str = "enforce"
    operations: int = 0
    denied: int = 0
    held: int = 0
    masked: int = 0
    rows: int = 0
    last_verb: str = ""
    recording: str | None = None  # path under the state directory
    locked: bool = False  # a lock covers its identity or its target


class FrameView(msgspec.Struct, frozen=True):
    """One frame of a session as it happens: `replay.format` has the codes.

    The data of rows (`R`) is a `RowBatch`'s fields, `cells` in base64; `hoopterm.frames.recorded` turns it back.
    """

    at: float  # seconds since the session opened
    code: str
    data: Any
