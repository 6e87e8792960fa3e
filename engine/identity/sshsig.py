"""Signatures that `ssh-keygen -Y verify` reads (OpenSSH's PROTOCOL.sshsig). Pure: the key is somebody else's."""

from __future__ import annotations

import base64
import hashlib
import textwrap
from typing import Final

VOTE: Final = "hoopterm-vote"
"""The namespace of votes: a signature of one says nothing of anything else."""

_MAGIC: Final = b"SSHSIG"
_VERSION: Final = 1
_HASH: Final = b"sha512"


def to_sign(text: bytes, namespace: str = VOTE) -> bytes:
    """What the key signs of a text."""
    return _MAGIC + _strings(namespace.encode(), b"", _HASH, hashlib.sha512(text).digest())


def armored(key: bytes, signature: bytes, namespace: str = VOTE) -> str:
    """The signature as a file, of a key in its wire form, which signed what `to_sign` gave."""
    blob = _MAGIC + _VERSION.to_bytes(4, "big") + _strings(key, namespace.encode(), b"", _HASH, signature)
    lines = textwrap.wrap(base64.b64encode(blob).decode(), 70)
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])


def _strings(*values: bytes) -> bytes:
    return b"".join(len(value).to_bytes(4, "big") + value for value in values)
