"""SQL text to PostgreSQL's own parse tree: the one door to libpg_query, safe for anything a stranger sends.

libpg_query recurses over the tree it built, and a statement nested deep enough overflows the stack of the process.
No level costs less than a byte of text, and the costliest need about 400 bytes of stack, so text of up to
`SAFE_LENGTH` bytes cannot do harm and is parsed here. Longer text is parsed by a child process that may die of it
(`parsing_worker.py`).
"""

from __future__ import annotations

import atexit
import resource
import select
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import postgast
from google._upb import _message
from postgast import PgQueryError, pg_query_pb2

grammar: Any = pg_query_pb2
"""Message classes and enumerations of the parse tree, for whoever has to name one."""

GRAMMAR_VERSION = 18
"""The PostgreSQL major version whose grammar this is."""

LONGEST = 8 << 20  # bytes of text
PATIENCE = 10.0  # seconds a child may take for one text

_PARSER_FILES = frozenset({"scan.l", "gram.y", "parser.c"})


def _safe_length() -> int:
    stack = resource.getrlimit(resource.RLIMIT_STACK)[0]
    return 8192 if stack == resource.RLIM_INFINITY else min(8192, stack // 1024)


SAFE_LENGTH = _safe_length()

# upb refuses more than about 47 nested operands (100 messages) unless its depth is raised; 65,535 then.
_message.SetAllowOversizeProtos(True)


@dataclass(frozen=True, slots=True)
class ParsedStatement:
    """One statement of a text: `kind` is its node's field name (`select_stmt`), `node` the protobuf message."""

    kind: str
    node: Any
    text: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A text without a tree. `is_syntax_error`: a server of the grammar's version refuses it likewise."""

    why: str
    is_syntax_error: bool = False


def parse(text: str) -> tuple[ParsedStatement, ...] | Unreadable:
    """The statements of a text in order; blocks while a child parses it where it is long (`is_long`)."""
    if "\0" in text:
        return Unreadable("the text holds a NUL byte")
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        return Unreadable("the text is not valid UTF-8")
    if len(encoded) > LONGEST:
        return Unreadable(f"the text is longer than {LONGEST} bytes")
    tree = _parse_here(encoded) if len(encoded) <= SAFE_LENGTH else _PARSER.parse(encoded)
    if isinstance(tree, Unreadable):
        return tree
    return tuple(_statements(tree.stmts, text, encoded))


def is_long(text: str) -> bool:
    """Whether `parse` would ask the child process, so that an event loop should do it in a thread."""
    return len(text) * 4 > SAFE_LENGTH and len(text.encode(errors="surrogatepass")) > SAFE_LENGTH


def normalize(text: str) -> str | None:
    """The text with its literals replaced by placeholders, None where that cannot be had cheaply and safely."""
    if is_long(text) or "\0" in text:
        return None
    try:
        return postgast.normalize(text)
    except (PgQueryError, UnicodeError):
        return None


def after_first(text: str, token: int) -> str | None:
    """What follows the first token of that kind (`grammar.AS`) outside parentheses, None without one."""
    encoded = text.encode()
    depth = 0
    for found in postgast.scan(text).tokens:
        depth += (found.token == grammar.ASCII_40) - (found.token == grammar.ASCII_41)
        if found.token == token and depth == 0:
            return encoded[found.end :].decode()
    return None


def has_foreign_identifier(text: str) -> bool:
    """Whether an identifier holds more than ASCII: a server whose encoding has one byte a character folds its case."""
    if text.isascii():
        return False
    encoded = text.encode()
    identifiers = (found for found in postgast.scan(text).tokens if found.token == grammar.IDENT)
    return any(not encoded[found.start : found.end].isascii() for found in identifiers)


def _parse_here(encoded: bytes) -> Any | Unreadable:
    try:
        return postgast.parse(encoded.decode())
    except PgQueryError as error:
        is_native = error.filename in _PARSER_FILES and not error.message.startswith("memory")
        return Unreadable(error.message, is_native)


def _statements(raws: Any, text: str, encoded: bytes) -> list[ParsedStatement]:
    if len(raws) == 1:
        return [_statement(raws[0].stmt, text)]
    parts = []
    for raw in raws:
        start = raw.stmt_location
        end = start + raw.stmt_len if raw.stmt_len else len(encoded)
        parts.append(_statement(raw.stmt, encoded[start:end].decode()))
    return parts


def _statement(node: Any, text: str) -> ParsedStatement:
    kind = node.WhichOneof("node")
    return ParsedStatement(kind, getattr(node, kind), text)


class _Parser:
    """A child process that parses one text after the other, and is replaced when one kills it."""

    def __init__(self, patience: float = PATIENCE, clock: Callable[[], float] = monotonic) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._patience = patience
        self._clock = clock

    def parse(self, encoded: bytes) -> Any | Unreadable:
        with self._lock:
            try:
                answer = self._exchange(encoded)
            except (OSError, EOFError):
                self.close()
                return Unreadable("the statement is nested too deep, or too large, to be parsed")
        letter, rest = answer[:1], answer[1:]
        if letter == b"T":
            return grammar.ParseResult.FromString(rest)
        return Unreadable(rest.decode(errors="replace"), is_syntax_error=letter == b"S")

    def _exchange(self, encoded: bytes) -> bytes:
        child = self._child
        if child is None or child.poll() is not None:
            child = self._child = _start_child()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(struct.pack("!I", len(encoded)) + encoded)
        child.stdin.flush()
        deadline = self._clock() + self._patience
        (length,) = struct.unpack("!I", self._read(child.stdout, 4, deadline))
        return self._read(child.stdout, length, deadline)

    def _read(self, stream: Any, length: int, deadline: float) -> bytes:
        gathered = bytearray()
        readable = select.poll()
        readable.register(stream, select.POLLIN)
        while len(gathered) < length:
            if not readable.poll(max(0.0, deadline - self._clock()) * 1000):
                raise EOFError
            piece = stream.read(length - len(gathered))
            if not piece:
                raise EOFError
            gathered += piece
        return bytes(gathered)

    def close(self) -> None:
        """End the child, if there is one."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


def _start_child() -> subprocess.Popen[bytes]:
    # -I and an empty environment: the engine's own holds secrets
    worker = Path(__file__).with_name("parsing_worker.py")
    return subprocess.Popen(
        [sys.executable, "-I", str(worker)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env={},
        close_fds=True,
    )


_PARSER = _Parser()
atexit.register(_PARSER.close)
