from pathlib import Path

from engine.config.problems import Problem, suggestion


def test_a_problem_reads_as_compilers_write_theirs() -> None:
    assert str(Problem(Path("a.yaml"), 3, 7, "no", "yes")) == "a.yaml:3:7: no; yes"


def test_control_characters_are_shown_and_not_sent() -> None:
    assert "\x1b" not in str(Problem(Path("a.yaml"), 1, 1, "\x1b[2J"))
    assert "\\x1b[2J" in str(Problem(Path("a.yaml"), 1, 1, "\x1b[2J"))


def test_the_name_that_was_meant_is_suggested() -> None:
    assert suggestion("agnets", ["agents", "people"]) == "did you mean 'agents'?"
    assert suggestion("zzz", ["b", "a"]) == "known: a, b"
    assert suggestion("zzz", [str(number) for number in range(50)]) == ""
