"""Patterns over dotted names, paths and commands, case-exact.

`*` stays within one name or path segment, `**` crosses them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

MAX_LENGTH = 1024
_LONGEST_NAME = 1024
_LONGEST_PATH = 4096  # PATH_MAX
_LONGEST_COMMAND = 128 * 1024
_LONGEST_WORD = 4096
# `..` as a segment of a path, also of one that stands in an option: `../x`, `--file=../x`, `-f../x`, `@../x`.
_UPWARDS = re.compile(r"(?:^-\w*|^|[^\w.-])\.\.(?:/|\Z)")
_WORD = re.compile(r"""(?:[^'"\s]++|'[^']*+'|"'")++""")  # of shlex.join
_PIECE = re.compile(r"""'([^']*+)'|"(')"|([^'"]++)""")
_PATTERN_PIECE = re.compile(
    r"""(?P<space>[ \t]+)|'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|\\(?P<escaped>.)"""
    r"""|(?P<wild>\*+)|(?P<shell>[|&;<>()$`?\[\n\r'"\\])|(?P<plain>.)""",
    re.DOTALL,
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")


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
    """A pattern over `/`-separated paths; a path with a `..` segment, or beyond any file system's, never matches.

    A path that ends in `/` is a folder with all that is below it.
    """

    text: str
    regex: re.Pattern[str]

    def matches(self, path: str) -> bool:
        """Whether it matches all of the path."""
        if len(path) > _LONGEST_PATH or ".." in path.split("/") or (path.endswith("/") and self.text[-2:] != "**"):
            return False
        return self.regex.fullmatch(path) is not None

    def may_match(self, path: str) -> bool:
        """Whether it matches some of what the path may stand for: it may lead upwards, or start nobody knows where."""
        if not path.startswith("/") or len(path) > _LONGEST_PATH or ".." in path.split("/"):
            return True
        plain = _squeezed(path)
        if self.regex.fullmatch(path) or self.regex.fullmatch(plain) or self.regex.fullmatch(plain.rstrip("/")):
            return True
        literal = self.text.partition("*")[0]
        return path.endswith("/") and (literal.startswith(plain) or ("*" in self.text and plain.startswith(literal)))


def path_glob(pattern: str) -> PathGlob:
    """The pattern of a path; raises BadGlob."""
    if not pattern or len(pattern) > MAX_LENGTH:
        raise BadGlob("an empty pattern" if not pattern else "a pattern this long", "for example /srv/data/**")
    if ".." in pattern.split("/"):
        raise BadGlob(f"{pattern!r} has a `..`, which never matches", "write the path it leads to")
    return PathGlob(pattern, _crossing(_tokens(pattern)))


def _tokens(text: str) -> list[str]:
    """The wildcards `*` and `**` of a pattern, and what stands between them as regular expressions."""
    pieces = re.split(r"(\*+)", text)
    return ["**" if piece[:2] == "**" else piece if piece == "*" else re.escape(piece) for piece in pieces if piece]


def _crossing(tokens: list[str]) -> re.Pattern[str]:
    """The pattern of such tokens: `*` crosses no `/`, `**` does.

    Each wildcard but the last of its kind takes as little as it can and never more: another choice could not match
    where this one does not, and trying them all would cost a stranger's path the power of their number.
    """
    spans: list[list[str]] = [[]]
    for token in tokens:
        if token == "**":
            spans.append([])
        else:
            spans[-1].append(token)
    regex = ""
    for index, span in enumerate(spans):
        is_last = index == len(spans) - 1
        body = _span(span, is_last=is_last)
        regex += body if index == 0 else f".*{body}" if is_last else f"(?>.*?{body})"
    return re.compile(regex, re.DOTALL)


def _span(span: list[str], *, is_last: bool) -> str:
    pieces: list[str] = [""]
    for token in span:
        if token == "*":
            pieces.append("")
        else:
            pieces[-1] += token
    regex = pieces[0]
    for index, piece in enumerate(pieces[1:], start=1):
        regex += f"[^/]*{piece}" if is_last and index == len(pieces) - 1 else f"(?>[^/]*?{piece})"
    return regex


@lru_cache(maxsize=64)  # each may be long, and there are as many rules to ask
def words_of(command: str) -> tuple[str, ...]:
    """The words of a command as `shlex.join` writes it; faster than `shlex.split`, which reads more than that."""
    return tuple(
        "".join(piece[1] or piece[2] or piece[3] or "" for piece in _PIECE.finditer(word[0]))
        for word in _WORD.finditer(command)
    )


