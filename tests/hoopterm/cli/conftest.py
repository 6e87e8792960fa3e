"""A stub engine on a real Unix socket, in a thread of its own, for commands that run their own event loop."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from hoopterm.cli.root import run


@dataclass
class StubEngine:
    """Answers by (method, path); a bytes answer is sent as it is, an (int, value) pair with that status."""

    socket: Path
    answers: dict[tuple[str, str], Any] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        path = request.path.removeprefix("/v1")
        self.asked.append((request.method, path, dict(request.query), json.loads(content) if content else None))
        answer = self.answers.get((request.method, path))
        if answer is None:
            error = {"error": {"code": "not_found", "message": f"no {path}", "hint": "look elsewhere"}}
            return web.Response(status=404, body=json.dumps(error).encode())
        status, value = answer if isinstance(answer, tuple) else (200, answer)
        return web.Response(status=status, body=value if isinstance(value, bytes) else msgspec.json.encode(value))

    def lines(self, *values: Any) -> bytes:
        return b"\n".join([msgspec.json.encode(value) for value in values]) + b"\n\n"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubEngine]:
    stub = StubEngine(tmp_path / "c.sock")
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stopping = asyncio.Event()

    async def serve() -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", stub.handle)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        await web.UnixSite(runner, str(stub.socket)).start()
        ready.set()
        await stopping.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    monkeypatch.setenv("HOOPTERM_ENGINE", str(stub.socket))
    yield stub
    loop.call_soon_threadsafe(stopping.set)
    thread.join()
    loop.close()


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Done]


@pytest.fixture
def hoopterm(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run one command line in this process."""
    monkeypatch.setenv("NO_COLOR", "1")

    def command(*arguments: str) -> Done:
        capsys.readouterr()
        status = run(arguments)
        captured = capsys.readouterr()
        return Done(status, captured.out, captured.err)

    return command
