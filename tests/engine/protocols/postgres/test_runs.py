"""Messages behind one another are found wherever they begin, however many are equally long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.protocols.postgres.runs import Segment, are_alike, bodies, bounds, joined_bodies, star, walk

ROW, WORD = ord("D"), ord("C")
LIMIT = 1000


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + (len(body) + 4).to_bytes(4) + body


def starts_of(data: bytes, kind: int) -> tuple[int, list[int]]:
    """The same as `walk`, one message at a time."""
    starts, position = [], 0
    while position + 5 <= len(data) and data[position] == kind:
        length = int.from_bytes(data[position + 1 : position + 5])
        if not 4 <= length <= LIMIT or position + 1 + length > len(data):
            break
        starts.append(position)
        position += 1 + length
    return position, starts


MANY_ALIKE = st.builds(
    lambda kind, size, count: [(kind, b"x" * size)] * count, st.just(ROW), st.integers(0, 300), st.integers(1, 40)
)
ANY = st.lists(st.tuples(st.sampled_from([ROW, ROW, ROW, WORD]), st.binary(max_size=300)), max_size=10)


@given(st.lists(st.one_of(MANY_ALIKE, ANY), max_size=6), st.integers(0, 400), st.binary(max_size=6))
def test_it_finds_the_messages_that_a_walk_of_one_after_another_finds(
    parts: list[list[tuple[int, bytes]]], cut: int, rubbish: bytes
) -> None:
    data = b"".join(message(kind, body) for part in parts for kind, body in part)
    data = data[: max(0, len(data) - cut)] + rubbish
    end, segments = walk(data, ROW, LIMIT)
    assert (end, [start for segment in segments for start in segment]) == starts_of(data, ROW)
    assert all(segments)
    ends = [*starts_of(data, ROW)[1][1:], end]
    assert [stop for _, stop in bounds(segments, end)] == [
        ends[sum(map(len, segments[: number + 1])) - 1] for number in range(len(segments))
    ]


def test_rows_that_are_equally_long_are_one_range() -> None:
    data = message(ROW, b"1") + message(ROW, b"22") * 100 + message(ROW, b"1")
    _, segments = walk(data, ROW, LIMIT)
    assert [type(segment) for segment in segments] == [list, range, list]
    assert len(segments[1]) > 90


def test_it_compares_one_place_of_all_rows_of_a_range() -> None:
    rows = [b"ab-%d-yz" % (number % 7) for number in range(50)]
    _, segments = walk(b"".join(message(ROW, row) for row in rows), ROW, LIMIT)
    data, found = b"".join(message(ROW, row) for row in rows), [each for each in segments if isinstance(each, range)]
    assert are_alike(data, found[0], 5, 3)
    assert not are_alike(data, found[0], 5, 4)
    assert are_alike(data, found[0], 9, 3)


@given(st.lists(st.one_of(MANY_ALIKE, ANY), max_size=6))
def test_bodies_are_the_messages_without_their_heads(parts: list[list[tuple[int, bytes]]]) -> None:
    found = [body for part in parts for _, body in part]
    data = b"".join(message(ROW, body) for body in found)
    _, segments = walk(data, ROW, LIMIT)
    assert bodies(data, segments) == found
    assert joined_bodies(data, segments) == b"".join(found)


def test_an_empty_chunk_has_no_segments() -> None:
    segments: list[Segment] = []
    assert walk(b"", ROW, LIMIT) == (0, segments)


@given(count=st.integers(1, 40), length=st.integers(0, 200), before=st.integers(0, 9), after=st.integers(0, 9))
def test_the_cells_are_starred_and_nothing_else_is(count: int, length: int, before: int, after: int) -> None:
    step = before + length + after + 1
    data = bytearray(b"x" * step * count)
    star(data, range(before, len(data), step), length)
    assert data == (b"x" * before + b"*" * length + b"x" * (after + 1)) * count
