from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from engine.protocols.ssh.commands.lexing import MAX_BYTES, Redirect, Untold, read, resolved
from engine.protocols.ssh.commands.telling import tell
from tests.engine.protocols.ssh.commands import shells
from tests.engine.protocols.ssh.commands.shells import Bench, bench, disagreements

_MANY = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def stand_ins() -> Iterator[Bench]:
    with bench() as made:
        yield made


class TestRealShells:
    """SECURITY 5: what is told of a line is what bash, dash, zsh, ksh and mksh run of it, word for word."""

    @_MANY
    @given(line=shells.lines())
    def test_quoted_words_reach_programs_as_they_are_told(self, stand_ins: Bench, line: bytes) -> None:
        assert list(disagreements(stand_ins, line)) == []

    @_MANY
    @given(line=shells.torn())
    def test_a_line_with_a_nasty_fragment_runs_as_told_or_is_opaque(self, stand_ins: Bench, line: bytes) -> None:
        assert list(disagreements(stand_ins, line)) == []

    @_MANY
    @given(line=shells.soup())
    def test_fragments_in_any_order_run_as_told_or_are_opaque(self, stand_ins: Bench, line: bytes) -> None:
        assert list(disagreements(stand_ins, line)) == []

    def test_the_stand_ins_see_what_a_shell_does_to_words(self, stand_ins: Bench) -> None:
        """The measure itself: an expansion that was passed over would show."""
        ran, files = stand_ins.run("bash", b"p a{1,2} $((1+1)) >f; p", tell(b"p"))
        assert ran == {("p", "a1", "a2", "2"): 1, ("p",): 1}
        assert files == {"f"}


@pytest.mark.parametrize(
    ("line", "argv"),
    [
        (rb"p a\ b \; \\ \'", ["p", "a b", ";", "\\", "'"]),
        (rb"""p "a\"b\c\\d\$" """, ["p", 'a"b\\c\\d$']),
        (rb"""p 'it'\''s' "it's" a'b'"c"d""", ["p", "it's", "it's", "abcd"]),
        (b"p '' \"\" 'a\n\tb'", ["p", "", "", "a\n\tb"]),
        ("p 'é' \"あ\"".encode(), ["p", "é", "あ"]),
        (b"p a=b 2 a2 -- -x x] @ % +", ["p", "a=b", "2", "a2", "--", "-x", "x]", "@", "%", "+"]),
    ],
)
def test_words_are_resolved_as_shells_do(line: bytes, argv: list[str]) -> None:
    assert [command.argv for command in read(line).commands] == [argv]


def test_commands_are_told_apart_with_their_variables_and_redirections() -> None:
    first, second, third = read(b"A=1 B='x y' p <in 2>err >>out 2>&1 a | q && r>|f &\n\n").commands
    assert first.variables == [("A", "1"), ("B", "x y")]
    assert first.argv == ["p", "a"]
    assert first.redirects == [Redirect("<", "in"), Redirect(">", "err"), Redirect(">>", "out")]
    assert (second.argv, third.argv, third.redirects) == (["q"], ["r"], [Redirect(">", "f")])


@pytest.mark.parametrize(
    "line",
    [
        *(
            "",
            " ",
            "\n",
            ";",
            "p;;q",
            "p |",
            "| p",
            "p &&",
            "p || ; q",
            "&",
            "p & & q",
            "p |& q",
            "p &| q",
            "p &!",
            "!p",
        ),
        *(
            "$p",
            "p $IFS",
            "p ${IFS}",
            "p$IFS-rf",
            "p $(q)",
            "p `q`",
            'p "`q`"',
            'p "$x"',
            "p $'a'",
            'p $"a"',
            "p $((1))",
        ),
        *(
            "p *",
            "p ?",
            "p [a]",
            "p {a,b}",
            "p {}",
            "p ~",
            "p ~+",
            "p a:~",
            "p a=~",
            "=p",
            "p =ls",
            "p ''=ls",
            'p ""=ls',
            "p a#b",
            "p #c",
            "p a!b",
        ),
        *(
            'p "a!b"',
            "p a^b",
            "^a^b",
            "!!",
            "p (a)",
            "(p)",
            "{ p; }",
            "p() { q; }",
            "p <(q)",
            "p >(q)",
            "p <<E\na\nE",
            "p <<<a",
        ),
        *(
            "p <>f",
            "p >&f",
            "p &>f",
            "p >&-",
            "p <&3",
            "p 3>f",
            "p 12>f",
            "p 0>f",
            "p >f>",
            "p <1-5>",
            "p <-> x",
            "p > ",
            "p <",
        ),
        *(
            ">f",
            "<f",
            "A=1",
            "A=1;p",
            "A+=1 p",
            "a[0]=1 p",
            "a=(1) p",
            "A==x p",
            "A=a=b p",
            "p \\\n q",
            "p\\\nq",
            "p\\",
            "p 'a",
        ),
        *(
            'p "a',
            "p a\rb",
            "p\rq",
            "p\x00q",
            "p 'a\x07'",
            "p \x1b[1m",
            "p\xa0q",
            "p\u2003q",
            "p '\u200b'",
            "p '\u202e'",
            "é",
        ),
        *("p é", "p \\é", "p 'a''b'", 'p "é\\""', "p\vq", "p\fq", "\ufeffp"),
    ],
)
def test_what_shells_read_in_different_ways_or_only_know_when_it_runs_is_untold(line: str) -> None:
    """SECURITY 5."""
    with pytest.raises(Untold):
        read(line.encode())


def test_bytes_that_are_no_text_are_untold() -> None:
    for line in (b"p \xff", b"p '\xc3'", b"p \xc0\xafx"):
        with pytest.raises(Untold):
            read(line)


@pytest.mark.parametrize(
    "line",
    [
        b"p " + b"a" * MAX_BYTES,
        b"p " + b"a " * 60_000,
        b"p '" + b"a" * 1_000_000,
        b'p "' + b"\\" * 1_000_000,
        b"(" * 100_000,
        b"p " + b"'a'" * 40_000,
        b"p " + b"\\a" * 60_000 + b"(",
        b"p;" * 60_000,
        b"$(" * 60_000,
        b"\n" * 120_000 + b"\x01",
        b"p\n" + b"\n \t" * 40_000 + b";",
    ],
    ids=range(11),
)
def test_a_line_that_is_too_much_is_untold(line: bytes) -> None:
    """SECURITY 6."""
    with pytest.raises(Untold):
        read(line)


def test_a_long_line_that_is_not_too_much_is_told() -> None:
    assert read(b"p '" + b"a" * 100_000 + b"'").commands[0].argv == ["p", "a" * 100_000]


def test_a_backslash_behind_a_character_beyond_ascii_is_untold_in_double_quotes_only() -> None:
    with pytest.raises(Untold):
        resolved('"é\\""'.encode())
    assert resolved("'é\\'".encode()) == "é\\"
