"""The control socket, and the way of a request: who asks, may they, handle, answer or error.

People come in by the socket, where the kernel says who they are, or over a login that has said so already: those get
connections of a `Visit`.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog
from aiohttp import web

from engine.api.auth import Caller, Sign, identify, identify_guest, peer_uid, require
from engine.api.call import Call, Readings
from engine.api.routes import ROUTES, Route
from engine.api.schema import API_VERSION, ErrorView
from engine.errors import (
    ConfigError,
    Conflict,
    Denied,
    Forbidden,
    HooptermError,
    NotFound,
    RecordError,
    SessionRefused,
    UpstreamError,
)

if TYPE_CHECKING:
    from engine.gateway import Gateway

SOCKET_NAME = "control.sock"
MAX_BODY = 4 << 20
MAX_CONNECTIONS = 512
MAX_CONNECTIONS_PER_USER = 64
_DIRECTORY_MODE = 0o711
_SOCKET_MODE = 0o666
_BACKLOG = 128
_SHUTDOWN_SECONDS = 2.0
_PARTING_SECONDS = 0.05  # of a visit: it ends because it may not be any more
_CROWDED_PAUSE = 0.1
_SILENCE = 0.25  # seconds in which somebody who came by themselves says something

_STATUS: dict[type[HooptermError], int] = {
    ConfigError: 422,
    Conflict: 409,
    Denied: 403,
    Forbidden: 403,
    NotFound: 404,
    RecordError: 503,
    SessionRefused: 403,
    UpstreamError: 502,
}

logger = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Identify = Callable[[web.Request], Awaitable[Caller]]


class ControlServer:
    """Serves the control API on one Unix socket, from `start` to `close`."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._readings = Readings()
        self._listener: socket.socket | None = None
        self._path: Path | None = None
        self._inode = 0
        self._accepting: asyncio.Task[None] | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._wary = 0
        self._silent: set[socket.socket] = set()
        self._runner = self._runner_for(self._by_kernel, _SHUTDOWN_SECONDS)

    def __repr__(self) -> str:
        return f"<ControlServer {self._path or 'closed'}>"

    async def start(self, path: Path, tasks: asyncio.TaskGroup) -> None:
        """Listen on a path. Raises Conflict when another engine does, or something else is there."""
        self._listener, self._inode = _listen(path)
        self._path = path
        await self._runner.setup()
        self._tasks = tasks
        self._accepting = tasks.create_task(self._accept(self._listener))

    async def close(self) -> None:
        """Stop listening, end what is being answered, and remove the socket if it is still ours."""
        if self._accepting is not None:
            self._accepting.cancel()
            self._accepting = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._drop(self._silent)
        if self._path is not None:
            _remove(self._path, self._inode)
            self._path = None
        await self._runner.cleanup()

    async def visit(self, person: str, sign: Sign | None = None) -> Visit:
        """A way in for a person whose login has said who they are; `sign` where they can sign what they decide."""

        async def identify_them(_: web.Request) -> Caller:
            return identify_guest(person, self._gateway.revision, self._gateway.locks, sign)

        runner = self._runner_for(identify_them, _PARTING_SECONDS)
        await runner.setup()
        return Visit(runner)

    @asynccontextmanager
    async def wary(self) -> AsyncIterator[None]:
        """While somebody else connects for a client to what may turn out to be this socket, by a link that is changed
        just then: whoever came in meanwhile and says nothing is turned away at the end, before the client is heard."""
        self._wary += 1
        try:
            yield
        finally:
            try:
                await self._turn_away()
            finally:
                self._wary -= 1

    async def _turn_away(self) -> None:
        if self._listener is not None:
            with suppress(OSError):  # until there is no more
                while True:
                    self._put_aside(self._listener.accept()[0])
        for _ in range(2):  # what the loop accepted before is put aside too
            await asyncio.sleep(0)
        if silent := set(self._silent):
            await asyncio.sleep(_SILENCE)
            self._drop(silent & self._silent)

    def _put_aside(self, connection: socket.socket) -> None:
        if len(self._silent) >= MAX_CONNECTIONS:
            connection.close()
            return
        connection.setblocking(False)
        self._silent.add(connection)
        asyncio.get_running_loop().add_reader(connection, self._hear, connection)

    def _hear(self, connection: socket.socket) -> None:
        asyncio.get_running_loop().remove_reader(connection)
        self._silent.discard(connection)
        assert self._tasks is not None
        self._tasks.create_task(self._serve(connection))

    def _drop(self, connections: set[socket.socket]) -> None:
        for connection in tuple(connections):
            asyncio.get_running_loop().remove_reader(connection)
            self._silent.discard(connection)
            connection.close()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError:  # out of descriptors: what is open goes on, new ones wait in the backlog
                await asyncio.sleep(_CROWDED_PAUSE)
                continue
            if self._wary:
                self._put_aside(connection)
            else:
                await self._serve(connection)

    async def _serve(self, connection: socket.socket) -> None:
        server = self._runner.server
        if server is None or self._is_crowded(connection):
            connection.close()
        else:
            await asyncio.get_running_loop().connect_accepted_socket(server, connection)

    def _is_crowded(self, connection: socket.socket) -> bool:
        """Whether this user, or everybody together, holds too many connections: nobody may starve the others."""
        server = self._runner.server
        assert server is not None
        sockets = [
            handler.transport.get_extra_info("socket")
            for handler in server.connections
            if handler.transport is not None
        ]
        if len(sockets) >= MAX_CONNECTIONS:
            return True
        uid = peer_uid(connection)
        return sum(peer_uid(other) == uid for other in sockets) >= MAX_CONNECTIONS_PER_USER

    def _runner_for(self, identify: Identify, patience: float) -> web.AppRunner:
        application = web.Application(client_max_size=MAX_BODY, middlewares=[_answer_errors])
        for route in ROUTES:
            application.router.add_route(route.method, f"/{API_VERSION}{route.path}", self._handler(route, identify))
        return web.AppRunner(application, access_log=None, shutdown_timeout=patience)

    async def _by_kernel(self, request: web.Request) -> Caller:
        assert request.transport is not None
        uid = peer_uid(request.transport.get_extra_info("socket"))
        return await identify(uid, self._gateway.revision, self._gateway.locks)

    def _handler(self, route: Route, identify: Identify) -> Handler:
        gateway, readings = self._gateway, self._readings

        async def handle(request: web.Request) -> web.StreamResponse:
            caller = await identify(request)
            require(caller, route.needs, route.does)
            answer = await route.handle(Call(gateway, request, caller, readings))
            if isinstance(answer, web.StreamResponse):
                return answer
            return web.Response(body=msgspec.json.encode(answer), content_type="application/json")

        return handle


