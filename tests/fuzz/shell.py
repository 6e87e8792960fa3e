"""Command lines: what is told of one is what shells run of it."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from engine.model import Effect
from engine.protocols.ssh.commands.telling import tell
from tests.engine.protocols.ssh.commands.shells import Bench, disagreements


@cache
def _bench() -> tuple[Bench, tempfile.TemporaryDirectory[str]]:
    folder = tempfile.TemporaryDirectory(prefix="hoopterm-shells-")  # goes with the process
    return Bench(Path(folder.name)), folder


def line(data: bytes) -> None:
    """A line is opaque, or every shell runs the words that are told of it and no others."""
    told = tell(data)
    effects = {access.effect for access in told.accesses}
    assert (told.why_opaque is None) == (Effect.OPAQUE not in effects), told
    assert (told.why_opaque is None) == bool(told.commands), told
    assert list(disagreements(_bench()[0], data)) == []
