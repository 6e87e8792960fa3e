from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.masking.stream import pipe
from engine.streams import Stream
from tests.engine.masking.test_stream import VALUE, masks


class Tape:
    """A recorder that remembers."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes, int, str]] = []

    def rows(self, operation: str, cells: bytes, rows: int, kind: str) -> None:
        self.taken.append((operation, cells, rows, kind))


def test_what_is_delivered_was_masked_and_recorded_with_its_lines() -> None:
    tape: Any = Tape()
    session: Any = SimpleNamespace(recorder=tape)
    stream = Stream(session, "s-1.a", "stdout", pipe(masks("credit_card")))
    out = stream.deliver(VALUE + b"\n") + stream.finish()
    assert out == b"*" * 19 + b"\n"
    assert (stream.masked, stream.lines) == (1, 1)
    assert tape.taken == [("s-1.a", out, 1, "stdout")]
