"""The conversation after authentication, as a table: sans-I/O, for either end of it.

PostgreSQL documentation, "Message Flow". Start-up and authentication are `startup.py` and `authentication.py`. A
client's messages each open an answer (`OPENS`); `TRANSITIONS` says which messages may continue an answer in each
state. Everything the two ends send is in one of these tables or it is refused.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, TypeVar

from engine.errors import ProtocolViolation
from engine.protocols.postgres import answers as a
from engine.protocols.postgres import requests as r
from engine.protocols.postgres.framing import PIECE, Framing
from engine.protocols.postgres.messages import Message

MAX_STATEMENT = 16 * 1024 * 1024
MAX_BIND = 64 * 1024 * 1024
MAX_NAMED = 10_000  # PostgreSQL's own PQ_SMALL_MESSAGE_LIMIT
MAX_ANSWER = 16 * 1024 * 1024
MAX_STREAMED = 0x3FFFFFFF  # PostgreSQL's own limit of one message

MAX_OPEN = 4096
"""Requests that may be unanswered at once. A server keeps up to 8 KB of answers back until Sync or Flush: over 1,600 of
the smallest, so that fewer than those could wait for ever."""

T = TypeVar("T")
Event = tuple[int, bytes, T | None]


class Role(Enum):
    """Which end of the conversation this is."""

    FRONTEND = auto()
    BACKEND = auto()


class State(Enum):
    """Where the oldest answer that is still open stands."""

    IDLE = auto()  # nothing is asked
    PARSING = auto()
    BINDING = auto()
    CLOSING = auto()
    DESCRIBING_STATEMENT = auto()
    DESCRIBING = auto()
    EXECUTING = auto()
    COPY_IN = auto()
    COPY_OUT = auto()
    COPIED = auto()
    SYNCING = auto()
    QUERYING = auto()
    QUERY_ROWS = auto()
    QUERY_COPY_IN = auto()
    QUERY_COPY_OUT = auto()
    CALLING = auto()
    DONE = auto()  # this answer is complete
    FAILED = auto()  # an error: all up to the next Sync is skipped
    QUERY_FAILED = auto()  # an error: only ReadyForQuery follows


OPENS: Mapping[int, State | None] = {
    r.Parse.kind: State.PARSING,
    r.Bind.kind: State.BINDING,
    r.Close.kind: State.CLOSING,
    r.Describe.kind: State.DESCRIBING,
    r.Execute.kind: State.EXECUTING,
    r.Sync.kind: State.SYNCING,
    r.Query.kind: State.QUERYING,
    r.FunctionCall.kind: State.CALLING,
    r.Flush.kind: None,
    r.CopyData.kind: None,
    r.CopyDone.kind: None,
    r.CopyFail.kind: None,
    r.Terminate.kind: None,
}
"""The state in which the answer to a client's message begins; None: it has none of its own."""

_FAILS = {a.ErrorResponse.kind: State.FAILED}
_FAILS_QUERY = {a.ErrorResponse.kind: State.QUERY_FAILED}

TRANSITIONS: Mapping[State, Mapping[int, State]] = {
    State.IDLE: {a.ErrorResponse.kind: State.IDLE},  # FATAL: the server leaves
    State.PARSING: {a.ParseComplete.kind: State.DONE, **_FAILS},
    State.BINDING: {a.BindComplete.kind: State.DONE, **_FAILS},
    State.CLOSING: {a.CloseComplete.kind: State.DONE, **_FAILS},
    State.DESCRIBING_STATEMENT: {a.ParameterDescription.kind: State.DESCRIBING, **_FAILS},
    State.DESCRIBING: {a.RowDescription.kind: State.DONE, a.NoData.kind: State.DONE, **_FAILS},
    State.EXECUTING: {
        a.DataRow.kind: State.EXECUTING,
        a.CommandComplete.kind: State.DONE,
        a.EmptyQueryResponse.kind: State.DONE,
        a.PortalSuspended.kind: State.DONE,
        a.CopyInResponse.kind: State.COPY_IN,
        a.CopyOutResponse.kind: State.COPY_OUT,
        **_FAILS,
    },
    State.COPY_IN: {a.CommandComplete.kind: State.DONE, **_FAILS},
    State.COPY_OUT: {a.CopyData.kind: State.COPY_OUT, a.CopyDone.kind: State.COPIED, **_FAILS},
    State.COPIED: {a.CommandComplete.kind: State.DONE, **_FAILS},
    State.SYNCING: {a.ReadyForQuery.kind: State.DONE, a.ErrorResponse.kind: State.SYNCING},  # a failed commit
    State.QUERYING: {
        a.RowDescription.kind: State.QUERY_ROWS,
        a.CommandComplete.kind: State.QUERYING,
        a.EmptyQueryResponse.kind: State.QUERYING,
        a.CopyInResponse.kind: State.QUERY_COPY_IN,
        a.CopyOutResponse.kind: State.QUERY_COPY_OUT,
        a.ReadyForQuery.kind: State.DONE,
        **_FAILS_QUERY,
    },
    State.QUERY_ROWS: {
        a.DataRow.kind: State.QUERY_ROWS,
        a.RowDescription.kind: State.QUERY_ROWS,  # a DO ALSO rule's SELECT has no CommandComplete of its own
        a.CommandComplete.kind: State.QUERYING,
        **_FAILS_QUERY,
    },
    State.QUERY_COPY_IN: {a.CommandComplete.kind: State.QUERYING, **_FAILS_QUERY},
    State.QUERY_COPY_OUT: {
        a.CopyData.kind: State.QUERY_COPY_OUT,
        a.CopyDone.kind: State.QUERYING,
        **_FAILS_QUERY,
    },
    State.QUERY_FAILED: {a.ReadyForQuery.kind: State.DONE, **_FAILS_QUERY},
    State.CALLING: {
        a.FunctionCallResponse.kind: State.SYNCING,
        a.ErrorResponse.kind: State.QUERY_FAILED,
    },
}

