import pytest

from engine.protocols.ssh.commands.grammar import agree
from engine.protocols.ssh.commands.lexing import Line, Simple, Untold, read


@pytest.mark.parametrize("line", [b"a b 'c d' | e && f; g >h 2>&1 &\n i", b"A=1 b <c d e", b">a b", b"a\n\nb 'c\nd'"])
def test_the_grammar_sees_the_same_words_commands_and_operators(line: bytes) -> None:
    agree(line, read(line))


def test_words_that_were_read_otherwise_are_untold() -> None:
    line = b"a b c"
    good = read(line)
    agree(line, good)
    for bad in (
        Line([], [(0, 1), (2, 5)], good.names, []),
        Line([], good.tokens, [(2, 3)], []),
        Line([], good.tokens[:-1], good.names, []),
        Line([Simple()], good.tokens, good.names, [(0, 1)]),
    ):
        with pytest.raises(Untold, match="differ"):
            agree(line, bad)


@pytest.mark.parametrize(
    "line", [b"a $b", b"a $(b)", b"if a; then b; fi", b"a() { b; }", b"a <<E\nE\n", b"[[ a ]]", b"a # b"]
)
def test_whatever_else_the_grammar_knows_is_untold(line: bytes) -> None:
    with pytest.raises(Untold):
        agree(line, Line([], [], [], []))


@pytest.mark.parametrize("line", [b"a (", b"a && && b", b"a 'b"])
def test_what_is_no_command_line_is_untold(line: bytes) -> None:
    with pytest.raises(Untold, match=r"grammar|it has"):
        agree(line, Line([], [], [], []))
