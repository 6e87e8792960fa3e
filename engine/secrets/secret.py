"""A value that never shows itself."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """One secret text. Only `reveal()` gives it; repr, str, format, pickle and comparison with text do not.

    Two secrets compare in constant time. A secret is not hashable, so that it never becomes a key of a cache.
    """

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]  # how Python spells "unhashable"

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself: for the one place that puts it on the wire."""
        return self._value

    def __repr__(self) -> str:
        return "<Secret>"

    def __str__(self) -> str:
        return "<Secret>"

    def __format__(self, spec: str) -> str:
        return "<Secret>"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")
