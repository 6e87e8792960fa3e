"""Recordings and the log's checkpoint."""

from __future__ import annotations

import msgspec


class RecordingView(msgspec.Struct, frozen=True):
    """One session's recording; `path` is relative to the state directory."""

    session: str
    path: str
    size: int
    modified: str


class CheckpointView(msgspec.Struct, frozen=True):
    """The log's latest signed checkpoint (a C2SP signed note) and the key that verifies it."""

    note: str
    key: str
