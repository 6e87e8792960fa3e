"""What OpenSSH writes about keys and strangers hand in: certificates, and lists of what is revoked."""

from __future__ import annotations

import contextlib

from engine.identity import certificates, krl
from engine.identity.wireforms import Malformed


def certificate(data: bytes) -> None:
    """It is malformed, or what it says was in it."""
    with contextlib.suppress(Malformed):
        found = certificates.read(data)
        assert found.authority in data
        assert all(principal.encode() in data for principal in found.principals)


def revocations(data: bytes) -> None:
    """It is malformed, or revokes all that it names."""
    with contextlib.suppress(Malformed):
        found = krl.read(data)
        assert all(found.revokes_key(key) for key in found.keys)
        for authority, revoked in found.certificates.items():
            for first, last in revoked.ranges:
                assert not first or found.revokes_certificate(authority, first, "")
                assert not last or found.revokes_certificate(authority, last, "")
            assert all(found.revokes_certificate(authority, 0, id) for id in revoked.ids)
