from __future__ import annotations

import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UpstreamError
from engine.protocols.postgres.authentication import CLEARTEXT, MD5, OK, SASL, SASL_FINAL, Authentication
from engine.protocols.postgres.startup import message
from engine.secrets.secret import Secret

OFFER = b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"


def login(password: str | None = "pw", *, is_private: bool = True, binding: bytes | None = None) -> Authentication:
    secret = None if password is None else Secret(password)
    return Authentication("app", secret, is_private=is_private, binding=binding)


def request(code: int, data: bytes = b"") -> bytes:
    return code.to_bytes(4, "big") + data


async def test_a_trusting_server_needs_nothing() -> None:
    authentication = login(None)
    assert await authentication.answer(request(OK)) == b""
    assert authentication.is_done


async def test_a_cleartext_password_goes_where_it_is_private() -> None:
    authentication = login()
    assert await authentication.answer(request(CLEARTEXT)) == message(b"p", b"pw\0")
    assert not authentication.is_done
    await authentication.answer(request(OK))
    assert authentication.is_done


async def test_a_cleartext_password_goes_nowhere_else() -> None:
    with pytest.raises(UpstreamError, match="in the clear"):
        await login(is_private=False).answer(request(CLEARTEXT))


async def test_an_md5_answer_is_what_the_server_computes() -> None:
    inner = hashlib.md5(b"pwapp").hexdigest().encode()
    expected = b"md5" + hashlib.md5(inner + b"salt").hexdigest().encode() + b"\0"
    assert await login().answer(request(MD5, b"salt")) == message(b"p", expected)


@pytest.mark.parametrize(("binding", "mechanism"), [(None, b"SCRAM-SHA-256\0"), (b"hash", b"SCRAM-SHA-256-PLUS\0")])
async def test_channel_binding_is_used_where_both_ends_can(binding: bytes | None, mechanism: bytes) -> None:
    answer = await login(binding=binding).answer(request(SASL, OFFER))
    assert answer[5:].startswith(mechanism)


@pytest.mark.parametrize("code", [CLEARTEXT, MD5, SASL])
async def test_a_password_that_is_asked_for_and_not_configured_is_said_so(code: int) -> None:
    with pytest.raises(UpstreamError, match="asks for a password"):
        await login(None).answer(request(code, OFFER if code == SASL else b"salt" * (code == MD5)))


@pytest.mark.parametrize("code", [OK, CLEARTEXT, MD5, SASL, SASL_FINAL])
async def test_once_scram_has_begun_only_its_next_step_is_taken(code: int) -> None:
    authentication = login()
    await authentication.answer(request(SASL, OFFER))
    with pytest.raises(UpstreamError, match="out of order"):
        await authentication.answer(request(code))
    assert not authentication.is_done


@given(st.lists(st.builds(request, st.integers(0, 15), st.binary(max_size=40)) | st.binary(max_size=8), max_size=6))
async def test_no_sequence_of_requests_does_more_than_log_in_or_fail(requests: list[bytes]) -> None:
    authentication = login(is_private=False)
    with contextlib.suppress(UpstreamError):
        for body in requests:
            assert b"pw\0" not in await authentication.answer(body)
    assert not authentication.is_done or request(0) in [body[:4] for body in requests]


def test_a_login_shows_neither_user_nor_password() -> None:
    assert repr(login()) == "<Authentication None>"
