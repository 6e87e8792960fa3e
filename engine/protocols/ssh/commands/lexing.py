"""A command line → its simple commands, in the part of the language that sh, bash, dash, ksh, mksh and zsh all share.

Whatever one of them reads differently from another, or what only the moment it runs can tell (an expansion, a glob, a
here-document), is `Untold`. Source: POSIX.1-2024, Shell Command Language, 2.2 Quoting, 2.3 Token Recognition and 2.7
Redirection; zshexpn(1) and zshmisc(1) for what zsh reads otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

MAX_BYTES: Final = 128 * 1024
MAX_TOKENS: Final = 2048

_PLAIN: Final = rb"[A-Za-z0-9_./,:+@%=\-\]]"
_BLANK = re.compile(rb"[ \t]+")
_SEPARATOR = re.compile(rb"&&|\|\||[|;&]|\n(?:[ \t]*\n)*")
_REDIRECT = re.compile(rb"(?P<fd>[0-9]?)(?P<operator>>>|>\||>&|>|<)")
_COPY = re.compile(rb"[12](?=[ \t\n;|&]|\Z)")
_WORD = re.compile(
    rb"(?:" + _PLAIN + rb"++"
    rb"|\\[ -~]"
    rb"|'[^']*+'"
    rb'|"(?:[^"\\$`!]++|\\[^\n!])*+"'
    rb")++"
)
_PIECE = re.compile(
    rb"(?P<plain>" + _PLAIN + rb"++)|\\(?P<escaped>[ -~])|'(?P<single>[^']*+)'|\"(?P<double>(?:[^\"\\]++|\\.)*+)\"",
    re.DOTALL,
)
_ASSIGNMENT = re.compile(rb"([A-Za-z_][A-Za-z0-9_]*)=")
_APPENDING = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*\+=")
_NUMERIC_GLOB = re.compile(rb"[0-9]*-[0-9]*>")  # of zsh: <1-5>
_MEANINGS: Final = {
    ord("$"): "an expansion",
    ord("`"): "a command substitution",
    ord("("): "a subshell or function",
    ord(")"): "a subshell or function",
    ord("{"): "a brace expansion or group",
    ord("}"): "a brace expansion or group",
    ord("*"): "a glob",
    ord("?"): "a glob",
    ord("["): "a glob",
    ord("~"): "a home directory",
    ord("!"): "a negation or the history",
    ord("#"): "a comment",
    ord("^"): "the history or a glob",
    ord("'"): "a quote that is not closed",
    ord('"'): "a quote that is not closed, or an expansion in one",
    ord("\\"): "a line that goes on",
}


class Untold(ValueError):
    """What a command does could not be told; its text says why."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where a command's input comes from (`<`) or its output goes (`>`, `>>`)."""

    operator: str
    path: str


@dataclass(slots=True)
class Simple:
    """One simple command: variables set for it, its words, its redirections."""

    variables: list[tuple[str, str]] = field(default_factory=list)
    argv: list[str] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)


@dataclass(slots=True)
class Line:
    """The simple commands of a line, and where its tokens stand, in bytes: for a second parser to compare."""

    commands: list[Simple]
    tokens: list[tuple[int, int]]
    names: list[tuple[int, int]]
    assignments: list[tuple[int, int]]


def read(line: bytes) -> Line:
    """The commands of a line; raises Untold."""
    _check(line)
    return _Reader(line).read()


def _check(line: bytes) -> None:
    if len(line) > MAX_BYTES:
        raise Untold(f"it is longer than {MAX_BYTES // 1024} KB")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise Untold("it is not UTF-8") from None
    if not text.isprintable() and not text.replace("\n", "").replace("\t", "").isprintable():
        raise Untold("it has control or invisible characters")


