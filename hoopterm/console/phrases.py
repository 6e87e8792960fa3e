"""Times and numbers as a person reads them. All clocks are given, none is read."""

from __future__ import annotations

from datetime import datetime


def when(stamp: str) -> datetime:
    """An API time; raises ValueError where it is none."""
    return datetime.fromisoformat(stamp)


def seconds_until(stamp: str, now: datetime) -> float:
    """Seconds from now to then; negative when it has passed."""
    return (when(stamp) - now).total_seconds()


def local_date(stamp: str, now: datetime) -> str:
    """The local time, with the day in front when it is not today's."""
    then, today = when(stamp).astimezone(), now.astimezone()
    if then.date() == today.date():
        return then.strftime("%H:%M:%S")
    return then.strftime("%d %b %H:%M" if then.year == today.year else "%Y-%m-%d")


def utc(stamp: str) -> str:
    """The same instant in UTC, to the second."""
    return when(stamp).strftime("%Y-%m-%d %H:%M:%SZ")


def moment(text: str) -> float:
    """Seconds of a time within a recording, as `1:30`, `1:02:03.5` or seconds; raises ValueError where it is none."""
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part)
    if not 0 <= seconds < 1e9:
        raise ValueError("no time of a recording")
    return seconds


def countdown(seconds: float) -> str:
    """Time left: `0:07`, `12:40`, `2h05`, `3d`."""
    whole = max(int(seconds), 0)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02}"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}"
    return f"{whole // 86_400}d"


def lasted(seconds: float) -> str:
    """A duration: `1.2 ms`, `340 ms`, `2.1 s`, `4m05`, `2h05`."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds) // 60}m{int(seconds) % 60:02}"
    return countdown(seconds)


def ago(stamp: str, now: datetime) -> str:
    """How long ago: `4s`, `12m`, `3h`, `2d`."""
    return age(-seconds_until(stamp, now))


def age(seconds: float) -> str:
    """A coarse age."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m"
    if whole < 86_400:
        return f"{whole // 3600}h"
    return f"{whole // 86_400}d"


def freshness(seconds: float) -> str:
    """A live feed's age: tenths while it is young."""
    return f"{max(seconds, 0):.1f}s" if seconds < 10 else age(seconds)


def count(number: int) -> str:
    """Digits in groups of three."""
    return f"{number:,}"


def few(number: int) -> str:
    """A number in at most five cells: `412`, `18.2k`, `3.4M`."""
    if number < 10_000:
        return str(number)
    for limit, unit in ((1e6, "k"), (1e9, "M"), (1e12, "G")):
        if number < limit:
            scaled = number / (limit / 1000)
            return f"{scaled:.1f}{unit}" if scaled < 100 else f"{scaled:.0f}{unit}"
    return "many"


def plural(number: int, noun: str, many: str | None = None) -> str:
    """`1 row`, `2 rows`, `18,204 rows`."""
    return f"{count(number)} {noun if number == 1 else many or noun + 's'}"


def timecode(seconds: float) -> str:
    """A place in a recording: `04:31`, `1:04:31`."""
    whole = max(int(seconds), 0)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60:02}:{rest % 60:02}"


def room(free: int, total: int, rate: float | None, days_left: float | None) -> str:
    """Free space: `212 GB free of 1.8 TB · 41 days left`; `rate` is in bytes a day, None where it is not known yet."""
    if rate is None:
        left = "days left not known yet"
    elif days_left is None:
        left = "not shrinking"
    else:
        left = "less than a day left" if days_left < 1 else f"{plural(int(days_left), 'day')} left"
    return f"{size(free)} free of {size(total)} · {left}"


def size(number: int) -> str:
    """Bytes: `412 B`, `18.2 kB`, `3.4 MB`."""
    value = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
