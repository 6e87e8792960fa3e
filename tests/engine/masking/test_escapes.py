from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.masking.escapes import Plain

_SOME = settings(max_examples=100, deadline=None)

PIECES = st.lists(
    st.sampled_from([b"a", b"b ", b"\x1b[31m", b"\x1b[?25l", b"\x1b]0;t\x07", b"\x1b]8;;x\x1b\\", b"\x1b(B", b"\x1b7",
                     b" \r", b"\r\n", b"\x1b", b"\x1b[1;", b"\xc3\xa4", b"]"]), max_size=30
).map(b"".join)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", b"plain"),
        (b"\x1b[1;31mred\x1b[0m\x1b[K", b"red"),
        (b"a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c", b"abc"),
        (b"\x1b(B\x1b=\x1b7x\x1b8\x1bM", b"x"),
        (b"12 \r34 \r\nwrap \rped", b"1234 \r\nwrap \rped"),
        (b"no \x1b\x01 sequence", b"no \x1b\x01 sequence"),
    ],
)
def test_sequences_are_left_out_of_the_text(data: bytes, text: bytes) -> None:
    assert Plain(data, is_whole=True).text == text


@_SOME
@given(PIECES)
def test_every_byte_of_the_text_is_found_in_the_data(data: bytes) -> None:
    for is_whole in (True, False):
        plain = Plain(data, is_whole=is_whole)
        assert bytes(data[plain.place(offset)] for offset in range(len(plain.text))) == plain.text
        assert plain.place(len(plain.text)) == len(data) - plain.open


@_SOME
@given(PIECES, st.integers(0, 50), st.integers(1, 50))
def test_a_replacement_keeps_the_sequences_inside(data: bytes, start: int, length: int) -> None:
    plain = Plain(data, is_whole=True)
    end = min(start + length, len(plain.text))
    if start >= end:
        return
    raw = data[plain.place(start) : plain.place(end - 1) + 1]
    assert plain.replaced(start, end, plain.text[start:end]) == raw
    assert plain.replaced(start, end, b"") == Plain(raw, is_whole=True).replaced(0, end - start, b"")


@pytest.mark.parametrize("data", [b"a\x1b", b"a\x1b[", b"a\x1b[1;3", b"a\x1b]0;title", b"a\x1b("])
def test_what_could_begin_a_sequence_is_open_until_nothing_follows(data: bytes) -> None:
    assert Plain(data, is_whole=False).text == b"a"
    assert Plain(data, is_whole=False).open == len(data) - 1
    assert Plain(data, is_whole=True).text == data


@pytest.mark.parametrize("data", [b"$ ", b"a\x1b[0m", b"x" * 1000, b"a \r", b"1 "])
def test_what_is_whole_is_not_open(data: bytes) -> None:
    assert Plain(data, is_whole=False).open == 0


@_SOME
@given(PIECES)
def test_parted_text_has_a_line_feed_for_each_sequence(data: bytes) -> None:
    plain = Plain(data, is_whole=True)
    places = [offset for offset in range(len(plain.parted)) if plain.parted[offset : offset + 1] != b"\n"]
    assert bytes(plain.text[plain.unparted(offset)] for offset in places) == plain.text.replace(b"\n", b"")
    assert plain.has_sequences == (plain.text != data)


def test_what_stands_right_behind_a_sequence_is_told() -> None:
    plain = Plain(b"ab\x1b[mcd", is_whole=True)
    assert [plain.is_behind_sequence(offset) for offset in range(5)] == [False, False, True, False, False]
    assert Plain(b"ab\x1b[m", is_whole=True).is_behind_sequence(2)
