from __future__ import annotations

from tests.bench.profiling import summary

STACKS = [
    "thread (1): MainThread;run (loop.py:1);write (wire.py:10) 6",
    "thread (1): MainThread;run (loop.py:1);write (wire.py:12);send (wire.py:3) 2",
    "thread (2): audit-writer;run (writer.py:5) 2",
]


def test_lines_of_one_function_are_counted_together() -> None:
    own = summary(STACKS).partition("own time:")[2].partition("with callees:")[0]
    assert own.split("\n")[1] == "  60.0%  write (wire.py)"


def test_time_with_callees_counts_what_a_function_called() -> None:
    whole = summary(STACKS).partition("with callees:")[2]
    assert "  80.0%  write (wire.py)" in whole


def test_threads_are_told_apart() -> None:
    assert "  20.0%  thread (2): audit-writer" in summary(STACKS)
