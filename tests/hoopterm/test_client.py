"""The client against a real aiohttp server on a real Unix socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from engine.api.schema import ErrorView, LiveView, ReviewView, StatusView, TextView, TokenRequest
from hoopterm import wire
from hoopterm.address import Address
from hoopterm.client import Client, persistent
from hoopterm.errors import EngineUnreachable, Refused
from tests.hoopterm.samples import review, status, token

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def served(path: Path, method: str, route: str, handler: Handler) -> AsyncIterator[Client]:
    application = web.Application()
    application.router.add_route(method, "/v1" + route, handler)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(path)).start()
    try:
        async with Client(Address(path, "a test")) as client:
            yield client
    finally:
        await runner.cleanup()


def answer(value: object) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(body=msgspec.json.encode(value))

    return handle


def refuse(status: int, body: bytes) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body)

    return handle


def send(*chunks: bytes) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        return response

    return handle


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.sock"


async def test_an_answer_becomes_its_view(path: Path) -> None:
    async with served(path, "GET", "/status", answer(status())) as client:
        assert await client.status() == status()


async def test_a_list_becomes_a_list_of_views_and_the_query_carries_the_state(path: Path) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        assert request.query == {"state": "pending"}
        return web.Response(body=msgspec.json.encode([review()]))

    async with served(path, "GET", "/reviews", handle) as client:
        assert await client.reviews("pending") == [review()]


async def test_an_id_cannot_leave_its_place_in_the_path(path: Path) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        return web.Response(body=msgspec.json.encode(review(id=request.match_info["id"])))

    async with served(path, "GET", "/reviews/{id}", handle) as client:
        assert (await client.review("../tokens?x=1#y")).id == "../tokens?x=1#y"


async def test_a_body_is_sent_as_its_request(path: Path) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        asked = msgspec.json.decode(await request.read(), type=TokenRequest)
        assert asked == TokenRequest("report-bot", 60.0, "alice")
        return web.Response(body=msgspec.json.encode({"token": token(), "secret": "ht_a_b"}))

    async with served(path, "POST", "/tokens", handle) as client:
        created = await client.create_token("report-bot", 60.0, "alice")
    assert created.secret == "ht_a_b"
    assert "ht_a_b" not in repr(created)


async def test_a_refusal_carries_code_message_and_hint(path: Path) -> None:
    body = msgspec.json.encode({"error": ErrorView("forbidden", "you may not", "ask somebody")})
    async with served(path, "GET", "/ca", refuse(403, body)) as client:
        with pytest.raises(Refused) as caught:
            await client.ca()
    assert (caught.value.code, caught.value.message, caught.value.hint) == ("forbidden", "you may not", "ask somebody")


async def test_an_error_that_is_none_of_ours_is_a_refusal_too(path: Path) -> None:
    async with served(path, "GET", "/ca", refuse(502, b"<html>")) as client:
        with pytest.raises(Refused, match="cannot read"):
            await client.ca()


async def test_an_answer_of_another_version_is_a_refusal(path: Path) -> None:
    async with served(path, "GET", "/ca", answer({"words": 1})) as client:
        with pytest.raises(Refused, match="cannot read"):
            await client.ca()


async def test_nobody_at_the_socket_is_unreachable(path: Path) -> None:
    async with Client(Address(path, "HOOPTERM_ENGINE")) as client:
        with pytest.raises(EngineUnreachable) as caught:
            await client.status()
    assert str(path) in caught.value.message
    assert "HOOPTERM_ENGINE" in caught.value.hint


async def test_a_stream_is_split_into_lines_wherever_its_chunks_end(path: Path) -> None:
    lines = (
        msgspec.json.encode(LiveView(status=status()))
        + b"\n\n"
        + msgspec.json.encode(LiveView(review=review()))
        + b"\n"
    )
    async with served(path, "GET", "/live", send(lines[:7], lines[7:40], lines[40:-1], lines[-1:])) as client:
        assert [view async for view in client.live()] == [LiveView(status=status()), LiveView(review=review())]


async def test_an_error_on_the_way_ends_a_stream(path: Path) -> None:
    last = msgspec.json.encode({"error": ErrorView("too_slow", "you read too slowly")}) + b"\n"
    async with served(path, "GET", "/live", send(b"\n", last)) as client:
        with pytest.raises(Refused, match="too slowly"):
            _ = [view async for view in client.live()]


async def test_a_line_without_end_is_cut_off(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_LINE", 1000)
    async with served(path, "GET", "/live", send(*[b"x" * 600] * 3)) as client:
        with pytest.raises(EngineUnreachable, match="without end"):
            _ = [view async for view in client.live()]


async def test_a_download_is_its_bytes(path: Path) -> None:
    async with served(path, "GET", "/recordings/s1", send(b"ab", b"c\n\nd")) as client:
        assert b"".join([chunk async for chunk in client.download("s1")]) == b"abc\n\nd"


async def test_a_stream_that_is_left_early_is_closed(path: Path) -> None:
    gone = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(msgspec.json.encode(LiveView(status=status())) + b"\n")
                await asyncio.sleep(0)
        except ConnectionError:
            gone.set()
            raise

    async with served(path, "GET", "/live", handle) as client:
        async with aclosing(client.live()) as views:
            async for _ in views:
                break
        await gone.wait()


async def test_a_persistent_stream_outlives_failures_and_tells_of_them() -> None:
    lost: list[str] = []
    attempts = iter(([1, 2], [], [3]))

    async def stream() -> AsyncGenerator[int, None]:
        for item in next(attempts):
            yield item
        raise EngineUnreachable("gone")

    seen = []
    async with aclosing(persistent(stream, lost=lambda error: lost.append(error.message), pause=0)) as items:
        async for item in items:
            seen.append(item)
            if item == 3:
                break
    assert (seen, lost) == ([1, 2, 3], ["gone", "gone"])


async def test_a_persistent_stream_ends_with_a_refusal() -> None:
    async def stream() -> AsyncGenerator[int, None]:
        raise Refused("forbidden", "no")
        yield 1

    with pytest.raises(Refused):
        _ = [item async for item in persistent(stream)]


def test_views_decode_what_was_encoded() -> None:
    for value in (status(), review(), TextView("x")):
        assert msgspec.json.decode(msgspec.json.encode(value), type=type(value)) == value
    assert isinstance(status(), StatusView)
    assert isinstance(review(), ReviewView)
