from __future__ import annotations

import pytest

from engine.protocols.postgres.saslprep import prepared


@pytest.mark.parametrize(
    ("password", "bytes_"),
    [
        ("I\u00adX", "IX"),  # RFC 4013, section 3: soft hyphen maps to nothing
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),  # NFKC
        ("\u2168", "IX"),
        ("\u0007", "\u0007"),  # ASCII is taken as it is, control characters too
        ("a\u00a0b", "a b"),  # a space that is not ASCII
        ("a\u200bb", "a b"),  # stands in two tables; PostgreSQL reads it as a space
        ("\u00ad", "\u00ad"),  # nothing would be left: taken as it is
        ("\u00e9\u0007", "\u00e9\u0007"),  # prohibited: taken as it is
        ("\u0627\u0031", "\u0627\u0031"),  # right to left, but it does not end so: taken as it is
        ("\u0627\u0031\u0628", "\u0627\u0031\u0628"),
        ("\u0627a\u0628", "\u0627a\u0628"),
        ("\U0001f600", "\U0001f600"),  # unassigned in Unicode 3.2: taken as it is
    ],
)
def test_passwords_are_prepared_as_postgresql_prepares_them(password: str, bytes_: str) -> None:
    assert prepared(password) == bytes_.encode()
