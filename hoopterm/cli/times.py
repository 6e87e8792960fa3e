"""Durations and moments as people type them, and as they read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hoopterm.console.phrases import age, seconds_until
from hoopterm.errors import Misused

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+")


def parse_duration(text: str) -> float:
    """Seconds of `90s`, `15m`, `1h30m`, `7d`, or of a bare number."""
    if _DURATION.fullmatch(text):
        return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e10:
        raise Misused(f"{text!r} is no duration", "write 90s, 15m, 1h30m or 7d")
    return seconds


def parse_moment(text: str, now: datetime) -> str:
    """RFC 3339 in UTC of `15m` or `15m ago`, `2026-11-22`, or `2026-11-22T21:04` with a zone or in local time."""
    ago = text.removesuffix("ago").strip()
    if _DURATION.fullmatch(ago):
        moment = now - timedelta(seconds=parse_duration(ago))
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise Misused(f"{text!r} is no moment", "write 15m for so long ago, or 2026-11-22T21:04") from None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def relative(stamp: str | None, now: datetime) -> str:
    """`4m ago`, `in 12m`, `now`; a dash where there is none."""
    if not stamp:
        return "–"
    try:
        seconds = seconds_until(stamp, now)
    except ValueError:
        return stamp
    if abs(seconds) < 1:
        return "now"
    return f"in {age(seconds)}" if seconds > 0 else f"{age(-seconds)} ago"
