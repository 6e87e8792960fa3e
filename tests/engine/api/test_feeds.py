"""Streams: heartbeats, failures on the way, readers that go away or do not read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from engine.api import feeds
from engine.api.auth import Caller
from engine.api.call import Call
from engine.api.feeds import line, stream
from engine.config.revision import Person
from engine.errors import RecordError
from engine.identity.locks import Locks


class Server:
    """One route that streams what a test gives it."""

    def __init__(self, path: Path, lines: AsyncGenerator[bytes, None], **options: Any) -> None:
        self._path, self._lines, self._options = path, lines, options
        self.ended = asyncio.Event()

    async def __aenter__(self) -> aiohttp.ClientResponse:
        async def handle(request: web.Request) -> web.StreamResponse:
            gateway, ann = SimpleNamespace(locks=Locks(cast(Any, None))), Caller(Person("ann"), frozenset())
            call = Call(cast(Any, gateway), request, ann, cast(Any, None))
            try:
                return await stream(call, self._lines, **self._options)
            finally:
                self.ended.set()

        application = web.Application()
        application.router.add_get("/", handle)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.UnixSite(self._runner, str(self._path)).start()
        self._session = aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(self._path)))
        self.response = await self._session.get("http://x/")
        return self.response

    async def __aexit__(self, *_: object) -> None:
        self.response.close()
        await self._session.close()
        await self._runner.cleanup()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "f.sock"


async def test_lines_are_sent_as_they_come(path: Path) -> None:
    async def lines() -> AsyncGenerator[bytes, None]:
        yield line({"a": 1})
        yield line({"b": 2})

    async with Server(path, lines()) as response:
        assert await response.read() == b'{"a":1}\n{"b":2}\n'
        assert response.headers["Content-Type"] == "application/x-ndjson"


async def test_silence_is_filled_with_empty_lines(path: Path) -> None:
    release = asyncio.Event()

    async def lines() -> AsyncGenerator[bytes, None]:
        await release.wait()
        yield line({"late": True})

    async with Server(path, lines(), heartbeat=0.01) as response:
        assert await response.content.readline() == b"\n"
        release.set()
        assert (await response.read()).endswith(b'{"late":true}\n')


async def test_a_heartbeat_may_say_something(path: Path) -> None:
    async def lines() -> AsyncGenerator[bytes, None]:
        await asyncio.Event().wait()
        yield b""

    async with Server(path, lines(), heartbeat=0.01, beat=lambda: b'{"status":1}\n') as response:
        assert await response.content.readline() == b'{"status":1}\n'


async def test_a_failure_on_the_way_is_the_last_line(path: Path) -> None:
    async def lines() -> AsyncGenerator[bytes, None]:
        yield line(1)
        raise RecordError("the log does not read", "why", "hint")

    async with Server(path, lines()) as response:
        last = (await response.read()).splitlines()[-1]
    assert last == b'{"error":{"code":"record","message":"the log does not read: why","hint":"hint"}}'


async def test_a_reader_that_goes_away_ends_the_stream_and_frees_its_source(path: Path) -> None:
    freed = asyncio.Event()

    async def lines() -> AsyncGenerator[bytes, None]:
        try:
            await asyncio.Event().wait()
            yield b""
        finally:
            freed.set()

    server = Server(path, lines(), heartbeat=0.01)
    async with server as response:
        response.close()
        await freed.wait()
        await server.ended.wait()


async def test_a_reader_that_takes_nothing_is_dropped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GHSA-78rf-vg74-7cr8: a slow client stalls nobody."""
    monkeypatch.setattr(feeds, "STALLED_SECONDS", 0.05)
    freed = asyncio.Event()

    async def lines() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"x" * 65_536
        finally:
            freed.set()

    server = Server(path, lines())
    async with server:
        await freed.wait()
        await server.ended.wait()
