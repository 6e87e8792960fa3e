"""Tokens of others: whether a JWT is one that a configured issuer signed for us, and whom it stands for there.

OpenID Connect Core 1.0, section 3.1.3.7; RFC 7519, section 4.1; RFC 9068, section 4. What may be told to a stranger is
the same sentence for all that is wrong before the signature is proven; operators find the reason in the engine's log.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import structlog

from engine.errors import SessionRefused
from engine.identity.discovery import Get, fetch
from engine.identity.jwks import is_signed
from engine.identity.jwt import NotAccepted, Presented, take_apart
from engine.identity.keyring import Keyring, Spawn
from engine.model import Vouched
from engine.secrets.secret import Secret
from engine.throttle import Throttle

if TYPE_CHECKING:
    from engine.config.revision import Issuer

SKEW: Final = 60.0
"""Seconds by which an issuer's clock and ours may differ."""
MAX_GROUPS: Final = 1000
_WORDS: Final = 100  # lines a minute about tokens that were refused: a crowd of strangers must not fill the disk
_LONGEST: Final = 255  # characters of a subject or an identifier
_LAST_SECOND: Final = 253_402_300_799.0  # of the year 9999

logger = structlog.get_logger()


class Issuers:
    """The issuers of the configuration in force, and their keys. `spawn` starts what asks them for keys."""

    def __init__(
        self,
        *,
        spawn: Spawn,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        get: Get = fetch,
    ) -> None:
        self._spawn = spawn
        self._now = now
        self._clock = clock
        self._get = get
        self._issuers: dict[str, tuple[Issuer, Keyring]] = {}
        self._words = Throttle(_WORDS, 60.0, clock)

    def __repr__(self) -> str:
        return f"<Issuers {len(self._issuers)}>"

    def use(self, issuers: Mapping[str, Issuer]) -> None:
        """Trust these from now on; the keys of those that stay are kept."""
        kept = {address: ring for address, (_, ring) in self._issuers.items()}
        self._issuers = {
            issuer.address: (issuer, kept.get(issuer.address) or self._keyring(issuer.address))
            for issuer in issuers.values()
        }

    async def verify(self, secret: Secret) -> tuple[Vouched, datetime]:
        """Whom a JWT stands for at its issuer, and when that ends; raises SessionRefused."""
        try:
            return await self._verified(take_apart(secret.reveal()))
        except NotAccepted as refused:
            if self._words.admits():
                logger.info("a token of an issuer was refused", why=refused.why, is_proven=refused.is_proven)
            if refused.is_proven:
                raise SessionRefused("the token does not let in", refused.why, "ask its issuer for another") from None
            raise SessionRefused(
                "the password is not a token that can be verified here",
                "hoopterm takes its own tokens, and those of the issuers of its configuration",
                "ask for a fresh one",
            ) from None

    async def _verified(self, presented: Presented) -> tuple[Vouched, datetime]:
        address = presented.claims.get("iss")
        known = self._issuers.get(address) if isinstance(address, str) else None
        if known is None:
            raise NotAccepted("no issuer of the configuration made it")
        issuer, keyring = known
        key = await keyring.find(presented)
        if self._issuers.get(issuer.address) != known:
            raise NotAccepted("its issuer is trusted no more")  # while it was asked for keys
        if key is None:
            raise NotAccepted(f"{issuer.name} has no such key")
        if not is_signed(presented, key):
            raise NotAccepted(f"its signature is not one of {issuer.name}")
        try:
            return _read(issuer, presented.claims, self._now().timestamp())
        except NotAccepted as refused:
            raise NotAccepted(refused.why, is_proven=True) from None

    def _keyring(self, address: str) -> Keyring:
        return Keyring(address, get=self._get, spawn=self._spawn, clock=self._clock)


def _read(issuer: Issuer, claims: Mapping[str, Any], now: float) -> tuple[Vouched, datetime]:
    """What a token that its issuer signed says; raises NotAccepted where it is not for us, or not for now."""
    end = _end(claims, now)
    _require_audience(issuer, claims)
    for name in ("cnf", "act"):  # bound to a key that was not shown; somebody else in the name of its subject
        if name in claims:
            raise NotAccepted(f"tokens with the claim {name} are not taken")
    subject, id = _at(claims, issuer.subject), claims.get("jti")
    if not _is_short_text(subject):
        raise NotAccepted("it names no subject")
    if id is not None and not _is_short_text(id):
        raise NotAccepted("its identifier cannot be recorded")
    return Vouched(issuer.name, subject, id, _groups(issuer, claims)), datetime.fromtimestamp(end, UTC)


def _end(claims: Mapping[str, Any], now: float) -> float:
    """When what it opens ends: at `exp`, or with the skew where it opens something within that."""
    expires = _moment(claims, "exp")
    if expires is None:
        raise NotAccepted("it never expires")
    if now >= expires + SKEW:
        raise NotAccepted("it has expired")
    if any((moment := _moment(claims, name)) is not None and moment > now + SKEW for name in ("nbf", "iat")):
        raise NotAccepted("it is not valid yet")
    return min(expires if now < expires else expires + SKEW, _LAST_SECOND)


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise NotAccepted(f"its claim {name} is no time")
    return float(min(value, _LAST_SECOND))


def _require_audience(issuer: Issuer, claims: Mapping[str, Any]) -> None:
    audience, party = claims.get("aud"), claims.get("azp", claims.get("client_id"))
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or issuer.audience not in audiences:
        raise NotAccepted("it is for another audience")
    # What was made for another client and names us too was not given to us by who holds it (OpenID Connect Core).
    parties = issuer.clients or frozenset((issuer.audience,))
    is_ours = isinstance(party, str) and party in parties
    if not is_ours and (len(audiences) > 1 or (issuer.clients and party is not None)):
        raise NotAccepted("it was made for another client")


def _groups(issuer: Issuer, claims: Mapping[str, Any]) -> frozenset[str]:
    """Each as `issuer/group`, so that none is ever mistaken for a group of the configuration."""
    if issuer.groups is None:
        return frozenset()
    value = _at(claims, issuer.groups)
    names = [value] if isinstance(value, str) else value
    # A token without its groups would be free of every rule that denies them something.
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise NotAccepted("it does not tell its groups")
    if len(names) > MAX_GROUPS:
        raise NotAccepted(f"it has more than {MAX_GROUPS} groups")
    return frozenset(f"{issuer.name}/{name}" for name in names)


def _at(claims: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = claims
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _is_short_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()
