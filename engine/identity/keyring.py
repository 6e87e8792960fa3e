"""One issuer's keys as the engine keeps them: asked for when they are needed, never by two at once, never too often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

from engine.errors import HooptermError
from engine.identity.discovery import Get, discover
from engine.identity.jwks import Key, Keys
from engine.identity.jwt import NotAccepted, Presented

REFRESH: Final = 300.0
"""Seconds after which keys are asked for again: for so long a key that the issuer took back may still let in."""
PAUSE: Final = 10.0
"""Seconds between two attempts, whatever strangers present."""
STALE: Final = 3600.0
"""Seconds for which the last keys are trusted while the issuer gives none."""

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]

logger = structlog.get_logger()


class Keyring:
    """The keys of one issuer. `clock` counts seconds and never goes back."""

    def __init__(self, issuer: str, *, get: Get, spawn: Spawn, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._get = get
        self._spawn = spawn
        self._clock = clock
        self._keys: Keys | None = None
        self._read = 0.0
        self._attempted: float | None = None
        self._asking: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Keyring {self._issuer} {self._keys or 'empty'}>"

    async def find(self, presented: Presented) -> Key | None:
        """The key that may have signed a token; None where the issuer has no such key.

        Raises NotAccepted when its keys cannot be had, or were had too long ago."""
        if self._keys is None or self._age >= REFRESH:
            await self._ask()
        key = self._usable.find(presented)
        if key is None and self._age >= PAUSE:  # it may be newer than what we have
            await self._ask()
            key = self._usable.find(presented)
        return key

    @property
    def _age(self) -> float:
        return self._clock() - self._read

    @property
    def _usable(self) -> Keys:
        if self._keys is None or self._age >= STALE:
            raise NotAccepted("its issuer cannot be asked for keys right now")
        return self._keys

    async def _ask(self) -> None:
        """Ask the issuer, or wait for whoever asks already; what the answer is shows in the keys."""
        if self._asking is None or self._asking.done():
            if self._attempted is not None and self._clock() - self._attempted < PAUSE:
                return
            self._attempted = self._clock()
            self._asking = self._spawn(self._renew())
        await asyncio.shield(self._asking)  # a client that goes away must not end it for the others

    async def _renew(self) -> None:
        try:
            self._keys = await discover(self._issuer, self._get)
            self._read = self._clock()
        except HooptermError as error:
            logger.warning("an issuer's keys could not be had", issuer=self._issuer, why=str(error))
        except Exception:
            logger.exception("an issuer's keys could not be had", issuer=self._issuer)
