"""Who is let in where: targets, agents, tokens and locks, as the engine said last.

Each of the four has a permission of its own, so that one may be refused while the others are there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar

from engine.api.schema import AgentView, LockView, SessionView, TargetDetailView, TokenView
from hoopterm.errors import Refused


class Kind(StrEnum):
    """The four lists, in their order."""

    TARGETS = "targets"
    AGENTS = "agents"
    TOKENS = "tokens"
    LOCKS = "locks"


class Source(Protocol):
    """What is asked of an engine for it."""

    async def targets(self) -> list[TargetDetailView]:
        """Every target, and how it answered last."""
        ...

    async def agents(self) -> list[AgentView]:
        """Every agent, and who answers for it."""
        ...

    async def tokens(self) -> list[TokenView]:
        """Every token that is kept; never a secret."""
        ...

    async def locks(self) -> list[LockView]:
        """What is locked."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """All four by their keys, in the engine's order; `why` says of each that could not be had why not."""

    targets: Mapping[str, TargetDetailView] = field(default_factory=dict)
    agents: Mapping[str, AgentView] = field(default_factory=dict)
    tokens: Mapping[str, TokenView] = field(default_factory=dict)
    locks: Mapping[str, LockView] = field(default_factory=dict)
    why: Mapping[Kind, str] = field(default_factory=dict)

    def count(self, kind: Kind) -> int:
        """How many there are."""
        return len(
            {Kind.TARGETS: self.targets, Kind.AGENTS: self.agents, Kind.TOKENS: self.tokens}.get(kind, self.locks)
        )

    def lock_on(self, kind: str, name: str) -> LockView | None:
        """The lock on exactly that `identity` or `target`."""
        return self.locks.get(lock_key(kind, name))


_T = TypeVar("_T")


def lock_key(kind: str, name: str) -> str:
    """What a lock is told apart by."""
    return f"{kind}:{name}"


async def ask(source: Source) -> Access:
    """All of it as it is now; raises Problem unless it is only that this person may not see a part."""
    why: dict[Kind, str] = {}
    targets, agents, tokens, locks = await asyncio.gather(
        _permitted(source.targets(), Kind.TARGETS, why),
        _permitted(source.agents(), Kind.AGENTS, why),
        _permitted(source.tokens(), Kind.TOKENS, why),
        _permitted(source.locks(), Kind.LOCKS, why),
    )
    return Access(
        {target.name: target for target in targets},
        {agent.name: agent for agent in agents},
        {token.id: token for token in tokens},
        {lock_key(lock.kind, lock.name): lock for lock in locks},
        why,
    )


async def _permitted(asking: Awaitable[list[_T]], kind: Kind, why: dict[Kind, str]) -> list[_T]:
    try:
        return await asking
    except Refused as refused:
        if refused.code != "forbidden":
            raise
        why[kind] = refused.sentence
        return []


def last_seen(sessions: Iterable[SessionView], tokens: Iterable[TokenView]) -> dict[str, str]:
    """When each identity was seen last, as far as sessions and tokens tell; "now" while one is live."""
    seen: dict[str, str] = {}
    for session in sessions:
        at = "now" if session.state == "live" else session.closed or session.opened
        seen[session.identity.subject] = max(seen.get(session.identity.subject, ""), at)
    for token in tokens:
        if token.last_used:
            seen[token.subject] = max(seen.get(token.subject, ""), token.last_used)
    return seen
