from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc.jwk import OctKey

from engine.identity.jwks import Keys, is_signed
from engine.identity.jwt import take_apart
from tests.engine.identity.signing import Key, claims, ec, jwks, okp, rsa, signed

ALL: list[tuple[Key, str]] = [
    *((rsa(), algorithm) for algorithm in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
    (ec(), "ES256"),
    (ec("ec-2", "P-384"), "ES384"),
    (ec("ec-3", "P-521"), "ES512"),
    (okp(), "Ed25519"),
    (okp("okp-2", "Ed448"), "Ed448"),
    (okp(), "EdDSA"),
    (okp("okp-2", "Ed448"), "EdDSA"),
]
PUBLISHED = Keys.read(jwks(*{key.kid: key for key, _ in ALL}.values()))


@pytest.mark.parametrize(("key", "algorithm"), ALL)
def test_each_algorithm_is_verified_with_its_key_and_no_other(key: Any, algorithm: str) -> None:
    presented = take_apart(signed(claims(), key, algorithm))
    found = PUBLISHED.find(presented)
    assert found is not None
    assert is_signed(presented, found)
    changed = take_apart(signed(claims(sub="00u2"), key, algorithm))
    assert not is_signed(
        type(presented)(algorithm, key.kid, changed.claims, changed.signed, presented.signature), found
    )


@pytest.mark.parametrize("kid", ["rsa-2", "RSA-1", "../rsa-1", "' or 1=1 --", "rsa-1\0", "rsa-1 ", "💥"])
def test_a_key_goes_by_its_exact_name(kid: str) -> None:
    assert PUBLISHED.find(take_apart(signed(claims(), kid=kid))) is None


@pytest.mark.parametrize(
    ("kid", "algorithm"), [("ec-1", "RS256"), ("rsa-1", "ES256"), ("ec-1", "ES384"), ("okp-1", "Ed448")]
)
def test_a_key_of_another_kind_does_not_fit(kid: str, algorithm: str) -> None:
    keys: dict[str, Key] = {"RS256": rsa(), "ES256": ec(), "ES384": ec("ec-2", "P-384"), "Ed448": okp("okp-2", "Ed448")}
    assert PUBLISHED.find(take_apart(signed(claims(), keys[algorithm], algorithm, kid=kid))) is None


def test_a_token_without_a_key_name_fits_the_only_key_of_its_kind() -> None:
    token = take_apart(signed(claims(), kid=None))
    assert Keys.read(jwks(rsa(), ec())).find(token) is not None
    assert Keys.read(jwks(rsa(), rsa("rsa-2"))).find(token) is None


def test_a_public_key_is_no_hmac_secret() -> None:
    """Algorithm confusion, RFC 8725 section 2.1: a shared secret in the set is no key at all."""
    assert Keys.read(jwks(OctKey.generate_key(256, {"kid": "rsa-1"}))).find(take_apart(signed(claims()))) is None


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"alg": "RS512"},
        {"kty": "oct"},
        {"kty": ["RSA"]},
        {"n": 7},
        {"n": "AQAB"},
        {"n": "A" * 1400},
        {"e": "A" * 400},
        {"e": "AQ"},
        {"e": None},
    ],
)
def test_a_key_that_is_not_for_this_is_left_out(change: dict[str, Any]) -> None:
    published = {**rsa().as_dict(private=False), "use": "sig", **change}
    other = ec().as_dict(private=False)
    keys = Keys.read(json.dumps({"keys": [published, 7, None, other]}).encode())
    assert keys.find(take_apart(signed(claims()))) is None
    assert keys.find(take_apart(signed(claims(), ec(), "ES256"))) is not None


def test_a_short_key_is_left_out() -> None:
    published = {**rsa().as_dict(private=False), "n": rsa().as_dict(private=False)["n"][:171]}
    assert repr(Keys.read(json.dumps({"keys": [published]}).encode())) == "<Keys 0>"


def test_a_private_key_that_an_issuer_published_is_only_used_as_a_public_one() -> None:
    keys = Keys.read(json.dumps({"keys": [rsa().as_dict(private=True)]}).encode())
    found = keys.find(take_apart(signed(claims())))
    assert found is not None
    assert not found.is_private


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"keys": {}}', b'{"keys": 1}', b"\xff", b"[" * 10_000])
def test_what_is_no_set_of_keys_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match="no set of keys"):
        Keys.read(content)


def test_no_more_than_a_hundred_keys_are_kept() -> None:
    many = [{**ec().as_dict(private=False), "kid": str(number)} for number in range(300)]
    assert repr(Keys.read(json.dumps({"keys": many}).encode())) == "<Keys 100>"


def test_a_signature_that_is_no_signature_is_none() -> None:
    for key, algorithm in ALL:
        token = signed(claims(), key, algorithm).rpartition(".")[0]
        for signature in ("", "AAAA", "_" * 1000):
            presented = take_apart(f"{token}.{signature}")
            found = PUBLISHED.find(presented)
            assert found is not None
            assert not is_signed(presented, found)
