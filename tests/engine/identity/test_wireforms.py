import pytest

from engine.identity.wireforms import Malformed, Reader


def test_pieces_are_read_in_order() -> None:
    reader = Reader(b"\0\0\0\2ab\0\7\0\0\0\0rest")
    assert (reader.string(), reader.number(2), reader.text(), reader.take(4), bool(reader)) == (
        b"ab",
        7,
        "",
        b"rest",
        False,
    )
    reader.end()


@pytest.mark.parametrize("data", [b"", b"\0\0\0", b"\0\0\0\5abcd", b"\xff\xff\xff\xffa", b"\0\0\0\1\xff"])
def test_nothing_is_read_past_the_end_or_as_text_that_is_none(data: bytes) -> None:
    with pytest.raises(Malformed):
        Reader(data).text()


def test_what_is_left_over_is_told() -> None:
    with pytest.raises(Malformed, match="goes on"):
        Reader(b"x").end()
