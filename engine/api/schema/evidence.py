"""Recordings, the log's checkpoint, and what changed."""

from __future__ import annotations

from typing import Any

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


class ChangeView(msgspec.Struct, frozen=True):
    """Something that happened since, `count` times; the numbers and times are of the latest."""

    sequence: int
    time: str
    event: str
    identity: str | None = None
    target: str | None = None
    session: str | None = None
    count: int = 1
    said: dict[str, Any] = {}  # of its data what tells what it was


class ChangesView(msgspec.Struct, frozen=True):
    """What a person would want to know of the log from `since` up to `size`, newest first.

    `looked_from` is above `since` where there was too much to look at.
    """

    size: int
    since: int
    since_time: str | None
    looked_from: int
    changes: list[ChangeView]
