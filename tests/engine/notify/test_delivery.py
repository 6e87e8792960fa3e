import asyncio
import contextlib
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from engine.notify import delivery
from engine.secrets.resolve import Reference
from engine.tls import Authority

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
AUTHORIZED = {"Authorization": Reference(env="HOOK_TOKEN")}


def python(script: str) -> tuple[str, ...]:
    return sys.executable, "-I", "-c", script


async def test_a_command_reads_the_notice_and_sees_nothing_of_the_engines_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SECURITY: promise 3, no credential in the environment of children."""
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")
    out = tmp_path / "out"
    script = "import json, os, sys; open(sys.argv[1], 'w').write(json.dumps([sys.stdin.read(), dict(os.environ)]))"
    assert await delivery.run((*python(script), str(out)), b'{"a": 1}', 30) == ""
    body, environment = json.loads(out.read_text())
    assert body == '{"a": 1}\n'  # a line, as `read` and programs that append it to a file expect
    assert "PATH" in environment
    assert set(environment) <= {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ"}


async def test_no_shell_reads_a_command(tmp_path: Path) -> None:
    script = f"import sys; open({str(tmp_path / 'out')!r}, 'w').write(sys.argv[1])"
    await delivery.run((*python(script), "$(id); `id` && x"), b"", 30)
    assert (tmp_path / "out").read_text() == "$(id); `id` && x"


async def test_a_command_that_fails_or_is_not_there_says_so() -> None:
    assert await delivery.run(python("raise SystemExit(3)"), b"", 30) == "it ended with status 3"
    assert await delivery.run(("/nonexistent/pager",), b"", 30) == (
        "/nonexistent/pager cannot be started: No such file or directory"
    )


async def test_a_command_that_reads_nothing_is_no_failure() -> None:
    assert await delivery.run(python("import os; os.close(0)"), b"x" * 60_000, 30) == ""


async def test_a_command_that_takes_too_long_is_killed_with_what_it_started(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    script = f"import os, time; os.fork(); open({str(fifo)!r}, 'w').write('here'); time.sleep(600)"
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(asyncio.to_thread(fifo.read_text))  # ends once both writers are gone
        assert await delivery.run(python(script), b"", 2) == "it had not ended after 2 s"


@contextlib.asynccontextmanager
async def served(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A web server on loopback, and its address."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield f"{'https' if tls else 'http'}://localhost:{runner.addresses[0][1]}/hook"
    finally:
        await runner.cleanup()


async def posted(url: str, timeout: float = 30) -> str:
    async with delivery.client() as client:
        return await delivery.post(client, url, AUTHORIZED, b'{"a": 1}', timeout)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_TOKEN", "Bearer hunter2")


async def test_an_address_is_posted_the_notice_with_its_secret_headers() -> None:
    seen: list[tuple[str, str, str, bytes]] = []

    async def hook(request: web.Request) -> web.Response:
        kind = request.headers["Content-Type"]
        seen.append((request.method, kind, request.headers["Authorization"], await request.read()))
        return web.Response(status=204)

    async with served(hook) as url:
        assert await posted(url) == ""
    assert seen == [("POST", "application/json", "Bearer hunter2", b'{"a": 1}')]


async def test_no_redirect_is_followed() -> None:
    """SECURITY: redirects do not carry credentials to another host (GHSA-hhq8-x2xc-95qx)."""
    asked: list[str] = []

    async def hook(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPTemporaryRedirect("/elsewhere")

    async with served(hook) as url:
        assert await posted(url) == "it answered 307"
    assert asked == ["/hook"]


async def test_an_endless_answer_is_not_read() -> None:
    """SECURITY: promise 6, bounded memory."""

    async def hook(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"x" * 65536)
        return response

    async with served(hook) as url, asyncio.timeout(30):
        assert await posted(url) == ""


async def test_an_address_that_is_silent_away_or_angry_says_so_without_showing_itself() -> None:
    async def silent(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def angry(request: web.Request) -> web.Response:
        return web.Response(status=503, text="hunter2")

    async with served(silent) as url:
        assert await posted(url, 0.2) == "it had not answered after 0.2 s"
    async with served(angry) as url:
        assert await posted(url) == "it answered 503"
    why = await posted(url)
    assert why.startswith("it cannot be reached")
    assert "hook" not in why


async def test_a_header_whose_secret_is_missing_is_not_sent_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOOK_TOKEN")

    async def hook(request: web.Request) -> web.Response:
        raise AssertionError

    async with served(hook) as url:
        assert await posted(url) == "environment variable HOOK_TOKEN: it is not set"


async def test_certificates_are_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hook(request: web.Request) -> web.Response:
        return web.Response()

    authority = Authority.open(tmp_path, ("localhost",), now=lambda: datetime.now(UTC))
    async with served(hook, authority.server_context("http/1.1")) as url:
        assert await posted(url) == "its certificate does not hold"
        (tmp_path / "trusted.pem").write_text(authority.ca_pem)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
        assert await posted(url) == ""
