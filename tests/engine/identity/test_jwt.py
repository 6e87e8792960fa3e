from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.identity.jwt import ALGORITHMS, MAX_TOKEN, NotAccepted, is_jwt, take_apart
from tests.engine.identity.signing import claims, encode, rsa, signed


def test_a_token_comes_apart() -> None:
    presented = take_apart(signed(claims(), typ="at+jwt"))
    assert (presented.algorithm, presented.key_id, presented.claims["sub"]) == ("RS256", "rsa-1", "00u1")


def test_ours_and_an_issuers_are_told_apart_by_their_form() -> None:
    assert is_jwt(signed(claims()))
    for other in ("ht_aaaaaaaa_bbbbbbbb", "", "..", "a.b.c", "ey.b", "ey.a.b.c.d", "ht_ey_a.b.c"):
        assert not is_jwt(other)


def test_neither_no_signature_nor_a_shared_secret_is_an_algorithm() -> None:
    assert not {name for name in ALGORITHMS if name.lower() == "none" or name.startswith("HS")}


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "nOnE", "", "HS256", "HS512", "rs256", "RS1", "A128KW", None, 7, ["RS256"]]
)
def test_an_algorithm_that_anybody_can_use_is_refused(algorithm: object) -> None:
    with pytest.raises(NotAccepted, match="algorithm"):
        take_apart(f"{encode({'alg': algorithm, 'kid': 'rsa-1'})}.{encode(claims())}.{encode(b'x')}")


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"crit": ["exp"]}, "extensions"),
        ({"crit": []}, "extensions"),
        ({"b64": False}, "extensions"),
        ({"typ": "logout+jwt"}, "another kind"),
        ({"typ": "secevent+jwt"}, "another kind"),
        ({"typ": ["JWT"]}, "another kind"),
        ({"kid": ""}, "no possible name"),
        ({"kid": 7}, "no possible name"),
        ({"kid": ["rsa-1"]}, "no possible name"),
        ({"kid": {"rsa-1": 1}}, "no possible name"),
        ({"kid": "x" * 257}, "no possible name"),
    ],
)
def test_a_header_that_asks_for_more_than_a_signature_is_refused(header: dict[str, Any], why: str) -> None:
    with pytest.raises(NotAccepted, match=why):
        take_apart(signed(claims(), **header))


def test_keys_that_a_token_brings_along_are_not_looked_at() -> None:
    brought: dict[str, Any] = {
        "jwk": rsa("mine").as_dict(private=False),
        "jku": "https://evil.example",
        "x5u": "https://evil.example",
    }
    assert take_apart(signed(claims(), rsa("mine"), **brought, kid="rsa-1")).key_id == "rsa-1"


@pytest.mark.parametrize(
    "text",
    [
        "ey",
        "eyJ.eyJ.x",
        "ey=.ey.x",
        "ey a.ey.x",
        f"{encode(b'[1]')}.{encode({})}.x",
        f"{encode({'alg': 'RS256'})}.{encode([1])}.x",
        f"{encode({'alg': 'RS256'})}.{encode(b'{')}.x",
        f"{encode({'alg': 'RS256'})}.{encode(b'{%s}' % (b'[' * 8000))}.x",
        f"{encode({'alg': 'RS256'})}.{encode(b'{' + bytes([255]))}.x",
        f"{encode({'alg': 'RS256'})}.{encode({})}.x\n",
        f"{encode({'alg': 'RS256'})}.{encode({})}.a",
    ],
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(NotAccepted):
        take_apart(text)


def test_a_token_that_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(NotAccepted, match="too long"):
        take_apart("ey" + "?" * MAX_TOKEN)
    assert take_apart(signed(claims(groups=["x" * 8000])))


def test_deep_nesting_ends_in_a_refusal() -> None:
    deep = b'{"a":' * 2000 + b"1" + b"}" * 2000
    with pytest.raises(NotAccepted):
        take_apart(f"{encode({'alg': 'RS256'})}.{encode(deep)}.AAAA")


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200))
def test_anything_at_all_is_a_token_or_refused(one: str, two: str, three: str) -> None:
    for text in (f"{one}.{two}.{three}", f"ey{one}.{two}.{three}"):
        with contextlib.suppress(NotAccepted):
            take_apart(text)


def test_no_part_of_a_token_shows() -> None:
    token = signed(claims())
    shown = repr(take_apart(token))
    assert not any(part in shown for part in (*token.split("."), "00u1"))
