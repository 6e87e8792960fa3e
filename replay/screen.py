"""A terminal's screen as the bytes sent to it leave it: the only importer of the emulator, which is asciinema's own.

What is fed may be a stranger's. Time and memory are bounded by its length and the screen's size: nothing that has
scrolled away is kept, sequences that repeat a character are cut to a screenful, and a screen has at most `MOST_COLUMNS`
and `MOST_ROWS`.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import avt
import msgspec

MOST_COLUMNS, MOST_ROWS = 400, 150
_PIECE = 8_000_000  # cells that may scroll away between two looks: a scroll of a screenful is four characters
_HELD = 1024  # characters of an unfinished sequence that are waited for
# How often the last character is repeated, after that character. Controls inside the sequence are carried out.
_REPEAT = re.compile("([^\x00-\x9f])?(?:\x1b\\[|\x9b)([\x00-\x17\x19\x1c-\x1f0-9;:]*)b")
_UNFINISHED = re.compile("(?:\x1b\\[|\x9b)[\x00-\x17\x19\x1c-\x1f0-9;:]*\\Z|\x1b\\Z")
_IGNORED = "\x1b[0<"  # begins a control sequence that is dropped up to its end, however long
_NO_CONTROLS = dict.fromkeys(range(0x20))
_NO_CELL = frozenset({"Mn", "Me", "Cf"})

Colour = int | tuple[int, int, int] | None
"""A number of the palette of 256, red, green and blue, or None for the terminal's own."""


class Style(NamedTuple):
    """How a run of cells looks."""

    foreground: Colour = None
    background: Colour = None
    bold: bool = False
    faint: bool = False
    italic: bool = False
    underline: bool = False
    strikethrough: bool = False
    blink: bool = False
    inverse: bool = False


class Run(NamedTuple):
    """Neighbouring cells of one style and one width: `wide` characters take two cells each."""

    text: str
    style: Style
    wide: bool = False

    @property
    def cells(self) -> int:
        """How many cells it takes."""
        return len(self.text) * (2 if self.wide else 1)


Row = tuple[Run, ...]


class Cursor(NamedTuple):
    """Where the next character goes, from 0; `column` is the width of the screen behind a full line."""

    row: int
    column: int
    is_visible: bool


class Snapshot(msgspec.Struct, frozen=True):
    """A screen to go on from, compressed: sizes, both buffers, modes, and what of a character or sequence had come."""

    columns: int
    rows: int
    state: bytes
    rest: bytes  # the beginning of a character

    @property
    def size(self) -> int:
        """Bytes of memory it takes, about."""
        return len(self.state) + 128


