"""The engine at the other end of a socket pair: connections to it are asked for there, and come as descriptors.

A console that an engine opens for somebody has this instead of a path to the control socket. One packet asks; the
answer is a connected stream socket (SCM_RIGHTS, unix(7)), or an error as the control API words it.
"""

from __future__ import annotations

import array
import asyncio
import socket
from typing import TYPE_CHECKING

import msgspec
from aiohttp import BaseConnector

from engine.api.schema import ErrorView
from hoopterm.errors import EngineUnreachable, Refused

if TYPE_CHECKING:
    from aiohttp import ClientRequest, ClientTimeout
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.tracing import Trace

ASK = b"connect"
LARGEST = 4096  # bytes of an answer


class Pair:
    """The console's end of its pair."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._asking = asyncio.Lock()
        self._is_owed = False  # an answer is on its way that nobody waits for any more

    def __repr__(self) -> str:
        return f"<Pair {self._end.fileno()}>"

    async def connect(self) -> socket.socket:
        """A connection to the engine; raises EngineUnreachable, and Refused where there would be too many."""
        async with self._asking:
            try:
                if not self._is_owed:
                    self._end.send(ASK)
                self._is_owed = True
                await self._readable()
                content, descriptors = self._receive()
            except OSError as error:
                raise EngineUnreachable(f"the engine has ended this console: {error.strerror}") from error
            self._is_owed = False
        if descriptors:
            return socket.socket(fileno=descriptors[0])
        if not content:
            raise EngineUnreachable("the engine has ended this console")
        refusal = msgspec.json.decode(content, type=_Answer).error
        raise Refused(refusal.code, refusal.message, refusal.hint)

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        is_readable = asyncio.Event()
        loop.add_reader(self._end, is_readable.set)
        try:
            await is_readable.wait()
        finally:
            loop.remove_reader(self._end)

    def _receive(self) -> tuple[bytes, array.array[int]]:
        descriptors = array.array("i")
        room = socket.CMSG_SPACE(descriptors.itemsize)
        content, messages, _, _ = self._end.recvmsg(LARGEST, room, socket.MSG_CMSG_CLOEXEC)
        for level, kind, data in messages:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptors.frombytes(data)
        return content, descriptors


class PairConnector(BaseConnector):
    """aiohttp's connections over a pair."""

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self._pair = pair

    async def _create_connection(
        self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout
    ) -> ResponseHandler:
        async with asyncio.timeout(timeout.sock_connect):
            connection = await self._pair.connect()
            _, protocol = await self._loop.create_connection(self._factory, sock=connection)
        return protocol


class _Answer(msgspec.Struct, frozen=True):
    error: ErrorView
