import pytest

from engine.protocols.ssh.commands.lexing import Untold
from engine.protocols.ssh.commands.options import Given, given, listed, options

KNOWN = options("ab", "n", "all", "name", "color")


def test_options_are_read_as_getopt_reads_them() -> None:
    words = [
        "-ab",
        "-n5",
        "-n",
        "6",
        "x",
        "-an7",
        "--all",
        "--name=v",
        "--name",
        "w",
        "--color",
        "--color=z",
        "-",
        "--",
    ]
    told = given(["p", *words, "-a", "--all"], KNOWN)
    assert told.operands == ("x", "-", "-a", "--all")
    assert told.values("n") == ["5", "6", "7"]
    assert told.values("name", "color") == ["v", "w", "", "z"]
    assert told.has("a")
    assert told.has("all")
    assert not told.has("x")


@pytest.mark.parametrize("words", ["-x", "-ax", "--al", "--nam=v", "--all=x", "-n", "--name", "--unknown"])
def test_an_option_that_is_not_known_exactly_is_untold(words: str) -> None:
    with pytest.raises(Untold):
        given(["p", *words.split()], KNOWN)


def test_the_first_operand_ends_the_options_of_a_program_that_runs_another() -> None:
    assert given(["p", "-a", "q", "-x", "--y"], KNOWN, is_strict=True) == Given((("a", ""),), ("q", "-x", "--y"))


def test_names_are_listed() -> None:
    assert listed("a  b") == {"a", "b"}
