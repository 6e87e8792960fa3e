"""A session from its start: what its recording holds so far, then what happens, with no frame lost or told twice.

The recorder counts the frames it takes. The file is read until it is nearly caught up with; then comes the
subscription, and the file is read on to exactly the count of that moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO

from engine.api.call import Call
from engine.api.feeds import TOO_SLOW, Lines, line
from engine.api.views import frame_view
from engine.errors import RecordError
from engine.session import Session
from replay.format import Damaged, Frame, Kind, load, scan

_CAPACITY = 4096
_PATIENCE = 30.0  # seconds that storage may take
_STORED_WITHIN = 0.05  # seconds between looks at a file that has not got its latest frames yet


class Follower:
    """Reads a recording that may still grow, block by block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._offset = 0

    def next_block(self) -> list[Frame] | None:
        """The frames of the next whole block, None where there is none yet. Raises RecordError for a damaged file."""
        try:
            self._file = self._file or self._path.open("rb")
            block = next(scan(self._file, self._offset), None)
            if block is None:
                return None
            frames = [] if block.flags & Kind.HEADER else load(self._file, block)
        except FileNotFoundError:
            return None  # it appears with its first frames
        except Damaged as damage:
            if damage.is_torn:
                return None
            raise RecordError("the recording does not read", str(damage), "run `hoopterm audit verify`") from damage
        self._offset = block.end
        return frames

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()


async def past(path: Path) -> Lines:
    """Everything a closed session's recording holds."""
    follower = Follower(path)
    try:
        async with aclosing(_blocks(follower)) as blocks:
            async for frames in blocks:
                for frame in frames:
                    yield line(frame_view(frame))
    finally:
        follower.close()


async def follow(call: Call, session: Session) -> Lines:
    """A live session's frames, from its first to its last."""
    recorder, told = session.recorder, 0
    follower = Follower(recorder.path)
    subscription = None
    try:
        async with aclosing(_blocks(follower)) as blocks:
            async for frames in blocks:
                told += len(frames)
                for frame in frames:
                    yield line(frame_view(frame))
        subscription = call.gateway.bus.subscribe(f"frames:{session.id}", capacity=_CAPACITY)
        is_over = session.id not in call.gateway.sessions  # its last frame is among those due from the file
        async with aclosing(_due(follower, recorder.frames - told)) as blocks:
            async for frames in blocks:
                for frame in frames:
                    yield line(frame_view(frame))
        if is_over:
            return
        async for _, frame in subscription:
            yield line(frame_view(frame))
            if _is_last(frame):
                return
        if subscription.dropped:
            yield TOO_SLOW
    finally:
        follower.close()
        if subscription is not None:
            subscription.close()


async def _blocks(follower: Follower) -> AsyncGenerator[list[Frame], None]:
    while (frames := await asyncio.to_thread(follower.next_block)) is not None:
        yield frames


async def _due(follower: Follower, due: int) -> AsyncGenerator[list[Frame], None]:
    """Exactly so many more frames of a recording, waiting for those that are not stored yet."""
    waited = 0.0
    while due > 0:
        frames = await asyncio.to_thread(follower.next_block)
        if frames is not None:
            yield frames[:due]
            due, waited = due - len(frames), 0.0
        elif waited < _PATIENCE:
            await asyncio.sleep(_STORED_WITHIN)
            waited += _STORED_WITHIN
        else:
            raise RecordError("the recording is not stored", hint="the engine's log says why storage fails")


def _is_last(frame: Frame) -> bool:
    return frame.code == "s" and isinstance(frame.data, dict) and frame.data.get("state") == "closed"