ASYNCHRONOUS = frozenset((a.NoticeResponse.kind, a.ParameterStatus.kind, a.NotificationResponse.kind))
"""May come in any state and change none."""

REQUEST_LIMITS: Mapping[int, int] = {
    kind: {r.Query.kind: MAX_STATEMENT, r.Parse.kind: MAX_STATEMENT, r.Bind.kind: MAX_BIND}.get(kind, MAX_NAMED)
    for kind in r.REQUESTS
} | {r.CopyData.kind: MAX_STREAMED}

ANSWER_LIMITS: Mapping[int, int] = dict.fromkeys(a.ANSWERS, MAX_ANSWER) | dict.fromkeys(
    (a.DataRow.kind, a.CopyData.kind), MAX_STREAMED
)


def request_framing() -> Framing:
    """Framing for what a client sends; only COPY's data passes in pieces."""
    return Framing(REQUEST_LIMITS, runs=(r.CopyData.kind,), pieces={r.CopyData.kind: PIECE})


def answer_framing() -> Framing:
    """Framing for what a server sends; a row too large to be masked comes in pieces."""
    return Framing(
        ANSWER_LIMITS,
        runs=(a.DataRow.kind, a.CopyData.kind),
        pieces={a.DataRow.kind: MAX_ANSWER, a.CopyData.kind: MAX_ANSWER},
    )


@dataclass(slots=True)
class _Open(Generic[T]):
    """One request whose answer is not complete."""

    kind: int
    state: State
    about: T | None


class Codec(Generic[T]):
    """One end of the conversation. What is sent may carry something it is `about`, which its answers bring back."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.framing = answer_framing() if role is Role.FRONTEND else request_framing()
        self._open: deque[_Open[T]] = deque()
        self._skipped: list[T] = []
        self.is_skipping = False  # an error was answered, and the Sync that ends its batch is not sent yet

    def __repr__(self) -> str:
        skipping = ", skipping to Sync" if self.is_skipping else ""
        return f"<Codec {self.role.name.lower()} {self.state.name.lower()}, {len(self._open)} open{skipping}>"

    @property
    def state(self) -> State:
        """Where the oldest open answer stands."""
        return self._open[0].state if self._open else State.IDLE

    @property
    def about(self) -> T | None:
        """What the oldest open answer is about."""
        return self._open[0].about if self._open else None

    @property
    def is_crowded(self) -> bool:
        """Too many are open: nothing more should be asked before some of it is answered."""
        return len(self._open) >= MAX_OPEN

    @property
    def is_idle(self) -> bool:
        """Nothing is open."""
        return not self._open

    def receive_data(self, chunk: bytes) -> None:
        """Take what the other end sent."""
        self.framing.receive_data(chunk)

    def next_event(self) -> Event[T] | None:
        """The next frame: its type, its bytes and what it is about. Raises `ProtocolViolation`."""
        while (frame := self.framing.next_frame()) is not None:
            kind, data = frame
            if self.role is Role.FRONTEND:
                return kind, data, self._advance(kind)
            if self._expect(kind, data, None):
                return kind, data, None
        return None

    def send(self, message: Message, about: T | None = None) -> bytes:
        """The bytes of a message this end sends now."""
        return self.forward(message.encode(), about)

    def forward(self, data: bytes, about: T | None = None) -> bytes:
        """The same for a message that is bytes already."""
        if self.role is Role.FRONTEND:
            self._expect(data[0], data, about)
        else:
            self._advance(data[0])
        return data

    def take_skipped(self) -> list[T]:
        """What the open requests were about that an error has skipped since this was last asked."""
        skipped, self._skipped = self._skipped, []
        return skipped

    def open_matters(self) -> list[T]:
        """What every open answer is about, oldest first."""
        return [request.about for request in self._open if request.about is not None]

    def _expect(self, kind: int, data: bytes, about: T | None) -> bool:
        """Open the answer to one request; False when a server would not even look at it."""
        if self.is_skipping:
            if kind not in (r.Sync.kind, r.Terminate.kind):
                return False
            self.is_skipping = False
        if kind == r.Sync.kind and self.role is Role.BACKEND and self.state in (State.COPY_IN, State.QUERY_COPY_IN):
            return False  # a server passes over Sync while it reads a COPY
        state = OPENS[kind]
        if state is State.DESCRIBING and data[5:6] == b"S":
            state = State.DESCRIBING_STATEMENT
        if state is not None:
            self._open.append(_Open(kind, state, about))
        return True

    def _advance(self, kind: int) -> T | None:
        """Move the oldest open answer on; what it is about."""
        if kind in ASYNCHRONOUS:
            return self.about
        request = self._open[0] if self._open else None
        following = TRANSITIONS[request.state if request else State.IDLE].get(kind)
        if following is None:
            raise ProtocolViolation(f"message {chr(kind)!r} came out of order", f"while {self.state.name.lower()}")
        if request is None:
            return None
        request.state = following
        if following is State.DONE:
            self._open.popleft()
        elif following is State.FAILED:
            self._open.popleft()
            self._skip()
        return request.about

    def _skip(self) -> None:
        """Drop every open request up to the next Sync, as the server does."""
        while self._open:
            if self._open[0].kind == r.Sync.kind:
                return
            skipped = self._open.popleft()
            if skipped.about is not None:
                self._skipped.append(skipped.about)
        self.is_skipping = True
