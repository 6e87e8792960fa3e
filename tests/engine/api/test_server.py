"""The control socket: its mode, what was there before, what is too much, and how failures are told."""

from __future__ import annotations

import asyncio
import io
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.api import server
from engine.api.server import ControlServer, Visit, default_socket
from engine.errors import Conflict
from engine.identity.locks import Locked
from hoopterm.address import Handed
from hoopterm.client import Client
from hoopterm.errors import EngineUnreachable, Refused
from hoopterm.pair import Pair
from tests.engine.api.conftest import Serving


def test_the_socket_is_for_everybody_and_its_new_directory_only_for_passing_through(place: Path) -> None:
    listener, _ = server._listen(place / "run" / "control.sock")
    with listener:
        assert stat.S_IMODE((place / "run" / "control.sock").stat().st_mode) == 0o666
        assert stat.S_IMODE((place / "run").stat().st_mode) == 0o711


def test_what_a_dead_engine_left_is_replaced(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place / "c.sock"))
    listener, _ = server._listen(place / "c.sock")
    listener.close()


async def test_a_living_engine_keeps_its_socket(serving: Serving) -> None:
    other = ControlServer(serving.gateway)
    async with asyncio.TaskGroup() as tasks:
        with pytest.raises(Conflict, match="another engine serves"):
            await other.start(serving.gateway.socket_path, tasks)
        await other.close()
    assert (await serving.client.status()).you == "root"


async def test_who_came_in_during_a_forward_and_says_nothing_is_turned_away(serving: Serving) -> None:
    """SECURITY: the control socket can never be a forward's destination."""
    before, early, late = sockets = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    path, loop = str(serving.gateway.socket_path), asyncio.get_running_loop()
    with before, early, late:
        for each in sockets:
            each.setblocking(False)
        before.connect(path)
        assert (await serving.client.status()).you == "root"
        async with serving.gateway.control.wary():
            early.connect(path)
            assert (await serving.client.status()).you == "root"  # whoever speaks is answered all the while
            late.connect(path)
        async with asyncio.timeout(10):
            assert await loop.sock_recv(early, 1) == b""
            assert await loop.sock_recv(late, 1) == b""
        with pytest.raises(BlockingIOError):
            before.recv(1)  # it is still open


def test_a_file_that_is_no_socket_is_never_removed(place: Path) -> None:
    precious = place / "c.sock"
    precious.write_text("precious")
    with pytest.raises(Conflict, match="is no socket"):
        server._listen(precious)
    assert precious.read_text() == "precious"


def test_a_path_too_long_for_a_socket_is_told(place: Path) -> None:
    with pytest.raises(Conflict, match="cannot be opened"):
        server._listen(place / ("x" * 120))


async def test_closing_removes_the_socket_but_never_somebody_else_s(serving: Serving, place: Path) -> None:
    path = place / "other.sock"
    async with asyncio.TaskGroup() as tasks:
        control = ControlServer(serving.gateway)
        await control.start(path, tasks)
        path.unlink()
        path.write_text("taken over")
        await control.close()
    assert path.read_text() == "taken over"


def test_the_default_socket_follows_the_service_the_user_and_the_state(tmp_path: Path) -> None:
    assert default_socket(tmp_path, {"RUNTIME_DIRECTORY": "/run/hoopterm:/run/b"}) == Path("/run/hoopterm/control.sock")
    assert default_socket(tmp_path, {"XDG_RUNTIME_DIR": "/run/user/1"}) == Path("/run/user/1/hoopterm/control.sock")
    assert default_socket(tmp_path, {}) == tmp_path / "control.sock"


async def ask(serving: Serving, method: str, path: str, data: Any = b"") -> tuple[int, dict[str, dict[str, str]]]:
    connector = aiohttp.UnixConnector(str(serving.gateway.socket_path))
    async with aiohttp.ClientSession(connector=connector) as session:
        async with session.request(method, f"http://engine{path}", data=data) as response:
            return response.status, await response.json()


