"""Paths of a target's file system, as bytes: made absolute and plain without asking anybody. Pure."""

from __future__ import annotations

import posixpath

from engine.model import Resource


def absolute(path: bytes, home: bytes) -> bytes:
    """The path from the root, with neither `.` nor `..` nor doubled slashes; links are not followed."""
    plain = posixpath.normpath(posixpath.join(home, path))
    return plain[1:] if plain.startswith(b"//") else plain


def divided(path: bytes) -> tuple[bytes, bytes] | None:
    """The folder a path is in (`.` where none is told) and its last name; None where the last part is no name, so that
    the path means what it leads to."""
    folder, name = posixpath.split(path)
    if name in (b"", b".", b".."):
        return None
    return folder or b".", name


def joined(folder: bytes, name: bytes) -> bytes:
    """A name in a folder that is absolute already."""
    return posixpath.join(folder, name)


def words_of(path: bytes) -> str:
    """As people read it, and as policy sees it: what is no UTF-8 is written `\\xNN`."""
    return path.decode(errors="backslashreplace")


def resource_of(path: bytes, *, is_tree: bool = False) -> Resource:
    """As policy sees it; a tree, which is a folder with all below it, ends in a slash."""
    words = words_of(path)
    return Resource("path", f"{words.rstrip('/')}/" if is_tree else words)


def is_exact(path: bytes) -> bool:
    """Whether its words are the path itself, so that no other is written alike."""
    try:
        path.decode()
    except UnicodeDecodeError:
        return False
    return True
