"""Where recordings are while they are replayed."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from hoopterm.console import scratch
from hoopterm.console.scratch import Directory, Memory
from hoopterm.errors import Refused


async def sent(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_a_directory_keeps_files_apart_and_leaves_none() -> None:
    directory = Directory()
    one, other = await directory.keep(sent(b"a", b"b")), await directory.keep(sent(b"c"))
    assert (one.read_bytes(), other.read_bytes()) == (b"ab", b"c")
    directory.cleanup()
    assert not one.parent.exists()


async def test_memory_keeps_one_recording_without_a_file() -> None:
    memory = Memory()
    path = await memory.keep(sent(b"a", b"b"))
    assert path.read_bytes() == b"ab"
    assert os.readlink(path).startswith("/memfd:")
    again = await memory.keep(sent(b"c"))
    assert again.read_bytes() == b"c"
    memory.cleanup()
    assert not again.exists()


async def test_a_recording_that_memory_is_too_small_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """SECURITY 6: bounded memory."""
    monkeypatch.setattr(scratch, "MOST_IN_MEMORY", 3)
    with pytest.raises(Refused, match="keeps it in memory"):
        await Memory().keep(sent(b"ab", b"cd"))
