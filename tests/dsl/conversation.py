"""The words of a script. A mismatch shows the conversation so far, and what was expected of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from engine.model import Limit, Verdict
from engine.protocols.postgres import answers as a
from engine.protocols.postgres import requests as r
from engine.protocols.postgres.answers import ANSWERS
from engine.protocols.postgres.codec import ANSWER_LIMITS, REQUEST_LIMITS
from engine.protocols.postgres.framing import Framing
from engine.protocols.postgres.messages import Message
from engine.protocols.postgres.relay import Relay
from engine.protocols.postgres.requests import REQUESTS
from engine.protocols.postgres.tracking import Tracker
from engine.protocols.postgres.wire import Wire
from tests.dsl.wire import Cut, FakeTransport
from tests.dsl.world import FakeState, World

T = TypeVar("T")

IDLE = a.ReadyForQuery("I")
IN_TRANSACTION = a.ReadyForQuery("T")
ABORTED = a.ReadyForQuery("E")


class Report:
    """An ErrorResponse or NoticeResponse by its code, and pieces of its text."""

    kind: type[a.ErrorResponse] | type[a.NoticeResponse] = a.ErrorResponse

    def __init__(self, code: str, *texts: str) -> None:
        self.code = code
        self.texts = texts

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, (self.code, *self.texts)))})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self.kind) or other.fields.get("C") != self.code:
            return False
        said = "\n".join(other.fields.get(code, "") for code in "MDH")
        return all(text in said for text in self.texts)

    __hash__ = None  # type: ignore[assignment]  # equal to what it does not hash like


class Denied(Report):
    """A native denial."""


class Told(Report):
    """A notice of the engine's own."""

    kind = a.NoticeResponse


class Ear:
    """One end that listens: what it heard, as messages."""

    def __init__(self, limits: Mapping[int, int], kinds: Mapping[int, type[Message]]) -> None:
        self._framing = Framing(limits)
        self._kinds = kinds
        self.heard: list[Message] = []

    def hear(self, data: bytes) -> None:
        self._framing.receive_data(data)
        while (frame := self._framing.next_frame()) is not None:
            self.heard.append(self._kinds[frame[0]].decode(frame[1]))


class Conversation:
    """One session under a script; use it as an async context manager."""

    def __init__(self, cut: Cut, world: World | None = None) -> None:
        self.world = world or World()
        self._lines: list[str] = []
        self._client = Ear(ANSWER_LIMITS, ANSWERS)
        self._upstream = Ear(REQUEST_LIMITS, REQUESTS)
        self.client = FakeTransport(cut, self._client.hear)
        self.upstream = FakeTransport(cut, self._upstream.hear)
        self.reported = {
            "search_path": '"$user", public',
            "session_authorization": "app",
            "standard_conforming_strings": "on",
            "client_encoding": "UTF8",
            "server_version": "18.1",
        }

    async def __aenter__(self) -> Self:
        world = self.world
        tracker = Tracker("shop", "app", self.reported)
        self.relay = Relay(
            world,  # type: ignore[arg-type]  # a Gateway as far as it is used
            world.session,
            world.analyst,  # type: ignore[arg-type]  # an Analyst as far as it is used
            Wire(self.client, b""),
            Wire(self.upstream, b""),
            tracker,
        )
        self._group = asyncio.TaskGroup()
        await self._group.__aenter__()
        self._running = self._group.create_task(self.relay.run(IDLE.encode()))
        await self.answer_probe("none")
        await self.expect_client(IDLE)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            assert self._client.heard == [], self._story("nothing more", self._client.heard)
            assert [m for m in self._upstream.heard if m != r.Terminate()] == [], self._story(
                "nothing more", self._upstream.heard
            )
        self.relay.end("the script is over")
        await self._group.__aexit__(kind, error, trace)

    # ── the script's words ──

    def client_sends(self, *messages: Message) -> None:
        self._lines += [f"client → {message!r}" for message in messages]
        self.client.feed(b"".join(message.encode() for message in messages))

    def upstream_sends(self, *messages: Message) -> None:
        self._lines += [f"         {message!r} ← upstream" for message in messages]
        self.upstream.feed(b"".join(message.encode() for message in messages))

    async def expect_upstream(self, *messages: Message) -> None:
        await self._expect(self._upstream, messages, "→ upstream")

    async def expect_client(self, *messages: Message | Report) -> None:
        await self._expect(self._client, messages, "client ←")

    async def upstream_hears(self, count: int) -> list[Message]:
        """The next messages to the upstream, whatever they are."""
        return await self._next(self._upstream, count)

    async def client_hears(self, count: int) -> list[Message]:
        """The next messages to the client, whatever they are."""
        return await self._next(self._client, count)

    async def ended(self) -> str:
        """Wait for the session's end; its reason."""
        return await self._running

    def meanwhile(self, doing: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Something that goes on while the script does."""
        return self._group.create_task(doing)

    async def quiet(self) -> None:
        """Let everything happen that can happen now."""
        for _ in range(200):
            await asyncio.sleep(0)

    async def expect_silence(self) -> None:
        """Nothing goes either way."""
        await self.quiet()
        assert self._client.heard == [], self._story("silence", self._client.heard)
        assert self._upstream.heard == [], self._story("silence", self._upstream.heard)

    async def answer_probe(self, *values: str, status: str = "I") -> None:
        """The upstream answers one hidden question with one row."""
        asked = await self.upstream_hears(6)
        assert isinstance(asked[0], r.Parse), asked
        last = asked[-1]
        self.upstream_sends(
            a.ParseComplete(),
            a.BindComplete(),
            a.DataRow(tuple(value.encode() for value in values)),
            a.CommandComplete("SHOW"),
            a.CloseComplete(),
            a.CloseComplete(),
            *([a.ReadyForQuery(status)] if isinstance(last, r.Sync) else []),
        )

    def decides(self, **verdicts: Verdict) -> None:
        """The policy says so of these verbs."""
        self.world.policy.verdicts.update(verdicts)

    def limits(self, **limits: Limit) -> None:
        """The policy limits these verbs."""
        self.world.policy.limits.update(limits)

    def approve(self, by: str, reason: str = "") -> None:
        self._lines.append(f"         approved by {by}")
        self.world.approvals.decide(FakeState.APPROVED, by, reason)

    def reject(self, by: str, reason: str = "") -> None:
        self._lines.append(f"         denied by {by}")
        self.world.approvals.decide(FakeState.DENIED, by, reason)

    # ── how ──

    async def _expect(self, ear: Ear, expected: Sequence[Any], arrow: str) -> None:
        heard = await self._next(ear, len(expected))
        self._lines += [f"{arrow} {message!r}" for message in heard]
        assert len(heard) == len(expected), self._story(expected, heard)
        # Reports compare on their own side, so they stand on the left.
        assert all(want == got for want, got in zip(expected, heard, strict=True)), self._story(expected, heard)

    async def _next(self, ear: Ear, count: int) -> list[Message]:
        for _ in range(2000):
            if len(ear.heard) >= count:
                break
            await asyncio.sleep(0)
        heard, ear.heard[:] = ear.heard[:count], ear.heard[count:]
        return heard

    def _story(self, expected: object, heard: object) -> str:
        told = "\n".join(f"    {line}" for line in self._lines)
        return f"\nso far:\n{told}\n\n  expected ⟶ {expected!r}\n       got ⟶ {heard!r}\n"
