"""A wire reads while nobody has a reason against it, and closes within bounds."""

from __future__ import annotations

import asyncio
import socket
import tracemalloc

import uvloop

from engine.protocols.postgres.wire import Wire
from tests.dsl.wire import FakeTransport, whole

SIZE = 500_000


class Peer:
    """What a wire told."""

    def __init__(self, leftover: bytes = b"") -> None:
        self.sent = b""
        self.arrived = b""
        self.lost = 0
        self.full: list[bool] = []
        self.transport = FakeTransport(whole, self._hear)
        self.wire = Wire(self.transport, leftover)

    def _hear(self, data: bytes) -> None:
        self.sent += data

    def _arrive(self, data: bytes) -> None:
        self.arrived += data

    def _lose(self) -> None:
        self.lost += 1

    def attach(self) -> None:
        self.wire.attach(on_data=self._arrive, on_lost=self._lose, on_full=self.full.append)


async def test_nothing_is_read_before_somebody_listens() -> None:
    peer = Peer(b"early ")
    peer.transport.feed(b"late")
    assert peer.arrived == b""
    peer.attach()
    await asyncio.sleep(0)
    assert peer.arrived == b"early late"


async def test_it_reads_again_when_the_last_reason_is_gone() -> None:
    peer = Peer()
    peer.attach()
    peer.wire.pause("one")
    peer.wire.pause("two")
    peer.wire.resume("one")
    peer.wire.resume("never given")
    assert peer.transport.is_paused
    assert repr(peer.wire) == "<Wire paused: two>"
    peer.wire.resume("two")
    assert not peer.transport.is_paused
    assert repr(peer.wire) == "<Wire reading>"


async def test_a_peer_that_leaves_is_told_once_even_to_who_comes_late() -> None:
    peer = Peer()
    heard: list[bool] = []
    peer.wire.listen(lambda: heard.append(True))
    peer.transport.feed_eof()
    assert heard == [True]
    peer.wire.listen(lambda: heard.append(False))
    assert heard == [True, False]
    peer.attach()
    assert peer.lost == 1
    peer.wire.write(b"too late")
    assert peer.sent == b""
    assert repr(peer.wire) == "<Wire lost>"


async def test_who_only_listens_for_the_end_keeps_what_is_said() -> None:
    peer = Peer()
    peer.wire.listen(lambda: None)
    peer.transport.feed(b"hello")
    assert peer.transport.is_paused
    peer.attach()
    assert peer.arrived == b"hello"


async def test_closing_waits_for_the_transport_and_writes_nothing_more() -> None:
    peer = Peer()
    peer.attach()
    peer.wire.write(b"bye")
    peer.wire.close()
    peer.wire.write(b"more")
    await peer.wire.closed
    assert peer.sent == b"bye"


async def test_a_full_peer_is_told_of() -> None:
    peer = Peer()
    peer.attach()
    peer.wire.pause_writing()
    peer.wire.resume_writing()
    assert peer.full == [True, False]


def test_sockets_that_are_read_at_once_do_not_mix() -> None:
    async def read_both() -> list[bytes]:
        loop, arrived, lost = asyncio.get_running_loop(), [b"", b""], [asyncio.Event(), asyncio.Event()]

        def read(near: asyncio.Transport, index: int) -> None:
            def arrive(data: bytes) -> None:
                arrived[index] += data

            Wire(near, b"").attach(on_data=arrive, on_lost=lost[index].set, on_full=lambda full: None)

        async with asyncio.TaskGroup() as tasks:
            for index, letter in enumerate((b"a", b"b")):
                near, far = socket.socketpair()
                far.setblocking(False)
                transport, _ = await loop.create_connection(asyncio.Protocol, sock=near)
                read(transport, index)
                tasks.create_task(send(far, letter * SIZE))
            for each in lost:
                await each.wait()
        return arrived

    async def send(far: socket.socket, data: bytes) -> None:
        with far:
            await asyncio.get_running_loop().sock_sendall(far, data)

    assert uvloop.run(asyncio.wait_for(read_both(), 20)) == [b"a" * SIZE, b"b" * SIZE]


async def test_a_socket_holds_no_buffer_of_its_own() -> None:
    tracemalloc.start()
    peers = [Peer() for _ in range(100)]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size / len(peers) < 8 * 1024
