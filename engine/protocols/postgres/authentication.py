"""How the engine proves itself to an upstream: AuthenticationRequest in, answer out. No I/O.

PostgreSQL documentation, "Message Flow: Start-up" and "SASL Authentication".
"""

from __future__ import annotations

import asyncio
import hashlib

from engine.errors import UpstreamError
from engine.protocols.postgres.scram import BOUND, PLAIN, Scram
from engine.protocols.postgres.startup import message
from engine.secrets.secret import Secret

OK, CLEARTEXT, MD5, SASL, SASL_CONTINUE, SASL_FINAL = 0, 3, 5, 10, 11, 12

_EXPECTED: dict[int | None, frozenset[int]] = {
    None: frozenset({OK, CLEARTEXT, MD5, SASL}),
    CLEARTEXT: frozenset({OK}),
    MD5: frozenset({OK}),
    SASL: frozenset({SASL_CONTINUE}),
    SASL_CONTINUE: frozenset({SASL_FINAL}),
    SASL_FINAL: frozenset({OK}),
}
"""Which request may follow which: once SCRAM has begun, only the server's own proof leads to OK."""


class Authentication:
    """One login. `answer` each AuthenticationRequest until `is_done`.

    `is_private`: only the server it was meant for can read what is sent (verified TLS, or it stays on this machine),
    so a cleartext password may go. `binding`: see `scram.Scram`.
    """

    def __init__(self, user: str, password: Secret | None, *, is_private: bool, binding: bytes | None) -> None:
        self._user = user
        self._password = password
        self._is_private = is_private
        self._binding = binding
        self._scram: Scram | None = None
        self._last: int | None = None

    def __repr__(self) -> str:
        return f"<Authentication {'done' if self.is_done else self._last}>"

    @property
    def is_done(self) -> bool:
        """Whether the server has let us in."""
        return self._last == OK

    async def answer(self, body: bytes) -> bytes:
        """What to send for an AuthenticationRequest with this body, empty for nothing. Raises UpstreamError."""
        if len(body) < 4:
            raise _refused("its authentication request is malformed")
        request, data = int.from_bytes(body[:4], "big"), body[4:]
        if request not in _EXPECTED.get(self._last, frozenset()):
            raise _refused(f"authentication request {request} came out of order or is not supported")
        self._last = request
        if request == CLEARTEXT:
            return self._cleartext()
        if request == MD5:
            return self._md5(data)
        if request == SASL:
            return self._begin_scram(data)
        if self._scram is not None and request == SASL_CONTINUE:
            final = await asyncio.to_thread(self._scram.final, data)
            return message(b"p", final)
        if self._scram is not None and request == SASL_FINAL:
            self._scram.verify(data)
        return b""

    def _required(self) -> Secret:
        if self._password is None:
            raise UpstreamError(
                "the upstream asks for a password", "the target's credential has none", "add credential.password"
            )
        return self._password

    def _cleartext(self) -> bytes:
        password = self._required()
        if not self._is_private:
            raise _refused(
                "it asks for the password in the clear, where others could read it",
                "set tls: {mode: verify-full} for the target",
            )
        return message(b"p", password.reveal().encode() + b"\0")

    def _md5(self, salt: bytes) -> bytes:
        if len(salt) != 4:
            raise _refused("its MD5 salt is malformed")
        inner = hashlib.md5(self._required().reveal().encode() + self._user.encode()).hexdigest()
        return message(b"p", b"md5" + hashlib.md5(inner.encode() + salt).hexdigest().encode() + b"\0")

    def _begin_scram(self, data: bytes) -> bytes:
        offered = data.split(b"\0")
        offers_binding = BOUND.encode() in offered
        if PLAIN.encode() not in offered and not (offers_binding and self._binding):
            raise _refused("it offers no SASL mechanism that is spoken here")
        self._scram = Scram(self._required(), binding=self._binding, offers_binding=offers_binding)
        first = self._scram.first()
        return message(b"p", self._scram.mechanism.encode() + b"\0" + len(first).to_bytes(4, "big") + first)


def _refused(why: str, hint: str = "check that the address is the right server") -> UpstreamError:
    return UpstreamError("the upstream failed authentication", why, hint)
