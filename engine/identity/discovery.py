"""From an issuer's address to its keys, over HTTP, within bounds.

OpenID Connect Discovery 1.0, sections 4.1 to 4.3.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec

from engine.errors import UpstreamError
from engine.identity.jwks import Keys
from engine.loopback import is_loopback

MAX_ANSWER: Final = 512 * 1024
TIMEOUT: Final = 5.0  # seconds, for each of the two documents
_WELL_KNOWN: Final = "/.well-known/openid-configuration"

Get = Callable[[str], Awaitable[bytes]]


async def discover(issuer: str, get: Get) -> Keys:
    """The keys that an issuer publishes now; raises UpstreamError."""
    document = _metadata(await get(issuer.rstrip("/") + _WELL_KNOWN))
    if document.get("issuer") != issuer:
        raise UpstreamError(f"{issuer} says it is another issuer")
    address = document.get("jwks_uri")
    if not isinstance(address, str) or not may_fetch(address, is_local=not issuer.startswith("https:")):
        raise UpstreamError(f"{issuer} keeps its keys where they cannot be trusted", "jwks_uri needs https")
    try:
        return Keys.read(await get(address))
    except ValueError as error:
        raise UpstreamError(f"the keys of {issuer} do not read", str(error)) from None


def may_fetch(address: str, *, is_local: bool) -> bool:
    """Whether an address is https, or http on this machine where that `is_local`, with nothing hidden in it."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises ValueError on one that is none
    except ValueError:
        return False
    if not address.isascii() or not address.isprintable() or " " in address or "\\" in address:
        return False
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_local and is_loopback(parts.hostname))


async def fetch(address: str) -> bytes:
    """One document: no redirect is followed, nothing is decompressed. Raises UpstreamError."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers, auto_decompress=False) as session,
            session.get(address, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise UpstreamError(f"{address} answers {response.status}")
            content = bytearray()
            async for piece in response.content.iter_any():
                content += piece
                if len(content) > MAX_ANSWER:
                    raise UpstreamError(f"{address} answers too much")
            return bytes(content)
    except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
        raise UpstreamError(f"{address} cannot be read", type(error).__name__) from None


def _metadata(content: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UpstreamError("the issuer's configuration does not read")
    return found
