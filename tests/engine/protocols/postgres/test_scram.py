from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UpstreamError
from engine.protocols.postgres.scram import BOUND, MAX_ITERATIONS, PLAIN, Scram
from engine.secrets.secret import Secret

NONCE = b"eighteen-byte-long"
SENT = base64.b64encode(NONCE)
SALT = base64.b64encode(b"salt of the server")


def client(binding: bytes | None = None, offers_binding: bool = False) -> Scram:
    return Scram(Secret("pencil"), binding=binding, offers_binding=offers_binding, nonce=lambda: NONCE)


def server_first(nonce: bytes = SENT + b"more", salt: bytes = SALT, iterations: bytes = b"4096") -> bytes:
    return b"r=" + nonce + b",s=" + salt + b",i=" + iterations


def server_final(first: bytes, opening: bytes, final: bytes, password: bytes = b"pencil") -> bytes:
    """What a server that knows the password answers (RFC 5802, section 3)."""
    salted = hashlib.pbkdf2_hmac("sha256", password, base64.b64decode(SALT), 4096)
    key = hmac.digest(salted, b"Server Key", "sha256")
    exchange = b",".join((first.partition(b",,")[2], opening, final.rpartition(b",p=")[0]))
    return b"v=" + base64.b64encode(hmac.digest(key, exchange, "sha256"))


def test_a_server_that_knows_the_password_is_believed() -> None:
    scram = client()
    final = scram.final(server_first())
    scram.verify(server_final(scram.first(), server_first(), final))


def test_a_server_that_does_not_know_the_password_is_not_believed() -> None:
    scram = client()
    final = scram.final(server_first())
    with pytest.raises(UpstreamError, match="does not know the password"):
        scram.verify(server_final(scram.first(), server_first(), final, b"pen"))


@pytest.mark.parametrize(
    ("binding", "offers_binding", "mechanism", "header"),
    [
        (None, False, PLAIN, b"n,,"),
        (None, True, PLAIN, b"n,,"),  # no TLS, or a certificate that names no hash: we cannot bind
        (b"hash", False, PLAIN, b"y,,"),  # we could: a server that offered PLUS sees that somebody removed it
        (b"hash", True, BOUND, b"p=tls-server-end-point,,"),
    ],
)
def test_the_flag_tells_the_server_what_we_saw_of_its_offer(
    binding: bytes | None, offers_binding: bool, mechanism: str, header: bytes
) -> None:
    scram = client(binding, offers_binding)
    assert scram.mechanism == mechanism
    assert scram.first() == header + b"n=,r=" + SENT
    bound = base64.b64encode(header + (b"hash" if mechanism == BOUND else b""))
    assert scram.final(server_first()).startswith(b"c=" + bound + b",r=" + SENT + b"more,p=")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"r=" + SENT + b"x",
        server_first().replace(b",i=4096", b""),
        server_first().replace(b"s=", b"z="),
        b"m=extension," + server_first(),
        server_first(iterations=b"0"),
        server_first(iterations=b"-1"),
        server_first(iterations=b"4e3"),
        server_first(iterations=b""),
        server_first(salt=b""),
        server_first(salt=b"!!!"),
        server_first(salt=b"abc"),
        server_first(nonce=SENT),
        server_first(nonce=b"other"),
        server_first(nonce=b""),
        server_first(nonce=SENT + b"x" * 4096),
        server_first(nonce=SENT + b"\x00"),
    ],
)
def test_a_first_message_that_is_none_is_refused(message: bytes) -> None:
    """CVE-2026-19888 (missing attribute), CVE-2026-6665 (over-long nonce)."""
    with pytest.raises(UpstreamError, match="SCRAM"):
        client().final(message)


@pytest.mark.parametrize("iterations", [MAX_ITERATIONS + 1, 2**31, 9_999_999_999])
def test_a_hostile_iteration_count_is_not_computed(iterations: int) -> None:
    """CVE-2026-6669."""
    with pytest.raises(UpstreamError, match="iterations"):
        client().final(server_first(iterations=b"%d" % iterations))


@pytest.mark.parametrize("message", [b"", b"e=other-error", b"v=", b"v=!", b"v=AAAA", b"x" * 5000])
def test_a_final_message_without_the_right_signature_is_refused(message: bytes) -> None:
    scram = client()
    scram.final(server_first())
    with pytest.raises(UpstreamError, match="SCRAM"):
        scram.verify(message)


def test_a_final_message_before_the_first_is_refused() -> None:
    with pytest.raises(UpstreamError, match="SCRAM"):
        client().verify(b"v=" + base64.b64encode(bytes(32)))


@given(st.binary(max_size=200))
def test_any_bytes_of_a_server_end_in_a_refusal(message: bytes) -> None:
    with pytest.raises(UpstreamError):
        client().final(message)


def test_an_exchange_never_shows_its_password() -> None:
    assert repr(client()) == "<Scram SCRAM-SHA-256>"
