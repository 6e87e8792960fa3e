"""Streams of lines: one JSON object a line, an empty one as a heartbeat, a slow reader dropped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import msgspec
from aiohttp import web

from engine.api.call import Call
from engine.api.schema import ErrorView
from engine.errors import Forbidden, HooptermError
from engine.identity.locks import Locked

HEARTBEAT_SECONDS = 5.0
STALLED_SECONDS = 20.0  # a reader that takes nothing for so long is gone

_encode = msgspec.json.Encoder().encode

Lines = AsyncGenerator[bytes, None]


def line(value: Any) -> bytes:
    """One value as a line."""
    return _encode(value) + b"\n"


TOO_SLOW = line({"error": ErrorView("too_slow", "you read too slowly and missed something", "open the stream again")})


async def stream(
    call: Call, lines: Lines, *, heartbeat: float = HEARTBEAT_SECONDS, beat: Callable[[], bytes] = lambda: b"\n"
) -> web.StreamResponse:
    """Send lines until they end or the reader goes away; a failure on the way is the last line."""
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"})
    await response.prepare(call.request)
    try:
        async with asyncio.TaskGroup() as tasks:
            beating = tasks.create_task(_beat(response, heartbeat, beat))
            try:
                async with aclosing(lines):
                    async for entry in lines:
                        _require_unlocked(call)
                        await _write(response, entry)
            except HooptermError as error:
                await _write(response, line({"error": ErrorView(error.code, str(error), error.hint)}))
            beating.cancel()
    except* (ConnectionError, TimeoutError):
        if call.request.transport is not None:
            call.request.transport.abort()
    return response


def _require_unlocked(call: Call) -> None:
    """Who is locked while they read, reads no further."""
    if call.gateway.locks.get(Locked.IDENTITY, call.caller.name) is not None:
        raise Forbidden(f"{call.caller.name} is locked", hint="ask an administrator")


async def _beat(response: web.StreamResponse, heartbeat: float, beat: Callable[[], bytes]) -> None:
    while True:
        await asyncio.sleep(heartbeat)
        await _write(response, beat())


async def _write(response: web.StreamResponse, entry: bytes) -> None:
    async with asyncio.timeout(STALLED_SECONDS):
        await response.write(entry)
