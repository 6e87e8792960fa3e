"""JSON that is written again and again: encoded once, with holes for what differs.

A recording and a log say much the same of every operation of one kind. `form` makes a pattern of JSON in which `TEXT`
and `NUMBER` stand for what differs; `%` fills the bytes in, in the order of the holes.
"""

from __future__ import annotations

import re
from secrets import token_hex
from typing import Any

import msgspec

TEXT = f"text-{token_hex(12)}"
"""A hole for what stands between quotes; nobody else's data can hold it."""

NUMBER = f"number-{token_hex(12)}"
"""A hole for a number, `null` or any JSON without quotes of its own."""

_HOLE = re.compile(rb'%b|\\*"%b\\*"' % (TEXT.encode(), NUMBER.encode()))


def form(encoded: bytes) -> bytes:
    """JSON with holes as a pattern for `%`, which takes the bytes of each hole in order."""
    return _HOLE.sub(b"%b", encoded.replace(b"%", b"%%"))


def escaped(text: str) -> bytes:
    """A text as it stands between the quotes of a JSON string."""
    return msgspec.json.encode(text)[1:-1]


def inside(text: str) -> bytes:
    """A text as it stands between the quotes of a string inside a string."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text.encode()
    return escaped(escaped(text).decode())


def nested(value: Any) -> bytes:
    """A value as JSON inside a JSON string, without that string's quotes."""
    return escaped(msgspec.json.encode(value).decode())
