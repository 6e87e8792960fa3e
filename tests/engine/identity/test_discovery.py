from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from engine.errors import UpstreamError
from engine.identity import discovery
from engine.identity.discovery import MAX_ANSWER, discover, fetch, may_fetch
from tests.engine.identity.signing import jwks, rsa

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    """An HTTP server on loopback; its address."""
    server = web.Server(answer)  # type: ignore[arg-type]  # aiohttp's own requests are web.BaseRequest
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    try:
        yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
    finally:
        await runner.cleanup()


def answering(**documents: object) -> discovery.Get:
    async def get(address: str) -> bytes:
        name = "metadata" if address.endswith("openid-configuration") else "keys"
        found = documents[name]
        return found if isinstance(found, bytes) else json.dumps(found).encode()

    return get


async def test_the_keys_are_where_the_issuer_says() -> None:
    asked: list[str] = []

    async def get(address: str) -> bytes:
        asked.append(address)
        document = {"issuer": "https://idp.example/realm/", "jwks_uri": "https://keys.example/x"}
        return jwks(rsa()) if "keys" in address else json.dumps(document).encode()

    assert repr(await discover("https://idp.example/realm/", get)) == "<Keys 1>"
    assert asked == ["https://idp.example/realm/.well-known/openid-configuration", "https://keys.example/x"]


@pytest.mark.parametrize("said", ["https://idp.example/", "https://IDP.example", "https://evil.example", None, 7])
async def test_an_issuer_that_says_it_is_another_is_refused(said: object) -> None:
    get = answering(metadata={"issuer": said, "jwks_uri": "https://idp.example/jwks"}, keys=jwks(rsa()))
    with pytest.raises(UpstreamError, match="another issuer"):
        await discover("https://idp.example", get)


@pytest.mark.parametrize(
    "address",
    [
        "http://idp.example/jwks",
        "http://127.0.0.1/jwks",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@idp.example/jwks",
        "https://idp.example/jwks#x",
        "https://idp.example:port/jwks",
        "https://idp.example/\njwks",
        "https://idp.example\\@evil.example/",
        "jwks",
        "",
        None,
        7,
    ],
)
async def test_keys_are_never_read_over_a_road_that_cannot_be_trusted(address: object) -> None:
    get = answering(metadata={"issuer": "https://idp.example", "jwks_uri": address}, keys=jwks(rsa()))
    with pytest.raises(UpstreamError, match="cannot be trusted"):
        await discover("https://idp.example", get)


@pytest.mark.parametrize(
    "documents",
    [
        {"metadata": b"<html>"},
        {"metadata": b"[]"},
        {"metadata": b"\xff"},
        {"metadata": {"issuer": "https://idp.example", "jwks_uri": "https://idp.example/j"}, "keys": b"<html>"},
    ],
)
async def test_answers_that_do_not_read_are_an_error(documents: dict[str, object]) -> None:
    with pytest.raises(UpstreamError):
        await discover("https://idp.example", answering(**documents))


def test_plain_http_stays_on_this_machine() -> None:
    assert may_fetch("http://127.0.0.1:8080/jwks", is_local=True)
    assert may_fetch("http://[::1]/jwks", is_local=True)
    assert not may_fetch("http://10.0.0.1/jwks", is_local=True)


async def test_a_redirect_is_not_followed() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.path == "/"
        raise web.HTTPFound("/elsewhere")

    async with serving(answer) as address:
        with pytest.raises(UpstreamError, match="answers 302"):
            await fetch(f"{address}/")


async def test_an_answer_without_end_is_cut() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b" " * 65_536)
        except ConnectionError:
            return response

    async with serving(answer) as address:
        with pytest.raises(UpstreamError, match="too much"):
            await fetch(address)


async def test_an_answer_that_would_be_decompressed_stays_as_small_as_it_came() -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=b"\x1f\x8b" + b"0" * 100, headers={"Content-Encoding": "gzip"})

    async with serving(answer) as address:
        assert len(await fetch(address)) == 102 < MAX_ANSWER


async def test_an_issuer_that_never_answers_costs_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = asyncio.Event()

    async def answer(_: web.Request) -> web.StreamResponse:
        await ends.wait()
        return web.Response()

    monkeypatch.setattr(discovery, "TIMEOUT", 0.05)
    async with serving(answer) as address:
        with pytest.raises(UpstreamError, match="TimeoutError"):
            await fetch(address)
        ends.set()


async def test_nobody_at_the_address_is_an_error() -> None:
    with pytest.raises(UpstreamError, match="cannot be read"):
        await fetch("http://127.0.0.1:1/")
