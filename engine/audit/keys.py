"""The file of the log's signing key: made once, read at every start, readable by the engine's user alone."""

from __future__ import annotations

import os
from pathlib import Path

from engine.audit.journal import sync_directory
from engine.errors import RecordError
from replay.note import NoteError, SigningKey


def open_signing_key(path: Path, name: str) -> SigningKey:
    """Read the key, or make it where there is none; raises RecordError when it is malformed or others may read it."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        return _make(path, name)
    if path.stat().st_mode & 0o077:
        raise RecordError("the log's signing key is not private", f"others may read {path}", f"chmod 600 {path}")
    try:
        return SigningKey.parse(text)
    except NoteError as error:
        raise RecordError(
            "the log's signing key does not read", f"{path}: {error}", "restore it from its backup"
        ) from error


def _make(path: Path, name: str) -> SigningKey:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = SigningKey.generate(name)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w") as file:
        file.write(key.private_text() + "\n")
        file.flush()
        os.fsync(descriptor)
    sync_directory(path.parent)
    return key
