"""Walks a log's journal: the entries no checkpoint covers yet, and those it shares with the tiles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from replay.journal import JournalError, Segment, read_segment, segment_paths
from replay.report import Report
from replay.tiles import LayoutError, Tiles


class Tail:
    """One pass over the journal of a log of which `size` entries are signed; problems go into the report."""

    def __init__(self, directory: Path, size: int, report: Report) -> None:
        self._directory = directory
        self._size = size
        self._report = report
        self._tiles = Tiles(directory, size)
        self._expected = 0

    def entries(self) -> Iterator[tuple[int, bytes]]:
        """(sequence, entry) of the unsigned tail. Signed entries that the journal still has must be the same."""
        journal = self._directory / "journal"
        if not journal.is_dir():
            return  # a copy of what is published, without the engine's own files
        paths = segment_paths(journal)
        is_first = True
        for path, after in zip(paths, [*paths[1:], None], strict=False):
            segment = self._read(path)
            if segment is None:
                continue
            self._check_place(segment, is_first=is_first)
            is_first = False
            yield from self._segment(segment, after)
        if not is_first and self._expected < self._size:
            what = f"the journal ends before entry {self._expected}, {self._size} are signed"
            self._report.add(what, "journal", self._expected)

    def _read(self, path: Path) -> Segment | None:
        try:
            return read_segment(path)
        except FileNotFoundError:
            return None  # a running engine retired it: what it had is in tiles
        except JournalError as error:
            self._report.add(str(error), f"journal/{path.name}")
        except OSError as error:
            self._report.add(error.strerror or str(error), f"journal/{path.name}")
        return None

    def _check_place(self, segment: Segment, *, is_first: bool) -> None:
        name = _name(segment)
        if is_first:
            self._expected = segment.first
            if segment.first > self._size:
                what = f"entries {self._size} to {segment.first - 1} are missing: the journal begins after them"
                self._report.add(what, name, self._size)
        elif segment.first > self._expected:
            what = f"entries {self._expected} to {segment.first - 1} are missing before it"
            self._report.add(what, name, self._expected)

    def _segment(self, segment: Segment, after: Path | None) -> Iterator[tuple[int, bytes]]:
        """A failed write is repeated in the next segment, so this one counts only as far as that one's first entry."""
        name = _name(segment)
        stop = segment.next if after is None else min(segment.next, int(after.stem))
        if segment.resumes is not None:
            what = f"{segment.torn}, but a frame follows at {segment.resumes}"
            self._report.add(what, name, segment.next, segment.end)
        elif segment.torn and after is None:
            self._report.torn_tail = f"{name} at {segment.end}: {segment.torn}"
        signed = self._signed(segment.first, min(segment.next, self._size))
        for sequence, offset, entry in _placed(segment):
            if sequence < self._size:
                if next(signed, entry) != entry:
                    self._report.add("the journal's entry is not the one in the tiles", name, sequence, offset)
            elif sequence < stop:
                self._report.unsigned_tail += 1
                yield sequence, entry
        self._expected = max(self._expected, stop)

    def _signed(self, start: int, stop: int) -> Iterator[bytes]:
        try:
            yield from self._tiles.entries(start, stop)
        except (LayoutError, OSError):
            return  # the walk over the tiles has told it


def _placed(segment: Segment) -> Iterator[tuple[int, int, bytes]]:
    for batch in segment.batches:
        for sequence, entry in enumerate(batch.entries, batch.first):
            yield sequence, batch.offset, entry


def _name(segment: Segment) -> str:
    return f"journal/{segment.path.name}"