class _Reader:
    """One pass over a line, token by token."""

    def __init__(self, line: bytes) -> None:
        self._line = line
        self._at = 0
        self._now = Simple()
        self._found = Line([], [], [], [])

    def read(self) -> Line:
        wants = "any"  # command: one must come; any: one may come, or the end
        self._blank()
        self._match(_SEPARATOR, only=b"\n")
        while self._at < len(self._line):
            self._blank()
            if (separator := self._match(_SEPARATOR)) is not None:
                wants = self._separate(separator, wants)
            elif self._at < len(self._line):
                self._token()
                wants = "more"
            if len(self._found.tokens) > MAX_TOKENS:
                raise Untold("it has too many words")
        if wants == "command" or not (self._end_command() or self._found.commands):
            raise Untold("a command is missing")
        return self._found

    def _separate(self, separator: bytes, wants: str) -> str:
        """Ends a command at a separator; gives what may come next."""
        is_newline = separator.startswith(b"\n")
        if not is_newline:
            end = self._at
            self._found.tokens.append((end - len(separator), end))
        if self._end_command():
            return "command" if separator in (b"|", b"&&", b"||") else "any"
        if is_newline and wants == "any":
            return "any"
        raise Untold("a command is missing")

    def _end_command(self) -> bool:
        command, self._now = self._now, Simple()
        if command.argv:
            self._found.commands.append(command)
            return True
        if command.variables:
            raise Untold("it sets a variable for the commands that follow")
        if command.redirects:
            raise Untold("a redirection has no command")  # zsh runs `cat` or `more`
        return False

    def _blank(self) -> None:
        self._match(_BLANK)

    def _match(self, pattern: re.Pattern[bytes], only: bytes | None = None) -> bytes | None:
        found = pattern.match(self._line, self._at)
        if found is None or (only is not None and not found[0].startswith(only)):
            return None
        self._at = found.end()
        return found[0]

    def _token(self) -> None:
        if found := _REDIRECT.match(self._line, self._at):
            self._redirect(found)
            return
        raw, start, end = self._word()
        if raw.isdigit() and self._line[end : end + 1] in (b"<", b">"):
            raise Untold("it redirects a descriptor that has no name")
        assigned = _ASSIGNMENT.match(raw) if not self._now.argv else None
        if not self._now.argv and _APPENDING.match(raw):
            raise Untold("a variable that is added to")  # dash: the name of a program
        if assigned is not None:
            value = raw[assigned.end() :]
            if b"=" in value:
                raise Untold("a value with an equals sign")  # zsh looks for a program's path behind it
            self._now.variables.append((assigned[1].decode(), resolved(value) if value else ""))
            self._found.assignments.append((start, end))
            return
        if not self._now.argv:
            self._found.names.append((start, end))
        self._now.argv.append(resolved(raw))

    def _word(self) -> tuple[bytes, int, int]:
        start = self._at
        raw = self._match(_WORD)
        if raw is None:
            raise Untold(self._unreadable())
        after = self._line[self._at : self._at + 1]
        if after and after not in b" \t\n;|&<>":
            raise Untold(self._unreadable())
        self._found.tokens.append((start, self._at))
        return raw, start, self._at

    def _unreadable(self) -> str:
        byte = self._line[self._at]
        if byte > 0x7E:
            return "a character beyond ASCII outside quotes"  # what is a blank depends on the locale
        return f"{_MEANINGS.get(byte, 'something that shells read differently')} ({chr(byte)})"

    def _redirect(self, found: re.Match[bytes]) -> None:
        fd, operator = found["fd"], found["operator"]
        if fd not in ((b"", b"0") if operator == b"<" else (b"", b"1", b"2")):
            raise Untold("it redirects a descriptor that has no name")
        if fd:
            self._found.tokens.append((found.start("fd"), found.end("fd")))
        self._found.tokens.append((found.start("operator"), found.end("operator")))
        self._at = found.end()
        if operator == b">&":
            start = self._at
            if self._match(_COPY) is None:
                raise Untold("a redirection that shells read differently")
            self._found.tokens.append((start, self._at))
            return
        if operator == b"<" and _NUMERIC_GLOB.match(self._line, self._at):
            raise Untold("a redirection that zsh takes for a glob")
        self._blank()
        if _REDIRECT.match(self._line, self._at):
            raise Untold("a redirection that shells read differently")
        if self._at == len(self._line) or _SEPARATOR.match(self._line, self._at):
            raise Untold("a redirection leads nowhere")
        raw, _, end = self._word()
        if raw.isdigit() and self._line[end : end + 1] in (b"<", b">"):
            raise Untold("a redirection that shells read differently")
        self._now.redirects.append(Redirect(operator.decode().rstrip("|"), resolved(raw)))


def resolved(raw: bytes) -> str:
    """What a word is once its quotes and backslashes are gone; raises Untold."""
    text, last = b"", ""
    for piece in _PIECE.finditer(raw):
        kind = str(piece.lastgroup)
        content = piece[kind]
        if kind == "single" and last == "single":
            raise Untold("two quoted texts that touch")  # one quote between them under zsh's RC_QUOTES
        if kind == "plain" and not text and content.startswith(b"="):
            raise Untold("a word that begins with an equals sign")  # zsh: the path of a program, behind '' too
        if kind == "double":
            if re.search(rb"[\x80-\xff]\\", content):
                raise Untold("a backslash behind a character beyond ASCII")  # one character in some encodings
            content = re.sub(rb'\\(["\\$`])', rb"\1", content)
        text, last = text + content, kind
    return text.decode()
