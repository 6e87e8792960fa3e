"""The line at a shell's prompt, read off the terminal's screen as the shell's output leaves it. Pure.

Output is kept, and shown to the screen only when a line is asked for. Of a flood only the end is kept: what the screen
had before it is gone by then.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from replay.screen import Cursor, Row, Screen

_TAIL: Final = 64 << 10  # more than a screenful, colours and all
_MODE: Final = re.compile(rb"\x1bc|(?:\x1b\[|\xc2\x9b)\?([0-9;]{1,60})([hl])")
_MODE_WIDTH: Final = 66
_FULL_SCREEN: Final = frozenset({b"47", b"1047", b"1049"})
_PASTES: Final = b"2004"
_SEARCH: Final = re.compile(r"\((?:failed )?(?:reverse-|forward-)?i-search\)`.*?': (.*)", re.DOTALL)  # readline
_BELOW: Final = re.compile(r"(?:failing |invalid )?(?:bck|fwd)-i-search: ")  # zsh, under the line
_BLANKS: Final = re.compile(r"\s+")

Cells = Sequence[str]
"""A row's characters, one a cell; the second half of a wide one is empty."""


class _Mark(NamedTuple):
    """Where typing began: the cursor, how many lines had scrolled away, and the text left and right of it."""

    row: int
    column: int
    scrolled: int
    before: str
    behind: str


