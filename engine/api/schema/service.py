"""The engine itself: listeners, targets, space, status, and its live feed."""

from __future__ import annotations

import msgspec

from engine.api.schema.reviews import ReviewView
from engine.api.schema.sessions import SessionView


class ListenerView(msgspec.Struct, frozen=True):
    """One listener and where it really listens."""

    protocol: str
    host: str
    port: int
    tls: str = "off"


class TargetView(msgspec.Struct, frozen=True):
    """One target; `credential` is its kind, never a value."""

    name: str
    protocol: str
    address: str
    database: str | None
    mode: str
    labels: dict[str, str] = {}
    credential: str = ""
    sessions: int = 0
    locked: bool = False
    failing: bool = False  # it did not let the engine in when that was tried last


class TargetDetailView(TargetView, frozen=True):
    """One target with how it is reached. `host_keys` are fingerprints, `tls` the mode that applies, "" without TLS."""

    tls: str = ""
    needs_host_key: bool = False  # its protocol has one, and it is not pinned yet
    host_keys: list[str] = []
    login: str = ""  # the user name at the target
    trusted: list[str] = []
    answers: str = "all"  # what is recorded of answers: all, digest, or how many rows
    answered: str | None = None  # when it last let the engine in, since the engine began
    failed: str | None = None  # when it last did not
    trouble: str = ""  # why


class PaceView(msgspec.Struct, frozen=True):
    """What was done in each step of the last hour, the oldest first; the last step is `into` seconds old."""

    seconds: float  # of a step
    into: float
    operations: list[int]
    denied: list[int]
    masked: list[int]


class SpaceView(msgspec.Struct, frozen=True):
    """One filesystem that holds the record, and where its limits are."""

    path: str
    level: str  # ample | low | full: operations are refused
    free: int
    total: int
    warn: int
    floor: int
    rate: float | None = None  # bytes a day that its free space shrinks by; None until enough was seen
    days_left: float | None = None  # until the floor; None where nobody can tell, or where it does not shrink


class StatusView(msgspec.Struct, frozen=True):
    """How the engine is."""

    pid: int
    version: str
    started: str
    state: str  # directory
    listeners: list[ListenerView]
    targets: list[TargetView]
    sessions: int
    pending_reviews: int
    operations: int
    denied: int
    masked: int
    log_size: int
    checkpoint: str | None  # time of the last signed checkpoint
    policy: str  # revision digest
    policy_files: list[str] = []
    you: str = ""  # the asking person
    permissions: list[str] = []
    draining: bool = False
    locks: int = 0
    space: list[SpaceView] = []
    troubles: dict[str, str] = {}  # what cannot be recorded or published → why: record, checkpoint, copies
    store: str = "sqlite"  # or postgresql
    pace: PaceView | None = None


class LiveView(msgspec.Struct, frozen=True):
    """One change on the live feed: exactly one of the fields is set."""

    review: ReviewView | None = None
    session: SessionView | None = None
    status: StatusView | None = None
