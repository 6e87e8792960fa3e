"""The file behind a recorder: blocks appended and synced on the flusher's thread, digests over the stored bytes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from engine.audit.events import shortened
from engine.files import sync_directory
from replay.format import FilledLines, Frame, RowBatch, encode_block, encode_header

BLOCK_SIZE = 1 << 20
LARGE_BATCH = 64 << 10  # rows this large get blocks of their own, which an index passes over
MAX_EVENT = 8 << 20
SEAL = 1.0  # seconds a recording may go on unsealed


@dataclass(frozen=True, slots=True)
class Seal:
    """A stretch of the stored file and its digest: the data of `recording.segment`."""

    recording: str
    offset: int
    length: int
    sha256: str
    is_final: bool

    def as_data(self) -> dict[str, Any]:
        """As the log has it."""
        return {
            "recording": self.recording,
            "offset": self.offset,
            "length": self.length,
            "sha256": self.sha256,
            "final": self.is_final,
        }


class RecordingFile:
    """Takes what is put to `frames`; `write` and `sync` run on the flusher's threads, one at a time."""

    def __init__(
        self,
        path: Path,
        session: str,
        header: dict[str, Any],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._clock = clock
        self.session = session
        self.stored = 0  # cost of the frames that are durable
        self.is_queued = False
        self.is_closing = False
        self.told: Callable[[str | None, Seal | None], None] = lambda failure, seal: None
        self.frames: deque[tuple[Frame | FilledLines, int]] = deque()  # taken, each with its cost; added to on the loop
        self._descriptor = -1
        self._unsynced = encode_header(header)
        self._unsynced_cost = 0
        self._size = 0
        self._sealed = 0
        self._digest = hashlib.sha256()
        self._at = 0.0
        self._seal_due = 0.0  # the header is sealed at once
        self._is_sealing = False
        self._is_finished = False

    def write(self) -> bool:
        """Append what gathered as blocks; after a failure the same bytes again at the same place."""
        self.is_queued = False
        if self._is_finished:
            return False
        if self._descriptor < 0:
            self._create()
        blocks = [self._unsynced, *self._blocks()]
        self._unsynced = b"".join(blocks)
        self._is_sealing = self.is_closing or self._clock() >= self._seal_due
        view, position = memoryview(self._unsynced), self._size
        while view:
            written = os.pwrite(self._descriptor, view, position)
            view, position = view[written:], position + written
        return True

    def sync(self) -> bool:
        """Make it durable and seal it when that is due; True while a part is not sealed."""
        os.fdatasync(self._descriptor)
        if self._size == self._sealed:
            self._seal_due = self._clock() + SEAL
        self._digest.update(self._unsynced)
        self._size += len(self._unsynced)
        self.stored += self._unsynced_cost
        self._unsynced, self._unsynced_cost = b"", 0
        seal = None
        if self._is_sealing and (self._size > self._sealed or self.is_closing):
            seal = self._seal()
        self.told(None, seal)
        return self._size > self._sealed

    def failed(self, error: OSError) -> None:
        """Tell the loop; the bytes are kept."""
        self.told(error.strerror or str(error), None)

    def make_read_only(self) -> None:
        """Mark it as closed and sealed: recovery looks at writable recordings alone."""
        with contextlib.suppress(OSError):
            self.path.chmod(0o400)

    def _create(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        sync_directory(self.path.parent)

    def _seal(self) -> Seal:
        is_final = self.is_closing and not self.frames
        seal = Seal(self.path.name, self._sealed, self._size - self._sealed, self._digest.hexdigest(), is_final)
        self._sealed, self._digest = self._size, hashlib.sha256()
        if is_final:
            self._is_finished = True
            os.close(self._descriptor)
        return seal

    def _blocks(self) -> Iterator[bytes]:
        group: list[Frame | FilledLines] = []
        size, is_large = 0, False
        for _ in range(len(self.frames)):
            frame, cost = self.frames.popleft()
            self._unsynced_cost += cost
            if isinstance(frame, FilledLines):
                large = False
            else:
                frame = _bounded(frame)
                large = isinstance(frame.data, RowBatch) and len(frame.data.cells) >= LARGE_BATCH
            if group and (large != is_large or size + cost > BLOCK_SIZE):
                yield self._block(group)
                group, size = [], 0
            group.append(frame)
            size, is_large = size + cost, large
        if group:
            yield self._block(group)

    def _block(self, frames: list[Frame | FilledLines]) -> bytes:
        block = encode_block(frames, self._at)
        self._at = frames[-1].at
        return block


def _bounded(frame: Frame) -> Frame:
    """An event as large as a block may be is cut; the log has the digest of the exact text."""
    if isinstance(frame.data, RowBatch) or len(msgspec.json.encode(frame.data)) <= MAX_EVENT:
        return frame
    limit = MAX_EVENT // 2
    data = shortened(frame.data, limit, lambda data: len(msgspec.json.encode(data)) <= MAX_EVENT)
    return Frame(frame.at, frame.code, data)
