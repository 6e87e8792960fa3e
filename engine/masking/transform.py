"""What takes the place of a protected value."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

Replace = Callable[[bytes], bytes | None]
"""A value's bytes (UTF-8 text) to what the client gets instead; None is NULL."""

STRENGTH = {"partial": 1, "token": 2, "hash": 3, "redact": 4, "nullify": 5}
"""The strategies; where several rules protect one value, the strongest wins, so that their order never matters."""

_KEPT = 4  # trailing characters `partial` shows
_STAR = ord("*")
_TO_STARS = bytes(_STAR for _ in range(256))


@dataclass(frozen=True, slots=True)
class Transform:
    """One strategy made ready. `keeps_length`: the replacement has as many bytes as the value."""

    strategy: str
    replace: Replace
    keeps_length: bool


def redact(value: bytes) -> bytes:
    """A star for every byte: nothing remains but the length."""
    return value.translate(_TO_STARS)


def partial(value: bytes) -> bytes:
    """All but the last four characters starred; short values whole, since four would be most of them."""
    text = value.decode(errors="replace")
    if len(text) <= 2 * _KEPT:
        return b"*" * len(text)
    return ("*" * (len(text) - _KEPT) + text[-_KEPT:]).encode()


def nullify(_value: bytes) -> None:
    """NULL."""


def make(strategy: str, key: bytes) -> Transform:
    """The named strategy; `hash` and `token` are keyed by the engine's masking key, so equal values stay equal."""
    match strategy:
        case "redact":
            return Transform(strategy, redact, keeps_length=True)
        case "partial":
            return Transform(strategy, partial, keeps_length=False)
        case "nullify":
            return Transform(strategy, nullify, keeps_length=False)
        case "hash":
            return Transform(
                strategy, lambda value: _digest(key, b"hash", value).hex()[:32].encode(), keeps_length=False
            )
        case "token":
            return Transform(
                strategy, lambda value: b"tok_" + _letters(_digest(key, b"token", value)), keeps_length=False
            )
    raise ValueError(f"unknown masking strategy: {strategy}")


def _digest(key: bytes, purpose: bytes, value: bytes) -> bytes:
    return hmac.digest(key, purpose + b"\0" + value, hashlib.sha256)


def _letters(digest: bytes) -> bytes:
    return base64.b32encode(digest[:15]).lower()
