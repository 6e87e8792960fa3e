"""The contract between a protocol and the pipeline: what an adapter offers and what it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from engine.model import Decision, Operation, Target

if TYPE_CHECKING:
    from engine.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Hold:
    """What the client is told while its operation waits. `deadline` is RFC 3339 in UTC."""

    review: str
    rule: str
    reason: str
    reviewers: tuple[str, ...]
    quorum: int
    deadline: str
    hold: float  # seconds it waits on the wire


class Exchange(Protocol):
    """One submission of the client (a Query, a Bind, an HTTP request): one or more operations decided together."""

    async def analyse(self) -> Sequence[Operation]:
        """The operations in it, in order, fully analysed; asked again after waiting, as they would be now."""

    async def estimate(self, operation: Operation) -> int | None:
        """How many rows one of them would touch, told without running any of it; None where that cannot be told."""

    async def hold(self, hold: Hold) -> None:
        """Tell the client that it waits, in the protocol's own way."""

    @property
    def withdrawn(self) -> asyncio.Event:
        """Set when the client cancels or goes away while it is held."""


class AnswerMasker(Protocol):
    """Applies a masking plan to the wire cells of one answer; holds back what it cannot judge yet."""

    @property
    def rows(self) -> int:
        """Rows so far."""

    @property
    def masked(self) -> int:
        """Values replaced so far."""

    def mask(self, chunk: bytes) -> bytes:
        """The chunk with protected values replaced; whole messages in, whole messages out."""

    def recorded(self, masked: bytes) -> bytes:
        """What a recording keeps of a masked chunk."""


class Adapter(Protocol):
    """One live client connection."""

    def terminate(self, reason: str) -> None:
        """End it now: native error to the client, upstream statement cancelled, sockets closed."""


@dataclass(frozen=True, slots=True)
class ProtocolSpec:
    """What `registry.py` knows of a protocol.

    `connect` serves one accepted connection until it ends: it authenticates the client, opens a session through the
    gateway and calls the pipeline for each operation. `explain` analyses one text against a target for
    `policy explain`. `learn` asks a target for its host key, where its protocol has one. `prepare` warms what sessions
    of a target share (its catalog); it may be called again.
    """

    name: str
    default_port: int
    serve: Callable[[Gateway, Any], Any]
    explain: Callable[..., Any]
    learn: Callable[[Target], Awaitable[str]] | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A decision against an operation, with what an adapter needs to word it natively."""

    decision: Decision
    operation: Operation
    review: str | None = None
    retry: bool = False
