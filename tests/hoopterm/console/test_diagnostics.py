"""Problems at their places."""

from __future__ import annotations

from hoopterm.console.diagnostics import Diagnostic, beside, read

FOUND = [
    Diagnostic("a.yaml", 3, 1, "x"),
    Diagnostic("a.yaml", 9, 2, "y"),
    Diagnostic("b.yaml", 1, 1, "z"),
]


def test_a_problem_is_read_at_its_place() -> None:
    said = ["/etc/hoopterm/b.yaml:7:3: no such: key; did you mean 'x'?", "/etc/a.yaml:10:1: w"]
    assert read(said, ["a.yaml", "b.yaml"]) == [
        Diagnostic("a.yaml", 10, 1, "w"),
        Diagnostic("b.yaml", 7, 3, "no such: key; did you mean 'x'?"),
    ]


def test_a_problem_without_a_place_is_not_lost() -> None:
    assert read(["all is wrong"], ["a.yaml"], are_warnings=True) == [Diagnostic("a.yaml", 1, 1, "all is wrong", True)]


def test_the_next_one_goes_round_and_stays_in_the_file_first() -> None:
    assert beside(FOUND, "a.yaml", 3, 1) == FOUND[1]
    assert beside(FOUND, "a.yaml", 9, 2) == FOUND[2]
    assert beside(FOUND, "b.yaml", 5, 1) == FOUND[0]
    assert beside(FOUND, "a.yaml", 9, 2, forward=False) == FOUND[0]
    assert beside(FOUND, "a.yaml", 1, 1, forward=False) == FOUND[2]
    assert beside([], "a.yaml", 1, 1) is None
