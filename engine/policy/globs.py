"""Patterns over dotted names and paths, case-exact: `*` stays within one name or path segment, `**` crosses them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

MAX_LENGTH = 1024
_LONGEST_NAME = 1024
_LONGEST_PATH = 4096  # PATH_MAX


class BadGlob(ValueError):
    """A pattern that means nothing: `what` is wrong with it, and a `hint` for what to write instead."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(f"{what}; {hint}" if hint else what)
        self.what = what
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Part:
    """One segment of a pattern: a literal name, or one with `*` in it."""

    text: str
    regex: re.Pattern[str] | None = None

    @property
    def is_any(self) -> bool:
        """Whether every name matches."""
        return self.regex is not None and not self.text.strip("*")

    def matches(self, name: str) -> bool:
        """Whether the whole name matches, letter case included."""
        return name == self.text if self.regex is None else self.regex.fullmatch(name) is not None


ANY = Part("*", re.compile(".*", re.DOTALL))


@lru_cache(maxsize=8192)
def readings(name: str) -> tuple[tuple[str, str], ...]:
    """The (schema, name) pairs that an exact dotted name may stand for; the schema is "" where there is none.

    Identifiers may have dots in them and are not quoted here, so that a name with several dots has several readings.
    What is longer than any identifiers can be has the reading of a name that is not told.
    """
    if len(name) > _LONGEST_NAME:
        return (("", ""),)
    dots = [index for index, character in enumerate(name) if character == "."]
    return tuple((name[:dot], name[dot + 1 :]) for dot in dots) or (("", name),)


def _segments(name: str) -> list[tuple[str, bool]]:
    """The segments and whether each was in double quotes, where dots and stars are themselves and `""` is one quote."""
    segments: list[tuple[str, bool]] = []
    rest = name
    while True:
        if found := re.match(r'"((?:[^"]|"")*)"(?=\.|$)', rest):
            segments.append((found[1].replace('""', '"'), True))
            rest = rest[found.end() :]
        else:
            text, dot, tail = rest.partition(".")
            segments.append((text, False))
            rest = dot + tail
        if not rest:
            return segments
        rest = rest[1:]


def name_part(text: str) -> Part:
    """The pattern of one segment."""
    if "*" not in text:
        return Part(text)
    return Part(text, re.compile(".*".join(re.escape(piece) for piece in re.split(r"\*+", text)), re.DOTALL))


def dotted(pattern: str, parts: int, *, least: int = 1, example: str = "public.orders") -> tuple[Part, ...]:
    """A pattern over names of exactly `parts` parts; missing leading parts mean any, `**` any number of them.

    Raises BadGlob."""
    if not pattern or len(pattern) > MAX_LENGTH:
        raise BadGlob("an empty pattern" if not pattern else "a pattern this long", f"for example {example}")
    segments = _segments(pattern)
    if any(not text for text, _ in segments):
        raise BadGlob(f"an empty part in {pattern!r}", f"for example {example}")
    compiled = [Part(text) if quoted else name_part(text) for text, quoted in segments]
    wild = [index for index, (text, quoted) in enumerate(segments) if text == "**" and not quoted]
    if len(wild) > 1:
        raise BadGlob(f"more than one ** in {pattern!r}", "one crosses any number of names")
    if len(segments) > parts:
        raise BadGlob(f"{pattern!r} has {len(segments)} parts, at most {parts} are possible", f"for example {example}")
    if wild:
        compiled[wild[0] : wild[0] + 1] = [ANY] * (parts - len(segments) + 1)
    elif len(segments) < least:
        raise BadGlob(f"{pattern!r} has too few parts", f"for example {example}")
    return (ANY,) * (parts - len(compiled)) + tuple(compiled)


@dataclass(frozen=True, slots=True)
class PathGlob:
    """A pattern over `/`-separated paths; a path with a `..` segment, or beyond any file system's, never matches."""

    text: str
    regex: re.Pattern[str]

    def matches(self, path: str) -> bool:
        """Whether the whole path matches."""
        if len(path) > _LONGEST_PATH or ".." in path.split("/"):
            return False
        return self.regex.fullmatch(path) is not None


def path_glob(pattern: str) -> PathGlob:
    """The pattern of a path; raises BadGlob."""
    if not pattern or len(pattern) > MAX_LENGTH:
        raise BadGlob("an empty pattern" if not pattern else "a pattern this long", "for example /srv/data/**")
    if ".." in pattern.split("/"):
        raise BadGlob(f"{pattern!r} has a `..`, which never matches", "write the path it leads to")
    pieces = re.split(r"(\*\*|\*)", pattern)
    regex = "".join({"**": ".*", "*": "[^/]*"}.get(piece, re.escape(piece)) for piece in pieces)
    return PathGlob(pattern, re.compile(regex, re.DOTALL))
