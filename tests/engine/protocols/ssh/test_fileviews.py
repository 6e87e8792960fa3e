from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ProtocolViolation
from engine.masking.plan import MaskRule, Masks
from engine.model import Identity, Target
from engine.protocols.ssh import fileviews, sftp
from engine.protocols.ssh.fileviews import MaskedFile
from engine.protocols.ssh.openfiles import FileMasker
from engine.protocols.ssh.sftp import Code, Kind, Packet
from engine.protocols.ssh.sftp_calls import Failed

VALUE = b"4111 1111 1111 1111"
STARS = b"*" * len(VALUE)
KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + b"c2VjcmV0" * 300 + b"\n-----END OPENSSH PRIVATE KEY-----\n"
MASKS = Masks(
    [MaskRule("m", detect=("credit_card", "private_key"), strategy="hash")],
    Identity("bot", "agent"),
    Target("web1", "ssh", "127.0.0.1:22"),
    b"k" * 32,
)


class Upstream:
    """A file on a target that answers READs, at most `most` bytes at a time."""

    def __init__(self, content: bytes, most: int = 1 << 20) -> None:
        self.content = content
        self.most = most
        self.read = 0

    def ask(self, offset: int, length: int) -> asyncio.Future[Packet]:
        content = self.content[offset : offset + min(length, self.most)]
        self.read += len(content)
        answer = asyncio.get_running_loop().create_future()
        raw = sftp.data(0, content) if content else sftp.status(0, Code.EOF)
        answer.set_result(Packet(raw[4], 0, raw[4:]))
        return answer


def view_of(upstream: Upstream) -> MaskedFile:
    return MaskedFile(upstream.ask, lambda: FileMasker(MASKS))


async def whole(view: MaskedFile) -> bytes:
    content = b""
    while more := await view.read(len(content), 10_000):
        content += more
    return content


async def test_a_file_read_one_byte_at_a_time_shows_no_value() -> None:
    """SECURITY promise 2: nothing is got by odd offsets and lengths."""
    view = view_of(Upstream(b"card " + VALUE + b" end"))
    content = b"".join([await view.read(offset, 1) for offset in range(28)])
    assert content == b"card " + STARS + b" end"
    assert await view.read(28, 1) == b""
    assert view.masked >= 1


async def test_a_file_read_backwards_shows_no_value() -> None:
    """SECURITY promise 2."""
    view = view_of(Upstream(b"card " + VALUE + b" end"))
    assert b"".join([await view.read(offset, 1) for offset in reversed(range(28))])[::-1] == b"card " + STARS + b" end"


async def test_the_middle_of_a_private_key_is_not_shown_to_who_begins_there() -> None:
    """SECURITY promise 2."""
    content = b"x" * 500 + b"\n" + KEY
    view = view_of(Upstream(content))
    assert await view.read(1700, 64) == b"*" * 64


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([VALUE, b"plain words\n" * 30, b"4111 1111 ", b"\xff\0" * 9]), max_size=40),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 700)), max_size=30),
    st.integers(1, 400),
)
async def test_whatever_is_asked_for_is_the_same_part_of_the_same_masked_file(
    pieces: list[bytes], reads: list[tuple[int, int]], most: int
) -> None:
    """SECURITY promise 2."""
    content = b" ".join(pieces)
    masked = await whole(view_of(Upstream(content, most)))
    assert len(masked) == len(content)
    view = view_of(Upstream(content, most))
    for offset, length in reads:
        assert await view.read(offset, length) == masked[offset : offset + length]


async def test_going_back_reads_from_the_nearest_mark_and_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """SECURITY promise 6."""
    monkeypatch.setattr(fileviews, "PIECE", 1024)
    monkeypatch.setattr(fileviews, "_KEPT", 2048)
    monkeypatch.setattr(fileviews, "_FIRST_SPACING", 4096)
    content = b"".join(b"%07d\n" % number for number in range(200_000)) + VALUE
    upstream = Upstream(content)
    view = view_of(upstream)
    masked = await whole(view)
    assert masked == content[: -len(VALUE)] + STARS
    assert len(view._window) <= 10_000 + 4 * 2048
    assert len(view._marks) <= fileviews._MARKS + 1
    upstream.read = 0
    assert await view.read(800_000, 16) == content[800_000:800_016]
    assert 0 < upstream.read < 200_000


async def test_a_file_that_grew_is_read_on_as_it_is_now() -> None:
    upstream = Upstream(b"line\n")
    view = view_of(upstream)
    assert await view.read(0, 100) == b"line\n"
    assert await view.read(5, 100) == b""
    upstream.content += b"card " + VALUE + b"\n"
    assert await view.read(5, 100) == b"card " + STARS + b"\n"


async def test_what_was_written_is_seen() -> None:
    upstream = Upstream(b"before" * 100)
    view = view_of(upstream)
    await view.read(0, 600)
    upstream.content = b"behind" * 100
    view.forget()
    assert await view.read(0, 6) == b"behind"


async def test_a_target_that_fails_is_told_and_may_be_asked_again() -> None:
    upstream = Upstream(b"content")
    view = view_of(upstream)
    working = upstream.ask

    def broken(offset: int, length: int) -> asyncio.Future[Packet]:
        answer = asyncio.get_running_loop().create_future()
        answer.set_result(Packet(Kind.STATUS, 0, sftp.status(0, Code.FAILURE)[4:]))
        return answer

    view._ask = broken
    with pytest.raises(Failed):
        await view.read(0, 7)
    view._ask = working
    assert await view.read(0, 7) == b"content"


async def test_a_masker_that_does_not_keep_lengths_ends_it() -> None:
    """SECURITY promise 2: an offset that moved would show what it should hide."""

    class Longer(FileMasker):
        def finish(self) -> bytes:
            return super().finish() + b"!"

        def fork(self) -> Longer:
            other = Longer(MASKS)
            other._pipe = super().fork()._pipe
            return other

    view = MaskedFile(Upstream(b"card 41").ask, lambda: Longer(MASKS))
    with pytest.raises(ProtocolViolation):
        await view.read(0, 7)
