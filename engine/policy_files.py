"""The configuration files of a running engine: read again, replaced, put in force, and kept with their author."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.audit.events import EventName
from engine.config.loading import load_sources, read
from engine.config.merging import Overlap, merge
from engine.config.revision import Revision
from engine.errors import ConfigError, Conflict, HooptermError, NotFound
from engine.policy_history import History, patch

if TYPE_CHECKING:
    from engine.gateway import Gateway

_LATER = "# emptied by a rollback to before this file was there\n"


@dataclass(frozen=True, slots=True)
class Applied:
    """A revision that is in force now, the one before it, and the difference in words."""

    revision: Revision
    previous: Revision
    changes: tuple[str, ...]
    merged: bool = False


class PolicyFiles:
    """One engine's configuration files. Changes happen one after another."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._changing = asyncio.Lock()
        self.history = History(gateway.state / "policy")

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

    def placed(self, files: Mapping[str, str]) -> dict[Path, bytes]:
        """Files by name as sources that lie where the engine's own do, so that relative paths mean the same."""
        return _placed(files, self._gateway.revision)

    async def reload(self, author: str, reason: str = "") -> Applied:
        """Put in force what the files say now."""
        async with self._changing:
            try:
                sources = await asyncio.to_thread(read, self._roots())
            except ConfigError as error:
                await self._note_refusal(error, author)
                raise
            return await self._put_in_force(sources, author, reason)

    async def replace(self, files: Mapping[str, str], expected: str | None, author: str, reason: str = "") -> Applied:
        """Write these files and put them in force; `expected` is the revision that they were written on.

        What another revision has changed by then is merged, where it is in other rules and lines. Raises Conflict where
        it is not, or when the files on disk are not what the engine runs on or cannot be written.
        """
        async with self._changing:
            return await self._replace(files, expected, author, reason)

    async def roll_back(self, digest: str, expected: str | None, author: str, reason: str) -> Applied:
        """Put the files of an earlier revision in force again, as they were written then.

        A file that came later is emptied, since nothing here deletes what is yours. Raises Conflict and NotFound.
        """
        async with self._changing:
            current = self._gateway.revision
            if expected is not None and expected != current.digest:
                raise _overtaken(current, expected)
            kept = await asyncio.to_thread(self.history.files, digest)
            later = {path.name: _LATER for path in current.sources if path.name not in kept}
            return await self._replace({**kept, **later}, current.digest, author, reason)

    async def _replace(self, files: Mapping[str, str], expected: str | None, author: str, reason: str) -> Applied:
        current = self._gateway.revision
        is_overtaken = expected is not None and expected != current.digest
        if expected is not None and is_overtaken:
            try:
                files = await asyncio.to_thread(self._merged, files, expected, current)
            except Conflict as error:
                await self._note_refusal(ConfigError((str(error),)), author)
                raise
        sources = self.sources(files)
        try:
            await self._checked(sources, author)
        except ConfigError as error:
            raise _alone_or_beside(error, files, current) from error
        changed = {path: content for path, content in sources.items() if current.sources.get(path) != content}
        await asyncio.to_thread(_write, changed, current.sources)
        return replace(await self._put_in_force(sources, author, reason), merged=is_overtaken)

    def _merged(self, files: Mapping[str, str], expected: str, current: Revision) -> dict[str, str]:
        """The files with what was changed since the revision they were written on."""
        try:
            base = self.history.files(expected)
        except NotFound:
            raise _overtaken(current, expected) from None
        now = {path.name: content.decode() for path, content in current.sources.items()}
        try:
            _require_apart(load_sources(self.placed(base)), load_sources(self.placed({**base, **files})), current)
            return {name: merge(base.get(name, ""), now.get(name, ""), text) for name, text in files.items()}
        except Overlap as overlap:
            raise _overtaken(current, expected, f"both change line {overlap.line}") from None

    async def keep(self, author: str) -> None:
        """Keep the revision in force as this author's, without putting it in force again."""
        await self._keep(self._gateway.revision, author, "")

    async def _keep(self, revision: Revision, author: str, reason: str) -> None:
        time = self._gateway.now().isoformat()
        await asyncio.to_thread(self.history.keep, revision, author, time, reason)

    async def _put_in_force(self, sources: Mapping[Path, bytes], author: str, reason: str) -> Applied:
        revision, previous = await self._checked(sources, author), self._gateway.revision
        await self._keep(revision, author, reason)
        return Applied(revision, previous, await self._gateway.apply(revision, author, reason))

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


def _alone_or_beside(error: ConfigError, files: Mapping[str, str], current: Revision) -> ConfigError | Conflict:
    """A file of another name joins the others, which is rarely meant where they then say everything twice."""
    known = {path.name for path in current.sources}
    if not (new := sorted(files.keys() - known)) or known & files.keys():
        return error
    beside, first, *others = ", ".join(sorted(known)), *error.problems
    more = f" (and {len(others)} more)" if others else ""
    what = f"{', '.join(new)} would stand beside {beside}, and together they do not hold"
    return Conflict(what, f"{first}{more}", f"to put it in the place of a file, give it that name: {beside}")


def _overtaken(current: Revision, expected: str, why: str = "") -> Conflict:
    return Conflict(
        "another revision is in force by now",
        why or f"{current.digest[:12]}, not {expected[:12]}",
        "look at what changed and apply yours on top of it",
    )


def _require_apart(base: Revision, ours: Revision, theirs: Revision) -> None:
    """Raise Conflict where both changed one rule, on whichever lines, unless they say the same of it."""
    before, one, other = ({rule.name: rule.digest for rule in each.policy.rules} for each in (base, ours, theirs))
    for name in sorted({*before, *one, *other}):
        was, said, says = before.get(name), one.get(name), other.get(name)
        if was not in (said, says) and said != says:
            raise _overtaken(theirs, base.digest, f"both change the rule {name}")


def _placed(files: Mapping[str, str], revision: Revision) -> dict[Path, bytes]:
    paths = {path.name: path for path in revision.sources}
    folder = next(iter(revision.sources)).parent
    return {paths.get(name, folder / name): text.encode() for name, text in files.items()}


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
            "bring this patch to where it comes from:\n" + patch(changed, current),
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
