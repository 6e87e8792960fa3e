import asyncio
import socket
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.listeners import Listeners
from engine.protocols import registry
from engine.protocols.base import ProtocolSpec


async def test_a_connection_that_fails_ends_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[int] = []

    async def serve(_gateway: Any, connection: socket.socket) -> None:
        served.append(1)
        if len(served) == 1:
            raise ZeroDivisionError
        await asyncio.get_running_loop().sock_sendall(connection, b"hello")

    spec = ProtocolSpec("postgres", 0, serve, serve)
    monkeypatch.setattr(registry, "get", lambda name: spec)
    async with asyncio.TaskGroup() as tasks:
        listeners = Listeners(cast(Any, SimpleNamespace(tasks=tasks)))
        await listeners.open(cast(Any, {"postgres": SimpleNamespace(listen="127.0.0.1:0", tls="off")}))
        (listening,) = listeners.listening
        answers = []
        for _ in range(2):
            reader, writer = await asyncio.open_connection(listening.host, listening.port)
            answers.append(await reader.read())
            writer.close()
        listeners.close()
        await listeners.finished(5, cut=True)
    assert answers == [b"", b"hello"]
