from __future__ import annotations

import pytest

from engine.protocols.ssh import filepaths


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        (b"", b"/home/a"),
        (b".", b"/home/a"),
        (b"x", b"/home/a/x"),
        (b"/x", b"/x"),
        (b"//x//y/", b"/x/y"),
        (b"../../../../etc/shadow", b"/etc/shadow"),
        (b"/x/./y/../z", b"/x/z"),
        (b"///", b"/"),
    ],
)
def test_a_path_is_made_absolute_and_plain(path: bytes, plain: bytes) -> None:
    assert filepaths.absolute(path, b"/home/a") == plain


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        (b"x", (b".", b"x")),
        (b"/x", (b"/", b"x")),
        (b"/x/y", (b"/x", b"y")),
        (b"/x/", None),
        (b"/x/.", None),
        (b"/x/..", None),
        (b"..", None),
        (b"", None),
    ],
)
def test_a_path_is_divided_only_where_its_last_part_is_a_name(path: bytes, parts: tuple[bytes, bytes] | None) -> None:
    assert filepaths.divided(path) == parts


def test_bytes_that_are_no_text_are_written_so_that_they_can_be_read() -> None:
    assert str(filepaths.resource_of(b"/a/\xff")) == "path:/a/\\xff"
    assert not filepaths.is_exact(b"/a/\xff")
    assert filepaths.is_exact("/a/ö".encode())


def test_a_name_in_the_root_has_one_slash() -> None:
    assert filepaths.joined(b"/", b"x") == b"/x"
