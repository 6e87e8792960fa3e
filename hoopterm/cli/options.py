"""Options that several commands share, and completions that ask the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from hoopterm.errors import Problem

if TYPE_CHECKING:
    from hoopterm.client import Client

T = TypeVar("T")

_PATIENCE = 1.0  # seconds a completion may take

Engine = Annotated[
    str | None,
    typer.Option("--engine", metavar="ENGINE", help="Its control socket, or ssh://user@host.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.", show_default=False)]


def connected(engine: str | None = None) -> Client:
    """A client of the engine; to be used as an async context manager."""
    from hoopterm.client import Client  # late: aiohttp takes longer to load than a --help to print

    return Client.at(engine)


def ask(engine: str | None, question: Callable[[Client], Awaitable[T]]) -> T:
    """Ask the engine one thing and wait for its answer."""

    async def conversation() -> T:
        async with connected(engine) as client:
            return await question(client)

    return asyncio.run(conversation())


async def _reviews(client: Client) -> list[str]:
    return [review.id for review in await client.reviews("pending")]


async def _sessions(client: Client) -> list[str]:
    return [session.id for session in await client.sessions("live")]


async def _recordings(client: Client) -> list[str]:
    return [recording.session for recording in await client.recordings()]


async def _targets(client: Client) -> list[str]:
    return [target.name for target in (await client.status()).targets]


async def _agents(client: Client) -> list[str]:
    return [agent.name for agent in await client.agents()]


async def _tokens(client: Client) -> list[str]:
    return [token.id for token in await client.tokens() if token.revoked is None]


async def _identities(client: Client) -> list[str]:
    found = {session.identity.subject for session in await client.sessions("live")}
    return sorted(found | {lock.name for lock in await client.locks() if lock.kind == "identity"})


def _completion(names: Callable[[Client], Awaitable[list[str]]]) -> Callable[[str], list[str]]:
    """Names of the engine's; none when it is slow, away or says no: a completion never complains."""

    async def conversation() -> list[str]:
        async with asyncio.timeout(_PATIENCE), connected() as client:
            return await names(client)

    def complete(incomplete: str) -> list[str]:
        try:
            return [name for name in asyncio.run(conversation()) if name.startswith(incomplete)]
        except (Problem, TimeoutError):
            return []

    return complete


complete_reviews = _completion(_reviews)
complete_sessions = _completion(_sessions)
complete_recordings = _completion(_recordings)
complete_targets = _completion(_targets)
complete_agents = _completion(_agents)
complete_tokens = _completion(_tokens)
complete_identities = _completion(_identities)

Review = Annotated[str, typer.Argument(metavar="REVIEW", help="The review's id.", autocompletion=complete_reviews)]
LockedIdentity = Annotated[
    str | None,
    typer.Option(
        "--identity",
        metavar="NAME",
        help="An agent or a person.",
        show_default=False,
        autocompletion=complete_identities,
    ),
]
LockedTarget = Annotated[
    str | None,
    typer.Option("--target", metavar="NAME", help="A target.", show_default=False, autocompletion=complete_targets),
]
Session = Annotated[str, typer.Argument(metavar="SESSION", help="The session's id.", autocompletion=complete_sessions)]
