"""The engine's own keys, made once under `keys/` of the state directory."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from replay.note import SigningKey

_BYTES = 32


def load_or_make(directory: Path, name: str) -> bytes:
    """The 32-byte key of that name; a new one is durable before it is used."""
    path = directory / name
    if path.exists():
        key = path.read_bytes()
        if len(key) != _BYTES:
            raise ValueError(f"{path} is not a {_BYTES}-byte key")
        return key
    key = secrets.token_bytes(_BYTES)
    _store(path, key)
    return key


def load_or_make_signing_key(directory: Path, name: str) -> SigningKey:
    """The key that signs the log's checkpoints; its name is the log's origin."""
    path = directory / name
    if path.exists():
        return SigningKey.parse(path.read_text())
    key = SigningKey.generate(f"hoopterm-{secrets.token_hex(4)}/0")
    _store(path, f"{key.private_text()}\n".encode())
    return key


def _store(path: Path, content: bytes) -> None:
    """Write a private file that is whole or absent, whatever happens."""
    temporary = path.with_name(f"{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
