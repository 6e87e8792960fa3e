from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator

import pytest
import structlog

from engine.logs import configure


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure()
    yield written
    structlog.reset_defaults()


def test_a_line_is_one_json_object_whatever_strangers_wrote(stream: io.StringIO) -> None:
    structlog.get_logger().info("ended", why="a\x1b[2J\nb\u202e")
    (line,) = stream.getvalue().splitlines()
    assert line.isascii()
    assert json.loads(line)["why"] == "a\x1b[2J\nb\u202e"


def test_a_traceback_shows_no_variable(stream: io.StringIO) -> None:
    try:
        secret = "hunter2".upper()
        raise RuntimeError(f"of {len(secret)} letters")
    except RuntimeError:
        structlog.get_logger().exception("failed")
    assert "RuntimeError: of 7 letters" in stream.getvalue()
    assert "HUNTER2" not in stream.getvalue()
