"""Programs whose two ends check every byte and wait for each other: nothing of what they send can be held or changed.

Compression: rsync(1) sends files compressed where the serving half is given `z` or `--*compress*`; git's packs
always are (gitformat-pack(5)).
"""

from __future__ import annotations

import re
import shlex
from typing import Final, NamedTuple

from engine.model import Effect
from engine.protocols.ssh.commands.telling import tell

_GIT: Final = ("git-upload-pack", "git-receive-pack", "git-upload-archive")
_HINTED: Final = re.compile(r"\bgit[- ](?:upload-pack|receive-pack|upload-archive)\b|\brsync\b.*--server\b", re.DOTALL)
_PACKS: Final = re.compile(r"-[A-Za-z0-9]*z.*|--(?:.*-)?compress(?:-(?:choice|level).*)?|--zc=.*|--zl=.*")


_PLACES: Final = ("", "/bin", "/usr/bin", "/usr/local/bin", "/usr/lib/git-core", "/usr/libexec/git-core")


class Conversation(NamedTuple):
    """One such program. `is_packed`: what it sends is compressed, so that values in it cannot be seen.

    `is_alone`: the line runs nothing else, but what hands it on as it is (`sudo`), so all output is the program's.
    """

    program: str
    is_packed: bool
    is_alone: bool
    is_installed: bool = True
    """Whether it is called where systems have it; anywhere else a client may have put a program of that name."""


def conversation(line: str) -> Conversation | None:
    """The first such program that a command line runs, or whose name stands in one that cannot be told."""
    told = tell(line)
    if told.why_opaque is not None:
        found = _HINTED.search(line)
        return Conversation("rsync" if "rsync" in found[0] else "git", True, False) if found is not None else None
    run = [each.resource for each in told.accesses if each.effect is Effect.EXECUTE]
    commands = [resource.name for resource in run if resource.kind == "command"]
    is_alone = told.argv is not None and all(commands[0].endswith(command) for command in commands)
    for words in map(shlex.split, commands):
        place, slash, name = words[0].rpartition("/")
        is_installed = place in _PLACES and bool(place) == bool(slash)
        name = f"git-{words[1]}" if name == "git" and len(words) > 1 else name
        if name in _GIT:
            return Conversation(name, True, is_alone, is_installed)
        if name == "rsync" and "--server" in words:
            return Conversation(name, any(_is_packed(word) for word in words[1:]), is_alone, is_installed)
    return None


def _is_packed(word: str) -> bool:
    letters = word.partition("e.")[0] if not word.startswith("--") else word  # `e.` and what follows is no option
    return _PACKS.fullmatch(letters) is not None
