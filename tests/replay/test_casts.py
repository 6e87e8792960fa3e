"""A terminal as an asciicast."""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any

import pytest

from replay import casts
from replay.format import Frame, RowBatch
from tests.replay.session import HEADER, shell


def cast(frames: list[Frame], version: int = 3) -> list[Any]:
    return [json.loads(line) for line in casts.of_terminal(frames, HEADER, version, "a")]


@pytest.mark.parametrize("version", [2, 3])
def test_an_asciicast_of_a_terminal_is_what_was_sent_when_it_was_sent(version: int) -> None:
    header, *events = cast(shell(), version)
    if version == 3:
        assert header["term"] == {"cols": 20, "rows": 3, "type": "xterm-256color"}
        times = list(itertools.accumulate(time for time, _, _ in events))
    else:
        assert (header["width"], header["height"], header["env"]) == (20, 3, {"TERM": "xterm-256color"})
        times = [time for time, _, _ in events]
    assert header["timestamp"] == 1_772_000_005
    expected = [
        (1.0, "o", "$ "),
        (1.5, "i", "ls\r"),
        (1.5, "m", "typed ls"),
        (2.0, "o", "ls\r\none\r\n\x1b[31mtwo\ufffd\x1b[0m\r\n$ "),
        (2.0, "b", base64.b64encode(b"ls\r\none\r\n\x1b[31mtwo\xff\x1b[0m\r\n$ \xe2\x9c").decode()),
        (3.5, "r", "30x3"),
        (4.0, "o", "✓"),
    ]
    if version == 3:
        expected.append((4.5, "x", "3"))
    assert [(round(at, 6), code, text) for at, (_, code, text) in zip(times, events, strict=True)] == expected


def test_decisions_are_markers_without_a_strangers_controls() -> None:
    frames = [
        *shell()[:3],
        Frame(6.1, "w", {"operation": "l", "state": "pending"}),
        Frame(6.2, "e", {"operation": "l", "status": "denied", "error": "no \x1b[2J\nrm"}),
        Frame(6.3, "g", {"operation": "a", "why": "storage"}),
    ]
    labels = [text for _, code, text in cast(frames)[1:] if code == "m"]
    assert labels == ["review pending", "denied no  [2J rm", "missing: storage"]


def test_two_streams_do_not_break_each_others_characters() -> None:
    frames = [
        *shell()[:2],
        Frame(6.0, "R", RowBatch("a", 0, b"\xe2\x9c", "stdout")),
        Frame(6.0, "R", RowBatch("a", 0, b"x", "stderr")),
        Frame(6.0, "R", RowBatch("a", 0, b"\x93", "stdout")),
    ]
    assert [text for _, _, text in cast(frames)[1:]] == ["x", "✓"]
