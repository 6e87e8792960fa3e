import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.policy.globs import ANY, BadGlob, dotted, path_glob, readings


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
    ],
)
def test_paths_match_by_segment(pattern: str, path: str, expected: bool) -> None:
    assert path_glob(pattern).matches(path) is expected


def test_a_path_pattern_with_dot_dot_is_refused() -> None:
    with pytest.raises(BadGlob):
        path_glob("/srv/../etc")


@given(st.text(min_size=1, max_size=20).filter(lambda text: "*" not in text and "." not in text and '"' not in text))
def test_a_literal_name_matches_itself_and_nothing_else(name: str) -> None:
    assert matches(name, "public", name)
    assert not matches(name, "public", name + "x")
