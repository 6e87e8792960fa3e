"""One end of a connection during its handshake: exact reads over a raw socket, then over a transport.

A raw socket is read to the byte, so that nothing a peer sent before TLS can be taken for something it sent inside
(CVE-2021-23214, CVE-2021-23222, CVE-2021-3935, CVE-2021-43766, CVE-2021-43767).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import cast

_CHUNK = 16 * 1024
_HANDSHAKE_LIMIT = 60.0
_SHUTDOWN_LIMIT = 1.0
_LAST_WORDS = 5.0  # seconds a peer has to take what is still to be sent


async def receive_exactly(sock: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes and not one more. Raises EOFError."""
    loop = asyncio.get_running_loop()
    received = bytearray()
    while len(received) < size:
        try:
            piece = await loop.sock_recv(sock, size - len(received))
        except OSError:
            piece = b""
        if not piece:
            raise EOFError
        received += piece
    return bytes(received)


async def peek_first(sock: socket.socket) -> int:
    """The first byte, left where it is. Raises EOFError."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            first = sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            readable = loop.create_future()
            loop.add_reader(sock, _settle, readable)
            try:
                await readable
            finally:
                loop.remove_reader(sock)
            continue
        except OSError:
            first = b""
        if not first:
            raise EOFError
        return first[0]


def has_early_bytes(sock: socket.socket) -> bool:
    """Whether the peer already sent plaintext although TLS is about to begin."""
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Channel(asyncio.BufferedProtocol):
    """Exact reads and plain writes over a transport. It reads only while somebody waits for bytes.

    So it holds at most what was asked for and one chunk more, whatever the peer sends. `release` gives the
    transport, its reading paused, and the bytes nobody asked for, ready for another protocol.
    """

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._stands = False  # whether there is a transport to speak of
        self._chunk = bytearray(_CHUNK)
        self._received = bytearray()
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._has_ended = False  # nothing more will come
        self._is_finishing = False
        self._finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def __repr__(self) -> str:
        return f"<Channel {'over' if self._finished.done() else 'open'} {len(self._received)} bytes unread>"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's derives from nothing of asyncio's
        self._stands = True
        self._read_on(False)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._chunk

    def buffer_updated(self, nbytes: int) -> None:
        if self._is_finishing:
            return
        self._received += self._chunk[:nbytes]
        if len(self._received) >= self._wanted:
            self._read_on(False)
            self._wake()

    def eof_received(self) -> None:
        self._has_ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._has_ended = True
        self._wake()
        _settle(self._finished)

    def _read_on(self, should: bool) -> None:
        if not self.transport.is_closing():  # asyncio's TLS transport has nothing left to pause once it closes
            (self.transport.resume_reading if should else self.transport.pause_reading)()

    def _wake(self) -> None:
        if self._waiter is not None:
            _settle(self._waiter)

    async def accept(self, sock: socket.socket, tls: ssl.SSLContext | None) -> None:
        """Take over an accepted socket, as the TLS server when a context is given.

        The socket belongs to the channel from here on, whatever becomes of it: uvloop aborts the process when a
        second transport is made over it. Time is the caller's to limit.
        """
        with self._standing():
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self,
                sock,
                ssl=tls,
                ssl_handshake_timeout=_HANDSHAKE_LIMIT if tls else None,
                ssl_shutdown_timeout=_SHUTDOWN_LIMIT if tls else None,
            )

    async def connect(self, sock: socket.socket, tls: ssl.SSLContext | None, server_hostname: str) -> None:
        """Take over a connected socket, as the TLS client when a context is given."""
        with self._standing():
            await asyncio.get_running_loop().create_connection(
                lambda: self,
                sock=sock,
                ssl=tls,
                server_hostname=server_hostname if tls else None,
                ssl_handshake_timeout=_HANDSHAKE_LIMIT if tls else None,
                ssl_shutdown_timeout=_SHUTDOWN_LIMIT if tls else None,
            )

    @contextlib.contextmanager
    def _standing(self) -> Iterator[None]:
        # A loop that could not make a transport whole has closed it, and never says connection_lost.
        try:
            yield
        except BaseException:
            self._stands = False
            raise

    async def read(self, size: int) -> bytes:
        """Exactly `size` bytes. Raises EOFError when the connection ends before."""
        self._wanted = size
        while len(self._received) < size:
            if self._has_ended:
                raise EOFError
            self._waiter = asyncio.get_running_loop().create_future()
            self._read_on(True)
            await self._waiter
        piece = bytes(self._received[:size])
        del self._received[:size]
        self._wanted = 0
        return piece

    def write(self, data: bytes) -> None:
        """Send, unless the connection is over."""
        if self._stands and not self.transport.is_closing():
            self.transport.write(data)

    async def end(self) -> None:
        """Send what is still to be sent, end the connection, and wait until the socket is free."""
        if not self._stands:
            return
        self._discard()
        if not self.transport.is_closing():
            self.transport.close()
        cutting = asyncio.get_running_loop().call_later(_LAST_WORDS, self.transport.abort)
        try:
            await self._finished
        finally:
            cutting.cancel()

    def abort(self) -> None:
        """End the connection now, with whatever is still to be sent."""
        if self._stands:
            self.transport.abort()

    async def finished(self) -> None:
        """Wait until the connection is over; what the peer still sends is thrown away."""
        self._discard()
        await self._finished

    def _discard(self) -> None:
        # A TLS transport whose reading is paused does not close once its peer has.
        self._is_finishing = True
        self._read_on(True)

    def release(self) -> tuple[asyncio.Transport, bytes]:
        """The transport with reading paused, and what was received beyond what was read."""
        self._read_on(False)
        leftover = bytes(self._received)
        self._received.clear()
        return self.transport, leftover

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS session, if there is one."""
        session: ssl.SSLObject | None = self.transport.get_extra_info("ssl_object")
        return session
