"""A pseudo-terminal between a program and somebody far away: bytes both ways, at the pace of the slower end."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
import termios
from typing import Final, Protocol

_CHUNK: Final = 65_536
_MOST_WAITING: Final = 65_536  # bytes of input that the program has not taken

_USUAL: Final = (80, 24)  # columns and rows where the far end does not know them
_LARGEST_SIDE: Final = 1000  # columns or rows: what is drawn on it is drawn cell by cell


class Screen(Protocol):
    """The far end."""

    def show(self, data: bytes) -> None:
        """Output of the program."""

    def hold_input(self) -> None:
        """The program does not take what is typed: send no more."""

    def take_input(self) -> None:
        """It does again."""


class Terminal:
    """The engine's side of one pseudo-terminal. `over` is set when the program's side is closed everywhere."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._master, self.program_side = os.openpty()
        os.set_blocking(self._master, False)
        self._typed = bytearray()
        self._is_reading = False
        self._is_open = True
        self.over = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Terminal {'open' if self._is_open else 'closed'}>"

    def begin(self) -> None:
        """Show what the program writes; its own side is handed over by now."""
        os.close(self.program_side)
        self.resume()

    def resize(self, columns: int, rows: int) -> None:
        """Another size; whoever has the terminal is told by SIGWINCH."""
        if self._is_open:
            columns, rows = (
                min(side or usual, _LARGEST_SIDE) for side, usual in zip((columns, rows), _USUAL, strict=True)
            )
            with contextlib.suppress(OSError):
                fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, data: bytes) -> None:
        """Input for the program."""
        if not self._is_open:
            return
        was_idle = not self._typed
        self._typed += data
        if was_idle:
            self._write()
            if self._typed:
                asyncio.get_running_loop().add_writer(self._master, self._write)
        if len(self._typed) > _MOST_WAITING:
            self._screen.hold_input()

    def pause(self) -> None:
        """The far end does not keep up."""
        if self._is_reading:
            self._is_reading = False
            asyncio.get_running_loop().remove_reader(self._master)

    def resume(self) -> None:
        """It does again."""
        if self._is_open and not self._is_reading and not self.over.is_set():
            self._is_reading = True
            asyncio.get_running_loop().add_reader(self._master, self._read)

    def close(self) -> None:
        """Hang up."""
        if self._is_open:
            self.pause()
            self._is_open = False
            asyncio.get_running_loop().remove_writer(self._master)
            os.close(self._master)
            self.over.set()

    def _read(self) -> None:
        try:
            data = os.read(self._master, _CHUNK)
        except BlockingIOError:
            return
        except OSError:  # EIO: nobody has the other side any more
            data = b""
        if data:
            self._screen.show(data)
        else:
            self.pause()
            self.over.set()

    def _write(self) -> None:
        was_crowded = len(self._typed) > _MOST_WAITING
        try:
            del self._typed[: os.write(self._master, self._typed)]
        except BlockingIOError:
            return
        except OSError:
            self._typed.clear()
        if not self._typed:
            asyncio.get_running_loop().remove_writer(self._master)
        if was_crowded and len(self._typed) <= _MOST_WAITING:
            self._screen.take_input()
