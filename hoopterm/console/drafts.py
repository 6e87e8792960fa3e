"""Drafts of policy that outlive the screen, the engine and the console: private files, one for each engine."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec


class Draft(msgspec.Struct, frozen=True):
    """What somebody is writing: all files by name, and the revision and files they began from."""

    revision: str
    base: dict[str, str]
    files: dict[str, str]


class Drafts:
    """A folder of drafts, each under the name of its engine; without a folder they end with the console.

    What cannot be read or written is as if there were none: a draft is a convenience, never a reason to stop.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, Draft | None] = {}

    def load(self, engine: str) -> Draft | None:
        """The draft for an engine."""
        if self._folder is None:
            return self._memory.get(engine)
        try:
            descriptor = os.open(self._path(self._folder, engine), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with open(descriptor, "rb") as file:
                return msgspec.json.decode(file.read(), type=Draft)
        except (OSError, msgspec.MsgspecError):
            return None

    def keep(self, engine: str, draft: Draft | None) -> bool:
        """Keep a draft in place of the one before, or none; whether that was done."""
        if self._folder is None:
            self._memory[engine] = draft
            return True
        path = self._path(self._folder, engine)
        try:
            if draft is None:
                path.unlink(missing_ok=True)
            else:
                _write(path, msgspec.json.encode(draft))
        except OSError:
            return False
        return True

    @staticmethod
    def _path(folder: Path, engine: str) -> Path:
        return folder / f"{hashlib.sha256(engine.encode()).hexdigest()[:24]}.json"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        staged.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            staged.unlink()
        raise


def usual(environ: Mapping[str, str]) -> Path | None:
    """The folder for drafts (XDG Base Directory Specification); None where a person has no home."""
    if state := environ.get("XDG_STATE_HOME"):
        return Path(state) / "hoopterm" / "drafts"
    home = environ.get("HOME")
    return Path(home) / ".local" / "state" / "hoopterm" / "drafts" if home else None