@dataclass(frozen=True, slots=True)
class CommandGlob:
    """A pattern over a command's words, word by word.

    `has_rest`: any further words may follow. `program` is the last segment of the first word, where there is one."""

    text: str
    words: tuple[re.Pattern[str], ...]
    has_rest: bool
    program: re.Pattern[str] | None

    def matches(self, command: str, *, broadly: bool) -> bool:
        """Whether it means the command, given as `shlex.join` writes it.

        Narrowly no word may lead upwards (`..`). Broadly one that does could lead anywhere, a word is also read as the
        plain path that it stands for (`/etc//./hosts`), and a program by its name in any folder (`/bin/rm` is `rm`).
        """
        if len(command) > _LONGEST_COMMAND:
            return broadly
        words = words_of(command)
        if len(words) < len(self.words) or (len(words) > len(self.words) and not self.has_rest):
            return False
        if not broadly:
            return not any(_UPWARDS.search(word) for word in words) and all(
                len(word) <= _LONGEST_WORD and pattern.fullmatch(word) is not None
                for pattern, word in zip(self.words, words, strict=False)
            )
        if self.program is None:
            return True
        program, bare = words[0], words[0].rpartition("/")[2]
        return any(
            (_may_match(self.words[0], program), _may_match(self.words[0], bare), _may_match(self.program, bare))
        ) and all(_may_match(pattern, word) for pattern, word in zip(self.words[1:], words[1:], strict=False))


def _may_match(pattern: re.Pattern[str], word: str) -> bool:
    if len(word) > _LONGEST_WORD or _UPWARDS.search(word):
        return True
    return pattern.fullmatch(word) is not None or pattern.fullmatch(_squeezed(word)) is not None


def _squeezed(word: str) -> str:
    """The word without what changes nothing about a path: `//` and `/./`."""
    return re.sub(r"/(?:\.?/)+", "/", word)


def command_glob(pattern: str) -> CommandGlob:
    """The pattern of a command's words: quotes and backslashes as in a shell, where they take a `*` its meaning.

    Raises BadGlob, also for what no command's word can be."""
    if not pattern.strip() or len(pattern) > MAX_LENGTH:
        raise BadGlob("an empty pattern" if not pattern.strip() else "a pattern this long", "for example cat /etc/*")
    words = _command_words(pattern)
    if any(_UPWARDS.search(re.sub(r"\\(.)", r"\1", "".join(word))) for word in words):
        raise BadGlob(f"{pattern!r} has a `..`, which never matches", "write the path it leads to")
    has_rest = words[-1] == ["**"]
    compiled = tuple(_crossing(word) for word in (words[:-1] if has_rest else words))
    return CommandGlob(pattern, compiled, has_rest, _crossing(_last_segment(words[0])) if compiled else None)


def _last_segment(word: list[str]) -> list[str]:
    """The tokens behind the last slash; `**` may hold that slash, so nothing before a `**` counts."""
    kept: list[str] = []
    for token in reversed(word):
        _, slash, tail = token.rpartition("/")
        kept.append(tail)
        if slash or token == "**":
            break
    return kept[::-1]


def _command_words(pattern: str) -> list[list[str]]:
    """The tokens of each word, read as a shell reads it; what a word only has in quotes must stand in quotes."""
    pattern = pattern.strip(" \t")
    if found := _ASSIGNMENT.match(pattern):
        raise BadGlob(f"{found[0]!r} sets a variable, which is no word of a command", "leave it out")
    words: list[list[str]] = [[]]
    for piece in _PATTERN_PIECE.finditer(pattern):
        kind = str(piece.lastgroup)
        text = piece[kind]
        if kind == "space":
            words.append([])
        elif kind == "wild":
            words[-1].append("**" if len(text) > 1 else "*")
        elif kind == "shell" or (kind == "plain" and not words[-1] and text in "~#="):
            raise _misplaced(text, pattern)
        else:
            words[-1].append(_literal(kind, text, pattern))
    return words


def _literal(kind: str, text: str, pattern: str) -> str:
    if not text.isprintable():
        raise BadGlob(f"{pattern!r} has a control character", "no command that can be told has one")
    return re.escape(re.sub(r'\\(["\\$`])', r"\1", text) if kind == "double" else text)


def _misplaced(text: str, pattern: str) -> BadGlob:
    if text in "'\"\\":
        return BadGlob(f"{pattern!r}: {text} is not closed" if text != "\\" else f"{pattern!r} ends in a backslash")
    if text in "|&;\n\r":
        return BadGlob(f"{pattern!r} is more than one command", "each is decided by itself: name them apart")
    return BadGlob(
        f"{text!r} in {pattern!r} is no wildcard, and no command has it outside quotes", f"quote it: '{text}'"
    )
