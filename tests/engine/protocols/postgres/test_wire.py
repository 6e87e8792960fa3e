"""A wire reads while nobody has a reason against it, and closes within bounds."""

from __future__ import annotations

import asyncio

from engine.protocols.postgres.wire import Wire
from tests.dsl.wire import FakeTransport, whole


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
