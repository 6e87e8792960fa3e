"""Connections that are asked for over a pair, before an end that is played by hand."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest
from aiohttp import web

from engine.api.schema import ErrorView, TextView
from hoopterm.address import Handed
from hoopterm.client import Client
from hoopterm.errors import EngineUnreachable, Refused
from hoopterm.pair import Pair


@contextmanager
def pairs() -> Iterator[tuple[socket.socket, Pair]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.setblocking(False)
        yield ours, Pair(theirs)


async def asked(engine: socket.socket) -> bytes:
    return await asyncio.get_running_loop().sock_recv(engine, 64)


async def test_the_client_speaks_over_connections_it_is_given() -> None:
    async def key(_: web.Request) -> web.StreamResponse:
        return web.Response(body=msgspec.json.encode(TextView("a key")))

    application = web.Application()
    application.router.add_get("/v1/audit/key", key)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    assert runner.server is not None
    with pairs() as (engine, pair):
        async with Client(Handed(pair)) as client, asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(client.verification_key())
            assert await asked(engine) == b"connect"
            ours, theirs = socket.socketpair()
            await asyncio.get_running_loop().connect_accepted_socket(runner.server, ours)
            with theirs:
                socket.send_fds(engine, [b"{}"], [theirs.fileno()])
            assert await asking == "a key"
    await runner.cleanup()


async def test_too_many_are_refused_in_the_engines_words() -> None:
    with pairs() as (engine, pair):
        engine.send(msgspec.json.encode({"error": ErrorView("crowded", "16 are open")}))
        with pytest.raises(Refused, match="16 are open"):
            await pair.connect()


async def test_an_engine_that_is_gone_is_told_so() -> None:
    with pairs() as (engine, pair):
        engine.close()
        with pytest.raises(EngineUnreachable, match="has ended this console"):
            await pair.connect()


async def test_an_answer_nobody_waits_for_any_more_is_the_next_ones() -> None:
    with pairs() as (engine, pair):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await pair.connect()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            socket.send_fds(engine, [b"{}"], [theirs.fileno()])
            (await pair.connect()).close()
        assert [await asked(engine)] == [b"connect"]
        with pytest.raises(BlockingIOError):
            engine.recv(64)
