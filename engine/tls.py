"""TLS as a client of upstreams: which modes there are, and what each proves."""

from __future__ import annotations

import functools
import ssl
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.errors import UpstreamError


class TLSMode(StrEnum):
    """How much an upstream must prove, as PostgreSQL's sslmode names it."""

    DISABLE = "disable"
    PREFER = "prefer"  # encrypt where the server can; proves nothing
    REQUIRE = "require"  # encrypt; proves nothing unless a CA is given
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


@dataclass(frozen=True, slots=True)
class ClientTLS:
    """A target's `tls:`. Without a mode it is verify-full, or prefer where nothing leaves the machine."""

    mode: TLSMode | None = None
    ca: Path | None = None

    def resolved(self, *, is_local: bool) -> TLSMode:
        """The mode that applies. `require` with a CA means verify-ca, as in libpq."""
        if self.mode is None:
            return TLSMode.PREFER if is_local else TLSMode.VERIFY_FULL
        if self.mode is TLSMode.REQUIRE and self.ca is not None:
            return TLSMode.VERIFY_CA
        return self.mode


def client_context(mode: TLSMode, ca: Path | None, alpn: str) -> ssl.SSLContext:
    """The context for a mode other than disable. Raises UpstreamError when the CA cannot be read."""
    try:
        changed = ca.stat().st_mtime_ns if ca else 0
        return _client_context(mode, ca, alpn, changed)
    except (OSError, ssl.SSLError) as error:
        raise UpstreamError(
            "the CA certificate cannot be read", f"{ca}: {error}", "check the target's tls.ca"
        ) from None


@functools.lru_cache(maxsize=64)
def _client_context(mode: TLSMode, ca: Path | None, alpn: str, changed: int) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols([alpn])
    context.check_hostname = mode is TLSMode.VERIFY_FULL
    if mode in (TLSMode.PREFER, TLSMode.REQUIRE):
        context.verify_mode = ssl.CERT_NONE
    elif ca is not None:
        context.load_verify_locations(ca)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context
