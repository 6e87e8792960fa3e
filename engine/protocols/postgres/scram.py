"""SCRAM-SHA-256 and SCRAM-SHA-256-PLUS as a client that does not trust its server: no I/O.

RFC 5802, RFC 7677; PostgreSQL documentation, "SASL Authentication". Everything the server sends is bounded.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable

from engine.errors import UpstreamError
from engine.protocols.postgres.saslprep import prepared
from engine.secrets.secret import Secret

PLAIN = "SCRAM-SHA-256"
BOUND = "SCRAM-SHA-256-PLUS"

MAX_MESSAGE = 2048
MAX_ITERATIONS = 1_000_000
"""What deriving the key may cost: a hostile server's count would otherwise be ours to compute."""

_SERVER_FIRST = re.compile(rb"r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/=]+),i=([1-9][0-9]{0,9})(?:,.*)?", re.DOTALL)
_SERVER_FINAL = re.compile(rb"v=([A-Za-z0-9+/=]+)(?:,.*)?", re.DOTALL)


class Scram:
    """One exchange: `first()`, then `final(server_first)`, then `verify(server_final)`.

    `binding` is the tls-server-end-point hash of the server's certificate, None without TLS or where it has none;
    `offers_binding` whether the server offered the PLUS mechanism. Between them they choose the mechanism and the
    flag that lets the server notice when somebody removed PLUS from its offer (RFC 5802, section 6).
    """

    def __init__(
        self,
        password: Secret,
        *,
        binding: bytes | None = None,
        offers_binding: bool = False,
        nonce: Callable[[], bytes] = lambda: secrets.token_bytes(18),
    ) -> None:
        self._password = password
        self._nonce = base64.b64encode(nonce())
        if binding is None:
            self._header, self._binding = b"n,,", b""
        elif offers_binding:
            self._header, self._binding = b"p=tls-server-end-point,,", binding
        else:
            self._header, self._binding = b"y,,", b""
        self.mechanism = BOUND if self._binding else PLAIN
        self._server_signature: bytes | None = None

    def __repr__(self) -> str:
        return f"<Scram {self.mechanism}>"

    @property
    def _first_bare(self) -> bytes:
        return b"n=,r=" + self._nonce  # PostgreSQL takes the name from the StartupMessage

    def first(self) -> bytes:
        """client-first-message."""
        return self._header + self._first_bare

    def final(self, server_first: bytes) -> bytes:
        """client-final-message. Slow by design: run it off the event loop. Raises UpstreamError."""
        match = _SERVER_FIRST.fullmatch(server_first) if len(server_first) <= MAX_MESSAGE else None
        if match is None:
            raise _broken("its first SCRAM message is malformed")
        nonce, salt, iterations = match[1], _decoded(match[2]), int(match[3])
        if not nonce.startswith(self._nonce) or len(nonce) == len(self._nonce):
            raise _broken("its SCRAM nonce does not continue ours")
        if iterations > MAX_ITERATIONS:
            raise _broken(f"it asks for {iterations} SCRAM iterations; at most {MAX_ITERATIONS} are computed")
        bare = b"c=" + base64.b64encode(self._header + self._binding) + b",r=" + nonce
        exchange = b",".join((self._first_bare, server_first, bare))
        salted = hashlib.pbkdf2_hmac("sha256", prepared(self._password.reveal()), salt, iterations)
        client_key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(client_key).digest(), exchange)
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        self._server_signature = _hmac(_hmac(salted, b"Server Key"), exchange)
        return bare + b",p=" + base64.b64encode(proof)

    def verify(self, server_final: bytes) -> None:
        """Check that the server knows the password too. Raises UpstreamError when it does not."""
        match = _SERVER_FINAL.fullmatch(server_final) if len(server_final) <= MAX_MESSAGE else None
        if match is None or self._server_signature is None:
            raise _broken("its final SCRAM message is malformed")
        if not hmac.compare_digest(_decoded(match[1]), self._server_signature):
            raise _broken("its SCRAM signature is wrong: it does not know the password")


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise _broken("its SCRAM message is not base64") from None


def _broken(why: str) -> UpstreamError:
    return UpstreamError("the upstream failed authentication", why, "check that the address is the right server")
