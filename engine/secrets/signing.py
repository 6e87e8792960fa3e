"""Certificates the engine signs itself in with at SSH targets: one a connection, for a key that is never stored."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncssh

from engine.secrets.resolve import CertificateTerms

_SKEW: Final = 60
"""Seconds by which the target's clock may be behind."""


@dataclass(frozen=True, slots=True, repr=False)
class SignedIn:
    """A fresh key and the certificate for it."""

    key: asyncssh.SSHKey
    certificate: asyncssh.SSHCertificate


def sign(authority: bytes, terms: CertificateTerms, id: str, now: datetime) -> SignedIn:
    """A certificate by the engine's authority (a private key as OpenSSH writes it), whose identifier the target logs.

    It names one principal and is valid for as long as the terms say.
    """
    key = asyncssh.generate_private_key("ssh-ed25519")
    moment = int(now.timestamp())
    certificate = asyncssh.import_private_key(authority).generate_user_certificate(
        key,
        id,
        serial=secrets.randbelow((1 << 64) - 1) + 1,
        principals=[terms.principal],
        valid_after=moment - _SKEW,
        valid_before=moment + int(terms.validity),
        permit_user_rc=False,
    )
    return SignedIn(key, certificate)
