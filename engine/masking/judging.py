"""Values in raw bytes: near what the bulk scan nominated each detector looks carefully."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from engine.masking.detect import LETTERS, LOCAL, LONGEST_DOMAIN, LONGEST_LOCAL, Detection, Detector
from engine.masking.transform import STRENGTH, Transform

Span = tuple[int, int, Transform]
"""Where a value begins and ends in the data, and what takes its place."""

_WIDEST_CHARACTER = 4  # bytes
_BEFORE = re.compile(rf"[{LOCAL}]{{1,{LONGEST_LOCAL}}}")
_BEHIND_BYTES = re.compile(rb"(?:[0-9A-Za-z_\x80-\xff-]+\.)+[0-9A-Za-z_\x80-\xff-]{2,}")  # before anything is decoded
_BEHIND = re.compile(rf"(?:[{LETTERS}-]+\.)+[{LETTERS}-]{{2,}}")


def judge(data: bytes, begin: int, detection: Detection, detected: Mapping[str, Transform]) -> list[Span]:
    """Every recognised value from `begin` on, ascending; overlapping ones are one span with the strongest of their
    strategies. What stands before `begin` only tells whether a value can begin there.

    Of an address LONGEST_LOCAL characters before the @ count; no other value is wider than its detector's `longest`.
    """
    by_detector: defaultdict[int, list[int]] = defaultdict(list)
    for end, number in detection.nominated(data):
        by_detector[number].append(end)
    spans: list[Span] = []
    text = data.decode("latin-1") if by_detector else ""  # a character a byte: these detectors know ASCII only
    for number, ends in by_detector.items():
        detector = detection.detectors[number]
        if detector.name == "email":
            found = _addresses(data, begin, ends)
        elif detector.longest:
            found = _narrow(text, begin, detector, ends)
        else:
            continue
        chosen = detected[detector.name]
        spans += [(start, end, chosen) for start, end in found]
    return merged(spans)


def _narrow(text: str, begin: int, detector: Detector, ends: list[int]) -> Iterator[tuple[int, int]]:
    """What the detector finds in windows around its nominations that are as wide as a value can be."""
    for first, last in _windows(ends, detector.longest):
        position, stop = max(first, begin), min(last, len(text))
        while match := detector.shape.search(text, position, stop):
            if match.end() == stop < len(text):
                break  # what it holds of the next window is seen there
            if length := detector.genuine(match.group()):
                position = match.start() + length
                yield match.start(), position
            else:
                position = match.start() + 1


def _windows(ends: list[int], width: int) -> Iterator[tuple[int, int]]:
    first, last = max(ends[0] - width, 0), ends[0] + width + 1
    for end in ends[1:]:
        if end - width > last:
            yield first, last
            first = end - width
        last = end + width + 1
    yield first, last


def _addresses(data: bytes, begin: int, ends: Iterable[int]) -> Iterator[tuple[int, int]]:
    for end in ends:
        at = end - 2
        rough = _BEHIND_BYTES.match(data, at + 1, at + 1 + _WIDEST_CHARACTER * LONGEST_DOMAIN)
        if rough is None:
            continue
        left = data[max(at - _WIDEST_CHARACTER * LONGEST_LOCAL, begin) : at].decode(errors="surrogateescape")
        before = _BEFORE.match(left[::-1])
        behind = rough.group().decode(errors="surrogateescape")
        if before and (domain := _BEHIND.match(behind, 0, LONGEST_DOMAIN)):
            yield at - _size(left[len(left) - before.end() :]), at + 1 + _size(domain.group())


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogateescape"))


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order, overlapping ones as one."""
    out: list[Span] = []
    for start, end, chosen in sorted(spans, key=lambda span: span[:2]):
        if out and start < out[-1][1]:
            first, last, other = out[-1]
            stronger = chosen if STRENGTH[chosen.strategy] > STRENGTH[other.strategy] else other
            out[-1] = (first, max(end, last), stronger)
        else:
            out.append((start, end, chosen))
    return out
