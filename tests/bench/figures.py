"""The arithmetic: each round compares peers that ran side by side, and the median over rounds is the figure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Bound(StrEnum):
    """On which side of its target a figure must lie."""

    AT_LEAST = "at least"
    AT_MOST = "at most"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Figure:
    """One published number. `rounds` are the values whose median is `measured`, in `unit`."""

    scenario: str
    name: str
    title: str
    unit: str
    rounds: tuple[float, ...]
    bound: Bound = Bound.NONE
    target: float | None = None
    details: dict[str, float] = field(default_factory=dict)

    @property
    def measured(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rounds)

    @property
    def short(self) -> str:
        """What is before the title's colon: the conditions, without what was measured."""
        return self.title.partition(":")[0]

    @property
    def holds(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None or self.bound is Bound.NONE:
            return None
        if self.bound is Bound.AT_LEAST:
            return self.measured >= self.target
        return self.measured <= self.target

    def as_json(self) -> dict[str, object]:
        """With its verdict."""
        return {
            "scenario": self.scenario,
            "name": self.name,
            "title": self.title,
            "unit": self.unit,
            "bound": self.bound.value,
            "target": self.target,
            "measured": rounded(self.measured),
            "holds": self.holds,
            "rounds": [rounded(value) for value in self.rounds],
            "details": {name: rounded(value) for name, value in self.details.items()},
        }


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Ours over theirs, round by round."""
    return tuple(our / their for our, their in zip(ours, theirs, strict=True))


def differences(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Ours less theirs, round by round."""
    return tuple(our - their for our, their in zip(ours, theirs, strict=True))


def rounded(value: float) -> float:
    """To four significant digits, and whole from a thousand on."""
    return round(value) if abs(value) >= 1000 else float(f"{value:.4g}")
