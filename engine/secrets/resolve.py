"""References to secrets, resolved when they are needed, so that a rotated file or variable is followed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from engine.errors import UpstreamError
from engine.secrets.secret import Secret

if TYPE_CHECKING:
    from engine.config.revision import Credential

logger = structlog.get_logger()

_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret lies: in a variable of the engine's environment or in a file. Exactly one of them."""

    env: str | None = None
    file: Path | None = None

    def __post_init__(self) -> None:
        if (self.env is None) == (self.file is None):
            raise ValueError("a secret is either {env: NAME} or {file: PATH}")

    def __str__(self) -> str:
        return f"environment variable {self.env}" if self.env is not None else f"file {self.file}"


@dataclass(frozen=True, slots=True)
class CertificateTerms:
    """What the engine's own SSH authority signs: whom the certificate names, and for how many seconds it is valid."""

    principal: str
    validity: float


@dataclass(frozen=True, slots=True)
class Login:
    """What the engine presents to an upstream: a user, and what proves it unless it is trusted without.

    With `certificate` the engine signs itself in.
    """

    user: str
    password: Secret | None = None
    private_key: Secret | None = None
    certificate: CertificateTerms | None = None


async def login_of(credential: Credential) -> Login:
    """The login a target's credential stands for, its secrets resolved now; raises UpstreamError."""
    password, private_key = [
        await resolve(Reference(env=source.env, file=source.file)) if source is not None else None
        for source in (credential.password, credential.private_key)
    ]
    return Login(credential.user, password, private_key, credential.certificate)


async def resolve(reference: Reference, environment: Mapping[str, str] = os.environ) -> Secret:
    """The secret a reference names; a file's last line break does not count.

    Raises UpstreamError; its note says where it was looked for, never what was found.
    """
    if reference.env is not None:
        value = environment.get(reference.env)
        if value is None:
            raise _missing(reference, "it is not set")
    else:
        assert reference.file is not None
        value = await asyncio.to_thread(_read, reference, reference.file)
    if not value or "\0" in value:
        raise _missing(reference, "it is empty" if not value else "it holds a NUL")
    return Secret(value)


def _read(reference: Reference, path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise _missing(reference, error.strerror or "it cannot be read") from None
    if len(raw) > _MAX_BYTES:
        raise _missing(reference, f"it is larger than {_MAX_BYTES} bytes")
    try:
        return raw.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise _missing(reference, "it is not UTF-8") from None


def _missing(reference: Reference, why: str) -> UpstreamError:
    """A client is told that it is missing; where it was looked for stands in the log and in the error's note."""
    where = f"{reference}: {why}"
    logger.error("a credential is not there", where=where)
    error = UpstreamError(
        "the upstream's credential is not there",
        "the engine has none for it now",
        "whoever runs the engine finds in its log where it looked",
    )
    error.add_note(where)
    return error