class Prompt:
    """The screen of one terminal, and where the prompt on it ends."""

    def __init__(self, columns: int, rows: int) -> None:
        self._scrolled = 0
        self._screen = self._new_screen(columns, rows)
        self._pending = bytearray()
        self._place: int | None = None  # in what is pending, where typing began
        self._mark: _Mark | None = None
        self._last = ""  # text of the last prompt that was not empty
        self._modes: set[bytes] = set()
        self._carry = b""
        self._has_output = False  # since typing began

    def __repr__(self) -> str:
        return f"<Prompt of {self._screen.columns} by {self._screen.rows}>"

    def output(self, data: bytes) -> None:
        """What the shell wrote."""
        self._pending += data
        self._has_output = True
        if len(self._pending) > 2 * _TAIL:
            self._drop()

    def resize(self, columns: int, rows: int) -> None:
        """The terminal has another size; rows move."""
        self._show()
        self._screen.resize(columns, rows)
        self._mark = None

    def mark(self) -> None:
        """Typing begins where output stands now."""
        self._place = len(self._pending)
        self._has_output = False

    @property
    def is_full_screen(self) -> bool:
        """Whether a program such as an editor has the screen for itself."""
        self._show()
        return not self._modes.isdisjoint(_FULL_SCREEN)

    @property
    def takes_pastes(self) -> bool:
        """Whether the shell asked to be told which text is pasted."""
        self._show()
        return _PASTES in self._modes

    def shows(self, typed: str) -> bool:
        """Whether the text stands before the cursor, however it is wrapped."""
        if not self._has_output:
            return False
        self._show()
        cursor = self._screen.cursor
        rows = [_cells(row) for row in self._screen.lines[: cursor.row + 1]]
        rows[-1] = rows[-1][: cursor.column]
        shown = _squashed("".join("".join(row) for row in rows))
        return shown.endswith(_squashed(typed)[-max(1, self._screen.columns * self._screen.rows // 2) :])

    def line(self, typed: str | None) -> str | None:
        """The line at the prompt; None where there is none, or nothing that is typed is shown.

        `typed` is what the keys say that it is, where they do. Lines of one input are joined by newlines.
        """
        if typed == "" or not self._has_output or self.is_full_screen:
            return None
        if typed is not None and self.shows(typed):
            return typed
        line = self._read()
        return None if typed is not None and not line.strip("* \n") else line or None

    def _new_screen(self, columns: int, rows: int) -> Screen:
        return Screen(columns, rows, on_scroll=self._scroll)

    def _scroll(self, line: str) -> None:
        self._scrolled += 1

    def _show(self) -> None:
        """Bring the screen up to date."""
        if self._place is not None:
            self._feed(bytes(self._pending[: self._place]))
            del self._pending[: self._place]
            self._place = None
            self._note()
        if self._pending:
            self._feed(bytes(self._pending))
            self._pending.clear()

    def _feed(self, data: bytes) -> None:
        if data:
            self._note_modes(data)
            self._screen.feed(data)

    def _note_modes(self, data: bytes) -> None:
        for found in _MODE.finditer(self._carry + data):
            if found[1] is None:
                self._modes.clear()
            elif found[2] == b"h":
                self._modes.update(found[1].split(b";"))
            else:
                self._modes.difference_update(found[1].split(b";"))
        self._modes &= {*_FULL_SCREEN, _PASTES}
        self._carry = (self._carry + data)[-_MODE_WIDTH:]

    def _note(self) -> None:
        """Typing begins at the cursor."""
        cursor = self._screen.cursor
        cells = _cells(self._screen.lines[cursor.row])
        before, behind = "".join(cells[: cursor.column]), "".join(cells[cursor.column :]).strip()
        self._mark = _Mark(cursor.row, cursor.column, self._scrolled, before, behind)
        if before.strip():
            self._last = before

    def _drop(self) -> None:
        """Forget the beginning of a flood, up to the end of a line."""
        place = self._pending.find(b"\n", len(self._pending) - _TAIL) + 1 or len(self._pending) - _TAIL
        self._note_modes(bytes(self._pending[:place]))
        del self._pending[:place]
        if self._place is not None:
            self._place = self._place - place if self._place >= place else None
        self._mark = None
        self._screen = self._new_screen(self._screen.columns, self._screen.rows)
        if not self._modes.isdisjoint(_FULL_SCREEN):
            self._screen.feed("\x1b[?1049h")

    def _read(self) -> str:
        """What stands at the prompt, to the end of the input."""
        rows = [_cells(row) for row in self._screen.lines]
        cursor = self._screen.cursor
        if (found := _SEARCH.match(_text(_around(rows, cursor.row)))) is not None:
            return found[1]
        row, column = self._start(rows, cursor)
        chosen = [*rows[row : cursor.row], self._end(rows[cursor.row], cursor)]
        chosen[0] = chosen[0][column:]
        below = cursor.row
        while below + 1 < len(rows) and len(chosen[-1]) and _is_full(rows[below]):
            below += 1
            chosen.append(rows[below])
        for number, cells in enumerate(chosen):
            if number and _BELOW.match("".join(cells)):
                del chosen[number:]
                break
        return _text(chosen)

    def _end(self, cells: Cells, cursor: Cursor) -> Cells:
        """The cursor's row up to the end of the input: what stood at its right end before is none of it."""
        behind = self._mark.behind if self._mark is not None else ""
        shown = "".join(cells).rstrip()
        if behind and shown.endswith(f" {behind}"):
            cells = cells[: _width(cells, shown.removesuffix(behind))]
        return cells if "".join(cells[cursor.column :]).strip() else cells[: cursor.column]

    def _start(self, rows: Sequence[Cells], cursor: Cursor) -> tuple[int, int]:
        """Where the input begins: behind the last prompt that is shown, else where typing began."""
        mark = self._mark
        first = 0 if mark is None else max(0, mark.row - (self._scrolled - mark.scrolled))
        prompt = mark.before if mark is not None and mark.before.strip() else self._last
        if prompt:
            highest = first if mark is not None and not mark.before.strip() else 0
            for row in range(cursor.row, highest - 1, -1):
                if "".join(rows[row]).startswith(prompt):
                    return row, _width(rows[row], prompt)
        return (first, 0) if first <= cursor.row else (cursor.row, 0)


def _cells(row: Row) -> list[str]:
    cells: list[str] = []
    for run in row:
        for character in run.text:
            cells += (character, "") if run.wide else (character,)
    return cells


def _width(cells: Cells, prompt: str) -> int:
    """How many cells the text takes that a row begins with."""
    length = 0
    for column, character in enumerate(cells):
        if length >= len(prompt) and character:
            return column
        length += len(character)
    return len(cells)


def _is_full(cells: Cells) -> bool:
    """Whether a row goes on in the next; a blank may be what it was wrapped at."""
    return len("".join(cells[-2:]).strip()) > 0


def _around(rows: Sequence[Cells], row: int) -> list[Cells]:
    first = last = row
    while first and _is_full(rows[first - 1]):
        first -= 1
    while last + 1 < len(rows) and _is_full(rows[last]):
        last += 1
    return list(rows[first : last + 1])


def _text(rows: Sequence[Cells]) -> str:
    """The rows as lines, those that go on joined."""
    lines = [""]
    for number, cells in enumerate(rows):
        lines[-1] += "".join(cells)
        if number < len(rows) - 1 and not _is_full(cells):
            lines.append("")
    return "\n".join(line.rstrip() for line in lines)


def _squashed(text: str) -> str:
    return _BLANKS.sub("", unicodedata.normalize("NFC", text))
