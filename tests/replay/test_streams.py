from __future__ import annotations

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from replay.streams import Joined, lines, told


def test_a_batch_is_read_as_lines_of_text() -> None:
    assert lines(b"one\r\ntwo\n\nh\xc3\xa4 \xff\nopen") == ["one", "two", "", "hä \\xff", "open"]
    assert lines(b"") == []


def test_what_did_not_go_to_stdout_says_where_it_went() -> None:
    assert told(b"a\nb\n", "stderr") == ["stderr: a", "stderr: b"]
    assert told(b"a\n", "stdout") == ["a"]


@given(st.lists(st.text(alphabet="ab\n", max_size=6), max_size=12))
def test_lines_are_the_same_whichever_batches_they_come_in(batches: list[str]) -> None:
    rows: list[list[str | None]] = []
    joined = Joined()
    for batch in batches:
        joined.extend(rows, batch.encode())
    assert rows == [[line] for line in lines("".join(batches).encode())]


def test_a_line_without_end_does_not_grow_without_end() -> None:
    rows: deque[list[str | None]] = deque(maxlen=10)
    joined = Joined()
    for _ in range(1000):
        joined.extend(rows, b"x" * 1000)
    assert sum(len(line or "") for (line,) in rows) < 100_000
