"""SASLprep (RFC 4013), as PostgreSQL applies it to passwords."""

from __future__ import annotations

import stringprep
import unicodedata

_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
    stringprep.in_table_a1,
)


def prepared(password: str) -> bytes:
    """The bytes both ends derive keys from; a password that SASLprep prohibits is taken as it is."""
    if password.isascii():
        return password.encode()  # nothing in ASCII is mapped, and PostgreSQL takes control characters as they are
    return (_saslprep(password) or password).encode()


def _saslprep(text: str) -> str | None:
    # U+200B stands in both tables; PostgreSQL looks for spaces first.
    mapped = "".join(
        " " if stringprep.in_table_c12(char) else char
        for char in text
        if stringprep.in_table_c12(char) or not stringprep.in_table_b1(char)
    )
    normal = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    if any(is_prohibited(char) for char in normal for is_prohibited in _PROHIBITED):
        return None
    is_right_to_left = [stringprep.in_table_d1(char) for char in normal]
    if any(is_right_to_left) and (
        any(map(stringprep.in_table_d2, normal)) or not (is_right_to_left[0] and is_right_to_left[-1])
    ):
        return None
    return normal
