import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.policy.globs import ANY, BadGlob, command_glob, dotted, path_glob, readings, words_of


def matches(pattern: str, *names: str) -> bool:
    glob = dotted(pattern, len(names))
    return all(part.matches(name) for part, name in zip(glob, names, strict=True))


@pytest.mark.parametrize(
    ("pattern", "schema", "table"),
    [
        ("orders", "public", "orders"),
        ("orders", "any", "orders"),
        ("public.orders", "public", "orders"),
        ("public.*", "public", "orders"),
        ("public.**", "public", "orders"),
        ("**", "public", "orders"),
        ("*.orders", "public", "orders"),
        ("pub*.ord*s", "public", "orders"),
        ('public."a.b"', "public", "a.b"),
        ('"we""ird".t', 'we"ird', "t"),
    ],
)
def test_a_pattern_matches_the_names_it_means(pattern: str, schema: str, table: str) -> None:
    assert matches(pattern, schema, table)


@pytest.mark.parametrize(
    ("pattern", "schema", "table"),
    [
        ("orders", "public", "Orders"),
        ("public.orders", "Public", "orders"),
        ("public.orders", "public", "orders2"),
        ("public.*", "publi", "orders"),
        ('public."*"', "public", "orders"),
        ("public.orders", "public", "orders\n"),
    ],
)
def test_a_pattern_does_not_match_what_is_spelt_differently(pattern: str, schema: str, table: str) -> None:
    assert not matches(pattern, schema, table)


@pytest.mark.parametrize("pattern", ["", ".", "a.", ".a", "a..b", "a.b.c", "**.**", "x" * 2000])
def test_a_pattern_that_means_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(BadGlob):
        dotted(pattern, 2)


def test_a_column_needs_its_table() -> None:
    with pytest.raises(BadGlob, match="too few"):
        dotted("ssn", 3, least=2)
    assert dotted("*.ssn", 3, least=2)[0] is ANY


def test_a_name_with_several_dots_has_every_reading() -> None:
    assert readings("a.b.c") == (("a", "b.c"), ("a.b", "c"))
    assert readings("orders") == (("", "orders"),)


def test_a_name_longer_than_identifiers_can_be_is_not_read_at_all() -> None:
    assert readings("." * 1_000_000) == (("", ""),)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/srv/*", "/srv/a", True),
        ("/srv/*", "/srv/a/b", False),
        ("/srv/**", "/srv/a/b", True),
        ("/srv/**", "/srv/../etc/passwd", False),
        ("/srv/*.csv", "/srv/a.csv", True),
        ("/srv/a+b", "/srv/a+b", True),
        ("/srv/**", "/srv/" + "a" * 5000, False),
        ("/srv/**", "/srv/a/", True),
        ("/srv/**", "/srv/", True),
        ("/srv/*", "/srv/a/", False),
        ("/srv/*/", "/srv/a/", False),
        ("/srv/", "/srv/", False),
    ],
)
def test_paths_match_by_segment(pattern: str, path: str, expected: bool) -> None:
    assert path_glob(pattern).matches(path) is expected


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/srv/secret", "/srv/secret", True),
        ("/srv/secret", "/srv//./secret", True),
        ("/srv/secret", "/srv/", True),
        ("/srv/secret", "/", True),
        ("/srv/secret", "/srv", False),
        ("/srv/secret", "/srv/secret/", True),
        ("/srv/secret/**", "/srv/", True),
        ("/srv/*/keys", "/srv/a/b/", True),
        ("/srv/*/keys", "/etc/", False),
        ("/srv/secret", "/srv/other/", False),
        ("/srv/secret", "/tmp/../srv/x", True),
        ("/srv/secret", "secret", True),
        ("/srv/secret", "", True),
        ("/srv/secret", "/srv/secrets", False),
    ],
)
def test_paths_may_match_what_they_stand_for(pattern: str, path: str, expected: bool) -> None:
    assert path_glob(pattern).may_match(path) is expected


def test_a_path_pattern_with_dot_dot_is_refused() -> None:
    with pytest.raises(BadGlob):
        path_glob("/srv/../etc")


@given(st.text(min_size=1, max_size=20).filter(lambda text: "*" not in text and "." not in text and '"' not in text))
def test_a_literal_name_matches_itself_and_nothing_else(name: str) -> None:
    assert matches(name, "public", name)
    assert not matches(name, "public", name + "x")


@given(st.text("ab/", max_size=12), st.lists(st.sampled_from(["*", "**", "a", "b", "/", "ab"]), min_size=1, max_size=8))
def test_a_path_matches_as_if_every_choice_of_its_wildcards_were_tried(path: str, pieces: list[str]) -> None:
    pattern = "".join(pieces)
    naive = "".join(".*" if piece[:2] == "**" else "[^/]*" if piece == "*" else piece for piece in _split(pattern))
    expected = re.fullmatch(naive, path) is not None and (not path.endswith("/") or pattern.endswith("**"))
    assert path_glob(pattern).matches(path) is expected


