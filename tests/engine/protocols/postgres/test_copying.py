"""Which statements may ask for the client's data."""

from __future__ import annotations

from engine.protocols.postgres.copying import may_copy_in
from engine.protocols.postgres.statement import Statement


def test_a_copy_in_may_and_so_may_what_nobody_could_read() -> None:
    assert may_copy_in(Statement("", "COPY", copy_direction="in"))
    assert may_copy_in(Statement("", "UNKNOWN", why_opaque="too deep"))
    assert not may_copy_in(Statement("", "COPY", copy_direction="out"))
    assert not may_copy_in(Statement("", "SELECT"))
