"""A file as a client may see it: masked from its beginning to its end, whatever parts of it are asked for.

Whether bytes are part of a value depends on what stands around them, and behind a `BEGIN … PRIVATE KEY` on all that
came before. So the engine reads the file itself, in order and from the start, and answers every READ from what the
masker gave out, at the same offsets: masking keeps lengths here, whatever the rule says. Where a client begins to read,
how much at a time, and how often, changes nothing in what it gets.

What was given out is kept for a while only. To go back further, the file is read again from the nearest of some points
at which the masker's state was kept.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from engine.errors import ProtocolViolation
from engine.protocols.ssh.sftp import Packet
from engine.protocols.ssh.sftp_calls import content_of

PIECE: Final = 128 * 1024  # bytes of one read upstream
_AHEAD: Final = 8  # reads upstream at a time, once a client reads on
_KEPT: Final = 1 << 20  # bytes given out that are kept
_MARKS: Final = 64  # points to go back to, at most
_FIRST_SPACING: Final = 4 << 20  # bytes between them; doubled whenever there are too many


class LengthKeepingMasker(Protocol):
    """Masks a file in order. What it gives out is as long as what it was given, once it is finished."""

    @property
    def masked(self) -> int:
        """Values replaced so far."""

    def mask(self, chunk: bytes) -> bytes:
        """What may go on now."""

    def finish(self) -> bytes:
        """The end of the file: the rest."""

    def fork(self) -> LengthKeepingMasker:
        """One that goes on from the same state."""


@dataclass(slots=True)
class _Mark:
    """A state of the masker: it was given `read` bytes and had given out `given`."""

    read: int
    given: int
    masker: LengthKeepingMasker


Ask = Callable[[int, int], asyncio.Future[Packet]]
"""Begins a read upstream of so many bytes at an offset."""


class MaskedFile:
    """One open file. `read` is called by one task at a time."""

    def __init__(self, ask: Ask, masker: Callable[[], LengthKeepingMasker]) -> None:
        self._ask = ask
        self._new_masker = masker
        self._spacing = _FIRST_SPACING
        self._marks: list[_Mark] = []
        self.masked = 0  # values replaced in what was read so far
        self._go_to(_Mark(0, 0, masker()))

    def __repr__(self) -> str:
        return f"<MaskedFile {self._given} of {self._read} bytes given out>"

    def forget(self) -> None:
        """The file was changed: nothing that is known of it holds."""
        self._marks.clear()
        self._go_to(_Mark(0, 0, self._new_masker()))

    async def read(self, offset: int, length: int) -> bytes:
        """The masked bytes there, fewer only at the end of the file; raises Failed, and ProtocolViolation."""
        if offset < self._start:
            self._go_to(self._nearest(offset))
        rest = b""
        while self._given < offset + length:
            if not await self._more(offset):
                rest = self._rest()
                break
        begin = offset - self._start
        content = bytes(self._window[begin : begin + length])
        begin = max(0, offset - self._given)
        content += rest[begin : begin + length - len(content)]
        self._trim(offset)
        return content

    def _nearest(self, offset: int) -> _Mark:
        known = [mark for mark in self._marks if mark.given <= offset]
        if not known:
            return _Mark(0, 0, self._new_masker())
        return _Mark(known[-1].read, known[-1].given, known[-1].masker.fork())

    def _go_to(self, mark: _Mark) -> None:
        self._masker = mark.masker
        self._read = mark.read  # the next byte that the masker has not seen
        self._start = self._given = mark.given
        self._window = bytearray()  # what was given out between these two
        self._count = 0  # pieces since
        self._asked: deque[tuple[int, int, asyncio.Future[Packet]]] = deque()

    async def _more(self, wanted: int) -> bool:
        """Read and mask one more piece; whether there was one."""
        content = await self._piece()
        if not content:
            self._asked.clear()  # behind the end; a file that grows is asked for again
            return False
        self._count += 1
        self._read += len(content)
        before = self._masker.masked
        masked = self._masker.mask(content)
        self.masked += self._masker.masked - before
        self._window += masked
        self._given += len(masked)
        if self._given > self._read:
            raise ProtocolViolation("masking failed", "what was masked is longer than it was")
        self._trim(wanted)
        self._keep_mark()
        return True

    async def _piece(self) -> bytes:
        asked = self._asked
        while len(asked) < (_AHEAD if self._count else 1):
            offset = asked[-1][0] + asked[-1][1] if asked else self._read
            asked.append((offset, PIECE, self._ask(offset, PIECE)))
        offset, length, coming = asked.popleft()
        content = content_of(await coming, length)
        if content and len(content) < length:  # the rest of it, or the end of the file
            offset, length = offset + len(content), length - len(content)
            asked.appendleft((offset, length, self._ask(offset, length)))
        return content

    def _rest(self) -> bytes:
        """What the masker still holds back, as it is where the file ends here."""
        masker = self._masker.fork()
        before = masker.masked
        rest = masker.finish()
        if self._given + len(rest) != self._read:
            raise ProtocolViolation("masking failed", "what was masked is not as long as it was")
        self.masked += masker.masked - before
        return rest

    def _trim(self, wanted: int) -> None:
        """Let go of what lies far before what is wanted."""
        surplus = min(wanted, self._given) - _KEPT - self._start
        if surplus > _KEPT:
            del self._window[:surplus]
            self._start += surplus

    def _keep_mark(self) -> None:
        if self._given < (self._marks[-1].given if self._marks else 0) + self._spacing:
            return
        self._marks.append(_Mark(self._read, self._given, self._masker.fork()))
        if len(self._marks) > _MARKS:
            self._spacing *= 2
            del self._marks[::2]
