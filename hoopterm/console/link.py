"""Keeps the store fed, and survives the engine going away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, Protocol, TypeVar

import msgspec

from engine.api.schema import (
    AppliedView,
    BacktestView,
    ChangesView,
    CheckView,
    DiffView,
    EntryDetailView,
    EntryView,
    FrameView,
    LiveView,
    LockView,
    PolicyView,
    RecordingView,
    ReviewView,
    RevisionDetailView,
    RevisionView,
    SearchView,
    SessionView,
    StatusView,
    SuggestionView,
)
from hoopterm.console.access import Source
from hoopterm.console.store import LinkState, Store
from hoopterm.errors import EngineUnreachable, Problem, Refused

_POLL = 5.0  # seconds of silence after which the engine is asked: its feed has a heartbeat that comes sooner
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_REFUSED_PAUSE = 60.0  # what was refused is refused again, and hosts lock out who asks too often


class Engine(Source, Protocol):
    """What the console asks of an engine: `hoopterm.client.Client` is one."""

    async def status(self) -> StatusView:
        """How the engine is, and who it takes you for."""
        ...

    def live(self) -> AsyncGenerator[LiveView, None]:
        """Every change."""
        ...

    async def reviews(self) -> list[ReviewView]:
        """All reviews that are kept."""
        ...

    async def sessions(self) -> list[SessionView]:
        """Live and past sessions."""
        ...

    async def approve(self, review: str, reason: str = "") -> ReviewView:
        """Vote for a held operation."""
        ...

    async def deny(self, review: str, reason: str) -> ReviewView:
        """Vote against a held operation."""
        ...

    async def kill(self, session: str, reason: str = "") -> None:
        """End a session now."""
        ...

    async def lock(self, *, reason: str, identity: str | None = None, target: str | None = None) -> LockView:
        """Refuse new sessions of an identity or on a target, and end live ones."""
        ...

    async def unlock(self, *, reason: str, identity: str | None = None, target: str | None = None) -> LockView:
        """Let it be used again."""
        ...

    async def revoke_token(self, token: str) -> None:
        """End a token and the sessions it opened."""
        ...

    def watch(self, session: str) -> AsyncGenerator[FrameView, None]:
        """A session's frames from its start, then as they happen."""
        ...

    async def search(
        self, query: str = "", *, limit: int = 100, before: int | None = None, after: int | None = None
    ) -> SearchView:
        """Entries of the log that a query finds."""
        ...

    def follow_search(
        self, query: str = "", *, limit: int = 100, after: int | None = None
    ) -> AsyncGenerator[EntryView, None]:
        """The same, and on as they come."""
        ...

    async def entry(self, sequence: int) -> EntryDetailView:
        """One entry whole, with its proof."""
        ...

    async def changes(self, since: int | None = None) -> ChangesView:
        """What a person would want to know of the record, from an entry on."""
        ...

    async def recordings(self) -> list[RecordingView]:
        """Every recording that is kept."""
        ...

    async def policy(self) -> PolicyView:
        """The policy in force."""
        ...

    async def policy_schema(self) -> dict[str, Any]:
        """The JSON Schema of a configuration file."""
        ...

    async def check_policy(self, files: Mapping[str, str]) -> CheckView:
        """Whether the engine would take these files."""
        ...

    async def apply_policy(self, files: Mapping[str, str], expected: str, reason: str = "") -> AppliedView:
        """Put these files in force in place of a revision."""
        ...

    async def policy_diff(self, files: Mapping[str, str]) -> DiffView:
        """What these files would change, and for whom."""
        ...

    def backtest(self, files: Mapping[str, str], last: int = 10_000) -> AsyncGenerator[BacktestView, None]:
        """How recorded operations would be decided by these files."""
        ...

    async def suggest(self, last: int = 10_000) -> SuggestionView:
        """Rules drafted from what was observed."""
        ...

    async def policy_history(self) -> list[RevisionView]:
        """Every revision that was in force, newest first."""
        ...

    async def policy_revision(self, revision: str) -> RevisionDetailView:
        """One revision, and what it changed."""
        ...

    async def rollback(self, revision: str, reason: str, expected: str | None = None) -> AppliedView:
        """Put an earlier revision in force again."""
        ...

    def download(self, session: str) -> AsyncGenerator[bytes, None]:
        """The bytes of a recording."""
        ...


_Found = TypeVar("_Found")
Road = Callable[[], AbstractAsyncContextManager[Engine]]


class Link:
    """The road to one engine: opened, followed, and opened again whenever it breaks."""

    def __init__(self, store: Store, road: Road, changed: Callable[[], None], *, poll: float = _POLL) -> None:
        self._store = store
        self._road = road
        self._changed = changed
        self._poll = poll
        self._hurry = asyncio.Event()
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The engine, while there is one; raises EngineUnreachable."""
        if self._engine is None or self._store.link is not LinkState.LIVE:
            raise EngineUnreachable("the engine is away", "wait for the link to come back, or press ctrl+r")
        return self._engine

    def hurry(self) -> None:
        """Try again now instead of after the pause."""
        self._hurry.set()

    async def run(self) -> None:
        """Follow the engine until cancelled."""
        pause = _FIRST_PAUSE
        while True:
            cause, is_refused = "the engine ended the stream", False
            self._store.connecting()
            self._changed()
            try:
                async with self._road() as engine:
                    await self._follow(engine)
            except* Problem as problems:
                cause = _first(problems)
                is_refused = problems.subgroup(Refused) is not None
            except* msgspec.MsgspecError:
                cause = "the engine speaks another version of the control API: compare `hoopterm --version` on both"
            self._engine = None
            if is_refused:
                pause = _REFUSED_PAUSE
            else:
                pause = _FIRST_PAUSE if self._store.link is LinkState.LIVE else min(pause * 2, _LONGEST_PAUSE)
            self._store.lose(cause, pause)
            self._changed()
            self._hurry.clear()
            try:
                async with asyncio.timeout(pause):
                    await self._hurry.wait()
            except TimeoutError:
                pass

    async def _follow(self, engine: Engine) -> None:
        """Load the picture, then take in changes until the stream ends."""
        async with aclosing(engine.live()) as changes:
            status, reviews, sessions = await asyncio.gather(
                engine.status(), _if_permitted(engine.reviews()), _if_permitted(engine.sessions())
            )
            self._engine = engine
            self._store.load(status, reviews, sessions)
            self._changed()
            try:
                async with asyncio.TaskGroup() as tasks:
                    heartbeat = tasks.create_task(self._listen(engine))
                    async for change in changes:
                        self._store.apply(change)
                        self._changed()
                    heartbeat.cancel()
            finally:
                self._engine = None  # before its connections are closed, which takes a moment

    async def _listen(self, engine: Engine) -> None:
        while True:
            await asyncio.sleep(self._poll)
            if (self._store.age or 0.0) < self._poll:
                continue
            self._store.apply(LiveView(status=await engine.status()))
            self._changed()


async def _if_permitted(asking: Awaitable[list[_Found]]) -> list[_Found]:
    """What was asked for, nothing where this person may not see it: each permission has its own part of the console."""
    try:
        return await asking
    except Refused as refused:
        if refused.code == "forbidden":
            return []
        raise


def _first(problems: BaseExceptionGroup[Problem]) -> str:
    leaf: BaseException = problems
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    return leaf.sentence if isinstance(leaf, Problem) else str(leaf)
