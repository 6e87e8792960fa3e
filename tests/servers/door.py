"""A PostgreSQL front that greets one client: both ends of it, for tests."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator

from engine.errors import HooptermError
from engine.lobby import Lobby
from engine.protocols.postgres import front, startup
from engine.protocols.postgres.front import Cancel, Greeting
from engine.tls import Authority

HELLO = startup.write_startup({"user": "bot", "database": "shop", "application_name": "t"}, 0)
PASSWORD = startup.message(b"p", b"ht_x_y\0")
SSL_REQUEST = startup.write_request(startup.SSL_REQUEST)
GSSENC_REQUEST = startup.write_request(startup.GSSENC_REQUEST)

Result = Greeting | Cancel | HooptermError | None


class Door:
    """One connection to the front: what the client does on one side, what became of it on the other."""

    def __init__(self, result: asyncio.Task[Result], port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter
        self._result = result

    async def connect(self, tls: ssl.SSLContext | None = None) -> None:
        hostname = "localhost" if tls else None
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=tls, server_hostname=hostname
        )

    def send(self, *pieces: bytes) -> None:
        self.writer.write(b"".join(pieces))

    async def receive(self, expected: bytes) -> None:
        assert await self.reader.readexactly(len(expected)) == expected

    async def start_tls(self, context: ssl.SSLContext) -> None:
        await self.writer.start_tls(context, server_hostname="localhost")

    async def refusal(self, kind: type[HooptermError]) -> str:
        """The text of the ErrorResponse that ends the connection; the greeting ended in this kind of error."""
        header = await self.reader.readexactly(5)
        assert header[:1] == b"E"
        text = await self.reader.readexactly(int.from_bytes(header[1:], "big") - 4)
        assert isinstance(await self.result(), kind)
        return text.decode()

    async def greeting(self) -> Greeting:
        result = await self.result()
        assert isinstance(result, Greeting)
        return result

    async def result(self) -> Result:
        return await self._result


@contextlib.asynccontextmanager
async def door(
    tls: ssl.SSLContext | None = None,
    allow_plaintext: bool = False,
    timeout: float = 30,
    lobby: Lobby = front.LOBBY,
) -> AsyncIterator[Door]:
    """A listener that greets one client."""
    loop = asyncio.get_running_loop()
    transports: list[asyncio.Transport] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)

        async def serve() -> Result:
            accepted, _ = await loop.sock_accept(listener)
            try:
                result = await front.greet(
                    accepted, tls=tls, allow_plaintext=allow_plaintext, timeout=timeout, lobby=lobby
                )
            except HooptermError as error:
                return error
            if result is not None:
                transports.append(result.transport)
            return result

        async with asyncio.TaskGroup() as tasks:
            client = Door(tasks.create_task(serve()), listener.getsockname()[1])
            try:
                yield client
            finally:
                if hasattr(client, "writer"):
                    client.writer.close()
                for transport in transports:
                    transport.abort()


def trusting(authority: Authority, *alpn: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority.ca_pem)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context
