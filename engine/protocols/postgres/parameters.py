"""Bound parameters as people and rules read them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache

from asyncpg.protocol.protocol import BUILTIN_TYPE_OID_MAP

from engine.model import Parameter
from engine.protocols.postgres.requests import Bind
from replay.cells import cell_text


def builtin_type(oid: int) -> str | None:
    """A built-in type's name as pg_type has it; None for other types."""
    name: str | None = BUILTIN_TYPE_OID_MAP.get(oid)
    return f"_{name[:-2]}" if name is not None and name.endswith("[]") else name


_NULL = 0xFFFFFFFF
_COUNT = struct.Struct("!H").unpack_from
_SIZE = struct.Struct("!I").unpack_from


@lru_cache(maxsize=1024)
def type_name(oid: int) -> str:
    """The same for any type: others by their OID, 0 as unknown."""
    return (builtin_type(oid) or f"oid {oid}") if oid else "unknown"


def needs_types(message: Bind, types: Sequence[int]) -> bool:
    """Whether some value is in binary format and only the server knows its type."""
    return any(
        _format(message.formats, index) == 1 and (index >= len(types) or types[index] == 0)
        for index in range(len(message.values))
    )


def decode(message: Bind, types: Sequence[int]) -> tuple[Parameter, ...]:
    """The values of a Bind as text; a binary value of a type without known text is `\\x…`."""
    return tuple(
        _parameter(value, types[index] if index < len(types) else 0, _format(message.formats, index) == 1)
        for index, value in enumerate(message.values)
    )


def texts(bind: bytes, start: int, types: Sequence[int]) -> list[str | None] | None:
    """The values of a Bind message as text, read from its formats at `start` on; None where this does not read it:
    the message is malformed, or only the server knows the type of a binary value."""
    try:
        (count,) = _COUNT(bind, start)
        formats = bind[start + 3 : start + 2 + 2 * count : 2]  # the low byte of each
        position = start + 4 + 2 * count
        values: list[str | None] = []
        for index in range(*_COUNT(bind, position - 2)):
            (size,) = _SIZE(bind, position)
            position += 4
            if size == _NULL:
                values.append(None)
                continue
            value = bind[position : position + size]
            position += size
            if not formats or not (formats[0] if count == 1 else formats[index] if index < count else 0):
                values.append(cell_text(value))
            elif index < len(types) and types[index]:
                values.append(cell_text(value, type_name(types[index]), True))
            else:
                return None
        is_whole = position + 2 + 2 * _COUNT(bind, position)[0] == len(bind)
    except struct.error:  # it ends before it says it does
        return None
    return values if is_whole else None


def _parameter(value: bytes | None, oid: int, is_binary: bool) -> Parameter:
    name = type_name(oid)
    if value is None:
        return Parameter(name, None)
    return Parameter(name, cell_text(value, name, is_binary))


def _format(formats: Sequence[int], index: int) -> int:
    if len(formats) == 1:
        return formats[0]
    return formats[index] if index < len(formats) else 0
