"""Accesses to paths as a command names them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from engine.model import Access, Effect, Resource
from engine.protocols.ssh.commands.lexing import Untold


def path(effect: Effect, name: str, *, is_tree: bool = False) -> Access:
    """One access to a path; a tree, which is the path with everything below it, ends in a slash."""
    plain = plain_path(name)
    return Access(effect, Resource("path", f"{plain.rstrip('/')}/" if is_tree else plain))


def plain_path(name: str) -> str:
    """The path without what changes nothing about it: `//`, `/./` and a slash at its end. `..` is kept."""
    if not name:
        raise Untold("an empty path")
    plain = re.sub(r"/(?:\.?/)+", "/", f"{name}/").removeprefix("./")
    return plain.rstrip("/") or ("/" if name.startswith("/") else ".")


def reads(names: Iterable[str], *, is_tree: bool = False) -> list[Access]:
    """Reading each of them; `-` is the standard input."""
    return [path(Effect.READ, name, is_tree=is_tree) for name in names if name != "-"]


def writes(names: Iterable[str], *, is_tree: bool = False) -> list[Access]:
    """Writing each of them."""
    return [path(Effect.WRITE, name, is_tree=is_tree) for name in names]


def deletes(names: Iterable[str], *, is_tree: bool = False) -> list[Access]:
    """Removing each of them."""
    return [path(Effect.DELETE, name, is_tree=is_tree) for name in names]


def into(destination: str, sources: Iterable[str], *, is_tree: bool = False) -> list[Access]:
    """Writing what is copied: to the destination itself or, where that is a folder, into it."""
    names = [posixpath.basename(source.rstrip("/")) for source in sources]
    inside = [f"{destination}/{name}" for name in names if name not in ("", ".", "..")]
    return writes([destination, *inside], is_tree=is_tree)
