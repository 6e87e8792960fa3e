"""The revisions of the configuration that were in force: who put each there, when, why, and its files."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Final

import msgspec

from engine.config.loading import digest_of
from engine.config.revision import Revision
from engine.errors import Conflict, NotFound
from engine.files import sync_directory, write_private

_LINES: Final = "history.jsonl"
_DIGEST: Final = re.compile(r"[0-9a-f]{4,64}")


class Kept(msgspec.Struct, frozen=True):
    """One time that a revision was put in force. `time` is RFC 3339."""

    time: str
    revision: str
    author: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A revision put in force, and the one that was before it."""

    kept: Kept
    previous: Kept | None


class History:
    """What lies in one folder: each revision's files under its digest, and a line for each time it was put in force."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def steps(self) -> list[Step]:
        """All of it, newest first; a line that a crash cut short is left out."""
        found: list[Step] = []
        for kept in self._lines():
            previous = found[-1].kept if found else None
            if previous is None or previous.revision != kept.revision:
                found.append(Step(kept, previous))
        return found[::-1]

    def step(self, digest: str) -> Step:
        """The last time that a revision was put in force, by its digest or the beginning of it. Raises NotFound, and
        Conflict where several begin so."""
        steps = [step for step in self.steps() if _DIGEST.fullmatch(digest) and step.kept.revision.startswith(digest)]
        if not steps:
            hint = "hoopterm policy history lists them"
            raise NotFound(f"there is no revision {digest[:64]!r}", hint=hint)
        if len({step.kept.revision for step in steps}) > 1:
            raise Conflict(f"several revisions begin with {digest}", hint="give more of its digest")
        return steps[0]

    def files(self, digest: str) -> dict[str, str]:
        """A revision's files by name, as they were written. Raises NotFound, and Conflict where they are not those."""
        whole = self.step(digest).kept.revision
        folder = self._directory / whole
        try:
            sources = {path: path.read_bytes() for path in sorted(folder.iterdir())}
        except OSError as error:
            raise NotFound(f"the files of the revision {whole[:12]} are not kept", str(error)) from None
        if digest_of(sources) != whole:
            raise Conflict(f"the files of the revision {whole[:12]} are not what they were", hint=f"look at {folder}")
        return {path.name: content.decode() for path, content in sources.items()}

    def keep(self, revision: Revision, author: str, time: str, reason: str) -> None:
        """Keep a revision's files under its digest, and a line of who put it in force when and why."""
        folder = self._directory / revision.digest
        if not folder.exists():
            staged = self._directory / f".{revision.digest}.{secrets.token_hex(4)}"
            staged.mkdir(parents=True, mode=0o700)
            for path, content in revision.sources.items():
                write_private(staged / path.name, content)
            staged.rename(folder)
            sync_directory(self._directory)
        entry = Kept(time, revision.digest, author, reason)
        with (self._directory / _LINES).open("ab") as history:
            history.write(msgspec.json.encode(entry) + b"\n")
            history.flush()
            os.fsync(history.fileno())

    def _lines(self) -> Iterator[Kept]:
        try:
            content = (self._directory / _LINES).read_bytes()
        except FileNotFoundError:
            return
        for line in content.split(b"\n"):
            try:
                yield msgspec.json.decode(line, type=Kept)
            except msgspec.MsgspecError:
                continue


def patch(now: Mapping[Path, bytes], before: Mapping[Path, bytes]) -> str:
    """What differs, for `git apply`; files are told apart by their names."""
    old = {path.name: content.decode() for path, content in before.items()}
    new = {path.name: content.decode() for path, content in now.items()}
    return "".join(_patch(name, old.get(name), text) for name, text in new.items() if old.get(name) != text)


def _patch(name: str, before: str | None, after: str) -> str:
    old = "/dev/null" if before is None else f"a/{name}"
    lines = unified_diff(_lines_of(before or ""), _lines_of(after), old, f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines_of(text: str) -> list[str]:
    """Lines as git counts them: only a line feed ends one."""
    *whole, rest = text.split("\n")
    return [f"{line}\n" for line in whole] + ([rest] if rest else [])
