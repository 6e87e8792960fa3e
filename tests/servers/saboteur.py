"""A road to a real PostgreSQL on which answers come to harm, once one of them holds the marker."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

MARKER = b"sabotage-here"


class Saboteur:
    """Passes everything on; from an answer with the marker on it sends `instead`, and then nothing or the end."""

    def __init__(self, host: str, port: int, instead: bytes, *, cuts: bool) -> None:
        self._upstream = (host, port)
        self._instead = instead
        self._cuts = cuts
        self.port = 0

    async def serve(self, ready: threading.Event, done: asyncio.Event) -> None:
        server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await done.wait()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(*self._upstream)
        with contextlib.suppress(OSError, ExceptionGroup):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._up(reader, up_writer))
                tasks.create_task(self._down(up_reader, writer))
        for each in (writer, up_writer):
            each.close()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        raise ConnectionError

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            before, marker, _ = data.partition(MARKER)
            if not marker:
                writer.write(data)
                continue
            writer.write((before if self._cuts else b"") + self._instead)
            await writer.drain()
            if self._cuts:
                break
            await asyncio.Event().wait()
        raise ConnectionError


@contextlib.contextmanager
def saboteur(host: str, port: int, instead: bytes = b"", *, cuts: bool = False) -> Iterator[int]:
    """The port of one."""
    one, ready, done = Saboteur(host, port, instead, cuts=cuts), threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        await one.serve(ready, done)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    ready.wait()
    try:
        yield one.port
    finally:
        loops[0].call_soon_threadsafe(done.set)
        thread.join()
