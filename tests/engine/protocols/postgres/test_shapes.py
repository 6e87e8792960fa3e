"""Shapes: what they take for literals is what PostgreSQL's parser takes for literals."""

from __future__ import annotations

import postgast
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.protocols.postgres.messages import HEADER
from engine.protocols.postgres.requests import Query
from engine.protocols.postgres.shapes import HOLE, is_faithful, queries_of, shape

PLAIN = ("17", "'x'", "999999999")
ODD = (
    "a", "t.b", "1234567890", "1.5", "f(3)", "'it''s'", "e'x'", "e'a=' , 'b'", "date '1'", "-3", "1::int", "'a' 'b"
)  # fmt: skip
VALUES = st.sampled_from([*PLAIN * 4, *ODD])
LISTS = st.lists(VALUES, min_size=1, max_size=3).map(", ".join)
OPERATORS = st.sampled_from(["=", "<>", "<=", ">", "+", "||", "like", "and", "between 1 and"])
CONDITIONS = st.builds("{} {} {}".format, VALUES, OPERATORS, VALUES) | st.builds("{} in ({})".format, VALUES, LISTS)
TAILS = st.sampled_from(
    ["", ";", " limit 5", " limit 5 offset 7 ;", " for update", " order by 1", " group by 1, 2", " --"]
)
TEXTS = st.builds("select {} from t where {}{}".format, LISTS, CONDITIONS, TAILS)
LITERALS = st.sampled_from([b"7", b"123456789", b"'x'", b"''", b"'select 1; --'", b"'/*'", b"'$1'"])


def normalised(text: bytes) -> str | None:
    try:
        return postgast.normalize(text.decode())
    except postgast.PgQueryError:
        return None


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (b"select a from t where id = 17;", b"select a from t where id = $;"),
        (b"select a from t where b in (1, 'x',3)", b"select a from t where b in ($, $,$)"),
        (b"select a from t where b = 'it' and c >= 5 limit 10", b"select a from t where b = $ and c >= $ limit $"),
        (b"select a1 from t2", b"select a1 from t2"),
        (b"select date '2026-01-01'", b"select date $"),
        (b"select 12345678901", b"select 12345678901"),
        (b"select 1.5, 1e5", b"select 1.5, 1e5"),
    ],
)
def test_literals_become_holes(text: bytes, seen: bytes) -> None:
    assert shape(text) == seen


@pytest.mark.parametrize(
    "text",
    [b"select 'it''s'", b"select E'a'", b"select e'a=' , 'b'", b"select $1", b"select $$a$$", b"select 1 -- 2",
     b"select /* 1 */ 2", b'select "a"', b"select a-1", b"select a/2", b"select 'a\\'", b"select 'a' 'b",
     b"select U&'a'", b"select 1::int"],
)  # fmt: skip
def test_what_a_glance_cannot_tell_has_no_shape(text: bytes) -> None:
    assert shape(text) is None


def test_a_position_in_order_by_is_no_literal_to_the_parser() -> None:
    text = b"select a from t order by 1"
    seen, read = shape(text), normalised(text)
    assert seen is not None
    assert read is not None
    assert not is_faithful(seen, read)


@given(text=TEXTS, others=st.lists(LITERALS, min_size=8, max_size=8))
def test_texts_of_one_faithful_shape_are_the_same_statement_to_the_parser(text: str, others: list[bytes]) -> None:
    encoded = text.encode()
    seen, read = shape(encoded), normalised(encoded)
    if seen is None or read is None or not is_faithful(seen, read) or seen.count(HOLE) > len(others):
        return
    parts = seen.split(HOLE)
    other = parts[0] + b"".join(literal + part for literal, part in zip(others, parts[1:], strict=False))
    if shape(other) is None:  # a literal that holds what looks like a hole
        return
    assert shape(other) == seen
    # A string where the grammar wants an integer, or the other way round, is a syntax error and nothing else.
    assert normalised(other) in (read, None)


@given(text=TEXTS, other=TEXTS, literals=st.lists(LITERALS, min_size=8, max_size=8))
def test_the_queries_of_a_shape_are_those_whose_texts_have_it(text: str, other: str, literals: list[bytes]) -> None:
    seen = shape(text.encode())
    if seen is None or seen.count(HOLE) > len(literals):
        return
    parts = seen.split(HOLE)
    like = parts[0] + b"".join(literal + part for literal, part in zip(literals, parts[1:], strict=False))
    for each in (
        text.encode(),
        other.encode(),
        like,
        like + b" ",
        like.replace(b"7", b"7.5"),
        like.replace(b"x", b"\xc3"),
    ):
        message = Query("").encode()[:HEADER] + each + b"\0"
        assert bool(queries_of(seen).fullmatch(message, HEADER)) == (each.isascii() and shape(each) == seen)