@pytest.mark.parametrize(
    ("method", "path", "data", "status", "code"),
    [
        ("GET", "/v1/nowhere", b"", 404, "not_found"),
        ("GET", "/status", b"", 404, "not_found"),
        ("DELETE", "/v1/status", b"", 405, "not_found"),
        ("POST", "/v1/tokens", b"not json", 400, "error"),
        ("POST", "/v1/tokens", b'{"subject": "x", "ttl": "long"}', 400, "error"),
        ("POST", "/v1/tokens", b'{"subject": "\x90", "ttl": 1}', 400, "error"),
        ("POST", "/v1/tokens", b'{"extra": ' + b"[" * 60_000, 400, "error"),
        ("POST", "/v1/tokens", b'{"subject": "x", "ttl": 1, "extra": 1}', 400, "error"),
        ("GET", "/v1/reviews?state=nonsense", b"", 400, "error"),
        ("GET", "/v1/sessions?state=nonsense", b"", 400, "error"),
        ("GET", "/v1/reviews/absent", b"", 404, "not_found"),
    ],
)
async def test_every_failure_is_an_error_view(
    serving: Serving, method: str, path: str, data: bytes, status: int, code: str
) -> None:
    answered, answer = await ask(serving, method, path, data)
    assert (answered, answer["error"]["code"]) == (status, code)
    assert answer["error"]["message"]


async def test_a_request_without_bounds_is_refused(serving: Serving) -> None:
    status, answer = await ask(serving, "POST", "/v1/tokens", io.BytesIO(b" " * (server.MAX_BODY + 1)))
    assert (status, answer["error"]["code"]) == (413, "too_large")


async def test_a_bug_is_told_without_its_details(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(serving.gateway.tokens, "list", fail)
    with pytest.raises(Refused) as caught:
        await serving.client.tokens()
    assert caught.value.code == "internal"
    assert "secret" not in f"{caught.value.message} {caught.value.hint}"


async def test_one_user_cannot_hold_all_connections(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS_PER_USER", 3)
    path = str(serving.gateway.socket_path)
    held = [await asyncio.open_unix_connection(path) for _ in range(3)]
    reader, writer = await asyncio.open_unix_connection(path)
    assert await reader.read() == b""
    for _, each in [*held, (reader, writer)]:
        each.close()


async def test_a_visit_speaks_for_its_person_and_nobody_else(serving: Serving) -> None:
    """SECURITY: a console over SSH has the person's identity and none of the engine's rights."""
    visit = await serving.gateway.control.visit("auditor")
    async with visiting(visit) as client:
        assert (await client.status()).you == "auditor"  # the socket's peer is root: that counts for nothing
        assert await client.recordings() == []
        (read,) = await serving.events("evidence.read")
        assert read["identity"] == "auditor"
        with pytest.raises(Refused, match="auditor may not stop the engine"):
            await client.stop()
        await serving.gateway.endings.lock(Locked.IDENTITY, "auditor", "root", "test")
        with pytest.raises(Refused, match="auditor is locked"):
            await client.recordings()


async def test_a_visit_that_is_closed_answers_nothing_more(serving: Serving) -> None:
    visit = await serving.gateway.control.visit("auditor")
    async with visiting(visit) as client:
        await client.status()
        assert visit.connections == 1
        await visit.close()
        with pytest.raises(EngineUnreachable):
            await client.status()


@asynccontextmanager
async def visiting(visit: Visit) -> AsyncIterator[Client]:
    """A client on one connection of a visit."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    console, engine = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with console, engine, theirs:
        await visit.adopt(ours)
        socket.send_fds(engine, [b"{}"], [theirs.fileno()])
        engine.shutdown(socket.SHUT_WR)
        async with Client(Handed(Pair(console))) as client:
            yield client
    await visit.close()
