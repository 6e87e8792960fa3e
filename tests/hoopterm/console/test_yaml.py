"""YAML as it is typed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoopterm.console.yaml import START, Kind, Spot, bare, parts, scan, spot

TEXT = """\
identity:
  people:
    alice: {unix: alice, groups: [dev, "d b"]}  # a person
rules:
  - name: agents-read
    who: {groups: [agents], identities: [x]}
    when: >-
      a: b

      c
    what:
      effects:
        - read
- {name: b, decide: al""".splitlines()


def kinds(line: str) -> list[tuple[str, str]]:
    return [(token.kind.value, line[token.start : token.end]) for token in scan(line)[0]]


def test_a_line_is_told_into_its_parts() -> None:
    assert kinds('- "a": [1, true, x y]  # why') == [
        ("dash", "-"),
        ("key", '"a"'),
        ("colon", ":"),
        ("open", "["),
        ("literal", "1"),
        ("comma", ","),
        ("literal", "true"),
        ("comma", ","),
        ("plain", "x y"),
        ("close", "]"),
        ("comment", "# why"),
    ]
    assert kinds("url: http://a:1#b")[-1] == ("plain", "http://a:1#b")
    assert kinds("a: it's - not: one")[2:] == [("plain", "it's - not"), ("colon", ":"), ("plain", "one")]


def test_a_block_of_text_ends_where_the_indentation_does() -> None:
    state, found = START, []
    for line in TEXT[6:11]:
        tokens, state = scan(line, state)
        found.append([token.kind for token in tokens])
    assert found[1:] == [[Kind.TEXT], [], [Kind.TEXT], [Kind.KEY, Kind.COLON]]


def test_a_quote_goes_on_over_lines() -> None:
    tokens, state = scan('a: "b: [')
    assert tokens[-1].kind is Kind.QUOTED
    tokens, state = scan('c" # d', state)
    assert [token.kind for token in tokens] == [Kind.QUOTED, Kind.COMMENT]
    assert state == START


def test_values_are_known_with_the_keys_they_are_under() -> None:
    found = {(part.path, part.text) for part in parts(TEXT) if part.token.kind is not Kind.KEY}
    assert (("identity", "people", "alice", "groups"), "d b") in found
    assert (("rules", "who", "identities"), "x") in found
    assert (("rules", "what", "effects"), "read") in found
    assert (("rules", "decide"), "al") in found
    keys = {(part.path, part.text) for part in parts(TEXT) if part.token.kind is Kind.KEY}
    assert (("rules",), "what") in keys


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        (5, 20, Spot(("rules", "who", "groups"), 19, "a", False, True)),
        (5, 27, Spot(("rules", "who"), 27, "", True, False, frozenset({"groups"}))),
        (12, 11, Spot(("rules", "what", "effects"), 10, "r", True, True)),
        (13, 20, Spot(("rules", "decide"), 20, "", False, False)),
        (10, 6, Spot(("rules",), 4, "wh", True, False, frozenset({"name", "who", "when"}))),
    ],
)
def test_a_place_is_known_by_what_may_stand_there(row: int, column: int, expected: Spot) -> None:
    assert spot(TEXT, row, column) == expected


def test_nothing_is_offered_inside_of_texts_and_comments() -> None:
    assert spot(TEXT, 7, 8) is None
    assert spot(TEXT, 2, 52) is None
    assert spot(['a: "b'], 0, 5) is None


@given(st.lists(st.text(alphabet="ab:-{}[],#'\"|>&*! \t0", max_size=20), max_size=8))
def test_no_text_is_too_odd(lines: list[str]) -> None:
    for part in parts(lines):
        assert bare(lines[part.row][part.token.start : part.token.end]) == part.text
    state = START
    for row, line in enumerate(lines):
        tokens, state = scan(line, state)
        for one, other in pairwise(tokens):
            assert one.start < one.end <= other.start
        for column in range(len(line) + 1):
            spot(lines, row, column)
