"""The configuration files of a running engine: read again, replaced, put in force, and kept with their author."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.audit.events import EventName
from engine.config.loading import load_sources, read
from engine.config.revision import Revision
from engine.errors import ConfigError, Conflict, HooptermError
from engine.files import sync_directory, write_private

if TYPE_CHECKING:
    from engine.gateway import Gateway

_KEPT = "policy"  # folder under the state directory
_HISTORY = "history.jsonl"


@dataclass(frozen=True, slots=True)
class Applied:
    """A revision that is in force now, the one before it, and the difference in words."""

    revision: Revision
    previous: Revision
    changes: tuple[str, ...]


class PolicyFiles:
    """One engine's configuration files. Changes happen one after another."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._changing = asyncio.Lock()

    def sources(self, files: Mapping[str, str]) -> dict[Path, bytes]:
        """The engine's sources as they would be with these files, by name. Raises HooptermError for a bad name."""
        sources = dict(self._gateway.revision.sources)
        paths = {path.name: path for path in sources}
        folder = next(iter(sources)).parent
        for name, text in files.items():
            if name != Path(name).name or name.startswith(".") or not name.endswith((".yaml", ".yml")):
                raise HooptermError(
                    f"{name!r} is no name for a configuration file", hint="give it a name like rules.yaml"
                )
            sources[paths.get(name, folder / name)] = text.encode()
        return sources

    async def reload(self, author: str) -> Applied:
        """Put in force what the files say now."""
        async with self._changing:
            try:
                sources = await asyncio.to_thread(read, self._roots())
            except ConfigError as error:
                await self._note_refusal(error, author)
                raise
            return await self._put_in_force(sources, author)

    async def replace(self, files: Mapping[str, str], expected: str | None, author: str) -> Applied:
        """Write these files and put them in force, if `expected` is the revision they replace.

        Raises Conflict when another is, or when the files on disk are not what the engine runs on or cannot be written.
        """
        async with self._changing:
            current = self._gateway.revision
            if expected is not None and expected != current.digest:
                raise Conflict(
                    "another revision is in force by now",
                    f"{current.digest[:12]}, not {expected[:12]}",
                    "look at what changed and apply yours on top of it",
                )
            sources = self.sources(files)
            await self._checked(sources, author)
            changed = {path: content for path, content in sources.items() if current.sources.get(path) != content}
            await asyncio.to_thread(_write, changed, current.sources)
            return await self._put_in_force(sources, author)

    async def keep(self, author: str) -> None:
        """Keep the revision in force as this author's, without putting it in force again."""
        await self._keep(self._gateway.revision, author)

    async def _keep(self, revision: Revision, author: str) -> None:
        time = self._gateway.now().isoformat()
        await asyncio.to_thread(_keep, self._gateway.state / _KEPT, revision, author, time)

    async def _put_in_force(self, sources: Mapping[Path, bytes], author: str) -> Applied:
        revision, previous = await self._checked(sources, author), self._gateway.revision
        await self._keep(revision, author)
        return Applied(revision, previous, await self._gateway.apply(revision, author))

    async def _checked(self, sources: Mapping[Path, bytes], author: str) -> Revision:
        try:
            return await asyncio.to_thread(load_sources, sources)
        except ConfigError as error:
            await self._note_refusal(error, author)
            raise

    async def _note_refusal(self, error: ConfigError, author: str) -> None:
        log = self._gateway.log
        data = {"author": author, "problems": list(error.problems), "revision": self._gateway.revision.digest}
        await log.wait(log.append(EventName.POLICY_REFUSED, data=data))

    def _roots(self) -> list[Path]:
        """What to read again: the one file, or the folder that several lie in, so that new ones there count."""
        files = self._gateway.revision.files
        return list(files) if len(files) == 1 else sorted({path.parent for path in files})


def _write(changed: Mapping[Path, bytes], current: Mapping[Path, bytes]) -> None:
    """Replace files atomically; all of them are on disk before the first one takes its place."""
    for path in changed:
        on_disk = path.read_bytes() if path.exists() else None
        if on_disk != current.get(path):
            raise Conflict(
                f"{path} was changed on disk and is not what the engine runs on",
                hint="put the files on disk in force first, with `hoopterm policy apply`",
            )
    staged: dict[Path, Path] = {}
    try:
        for path, content in changed.items():
            staged[path] = _stage(path, content)
        for path, temporary in staged.items():
            temporary.replace(path)
    except OSError as error:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)
        raise Conflict(
            "the engine may not write its configuration",
            str(error),
            "bring this patch to where it comes from:\n" + _patch(changed, current),
        ) from error


def _stage(path: Path, content: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return temporary


def _patch(changed: Mapping[Path, bytes], current: Mapping[Path, bytes]) -> str:
    lines: list[str] = []
    for path, content in changed.items():
        before, after = current.get(path, b"").decode(), content.decode()
        names = f"a/{path.name}", f"b/{path.name}"
        lines.extend(unified_diff(before.splitlines(), after.splitlines(), *names, lineterm=""))
    return "\n".join(lines)


def _keep(directory: Path, revision: Revision, author: str, time: str) -> None:
    """Keep a revision's files under its digest, and a line of who put it in force when."""
    folder = directory / revision.digest
    if not folder.exists():
        staged = directory / f".{revision.digest}.{secrets.token_hex(4)}"
        staged.mkdir(parents=True, mode=0o700)
        for path, content in revision.sources.items():
            write_private(staged / path.name, content)
        staged.rename(folder)
        sync_directory(directory)
    entry = {"time": time, "revision": revision.digest, "author": author}
    with (directory / _HISTORY).open("ab") as history:
        history.write(msgspec.json.encode(entry) + b"\n")
        history.flush()
        os.fsync(history.fileno())
