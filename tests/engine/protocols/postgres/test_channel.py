from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from engine.protocols.postgres.channel import Channel, has_early_bytes, peek_first, receive_exactly

RUNS_ON_EVERY_LOOP = True


@pytest.fixture
def pair() -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return ours, theirs


@contextlib.asynccontextmanager
async def accepted(pair: tuple[socket.socket, socket.socket]) -> AsyncIterator[Channel]:
    channel = Channel()
    with pair[1]:
        await channel.accept(pair[0], None)
        try:
            yield channel
        finally:
            channel.abort()
            await channel.finished()


async def test_exactly_what_is_asked_for_is_taken_from_a_socket(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with ours, theirs:
        theirs.sendall(b"request and more")
        assert await peek_first(ours) == ord("r")
        assert await receive_exactly(ours, 7) == b"request"
        assert has_early_bytes(ours)
        assert await receive_exactly(ours, 9) == b" and more"
        assert not has_early_bytes(ours)


async def test_a_peek_waits_for_the_first_byte_without_taking_it(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with ours, theirs:
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(peek_first(ours))
            await asyncio.sleep(0)
            theirs.sendall(b"x")
        assert first.result() == ord("x")
        assert ours.recv(9) == b"x"


async def test_a_peek_that_is_given_up_leaves_the_socket_to_others(pair: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await peek_first(pair[0])
    async with accepted(pair) as channel:
        pair[1].sendall(b"later")
        assert await channel.read(5) == b"later"


async def test_a_peer_that_left_ends_every_way_of_reading(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].sendall(b"ab")
    pair[1].close()
    assert await peek_first(pair[0]) == ord("a")
    with pytest.raises(EOFError):
        await receive_exactly(pair[0], 3)
    with pytest.raises(EOFError):
        await peek_first(pair[0])
    async with accepted(pair) as channel:
        with pytest.raises(EOFError):
            await channel.read(1)


async def test_reads_are_exact_however_bytes_arrive(pair: tuple[socket.socket, socket.socket]) -> None:
    async with accepted(pair) as channel, asyncio.TaskGroup() as tasks:
        task = tasks.create_task(channel.read(3))
        for byte in b"abcdef":
            pair[1].sendall(bytes((byte,)))
            await asyncio.sleep(0)
        assert await task == b"abc"
        assert await channel.read(0) == b""
        assert await channel.read(2) == b"de"
        assert await channel.read(1) == b"f"


async def test_a_channel_reads_only_while_somebody_waits(pair: tuple[socket.socket, socket.socket]) -> None:
    async with accepted(pair) as channel:
        pair[1].setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                pair[1].send(bytes(65536))
        assert await channel.read(1) == b"\0"
        transport, leftover = channel.release()
        assert len(leftover) < 16 * 1024
        assert not transport.is_reading()


async def test_a_released_transport_speaks_through_another_protocol(pair: tuple[socket.socket, socket.socket]) -> None:
    async with accepted(pair) as channel:
        pair[1].sendall(b"ab")
        assert await channel.read(1) == b"a"
        transport, leftover = channel.release()
        other = Channel()
        transport.set_protocol(other)
        other.connection_made(transport)
        pair[1].sendall(b"c")
        assert leftover + await other.read(2 - len(leftover)) == b"bc"
        other.abort()
        await other.finished()
        channel.connection_lost(None)


async def test_writing_to_a_connection_that_is_over_is_no_error(pair: tuple[socket.socket, socket.socket]) -> None:
    async with accepted(pair) as channel:
        channel.write(b"hello")
        assert pair[1].recv(9) == b"hello"
        await channel.end()
        channel.write(b"too late")
        assert repr(channel) == "<Channel over 0 bytes unread>"
        assert pair[1].recv(9) == b""
