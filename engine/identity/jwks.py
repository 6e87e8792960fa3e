"""The keys an issuer publishes, and whether one of them signed a token. RFC 7517 (JWK), RFC 7518 (algorithms)."""

from __future__ import annotations

from typing import Any, Final, Self

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from engine.identity.jwt import Presented

Key = RSAKey | ECKey | OKPKey

_KINDS: Final[dict[str, type[RSAKey] | type[ECKey] | type[OKPKey]]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_PUBLIC: Final = ("kty", "use", "key_ops", "alg", "kid", "n", "e", "crv", "x", "y")
_MAX_KEYS: Final = 100
_RSA_BITS: Final = range(2048, 8192 + 1)  # a shorter one is weak, a longer one costs too much for each stranger
_RSA_DIGITS: Final = range(2048 // 6, 8192 // 6 + 2)  # of its modulus, in base64
_MAX_EXPONENT: Final = 12  # base64 digits


class Keys:
    """The public keys of one issuer, each for signatures only."""

    def __init__(self, keys: list[tuple[str | None, Key]]) -> None:
        self._keys = keys

    def __repr__(self) -> str:
        return f"<Keys {len(self._keys)}>"

    @classmethod
    def read(cls, content: bytes) -> Self:
        """The keys of a JWK Set; those that cannot be used here are left out. Raises ValueError for anything else."""
        try:
            listed = msgspec.json.decode(content)["keys"]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, TypeError):
            raise ValueError("it is no set of keys") from None
        if not isinstance(listed, list):
            raise ValueError("it is no set of keys")
        found = [(value, key) for value in listed[:_MAX_KEYS] if (key := _key(value)) is not None]
        return cls([(value.get("kid"), key) for value, key in found])

    def find(self, presented: Presented) -> Key | None:
        """The one key that may have signed a token: by its name, or the only one of its kind where it names none."""
        fitting = [
            key for name, key in self._keys if presented.key_id in (None, name) and _fits(presented.algorithm, key)
        ]
        return fitting[0] if len(fitting) == 1 else None


def is_signed(presented: Presented, key: Key) -> bool:
    """Whether this key made the token's signature."""
    try:
        return JWSRegistry.algorithms[presented.algorithm].verify(presented.signed, presented.signature, key)
    except (JoseError, ValueError):
        return False


def _fits(algorithm: str, key: Key) -> bool:
    """Whether the key is of the kind the algorithm needs: no public key becomes another algorithm's secret."""
    try:
        JWSRegistry.algorithms[algorithm].check_key(key)
        key.check_key_op("verify")
    except JoseError:
        return False
    return True


def _key(value: Any) -> Key | None:
    if not isinstance(value, dict) or value.get("use", "sig") != "sig":
        return None
    kind = value.get("kty")
    if not isinstance(kind, str) or kind not in _KINDS or (kind == "RSA" and not _is_measured(value)):
        return None
    try:
        key = _KINDS[kind].import_key({name: value[name] for name in _PUBLIC if name in value})
    except (JoseError, ValueError, TypeError, KeyError, OverflowError):
        return None
    if isinstance(key, RSAKey) and key.raw_value.key_size not in _RSA_BITS:
        return None
    return key


def _is_measured(value: dict[str, Any]) -> bool:
    modulus, exponent = value.get("n"), value.get("e")
    if not isinstance(modulus, str) or not isinstance(exponent, str):
        return False
    return len(modulus.rstrip("=")) in _RSA_DIGITS and len(exponent) <= _MAX_EXPONENT
