"""The only road to the engine: its control API, typed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any, TypeVar

from engine.api import schema
from hoopterm.errors import EngineUnreachable, Refused
from hoopterm.wire import Wire

__all__ = ["Client", "EngineUnreachable", "Refused", "persistent"]

T = TypeVar("T")


class Client(Wire):
    """One person's connection to one engine; use it as an async context manager.

    Every method raises `Refused` when the engine says no and `EngineUnreachable` when nobody answers. Methods that
    return an async iterator stream until the engine ends them; leave them early with `contextlib.aclosing`.
    """

    # The engine

    async def status(self) -> schema.StatusView:
        """How the engine is, and who it takes you for."""
        return await self._ask("GET", ["status"], schema.StatusView)

    async def stop(self) -> None:
        """Drain the engine and end it; answers as soon as it begins."""
        await self._ask("POST", ["engine", "stop"], schema.DoneView)

    def live(self) -> AsyncGenerator[schema.LiveView, None]:
        """What is now, then every change of reviews, sessions and status that you may see."""
        return self._views(["live"], schema.LiveView)

    async def ca(self) -> str:
        """The certificate, in PEM, that listeners with `tls: auto` are signed by."""
        return (await self._ask("GET", ["ca"], schema.TextView)).text

    async def ssh_keys(self) -> schema.SSHKeysView:
        """The host key of SSH listeners, and the key that signs the engine in at SSH targets."""
        return await self._ask("GET", ["ca", "ssh"], schema.SSHKeysView)

    async def learn(self, target: str, key: str | None = None) -> schema.LearnedView:
        """The host key that a target shows; with the key somebody has looked at, have it pinned."""
        body = schema.LearnRequest(key)
        return await self._ask("POST", ["targets", target, "learn"], schema.LearnedView, body=body)

    async def connect(self, target: str, ttl: float = 3600.0) -> schema.ConnectView:
        """What a client needs to reach a target as you, with a fresh token."""
        body = schema.ConnectRequest(target, ttl)
        return await self._ask("POST", ["connect"], schema.ConnectView, body=body)

    async def targets(self) -> list[schema.TargetDetailView]:
        """Every target, and how it answered last; never a credential."""
        return await self._ask("GET", ["targets"], list[schema.TargetDetailView])

    async def agents(self) -> list[schema.AgentView]:
        """Every agent, and who answers for it."""
        return await self._ask("GET", ["agents"], list[schema.AgentView])

    # Reviews

    async def reviews(self, state: str | None = None) -> list[schema.ReviewView]:
        """Reviews in one state, or all that are kept, oldest deadline first."""
        return await self._ask("GET", ["reviews"], list[schema.ReviewView], query={"state": state})

    async def review(self, review: str) -> schema.ReviewView:
        """One review, its exact text if you may decide it, and what became of it."""
        return await self._ask("GET", ["reviews", review], schema.ReviewView)

    async def approve(self, review: str, reason: str = "") -> schema.ReviewView:
        """Vote for the operation."""
        return await self._decide(review, "approve", reason)

    async def deny(self, review: str, reason: str) -> schema.ReviewView:
        """Vote against the operation; one such vote ends it."""
        return await self._decide(review, "deny", reason)

    async def revoke(self, review: str, reason: str = "") -> schema.ReviewView:
        """Take back an approval that has not been used."""
        return await self._decide(review, "revoke", reason)

    async def _decide(self, review: str, verdict: str, reason: str) -> schema.ReviewView:
        body = schema.Reason(reason)
        return await self._ask("POST", ["reviews", review, verdict], schema.ReviewView, body=body)

    # Sessions

    async def sessions(self, state: str | None = None) -> list[schema.SessionView]:
        """Sessions that are `live` or `closed`, or both; newest first."""
        return await self._ask("GET", ["sessions"], list[schema.SessionView], query={"state": state})

    async def session(self, session: str) -> schema.SessionView:
        """One session, live or past."""
        return await self._ask("GET", ["sessions", session], schema.SessionView)

    def watch(self, session: str) -> AsyncGenerator[schema.FrameView, None]:
        """A session's frames from its start, then as they happen, until it ends."""
        return self._views(["sessions", session, "watch"], schema.FrameView)

    async def kill(self, session: str, reason: str = "") -> None:
        """End a session now."""
        await self._ask("POST", ["sessions", session, "kill"], schema.DoneView, body=schema.Reason(reason))

    # Locks

    async def locks(self) -> list[schema.LockView]:
        """What is locked, the oldest first."""
        return await self._ask("GET", ["locks"], list[schema.LockView])

    async def lock(self, *, reason: str, identity: str | None = None, target: str | None = None) -> schema.LockView:
        """Refuse new sessions of an identity or on a target, and end live ones; name one of the two."""
        body = schema.LockRequest(reason, identity, target)
        return await self._ask("POST", ["lock"], schema.LockView, body=body)

    async def unlock(self, *, reason: str, identity: str | None = None, target: str | None = None) -> schema.LockView:
        """Let it be used again; what the lock was."""
        body = schema.LockRequest(reason, identity, target)
        return await self._ask("POST", ["unlock"], schema.LockView, body=body)

    # Tokens

    async def tokens(self) -> list[schema.TokenView]:
        """Every token that is kept, newest first; never a secret."""
        return await self._ask("GET", ["tokens"], list[schema.TokenView])

    async def create_token(self, subject: str, ttl: float, on_behalf_of: str | None = None) -> schema.TokenCreatedView:
        """Mint a token; `ttl` in seconds. Its secret is in the answer and nowhere else."""
        body = schema.TokenRequest(subject, ttl, on_behalf_of)
        return await self._ask("POST", ["tokens"], schema.TokenCreatedView, body=body)

    async def revoke_token(self, token: str) -> None:
        """End a token and the sessions it opened."""
        await self._ask("POST", ["tokens", token, "revoke"], schema.DoneView)

    # Evidence

    def events(self, *, follow: bool = False, **filters: str | None) -> AsyncGenerator[dict[str, Any], None]:
        """Entries of the audit log, oldest first; filters are since, until, identity, target, event."""
        query = {**filters, "follow": "true" if follow else None}
        return self._views(["events"], dict[str, Any], query=query)

    async def changes(self, since: int | None = None) -> schema.ChangesView:
        """What a person would want to know of the log from an entry on."""
        query = {"since": None if since is None else str(since)}
        return await self._ask("GET", ["changes"], schema.ChangesView, query=query)

    async def search(
        self, query: str = "", *, limit: int = 100, before: int | None = None, after: int | None = None
    ) -> schema.SearchView:
        """Entries that a query finds, newest first: `before` a sequence, or, oldest first, `after` one."""
        asked = {"q": query, "limit": str(limit), "before": _digits(before), "after": _digits(after)}
        return await self._ask("GET", ["audit", "search"], schema.SearchView, query=asked)

    def follow_search(
        self, query: str = "", *, limit: int = 100, after: int | None = None
    ) -> AsyncGenerator[schema.EntryView, None]:
        """The newest entries that a query finds, or those `after` one, oldest first; then others as they come."""
        asked = {"q": query, "limit": str(limit), "after": _digits(after), "follow": "true"}
        return self._views(["audit", "search"], schema.EntryView, query=asked)

    async def entry(self, sequence: int) -> schema.EntryDetailView:
        """One entry whole, with its proof."""
        return await self._ask("GET", ["audit", "entries", str(sequence)], schema.EntryDetailView)

    async def reindex(self) -> None:
        """Have the search index made anew; returns as it begins."""
        await self._ask("POST", ["audit", "reindex"], schema.DoneView)

    async def recordings(self) -> list[schema.RecordingView]:
        """Every recording that is kept, newest first."""
        return await self._ask("GET", ["recordings"], list[schema.RecordingView])

    async def download(self, session: str) -> AsyncGenerator[bytes, None]:
        """The bytes of one session's recording."""
        async with self._stream(["recordings", session], {}) as response:
            async for chunk in response.content.iter_any():
                yield chunk

    async def verification_key(self) -> str:
        """The key that verifies the log's checkpoints; keep it elsewhere."""
        return (await self._ask("GET", ["audit", "key"], schema.TextView)).text

    async def checkpoint(self) -> schema.CheckpointView:
        """The log's latest signed checkpoint; keep it elsewhere."""
        return await self._ask("GET", ["audit", "checkpoint"], schema.CheckpointView)

    # Policy

    async def policy(self) -> schema.PolicyView:
        """The policy in force, as it was written."""
        return await self._ask("GET", ["policy"], schema.PolicyView)

    async def policy_schema(self) -> dict[str, Any]:
        """The JSON Schema of a configuration file, as this engine reads it."""
        return await self._ask("GET", ["policy", "schema"], dict[str, Any])

    async def check_policy(self, files: Mapping[str, str]) -> schema.CheckView:
        """Whether the engine would take these files, by name."""
        body = schema.PolicyRequest(dict(files))
        return await self._ask("POST", ["policy", "check"], schema.CheckView, body=body)

    async def apply_policy(
        self, files: Mapping[str, str] | None = None, expected: str | None = None, reason: str = ""
    ) -> schema.AppliedView:
        """Put policy in force: these files, or the engine's own as they are on disk now."""
        body = schema.PolicyRequest(dict(files or {}), expected, reason)
        return await self._ask("POST", ["policy", "apply"], schema.AppliedView, body=body)

    async def policy_diff(self, files: Mapping[str, str]) -> schema.DiffView:
        """What these files would change of the policy in force, and who could do what then."""
        body = schema.PolicyRequest(dict(files))
        return await self._ask("POST", ["policy", "diff"], schema.DiffView, body=body)

    def backtest(self, files: Mapping[str, str], last: int = 10_000) -> AsyncGenerator[schema.BacktestView, None]:
        """How the newest recorded operations would be decided by these files; leave it early to have it end."""
        body = schema.BacktestRequest(dict(files), last)
        return self._views(["policy", "backtest"], schema.BacktestView, body=body)

    async def suggest(self, last: int = 10_000) -> schema.SuggestionView:
        """Rules drafted from what targets in `mode: observe` recorded."""
        return await self._ask("GET", ["policy", "suggest"], schema.SuggestionView, query={"last": str(last)})

    async def policy_history(self) -> list[schema.RevisionView]:
        """Every revision that was put in force, newest first."""
        return await self._ask("GET", ["policy", "history"], list[schema.RevisionView])

    async def policy_revision(self, revision: str) -> schema.RevisionDetailView:
        """One revision, by its digest or the beginning of it: its files, and what it changed."""
        return await self._ask("GET", ["policy", "history", revision], schema.RevisionDetailView)

    async def rollback(self, revision: str, reason: str, expected: str | None = None) -> schema.AppliedView:
        """Put an earlier revision's files in force again."""
        body = schema.RollbackRequest(revision, reason, expected)
        return await self._ask("POST", ["policy", "rollback"], schema.AppliedView, body=body)

    async def explain(self, identity: str, target: str, text: str, database: str | None = None) -> schema.DecisionView:
        """What policy would say of one statement; nothing runs."""
        body = schema.ExplainRequest(identity, target, text, database)
        return await self._ask("POST", ["policy", "explain"], schema.DecisionView, body=body)


async def persistent(
    open_stream: Callable[[], AsyncGenerator[T, None]],
    *,
    lost: Callable[[EngineUnreachable], None] = lambda _: None,
    pause: float = 0.2,
    longest: float = 5.0,
) -> AsyncGenerator[T, None]:
    """A stream that is opened again whenever the engine goes away, with growing pauses; it begins anew each time.

    `lost` is told of every failure. A refusal ends it.
    """
    wait = pause
    while True:
        try:
            async with aclosing(open_stream()) as stream:
                async for item in stream:
                    wait = pause
                    yield item
        except EngineUnreachable as error:
            lost(error)
        else:
            lost(EngineUnreachable("the engine ended the stream"))
        await asyncio.sleep(wait)
        wait = min(wait * 2, longest)


def _digits(number: int | None) -> str | None:
    return None if number is None else str(number)
