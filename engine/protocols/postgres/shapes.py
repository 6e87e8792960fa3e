"""Statements that differ in nothing but their literals, told apart by a glance at the text.

`normalize` answers that for any statement, by a scan of the server's lexer and parser. Most of what programs send is
plain enough for a regular expression to see where its literals are; whether it saw right is checked against `normalize`
once for each shape (`is_faithful`).
"""

from __future__ import annotations

import re

HOLE = b"$"
"""Stands in a shape for a literal; text that holds one of its own has no shape."""

# A literal stands alone: after an operator, a bracket, a comma or a space, and before one of the last three or the end.
# So it has no prefix (E'', U&''), no suffix (1e5, 1.5, 'a''b') and is a string or a 32-bit integer, whatever is in it.
_STRING = re.compile(rb"(?<=[ =(,<>])'[^'\\]*'(?=[ ;),]|$)")
_INTEGER = re.compile(rb"(?<=[ =(,<>])[0-9]{1,9}(?=[ ;),]|$)")
# Either of them, where a shape says that one stands there; a string of ASCII, and without a hole of its own.
_LITERAL = rb"(?:[0-9]{1,9}|'[^'\\$\0\x80-\xff]*')"
# Outside of strings: nothing that quotes, escapes or comments, and no operator that could eat its neighbours.
_PLAIN = re.compile(rb"[A-Za-z0-9_ ,.;()=<>*\n\t$]*")


def shape(text: bytes) -> bytes | None:
    """An ASCII text with a hole for each of its literals, None where a glance does not tell."""
    if text.find(HOLE) >= 0:
        return None
    if text.find(b"'") >= 0:
        text = _STRING.sub(HOLE, text)
    return _INTEGER.sub(HOLE, text) if _PLAIN.fullmatch(text) else None


def is_faithful(shape: bytes, normalised: str) -> bool:
    """Whether the holes are just what the server's own parser takes for literals.

    It numbers them from left to right. What it makes of a text of this shape depends on the tokens alone, and they are
    the same for every text of the shape; a position in ORDER BY, which is no literal to it, is a hole only here.
    """
    first, *others = shape.split(HOLE)
    numbered = b"".join((first, *(b"$%d%b" % (number, part) for number, part in enumerate(others, 1))))
    return numbered == normalised.encode()


def queries_of(shape: bytes) -> re.Pattern[bytes]:
    """What fits a Query message behind its header where the text is one of that shape, and holds no `HOLE`.

    It says the same as `shape`, sooner: what stands between the holes holds no literal, so it is there byte for byte.
    """
    return re.compile(_LITERAL.join(map(re.escape, shape.split(HOLE))) + rb"\0")
