"""Sockets that clients connect to: one accept loop each, one task a connection."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from engine.errors import ConfigError, HooptermError
from engine.process import calm_collector, raise_descriptor_limit
from engine.protocols import registry
from engine.throttle import Throttle

if TYPE_CHECKING:
    from engine.config.models import Listener
    from engine.gateway import Gateway
    from engine.protocols.base import ProtocolSpec

_BACKLOG = 512
_MAX_CONNECTIONS = 4096
_DESCRIPTORS_EACH = 3  # its own, its upstream's and its recording's
_DESCRIPTORS_KEPT = 256  # for the record, the store and the control API: a crowd of clients must not take those
_WORDS = 100  # lines a minute about connections that ended: a crowd of them must not fill the disk
_CROWDED_PAUSE = 0.05  # seconds, when the process is out of descriptors

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Listening:
    """One listener and where it really listens. `tls` is empty where the protocol has its own encryption."""

    protocol: str
    host: str
    port: int
    tls: str


def connections_for(descriptors: int) -> int:
    """How many connections may be open at once, so that descriptors are left for everything else."""
    if descriptors == resource.RLIM_INFINITY:
        return _MAX_CONNECTIONS
    return max(1, min(_MAX_CONNECTIONS, (descriptors - _DESCRIPTORS_KEPT) // _DESCRIPTORS_EACH))


class Listeners:
    """All listeners of the engine, and the tasks of the connections they accepted."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        calm_collector()
        self._most = connections_for(raise_descriptor_limit())
        self._words = Throttle(_WORDS, 60.0)
        self._sockets: list[socket.socket] = []
        self._accepting: list[asyncio.Task[None]] = []
        self._connections: set[asyncio.Task[None]] = set()
        self.listening: list[Listening] = []

    async def open(self, listeners: Mapping[str, Listener]) -> None:
        """Listen on each; raises ConfigError when an address cannot be had."""
        loop = asyncio.get_running_loop()
        for protocol, listener in listeners.items():
            host, _, port = listener.listen.rpartition(":")
            family, kind, _, _, address = (
                await loop.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
            )[0]
            listening = socket.socket(family, kind)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listening.bind(address)
            except OSError as error:
                listening.close()
                raise ConfigError(
                    (f"listeners.{protocol}: cannot listen on {host}:{port}: {error.strerror}",)
                ) from None
            listening.listen(_BACKLOG)
            listening.setblocking(False)
            self._sockets.append(listening)
            bound = listening.getsockname()
            tls = listener.tls if registry.knows(protocol, "listener.tls") else ""
            self.listening.append(Listening(protocol, bound[0], bound[1], tls))
            task = self._gateway.tasks.create_task(self._accept(listening, registry.get(protocol)))
            self._accepting.append(task)

    async def _accept(self, listening: socket.socket, protocol: ProtocolSpec) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError:  # out of descriptors: what is open goes on, new clients wait in the backlog
                await asyncio.sleep(_CROWDED_PAUSE)
                continue
            if len(self._connections) >= self._most:
                connection.close()
                continue
            connection.setblocking(False)
            if connection.family in (socket.AF_INET, socket.AF_INET6):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            task = self._gateway.tasks.create_task(self._serve(protocol, connection))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _serve(self, protocol: ProtocolSpec, connection: socket.socket) -> None:
        """One connection; nothing it does may end the engine."""
        try:
            await protocol.serve(self._gateway, connection)
        except HooptermError as error:
            self._say("connection ended", error)
        except OSError as error:
            self._say("connection lost", error)
        except Exception:
            logger.exception("connection failed")
        finally:
            connection.close()

    def _say(self, what: str, error: Exception) -> None:
        if self._words.admits():
            logger.info(what, why=str(error))

    def close(self) -> None:
        """Accept no more."""
        for task in self._accepting:
            task.cancel()
        for listening in self._sockets:
            listening.close()

    async def finished(self, timeout: float, *, cut: bool = False) -> None:
        """Wait that long for the connections to end; `cut` ends those that have not."""
        if not self._connections:
            return
        _, late = await asyncio.wait(set(self._connections), timeout=timeout)
        if cut:
            for task in late:
                task.cancel()
