"""Tokens of the engine's own: minted, verified and revoked in memory, kept in the store as digests.

What a token may do is the policy's business. Whoever holds a live session through one learns of its revocation from
`on_revoked`, and of its end from `Token.expires`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol, Self

import structlog

from engine.errors import Conflict, Forbidden, NotFound, SessionRefused
from engine.secrets.secret import Secret

_ID_BYTES = 5
_SECRET_BYTES = 20
_LONGEST = 256
_USE_IS_STORED_EVERY = timedelta(minutes=1)
_NOBODY = hashlib.sha256(b"").digest()

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Token:
    """One token as the store keeps it. `hash` is SHA-256 of its secret part, which nothing else remembers."""

    id: str
    subject: str
    hash: bytes = field(repr=False)
    minted_by: str
    created: datetime
    expires: datetime
    on_behalf_of: str | None = None
    revoked: datetime | None = None
    last_used: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it opens and keeps sessions at that time."""
        return self.revoked is None and now < self.expires


class TokenStore(Protocol):
    """Where tokens outlive the engine."""

    async def tokens(self) -> Sequence[Token]:
        """All of them."""

    async def add_token(self, token: Token) -> None:
        """Keep a new one; durable when it returns."""

    async def revoke_token(self, id: str, revoked: datetime) -> None:
        """Remember its revocation; durable when it returns."""

    async def use_token(self, id: str, last_used: datetime) -> None:
        """Remember its last use."""


class Tokens:
    """The tokens of this engine. Make it with `Tokens.open`.

    `on_revoked` callbacks get a token's id before `revoke` returns, and before the store is asked: a revocation holds
    even while the store is lost.
    """

    def __init__(
        self,
        store: TokenStore,
        *,
        max_ttl: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.max_ttl = max_ttl
        self.on_revoked: list[Callable[[str], None]] = []
        self._store = store
        self._now = now
        self._random = random
        self._tokens: dict[str, Token] = {}
        self._untold: set[str] = set()  # revocations that the store has not taken yet
        self._told_use: dict[str, datetime] = {}

    @classmethod
    async def open(
        cls, store: TokenStore, *, max_ttl: timedelta, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> Self:
        """The tokens this store keeps."""
        tokens = cls(store, max_ttl=max_ttl, now=now)
        await tokens.load()
        return tokens

    def __repr__(self) -> str:
        return f"<Tokens {len(self._tokens)}>"

    async def load(self) -> None:
        """Read the store again; a revocation made here is never undone by an older row."""
        for token in await self._store.tokens():
            known = self._tokens.get(token.id)
            if known is not None and known.revoked is not None and token.revoked is None:
                token = known
            self._tokens[token.id] = token

    async def create(
        self, subject: str, ttl: timedelta, minted_by: str, on_behalf_of: str | None = None
    ) -> tuple[Token, Secret]:
        """Mint a token; its text is given here once. Raises Forbidden for a life of nothing or beyond `max_ttl`."""
        if not timedelta(0) < ttl <= self.max_ttl:
            raise Forbidden(
                "a token may not live that long" if ttl > self.max_ttl else "a token must live for some time",
                f"{_in_words(ttl)} was asked for; the configuration allows up to {_in_words(self.max_ttl)}",
                "ask for less, or raise identity.tokens.max_ttl",
            )
        id, secret = self._fresh_id(), _readable(self._random(_SECRET_BYTES))
        now = self._now()
        token = Token(id, subject, _digest(secret), minted_by, now, now + ttl, on_behalf_of)
        await self._store.add_token(token)
        self._tokens[id] = token
        return token, Secret(f"ht_{id}_{secret}")

    async def verify(self, subject: str, secret: Secret | str) -> Token:
        """The live token behind a password, for exactly this subject.

        Raises SessionRefused. Only who holds the right secret learns that it expired or was revoked.
        """
        text = secret.reveal() if isinstance(secret, Secret) else secret
        prefix, _, rest = text.partition("_")
        id, _, proof = rest.partition("_")
        token = self._tokens.get(id)
        is_right = hmac.compare_digest(_digest(proof[:_LONGEST]), token.hash if token else _NOBODY)
        if token is None or not is_right or prefix != "ht" or token.subject != subject:
            raise SessionRefused(
                "the password is not a token of this user",
                "hoopterm takes a token as the password",
                f"hoopterm token create {subject}" if subject.isprintable() else "hoopterm token create",
            )
        self._require_life(token)
        await self._note_use(token)
        return self._require_life(self._tokens[id])  # it may have been revoked while the store was told

    async def revoke(self, id: str, by: str) -> Token:
        """End a token now. Raises NotFound, Conflict when it was revoked already, or whatever the store raises.

        After an error of the store the token is revoked until the engine stops; ask again to make it last.
        """
        token = self.get(id)
        if token.revoked is not None and id not in self._untold:
            raise Conflict(f"token {id} was revoked already", f"at {token.revoked:%Y-%m-%d %H:%M:%S} UTC")
        now = token.revoked or self._now()
        self._tokens[id] = revoked = replace(token, revoked=now)
        self._untold.add(id)
        for callback in self.on_revoked:
            callback(id)
        logger.info("token revoked", token=id, subject=token.subject, by=by)
        await self._store.revoke_token(id, now)
        self._untold.discard(id)
        return revoked

    def get(self, id: str) -> Token:
        """One token. Raises NotFound."""
        try:
            return self._tokens[id]
        except KeyError:
            raise NotFound("there is no such token", hint="hoopterm token list shows them") from None

    def list(self) -> tuple[Token, ...]:
        """All of them, the oldest first."""
        return tuple(sorted(self._tokens.values(), key=lambda token: (token.created, token.id)))

    def _fresh_id(self) -> str:
        while (id := _readable(self._random(_ID_BYTES))) in self._tokens:
            pass
        return id

    def _require_life(self, token: Token) -> Token:
        if token.is_live(self._now()):
            return token
        fate = "was revoked" if token.revoked else f"expired at {token.expires:%Y-%m-%d %H:%M:%S} UTC"
        raise SessionRefused("the token no longer lets in", f"token {token.id} {fate}", "ask for a new one")

    async def _note_use(self, token: Token) -> None:
        """The store hears of a use at most once a minute, and its loss keeps nobody out."""
        now = self._now()
        self._tokens[token.id] = replace(token, last_used=now)
        told = self._told_use.get(token.id)
        if told is None or now - told >= _USE_IS_STORED_EVERY:
            self._told_use[token.id] = now
            try:
                await self._store.use_token(token.id, now)
            except Exception as error:
                logger.warning("the last use of a token was not stored", token=token.id, error=type(error).__name__)


def _in_words(life: timedelta) -> str:
    """Seconds, minutes, hours or days, as people type them: 12h, 99d."""
    seconds = life.total_seconds()
    units = (("d", 86_400), ("h", 3600), ("m", 60))
    return next(
        (f"{seconds / size:g}{unit}" for unit, size in units if seconds and seconds % size == 0), f"{seconds:g}s"
    )


def _digest(secret: str) -> bytes:
    # The secret has 160 random bits, so a plain hash is as hard to invert as a slow one.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _readable(random: bytes) -> str:
    return base64.b32encode(random).decode().lower()