class Screen:
    """A terminal of so many columns and rows, each cut to 1 … `MOST_COLUMNS` or `MOST_ROWS`.

    `on_scroll` is told each line that scrolls off the top.
    """

    def __init__(self, columns: int = 80, rows: int = 24, *, on_scroll: Callable[[str], None] | None = None) -> None:
        self.columns, self.rows = _fitting(columns, rows)
        self._terminal = avt.Vt(self.columns, self.rows, 0)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._on_scroll = on_scroll
        self._held = ""  # an unfinished control sequence
        self._rows: list[Row | None] = [None] * self.rows
        self._changed = set(range(self.rows))

    def feed(self, data: bytes | str) -> None:
        """Take what was sent to the terminal.

        Bytes are UTF-8, cut anywhere; those that are not become U+FFFD. Characters without a width of their own are
        composed with what they follow where Unicode can, else left out.
        """
        text = data if isinstance(data, str) else self._decoder.decode(data)
        if not text.isascii():
            text = unicodedata.normalize("NFC", text).translate(_WIDTHLESS)
        piece = min(max(_PIECE // (self.columns * self.rows), 16), 16384)
        for start in range(0, len(text), piece):
            self._take(text[start : start + piece])

    def _take(self, text: str) -> None:
        if self._held:
            text, self._held = self._held + text, ""
        if (unfinished := _UNFINISHED.search(text, max(0, text.rfind("\x1b"), text.rfind("\x9b")))) is not None:
            begins = unfinished.start()
            text, rest = text[:begins], text[begins:]
            if len(rest) > _HELD:
                text += _IGNORED
            else:
                self._held = rest
        if "b" in text:
            text = _REPEAT.sub(self._bounded, text)
        changed, gone = self._terminal.feed_str(text)
        for row in changed:
            self._rows[row] = None
        self._changed.update(changed)
        self._scrolled(gone)

    def _bounded(self, found: re.Match[str]) -> str:
        """A repetition of at most a screenful; of a wide character written out, since the emulator repeats its half."""
        last, parameters = found[1] or "", found[2]
        controls = re.sub("[0-9;:]", "", parameters)
        digits = re.split("[;:]", parameters.translate(_NO_CONTROLS), maxsplit=1)[0].lstrip("0") or "1"
        most = self.columns * self.rows
        if len(digits) > len(str(most)) or int(digits) > most:
            # the cursor ends in the column where it would have ended
            digits = str(most + int(digits[-9:]) % self.columns)
        return last * (int(digits) + 1) + controls if last else f"{controls}\x1b[{digits}b"

    def resize(self, columns: int, rows: int) -> None:
        """Another size; lines are folded anew, as terminals do."""
        self.columns, self.rows = _fitting(columns, rows)
        _, gone = self._terminal.resize(self.columns, self.rows)
        self._rows = [None] * self.rows
        self._changed = set(range(self.rows))
        self._scrolled(gone)

    def _scrolled(self, lines: Sequence[avt.Line]) -> None:
        if self._on_scroll is not None:
            for line in lines:
                self._on_scroll(line.text.rstrip())

    @property
    def cursor(self) -> Cursor:
        """Where the cursor is."""
        cursor = self._terminal.cursor
        return Cursor(cursor.row, cursor.col, cursor.visible)

    @property
    def is_alternate(self) -> bool:
        """Whether a full-screen program has the alternate buffer."""
        return "\x9b?1047h" in self._terminal.dump()

    @property
    def lines(self) -> Sequence[Row]:
        """Each row as runs that fill its width."""
        return [self._row(number) for number in range(self.rows)]

    @property
    def text(self) -> list[str]:
        """Each row's characters, without blanks at its end."""
        return [line.text.rstrip() for line in self._terminal.view()]

    def changed(self) -> set[int]:
        """The rows that may have changed since this was last asked; at first, all."""
        changed, self._changed = self._changed, set()
        return changed

    def text_of(self, row: int) -> str:
        """One row's characters, without blanks at its end."""
        return self._terminal[row].text.rstrip()

    def snapshot(self) -> Snapshot:
        """All that is needed to go on from here."""
        rest, _ = self._decoder.getstate()
        state = (self._terminal.dump() + self._held).encode()
        return Snapshot(self.columns, self.rows, zlib.compress(state, 1), rest)

    @classmethod
    def restore(cls, snapshot: Snapshot) -> Screen:
        """The screen a snapshot was taken of."""
        screen = cls(snapshot.columns, snapshot.rows)
        screen.feed(zlib.decompress(snapshot.state).decode())
        screen._decoder.setstate((snapshot.rest, 0))
        return screen

    def _row(self, number: int) -> Row:
        row = self._rows[number]
        if row is None:
            row = self._rows[number] = tuple(_runs(self._terminal[number]))
        return row


def _fitting(columns: int, rows: int) -> tuple[int, int]:
    return min(max(columns, 1), MOST_COLUMNS), min(max(rows, 1), MOST_ROWS)


def _runs(line: avt.Line) -> list[Run]:
    runs: list[Run] = []
    for cells in line.chunks(_differ):
        text = "".join(cell.char for cell in cells if cell.width)
        if text:  # the second half of a wide character is a cell without one
            runs.append(Run(text, _style(cells[0].pen), cells[0].width == 2))
    return runs


def _differ(one: avt.Cell, other: avt.Cell) -> bool:
    return (other.width not in (0, one.width) and (one.width, other.width) != (0, 2)) or one.pen != other.pen


def _style(pen: avt.Pen) -> Style:
    if pen.is_default():
        return _PLAIN
    return Style(
        _colour(pen.foreground),
        _colour(pen.background),
        pen.bold,
        pen.faint,
        pen.italic,
        pen.underline,
        pen.strikethrough,
        pen.blink,
        pen.inverse,
    )


def _colour(colour: avt.Color | None) -> Colour:
    if isinstance(colour, avt.Color.Indexed):
        return colour[0]
    return (colour[0], colour[1], colour[2]) if isinstance(colour, avt.Color.RGB) else None


_PLAIN = Style()


class _Widthless(dict[int, int | None]):
    """`str.translate` table, filled as code points are met: the emulator would give each a cell."""

    def __missing__(self, code: int) -> int | None:
        self[code] = kept = None if unicodedata.category(chr(code)) in _NO_CELL else code
        return kept


_WIDTHLESS = _Widthless()
