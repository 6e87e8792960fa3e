"""What a session's RowDescriptions say, worked out once for each that comes again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.model import Column
from engine.protocols.postgres.answers import Field, RowDescription
from engine.protocols.postgres.statement import Statement

Described = tuple[tuple[Column, ...], tuple[int, ...]]
"""The columns of an answer with their sources, and the format of each."""

_MOST = 64


class Describing:
    """Remembers, by a RowDescription's bytes and the lineage it belongs to.

    An analysis shares one lineage between all texts it holds for the same, and makes a new one when the catalog has
    changed: as long as it is that very object, the sources are what they were.
    """

    def __init__(self, describe: Callable[[Sequence[Field], Statement], tuple[Column, ...]]) -> None:
        self._describe = describe
        self._known: dict[bytes, tuple[tuple[Column, ...], Described]] = {}

    def __call__(self, data: bytes, statement: Statement) -> Described:
        """What a RowDescription says of a statement's answer."""
        lineage, described = self._known.get(data, (None, None))
        if described is not None and lineage is statement.columns:
            return described
        fields = RowDescription.decode(data).fields
        described = self._describe(fields, statement), tuple(field.format for field in fields)
        if statement.columns is not None:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[data] = statement.columns, described
        return described
