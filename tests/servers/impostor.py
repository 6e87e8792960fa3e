"""Something that listens where a PostgreSQL is expected, and says what a test wants."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from engine.protocols.postgres.startup import message

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    """Something that listens where a PostgreSQL is expected."""

    talks: set[asyncio.Task[None] | None] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.current_task())
        try:
            with contextlib.suppress(OSError, EOFError):
                await handler(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with listening:
        yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with asyncio.timeout(10):
        await asyncio.gather(*(talk for talk in talks if talk), return_exceptions=True)


async def opening(reader: asyncio.StreamReader) -> bytes:
    length = await reader.readexactly(4)
    return await reader.readexactly(int.from_bytes(length, "big") - 4)


def saying(*answers: bytes) -> Handler:
    """A server that answers the opening with these bytes, then listens on."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await opening(reader)
        writer.write(b"".join(answers))
        await reader.read()

    return handler


def authentication(code: int, data: bytes = b"") -> bytes:
    return message(b"R", code.to_bytes(4, "big") + data)


SASL = authentication(10, b"SCRAM-SHA-256\0\0")