class Visit:
    """The control API for one person, on the connections it is given, until it is closed."""

    def __init__(self, runner: web.AppRunner) -> None:
        self._runner = runner

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._server.connections)

    async def adopt(self, connection: socket.socket) -> None:
        """Serve a connected stream socket."""
        await asyncio.get_running_loop().connect_accepted_socket(self._server, connection)

    async def close(self) -> None:
        """End every connection, whatever is being answered."""
        await self._runner.cleanup()

    @property
    def _server(self) -> web.Server:
        assert self._runner.server is not None
        return self._runner.server


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except HooptermError as error:
        return _error(_STATUS.get(type(error), 400), ErrorView(error.code, str(error), error.hint))
    except web.HTTPRequestEntityTooLarge:
        return _error(413, ErrorView("too_large", f"the request is over {MAX_BODY} bytes"))
    except web.HTTPException as error:
        hint = "compare the versions of hoopterm here and of the engine"
        return _error(error.status, ErrorView("not_found", f"no {request.method} {request.path} in this API", hint))
    except Exception as error:
        logger.exception("a control request failed", method=request.method, path=request.path)
        hint = "the engine's log has the details"
        return _error(500, ErrorView("internal", f"the engine failed on this: {type(error).__name__}", hint))


def _error(status: int, error: ErrorView) -> web.Response:
    body = msgspec.json.encode({"error": error})
    return web.Response(status=status, body=body, content_type="application/json")


def default_socket(state: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the socket is when the configuration does not say: the service's directory, the user's, the state's."""
    if service := environ.get("RUNTIME_DIRECTORY"):  # systemd.exec(5): colon-separated where there are several
        return Path(service.partition(":")[0]) / SOCKET_NAME
    if runtime := environ.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "hoopterm" / SOCKET_NAME
    return state / SOCKET_NAME


def _listen(path: Path) -> tuple[socket.socket, int]:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
        path.parent.chmod(_DIRECTORY_MODE)
    with _locked(path.parent):  # against another engine that starts at the same moment
        _remove_stale(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            listener.bind(str(path))
            path.chmod(_SOCKET_MODE)
            listener.listen(_BACKLOG)
            return listener, path.lstat().st_ino
        except OSError as error:
            listener.close()
            hint = "name another path under engine.socket"
            raise Conflict(f"the control socket {path} cannot be opened", str(error), hint) from error


def _remove(path: Path, inode: int) -> None:
    """Remove our socket, and never that of an engine that took the path over."""
    with suppress(FileNotFoundError):
        if path.lstat().st_ino == inode:
            path.unlink()


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove_stale(path: Path) -> None:
    """Remove what a dead engine left. Only a socket that nobody serves goes; anything else is somebody's."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise Conflict(f"{path} is there and is no socket", hint="name another path under engine.socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
        answer = probe.connect_ex(str(path))
    if answer != errno.ECONNREFUSED:
        raise Conflict(
            f"another engine serves {path}", hint="stop it with `hoopterm engine stop`, or name another path"
        )
    path.unlink(missing_ok=True)
