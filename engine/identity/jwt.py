"""A JWT as a stranger gives it: taken apart within bounds, and nothing of it believed yet.

RFC 7515 (JWS compact serialization), RFC 7519 (JWT), RFC 8725 (best current practices), RFC 9068 (`at+jwt`).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

MAX_TOKEN: Final = 16 * 1024
"""Characters; a longer one is refused before anything of it is read."""
ALGORITHMS: Final = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "Ed448")
)
"""Signatures that only the issuer can make; neither `none` nor an HMAC, whose key would be what everybody can read."""
_TYPES: Final = frozenset(("jwt", "at+jwt", "application/jwt", "application/at+jwt"))
_FORM: Final = re.compile(r"ey[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_MAX_KEY_ID: Final = 256


class NotAccepted(Exception):
    """A token does not let in. `why` quotes nothing of it; `is_proven` says that its issuer did sign it."""

    def __init__(self, why: str, *, is_proven: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.is_proven = is_proven


@dataclass(frozen=True, slots=True)
class Presented:
    """A token's parts. `key_id` is what it says of its key, `signed` the bytes that the signature is over."""

    algorithm: str
    key_id: str | None
    claims: Mapping[str, Any] = field(repr=False)
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def is_jwt(text: str) -> bool:
    """Whether a password has the form of a JWT: three parts, the first of which would be a JSON object."""
    return text.startswith("ey") and text.count(".") == 2


def take_apart(text: str) -> Presented:
    """The parts of a token; raises NotAccepted.

    Keys and addresses of keys that it brings along (`jwk`, `x5c`, `jku`, `x5u`) are not looked at."""
    if len(text) > MAX_TOKEN:
        raise NotAccepted("it is too long")
    if _FORM.fullmatch(text) is None:
        raise NotAccepted("it is no signed token")
    header, claims, signature = text.split(".")
    head = _object(header)
    algorithm, key_id, kind = head.get("alg"), head.get("kid"), head.get("typ")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise NotAccepted("its algorithm is none that is accepted")
    if "crit" in head or "b64" in head:
        raise NotAccepted("it needs extensions that are not spoken here")
    if kind is not None and (not isinstance(kind, str) or kind.lower() not in _TYPES):
        raise NotAccepted("it is another kind of token")
    if key_id is not None and (not isinstance(key_id, str) or not 0 < len(key_id) <= _MAX_KEY_ID):
        raise NotAccepted("its key has no possible name")
    return Presented(algorithm, key_id, _object(claims), f"{header}.{claims}".encode(), _decoded(signature))


def _object(part: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(_decoded(part))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotAccepted("it does not read") from None
    if not isinstance(found, dict):
        raise NotAccepted("it does not read")
    return found


def _decoded(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise NotAccepted("it does not read") from None
