"""The wire of the control API: requests, streams of lines, refusals."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Self, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from engine.api import schema
from hoopterm.address import Address, Handed, Remote, find
from hoopterm.errors import EngineUnreachable, Refused

T = TypeVar("T")

REQUEST_SECONDS = 60.0
SILENCE_SECONDS = 30.0  # a live stream says something at least every ten seconds
MAX_LINE = 64 << 20

_ERROR_LINE = b'{"error":'


class Wire:
    """One connection to one engine; an async context manager."""

    def __init__(self, address: Address | Remote | Handed) -> None:
        self.address = address
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def at(cls, engine: str | None = None) -> Self:
        """A client of the engine that `--engine`, the environment, the configuration or the usual places name."""
        return cls(find(engine))

    def __repr__(self) -> str:
        return f"<Client {self.address} {'open' if self._session else 'closed'}>"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(connector=self.address.connector(), auto_decompress=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(
        self,
        method: str,
        path: Iterable[str],
        answer: type[T],
        *,
        body: msgspec.Struct | None = None,
        query: Mapping[str, str | None] | None = None,
    ) -> T:
        data = msgspec.json.encode(body) if body is not None else None
        timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
        request = self._open().request(method, _url(path, query or {}), data=data, timeout=timeout)
        async with self._reaching(), request as response:
            content = await response.read()
        if response.status >= 400:
            raise _refusal(content)
        try:
            return msgspec.json.decode(content, type=answer)
        except msgspec.DecodeError as error:
            raise _unreadable() from error

    @asynccontextmanager
    async def _stream(
        self, path: Iterable[str], query: Mapping[str, str | None], body: msgspec.Struct | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        timeout = aiohttp.ClientTimeout(total=None, sock_read=SILENCE_SECONDS)
        method, data = ("GET", None) if body is None else ("POST", msgspec.json.encode(body))
        request = self._open().request(method, _url(path, query), data=data, timeout=timeout)
        async with self._reaching(), request as response:
            if response.status >= 400:
                raise _refusal(await response.read())
            yield response

    async def _views(
        self,
        path: Iterable[str],
        view: type[T],
        *,
        query: Mapping[str, str | None] | None = None,
        body: msgspec.Struct | None = None,
    ) -> AsyncGenerator[T, None]:
        decoder = msgspec.json.Decoder(view)
        async with self._stream(path, query or {}, body) as response:
            async for line in _lines(response.content.iter_any()):
                if line.startswith(_ERROR_LINE):
                    raise _refusal(line)
                if not line:
                    continue  # the heartbeat
                try:
                    item = decoder.decode(line)
                except msgspec.DecodeError as error:
                    raise _unreadable() from error
                yield item

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the client is used outside its `async with`")
        return self._session

    @asynccontextmanager
    async def _reaching(self) -> AsyncIterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise EngineUnreachable("the engine does not answer", "see its engine.log") from error
        except aiohttp.ClientConnectionError as error:
            reason = getattr(error, "strerror", None) or str(error) or "the connection was lost"
            raise EngineUnreachable(
                f"the engine is unreachable at {self.address}: {reason}", self.address.advice
            ) from error
        except aiohttp.ClientError as error:
            raise EngineUnreachable("the engine's answer broke off", "it may be stopping; try again") from error


def _url(path: Iterable[str], query: Mapping[str, str | None]) -> URL:
    quoted = "/".join(quote(part, safe="") for part in path)
    asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items() if value is not None)
    return URL(f"http://engine/{schema.API_VERSION}/{quoted}" + (f"?{asked}" if asked else ""), encoded=True)


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        first, *others = chunk.split(b"\n")
        parts.append(first)
        size += len(first)
        if others:
            yield b"".join(parts)
            for line in others[:-1]:
                yield line
            parts, size = [others[-1]], len(others[-1])
        elif size > MAX_LINE:
            raise EngineUnreachable("the engine sent a line without end")


def _unreadable() -> Refused:
    return Refused(
        "version", "the engine's answer is one this version cannot read", "compare `hoopterm --version` of both"
    )


def _refusal(content: bytes) -> Refused:
    try:
        error = msgspec.json.decode(content, type=_ErrorAnswer).error
    except msgspec.DecodeError:
        return _unreadable()
    return Refused(error.code, error.message, error.hint)


class _ErrorAnswer(msgspec.Struct, frozen=True):
    error: schema.ErrorView
