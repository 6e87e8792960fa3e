"""The older protocol of scp (`scp -O`, rcp's) on the wire, without I/O.

Source: scp.c of OpenSSH. One side is the source, which sends records and contents, the other the sink, which answers
each of them with one word: a zero byte, or a complaint. `Source` reads what the source says and is told each `word` of
the sink, because what comes next hangs on it; `Words` reads the sink.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from engine.errors import ProtocolViolation

LONGEST_LINE: Final = 4096 + 64
MOST_BEFORE_A_WORD: Final = 64 * 1024  # bytes that a source may send ahead; it should send none
DEEPEST: Final = 256
_RECORD: Final = re.compile(rb"([CD])([0-7]{4,5}) ([0-9]{1,19}) ([^/\0\n]{1,255})\n")
_TIMES: Final = re.compile(rb"T[0-9]{1,19} [0-9]{1,6} [0-9]{1,19} [0-9]{1,6}\n")


class State(Enum):
    """What the source may send next."""

    BEGINNING = auto()  # nothing: the sink speaks first
    READY = auto()  # a record or a complaint
    ASKED = auto()  # nothing: a record waits for its word
    CONTENT = auto()
    ENDING = auto()  # how the content ended
    ENDED = auto()  # nothing: that waits for its word


class Mark(Enum):
    """A record's first letter."""

    FILE = b"C"
    FOLDER = b"D"
    LEAVE = b"E"
    TIMES = b"T"


AFTER_A_WORD: Final[Mapping[State, State]] = {
    State.BEGINNING: State.READY,
    State.ASKED: State.READY,  # CONTENT for a file that the sink takes
    State.ENDED: State.READY,
}
"""What a word of the sink makes of each state; in the others it is none of its turn."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the source. `line` is what it sent; a file has a size and, like a folder, a name and a mode."""

    mark: Mark
    line: bytes
    name: bytes = b""
    size: int = 0
    mode: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """A piece of a file."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Ending:
    """A file's content is over: a zero byte, or what went wrong with it."""

    line: bytes


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the source could not do. No word answers it."""

    line: bytes


class Source:
    """Reads a source: `receive_data` as it comes, then take events by `next_event`."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._left = 0  # bytes of content
        self._asked: Record | None = None
        self.depth = 0
        self.state = State.BEGINNING

    def __repr__(self) -> str:
        return f"<Source {self.state.name}>"

    def receive_data(self, data: bytes) -> None:
        """Take what came; raises ProtocolViolation where the source does not wait for the sink."""
        self._buffer += data
        if self.state in AFTER_A_WORD and len(self._buffer) > MOST_BEFORE_A_WORD:
            raise _violation("its source does not wait")

    def word(self, is_taken: bool) -> None:
        """The sink said something; raises ProtocolViolation where it was not its turn."""
        if self.state not in AFTER_A_WORD:
            raise _violation("its sink spoke out of turn")
        record, self._asked = self._asked, None
        self.state = AFTER_A_WORD[self.state]
        if record is None or not is_taken:
            return
        if record.mark is Mark.FILE:
            self._left = record.size
            self.state = State.CONTENT if record.size else State.ENDING
        elif record.mark is Mark.FOLDER:
            self.depth += 1
        elif record.mark is Mark.LEAVE:
            self.depth -= 1

    def next_event(self) -> Record | Content | Ending | Complaint | None:
        """What came next; None where more is needed, or a word of the sink. Raises ProtocolViolation."""
        if self.state in AFTER_A_WORD or not self._buffer:
            return None
        if self.state is State.CONTENT:
            return self._content()
        if self.state is State.ENDING:
            return self._ending()
        return self._record()

    def _content(self) -> Content:
        data = bytes(self._buffer[: self._left])
        del self._buffer[: len(data)]
        self._left -= len(data)
        if not self._left:
            self.state = State.ENDING
        return Content(data)

    def _ending(self) -> Ending | None:
        line = self._line(b"\0\1\2")
        if line is None:
            return None
        self.state = State.ENDED
        return Ending(line)

    def _record(self) -> Record | Complaint | None:
        line = self._line(b"\1\2CDET")
        if line is None:
            return None
        if line[:1] in (b"\1", b"\2"):
            return Complaint(line)
        self._asked = self._read(line)
        self.state = State.ASKED
        return self._asked

    def _read(self, line: bytes) -> Record:
        mark = Mark(line[:1])
        if mark is Mark.LEAVE and line == b"E\n" and self.depth:
            return Record(mark, line)
        if mark is Mark.TIMES and _TIMES.fullmatch(line):
            return Record(mark, line)
        if (read := _RECORD.fullmatch(line)) is None or read[4] in (b".", b".."):
            raise _violation("a record that does not read")
        if mark is Mark.FOLDER and self.depth >= DEEPEST:
            raise _violation(f"more than {DEEPEST} folders in one another")
        return Record(mark, line, read[4], int(read[3]), int(read[2], 8))

    def _line(self, firsts: bytes) -> bytes | None:
        if self._buffer[0] not in firsts:
            raise _violation("what is no record")
        if self._buffer[0] == 0:
            end = 1
        else:
            end = self._buffer.find(b"\n", 0, LONGEST_LINE) + 1
            if not end and len(self._buffer) >= LONGEST_LINE:
                raise _violation("a record that is too long")
        line = bytes(self._buffer[:end])
        del self._buffer[:end]
        return line or None


class Words:
    """Reads a sink: what it says to each record, one word each."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive_data(self, data: bytes) -> None:
        """Take what came; raises ProtocolViolation where the sink says more than it is asked."""
        self._buffer += data
        if len(self._buffer) > MOST_BEFORE_A_WORD:
            raise _violation("its sink speaks out of turn")

    def next_word(self) -> bytes | None:
        """A zero byte, or a complaint with its line; raises ProtocolViolation."""
        if not self._buffer:
            return None
        end = 1
        if self._buffer[0] in (1, 2):
            end = self._buffer.find(b"\n", 0, LONGEST_LINE) + 1
            if not end and len(self._buffer) < LONGEST_LINE:
                return None
        if not end or self._buffer[0] > 2:
            raise _violation("a word that does not read")
        word = bytes(self._buffer[:end])
        del self._buffer[:end]
        return word


def complaint(words: str) -> bytes:
    """A complaint about one file; the transfer goes on."""
    return b"\1" + words.replace("\n", " ").encode(errors="replace")[: LONGEST_LINE - 2] + b"\n"


def _violation(what: str) -> ProtocolViolation:
    return ProtocolViolation("the protocol of scp was broken", what, "use scp without -O")
