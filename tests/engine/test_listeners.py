import asyncio
import resource
import socket
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.listeners import Listeners, connections_for
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


@pytest.mark.parametrize(
    ("descriptors", "connections"), [(1024, 256), (256, 1), (0, 1), (1 << 20, 4096), (resource.RLIM_INFINITY, 4096)]
)
def test_a_crowd_of_clients_leaves_descriptors_for_the_record(descriptors: int, connections: int) -> None:
    """SECURITY: promise 6, a crowd costs no other session its service; promise 1, nor the record its files."""
    assert connections_for(descriptors) == connections
