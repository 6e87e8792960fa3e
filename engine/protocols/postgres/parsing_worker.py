"""The child process that parses what is too long to be parsed inside the engine; started by path, not imported.

libpg_query recurses, so a deep statement overflows the stack of whoever parses it. Here that ends a child. Frames both
ways are a four-byte big-endian length and that many bytes: in SQL text, out one letter (`T` tree, `S` syntax error,
`R` refused) and a serialized `ParseResult` or a message.

The tree comes back thinned: of a list that holds nothing but constants one row or item stays, because the others say
nothing to an analysis. So an INSERT of a hundred thousand rows costs the engine no more than one of a single row.
"""

from __future__ import annotations

import resource
import struct
import sys
import threading
from typing import Any, BinaryIO

import postgast
from google._upb import _message
from postgast import PgQueryError

STACK = 4 << 20  # half of a main thread's eight megabytes: what decodes here decodes in the engine
MEMORY = 3 << 30
LARGEST_TREE = 2 << 20
CONSTANTS = frozenset({"a_const", "param_ref", "set_to_default"})


def main() -> None:
    """Answer frames until the input ends."""
    _message.SetAllowOversizeProtos(True)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.stack_size(STACK)
    thread = threading.Thread(target=_serve, args=(sys.stdin.buffer, sys.stdout.buffer))
    thread.start()
    thread.join()


def _serve(requests: BinaryIO, answers: BinaryIO) -> None:
    while len(header := requests.read(4)) == 4:
        answer = _answer(requests.read(struct.unpack("!I", header)[0]))
        answers.write(struct.pack("!I", len(answer)) + answer)
        answers.flush()


def _answer(text: bytes) -> bytes:
    try:
        tree = postgast.parse(text.decode())
    except PgQueryError as error:
        # the parser's own files raise what the server would raise too; anything else is a limit of this process
        is_native = error.filename in ("scan.l", "gram.y", "parser.c") and not error.message.startswith("memory")
        return (b"S" if is_native else b"R") + error.message.encode()
    except Exception as error:
        return b"R" + type(error).__name__.encode()
    thin(tree)
    answer: bytes = tree.SerializeToString()
    return b"T" + answer if len(answer) <= LARGEST_TREE else b"Rthe statement is too large to be analysed"


def thin(tree: Any) -> None:
    """Drop from every list of constants (rows of VALUES, IN lists, arrays) all but its first item."""
    waiting = [tree]
    while waiting:
        message = waiting.pop()
        name = message.DESCRIPTOR.name
        if name == "SelectStmt" and len(message.values_lists) > 1:
            rows = message.values_lists
            others = [row for row in rows[1:] if not all(map(_is_constant, row.list.items))]
            del rows[1:]
            rows.extend(others)
        elif name == "A_ArrayExpr" and all(map(_is_constant, message.elements)):
            del message.elements[1:]
        elif name == "A_Expr" and all(map(_is_constant, message.rexpr.list.items)):
            del message.rexpr.list.items[1:]
        for field, value in message.ListFields():
            if field.message_type is None:
                continue
            if field.is_repeated:
                waiting.extend(value)
            else:
                waiting.append(value)


def _is_constant(node: Any) -> bool:
    return node.WhichOneof("node") in CONSTANTS


if __name__ == "__main__":
    main()
