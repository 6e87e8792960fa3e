from __future__ import annotations

from hoopterm.errors import EngineUnreachable, Misused, Refused


def test_each_problem_has_its_exit_status() -> None:
    assert [Refused("a", "b").exit_status, Misused("b").exit_status, EngineUnreachable("b").exit_status] == [1, 2, 3]


def test_a_problem_says_what_and_what_next() -> None:
    problem = Misused("no such thing", "try another")
    assert (problem.code, str(problem), problem.hint) == ("usage", "no such thing", "try another")
    assert problem.sentence == "no such thing; try another"
    assert Misused("no such thing").sentence == "no such thing"