def _split(pattern: str) -> list[str]:
    return re.findall(r"\*+|[^*]", pattern)


def test_a_path_that_nearly_matches_many_wildcards_is_not_tried_in_every_way() -> None:
    """SECURITY 6: it would take longer than anybody lives."""
    assert not path_glob("/" + "**a" * 40 + "b").matches("/" + "a" * 4000)
    assert not path_glob("/" + "*a" * 40 + "b").matches("/" + "a" * 4000)


@pytest.mark.parametrize(
    ("pattern", "argv", "expected"),
    [
        ("uptime", ["uptime"], True),
        ("uptime", ["uptime", "-p"], False),
        ("uptime", ["/usr/bin/uptime"], False),
        ("cat /etc/*", ["cat", "/etc/hosts"], True),
        ("cat /etc/*", ["cat", "/etc/ssh/x"], False),
        ("cat /etc/*", ["cat", "/etc/a", "/etc/b"], False),
        ("cat /etc/*", ["cat", "/etc/a b"], True),
        ("cat /etc/*", ["cat"], False),
        ("cat /etc/**", ["cat", "/etc/ssh/x"], True),
        ("cat /etc/**", ["cat", "/etc/../root/x"], False),
        ("cat **", ["cat", "a", "b/../c"], False),
        ("tar **", ["tar", "-xf../x"], False),
        ("curl **", ["curl", "-d", "@../x"], False),
        ("curl **", ["curl", "--data=../x"], False),
        ("git log **", ["git", "log", "v1..v2"], True),
        ("systemctl status **", ["systemctl", "status"], True),
        ("systemctl status **", ["systemctl", "status", "a", "b"], True),
        ("systemctl ** nginx", ["systemctl", "restart", "nginx"], True),
        ("systemctl ** nginx", ["systemctl", "restart", "x", "nginx"], False),
        ("**", ["anything", "at", "all"], True),
        ("echo '*'", ["echo", "*"], True),
        ("echo '*'", ["echo", "x"], False),
        ("echo 'a b' c\\ d", ["echo", "a b", "c d"], True),
        ("echo ''", ["echo", ""], True),
        ('echo "it\'s"', ["echo", "it's"], True),
        ("Uptime", ["uptime"], False),
        ("cat /etc/hosts", ["cat", "/etc//hosts"], False),
        ("cat **", ["cat", "x" * 5000], True),
        ("cat *", ["cat", "x" * 5000], False),
    ],
)
def test_a_command_is_allowed_word_by_word(pattern: str, argv: list[str], expected: bool) -> None:
    assert command_glob(pattern).matches(shlex.join(argv), broadly=False) is expected


@pytest.mark.parametrize(
    ("pattern", "argv", "expected"),
    [
        ("rm **", ["/bin/rm", "x"], True),
        ("rm **", ["./rm", "x"], True),
        ("rm **", ["../rm", "x"], True),
        ("/bin/rm **", ["rm", "x"], True),
        ("/usr/**/rm **", ["rm"], True),
        ("/usr/**rm **", ["arm"], True),
        ("rm **", ["lsrm", "x"], False),
        ("rm **", ["ls", "rm"], False),
        ("cat /etc/shadow", ["cat", "/etc//./shadow"], True),
        ("cat /etc/shadow", ["cat", "/tmp/../etc/shadow"], True),
        ("cat /etc/shadow", ["cat", "/etc/hosts"], False),
        ("cat *", ["cat", "x" * 5000], True),
        ("cat x", ["cat", "x", "y"], False),
    ],
)
def test_a_command_is_denied_whatever_way_its_paths_are_written(pattern: str, argv: list[str], expected: bool) -> None:
    assert command_glob(pattern).matches(shlex.join(argv), broadly=True) is expected


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("x" * 2000, "this long"),
        ("cat ../x", "never matches"),
        ("cat --file='..'/x", "never matches"),
        ("cat /etc/x | grep y", "more than one command"),
        ("a; b", "more than one command"),
        ("a\nb", "more than one command"),
        ("ls > /tmp/x", "no wildcard"),
        ("echo $HOME", "no wildcard"),
        ("ls ~/x", "no wildcard"),
        ("ls [ab]", "no wildcard"),
        ("LANG=C ls", "sets a variable"),
        ("echo 'a", "not closed"),
        ("echo a\\", "backslash"),
        ("echo 'a\x07'", "control character"),
    ],
)
def test_a_command_pattern_that_no_command_can_match_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(BadGlob, match=why):
        command_glob(pattern)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=6))
def test_the_words_of_a_command_are_those_that_were_joined(argv: list[str]) -> None:
    assert words_of(shlex.join(argv)) == tuple(argv)
