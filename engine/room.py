"""Room for the record: how much space its filesystems have, and whether operations may go on.

Below `warn` an event says so; below `floor` operations and new sessions are refused while what is under way can still
be recorded, and they resume by themselves once there is space again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from engine.errors import RecordError

if TYPE_CHECKING:
    from engine.config.models import FreeSpace

_LOOK: Final = 0.5  # seconds between looks
_SAMPLE: Final = 60.0  # seconds between the samples that the rate is taken from …
_SAMPLES: Final = 24 * 60  # … how many are kept: a day's …
_ENOUGH: Final = 600.0  # … and how many seconds they must span to say anything
_BACK: Final = 20  # a limit is left a twentieth above where it was met, so that nothing flutters …
_MOST_BACK: Final = 256 << 20  # … and at most this many bytes above it
_UNSAID: Final = 64
_DAY: Final = 86400.0

logger = structlog.get_logger()


class Level(StrEnum):
    """How a filesystem is."""

    AMPLE = "ample"
    LOW = "low"
    FULL = "full"


class Measured(Protocol):
    """What `os.statvfs` says, as much of it as is read."""

    @property
    def f_frsize(self) -> int:
        """Bytes of a block."""

    @property
    def f_blocks(self) -> int:
        """Blocks there are."""

    @property
    def f_bavail(self) -> int:
        """Blocks that anybody may still have."""


@dataclass(frozen=True, slots=True)
class Space:
    """One filesystem as it was last seen. Sizes in bytes; `rate` in bytes a day, None until enough was seen, and not
    above 0 where its free space does not shrink. `days_left` until the floor."""

    path: Path
    free: int
    total: int
    warn: int
    floor: int
    level: Level
    rate: float | None = None

    @property
    def days_left(self) -> float | None:
        """Days until the floor at the present rate; None where nobody can tell."""
        if self.rate is None or self.rate <= 0:
            return None
        return max(0.0, (self.free - self.floor) / self.rate)

    def as_data(self) -> dict[str, Any]:
        """As an event has it."""
        days = self.days_left
        return {
            "path": str(self.path),
            "level": self.level.value,
            "free": self.free,
            "total": self.total,
            "warn": self.warn,
            "floor": self.floor,
            "days_left": None if days is None else round(days, 2),
        }


class Volume:
    """One filesystem over time.

    Its rate is taken from free space, not from what the engine wrote: what fills the disk may be somebody else, and
    what ends the record is that it is full.
    """

    def __init__(self, path: Path, limits: FreeSpace) -> None:
        self.path = path
        self.space: Space | None = None
        self._limits = limits
        self._history: deque[tuple[float, int]] = deque(maxlen=_SAMPLES)

    def note(self, measured: Measured, at: float) -> Level | None:
        """Take in how it is at a monotonic moment; the level it was on before, None where it is on that one still."""
        total, free = measured.f_frsize * measured.f_blocks, measured.f_frsize * measured.f_bavail
        if total == 0:  # what has no size cannot be short of it
            return None
        before = self.space.level if self.space is not None else Level.AMPLE
        warn, floor = self._limits.warn.of(total), self._limits.floor.of(total)
        if not self._history or at - self._history[-1][0] >= _SAMPLE:
            self._history.append((at, free))
        level = _level(before, free, max(warn, floor), floor)
        self.space = Space(self.path, free, total, warn, floor, level, self._rate(free, at))
        return before if level is not before else None

    def _rate(self, free: int, at: float) -> float | None:
        since, before = self._history[0]
        return (before - free) / (at - since) * _DAY if at - since >= _ENOUGH else None


def _level(before: Level, free: int, warn: int, floor: int) -> Level:
    def is_under(limit: int, was_under: bool) -> bool:
        return free < limit + (min(limit // _BACK, _MOST_BACK) if was_under else 0)

    if is_under(floor, before is Level.FULL):
        return Level.FULL
    return Level.LOW if is_under(warn, before is not Level.AMPLE) else Level.AMPLE


class Room:
    """The filesystems of the record. `is_full` is what every operation asks: a flag, kept by `watch`.

    `tell` records an event's data and may raise RecordError: it is told again at the next look.
    """

    def __init__(
        self,
        paths: Iterable[Path],
        limits: FreeSpace,
        tell: Callable[[dict[str, Any]], object],
        *,
        measure: Callable[[Path], Measured] = os.statvfs,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_full = False
        self.volumes = [Volume(path, limits) for path in _one_of_each(paths)]
        self._tell = tell
        self._measure = measure
        self._clock = clock
        self._refused: Counter[str] = Counter()
        self._unsaid: deque[dict[str, Any]] = deque(maxlen=_UNSAID)

    @property
    def spaces(self) -> list[Space]:
        """Every filesystem as it was last seen."""
        return [volume.space for volume in self.volumes if volume.space is not None]

    async def watch(self, until: asyncio.Event) -> None:
        """Look again and again."""
        while not until.is_set():
            await self.look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(until.wait(), _LOOK)

    async def look(self) -> None:
        """Measure every filesystem: on a thread, since one that hangs must not hold up the loop."""
        measured = await asyncio.to_thread(self._measure_all)
        at = self._clock()
        left: list[Volume] = []
        for volume, found in zip(self.volumes, measured, strict=True):
            before = volume.note(found, at) if found is not None else None
            if before is None or volume.space is None:
                continue
            if before is Level.FULL:
                left.append(volume)
            elif volume.space.level is not Level.AMPLE:
                self._unsaid.append(volume.space.as_data())
        self.is_full = any(space.level is Level.FULL for space in self.spaces)
        for volume in left:
            self._evidence(volume)
        self._say()

    def refusal(self, what: str) -> RecordError:
        """The error of an operation or session that is refused while there is no room; it is counted as `what`."""
        self._refused[what] += 1
        short = next((space for space in self.spaces if space.level is Level.FULL), None)
        why = f"{short.path} has {_words(short.free)} free, its floor is {_words(short.floor)}" if short else ""
        hint = "free space there; operations resume by themselves"
        return RecordError("there is no room left for the record", why, hint)

    def close(self) -> None:
        """Say what was refused, when the engine stops before there is room again."""
        full = [volume for volume in self.volumes if volume.space is not None and volume.space.level is Level.FULL]
        if self._refused and full:
            self._evidence(full[0])
        self._say()

    def _evidence(self, volume: Volume) -> None:
        assert volume.space is not None
        self._unsaid.append({**volume.space.as_data(), "refused": dict(self._refused)})
        self._refused.clear()

    def _say(self) -> None:
        while self._unsaid:
            try:
                self._tell(self._unsaid[0])
            except RecordError:
                return
            self._unsaid.popleft()

    def _measure_all(self) -> list[Measured | None]:
        return [self._measured(volume.path) for volume in self.volumes]

    def _measured(self, path: Path) -> Measured | None:
        try:
            return self._measure(path)
        except OSError as error:
            logger.warning("free space cannot be measured", path=str(path), why=error.strerror)
            return None


def _one_of_each(paths: Iterable[Path]) -> list[Path]:
    """One path of each filesystem."""
    return list({path.stat().st_dev: path for path in reversed(list(paths))}.values())[::-1]


def _words(number: int) -> str:
    value = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.4g} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
