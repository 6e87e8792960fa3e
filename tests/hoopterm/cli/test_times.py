from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hoopterm.cli.times import parse_duration, parse_moment, relative
from hoopterm.errors import Misused

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("1h30m", 5400), ("7d", 604_800), ("2w", 1_209_600), ("45", 45)]
)
def test_durations_are_typed_as_people_say_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "1h-5m", "nan", "inf", "1e99", "5 m"])
def test_what_is_no_duration_is_a_mistake(text: str) -> None:
    with pytest.raises(Misused, match="no duration"):
        parse_duration(text)


def test_a_moment_is_so_long_ago_or_a_time() -> None:
    assert parse_moment("15m", NOW) == "2026-11-22T20:45:00.000000Z"
    assert parse_moment("15m ago", NOW) == "2026-11-22T20:45:00.000000Z"
    assert parse_moment("2026-11-22T22:00:00+02:00", NOW) == "2026-11-22T20:00:00.000000Z"
    assert parse_moment("2026-11-22T20:00:00Z", NOW) == "2026-11-22T20:00:00.000000Z"


def test_what_is_no_moment_is_a_mistake() -> None:
    with pytest.raises(Misused, match="no moment"):
        parse_moment("yesterday", NOW)


def test_times_are_told_relative_to_now() -> None:
    assert relative("2026-11-22T20:56:00Z", NOW) == "4m ago"
    assert relative("2026-11-22T21:12:00Z", NOW) == "in 12m"
    assert relative("2026-11-22T21:00:00Z", NOW) == "now"
    assert relative(None, NOW) == "–"
    assert relative("garbage", NOW) == "garbage"
