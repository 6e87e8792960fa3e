"""The control API's shapes: what the engine answers and every client (CLI, console) reads.

Times are RFC 3339 strings in UTC, durations seconds, sizes bytes. Texts are already masked unless said otherwise.
Nothing here imports the rest of the engine, so that a laptop without the engine's dependencies can use it.
"""

from __future__ import annotations

from typing import Any

import msgspec

API_VERSION = "v1"


class AccessView(msgspec.Struct, frozen=True):
    """One (effect, resource) pair."""

    effect: str
    resource: str
    columns: list[str] = []


class IdentityView(msgspec.Struct, frozen=True):
    """Who asks."""

    subject: str
    kind: str
    groups: list[str] = []
    sponsor: str | None = None
    purpose: str | None = None
    on_behalf_of: str | None = None
    authenticated: str = ""


class VoteView(msgspec.Struct, frozen=True):
    """One person's vote on a review."""

    person: str
    verdict: str  # approve | deny
    reason: str
    time: str


class OutcomeView(msgspec.Struct, frozen=True):
    """What became of an approved operation; `status` is never_resubmitted, running, or an outcome's status."""

    status: str
    tag: str = ""
    rows: int = 0
    changed: int | None = None
    error: str | None = None


class ReviewView(msgspec.Struct, frozen=True):
    """One held operation waiting for people, or what became of it.

    `text` is the exact statement for those who may decide it while it is pending, else the masked one.
    """

    id: str
    state: str  # pending | approved | denied | expired | withdrawn | used | revoked
    session: str
    operation: str
    identity: IdentityView
    target: str
    verb: str
    text: str
    rule: str
    reason: str
    reviewers: list[str]
    quorum: int
    requested: str
    deadline: str
    database: str = ""
    role: str = ""
    parameters: list[str | None] = []
    accesses: list[AccessView] = []
    has_where: bool = False
    in_transaction: bool = False
    is_held: bool = False  # the client still waits on the wire
    held_until: str | None = None
    estimated_rows: int | None = None
    votes: list[VoteView] = []
    may_decide: bool = False  # the asking person may vote
    why_not: str = ""  # else the reason
    similar_before: int = 0  # operations of this identity held by this rule before, and approved
    outcome: OutcomeView | None = None


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


class LockView(msgspec.Struct, frozen=True):
    """One lock. `covers` are the agents that a locked person sponsors: they are stopped too."""

    kind: str  # identity | target
    name: str
    by: str
    reason: str
    since: str
    is_known: bool = True  # the configuration has that name
    covers: list[str] = []
    ended: int = 0  # in the answer to a lock: the live sessions it ended


class TokenView(msgspec.Struct, frozen=True):
    """One token; its secret is shown once, at creation, and is not here."""

    id: str
    subject: str
    minted_by: str
    created: str
    expires: str
    revoked: str | None = None
    last_used: str | None = None


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


class FrameView(msgspec.Struct, frozen=True):
    """One frame of a session as it happens: `replay.format` has the codes.

    The data of rows (`R`) is a `RowBatch`'s fields, `cells` in base64; `hoopterm.frames.recorded` turns it back.
    """

    at: float  # seconds since the session opened
    code: str
    data: Any


class LiveView(msgspec.Struct, frozen=True):
    """One change on the live feed: exactly one of the fields is set."""

    review: ReviewView | None = None
    session: SessionView | None = None
    status: StatusView | None = None


class DecisionView(msgspec.Struct, frozen=True):
    """What policy would say of one statement: `policy explain`."""

    verdict: str
    rule: str | None
    reason: str
    text: str
    verb: str
    accesses: list[AccessView]
    considered: list[dict[str, Any]]  # every rule, and why it matched or did not
    masked_columns: list[str] = []
    why_opaque: str | None = None


class AppliedView(msgspec.Struct, frozen=True):
    """A policy revision that is now in force."""

    revision: str
    previous: str
    rules: int
    author: str
    files: list[str]
    changes: list[str] = []


class ConnectView(msgspec.Struct, frozen=True):
    """What a client needs to reach a target; `token` is shown once."""

    protocol: str
    host: str
    port: int
    user: str
    target: str
    token: str
    tls: str
    ca: str | None = None  # PEM
    known_hosts: list[str] = []

    def __repr__(self) -> str:
        return f"ConnectView({self.user!r} at {self.host}:{self.port})"


class SSHKeysView(msgspec.Struct, frozen=True):
    """The engine's keys of SSH, as `KIND BASE64`: what its listeners show, and what signs it in at targets.

    `known_hosts` are the lines for those who connect to it."""

    host_key: str
    fingerprint: str
    known_hosts: list[str]
    user_ca: str
    user_ca_fingerprint: str


class LearnRequest(msgspec.Struct, frozen=True):
    """The key that a person has looked at; without one it is only asked for."""

    key: str | None = None


class LearnedView(msgspec.Struct, frozen=True):
    """The host key that a target shows."""

    target: str
    address: str
    key: str
    fingerprint: str
    is_pinned: bool


class ErrorView(msgspec.Struct, frozen=True):
    """Why a request failed."""

    code: str
    message: str
    hint: str = ""


class TokenCreatedView(msgspec.Struct, frozen=True):
    """A token just minted; `secret` is what the client gives as its password, and is shown once."""

    token: TokenView
    secret: str

    def __repr__(self) -> str:
        return f"TokenCreatedView({self.token!r})"


class RecordingView(msgspec.Struct, frozen=True):
    """One session's recording; `path` is relative to the state directory."""

    session: str
    path: str
    size: int
    modified: str


class PolicyView(msgspec.Struct, frozen=True):
    """The policy in force: its revision and the text of each file as it was loaded."""

    revision: str
    files: dict[str, str]


class CheckView(msgspec.Struct, frozen=True):
    """Whether a configuration holds; `problems` are `file:line:column: message` lines, warnings where it does."""

    ok: bool
    problems: list[str] = []
    revision: str | None = None


class CheckpointView(msgspec.Struct, frozen=True):
    """The log's latest signed checkpoint (a C2SP signed note) and the key that verifies it."""

    note: str
    key: str


class TextView(msgspec.Struct, frozen=True):
    """One text: a certificate or a key."""

    text: str


class DoneView(msgspec.Struct, frozen=True):
    """What was asked is done."""

    done: bool = True


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks to approve, deny, revoke or kill something, and says why."""

    reason: str = ""


class LockRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks to lock or unlock one identity or one target, and says why."""

    reason: str
    identity: str | None = None
    target: str | None = None


class TokenRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for a token; `ttl` in seconds."""

    subject: str
    ttl: float
    on_behalf_of: str | None = None


class ConnectRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for what a client needs to reach a target as the asking person."""

    target: str
    ttl: float = 3600.0


class ExplainRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks what policy would say of one statement; nothing runs."""

    identity: str
    target: str
    text: str
    database: str | None = None


class PolicyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Carries configuration files by name to be checked or applied.

    To apply: without files the engine reads its own again. `expected` is the revision they replace;
    if another is in force by then, nothing changes.
    """

    files: dict[str, str] = {}
    expected: str | None = None
