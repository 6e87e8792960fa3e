"""A program on a real terminal: tmux gives it one, and says what a person would see on it."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

_LOOKS_EVERY = 0.05
_COMES_WITHIN = 20.0


class Terminal:
    """One tmux server with one session in it."""

    def __init__(self, socket: Path) -> None:
        self._tmux = ["tmux", "-u", "-S", str(socket), "-f", "/dev/null"]

    def start(self, command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int]) -> None:
        """Run the command on a terminal of that many columns and rows."""
        window = ["new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), *command]
        # what a program left behind when it died stays on the screen, however soon that was
        stays = ["start-server", ";", "set-option", "-g", "remain-on-exit", "on", ";"]
        self._run(*stays, *window, environment=dict(environment))

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self._run("send-keys", *keys)

    def click(self, column: int, row: int) -> None:
        """Press and release the mouse there, counted from 1 (xterm's SGR mode)."""
        self._run("send-keys", "-l", f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        self._run("resize-window", "-x", str(columns), "-y", str(rows))

    def picture(self) -> str:
        """The text on the screen."""
        return self._run("capture-pane", "-p")

    def styled(self) -> str:
        """The text on the screen with the escape sequences of its colours and weights."""
        return self._run("capture-pane", "-p", "-e")

    async def until(self, is_so: Callable[[str], bool]) -> str:
        """Wait until the picture is so, and give it."""
        seen = ""
        try:
            async with asyncio.timeout(_COMES_WITHIN):
                while not is_so(seen := self.picture()):  # noqa: ASYNC110 — a terminal tells nobody that it changed
                    await asyncio.sleep(_LOOKS_EVERY)
        except TimeoutError:
            raise AssertionError(f"it never came so; the screen is:\n{seen}") from None
        return seen

    async def still(self) -> str:
        """Wait until nothing moves below the first line, where the clock is, and give the picture."""
        before: list[str] = []

        def is_still(seen: str) -> bool:
            nonlocal before
            was, before = before, seen.split("\n")[1:]
            return was == before

        return await self.until(is_still)

    async def shows(self, *texts: str) -> str:
        """Wait until all of these are on the screen."""
        return await self.until(lambda seen: all(text in seen for text in texts))

    def end(self) -> None:
        """Take it down, its server too: the next one would have the same socket."""
        asked = [*self._tmux, "display-message", "-p", "#{pid}"]
        server = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)
        while server and Path(f"/proc/{server}").exists():
            time.sleep(_LOOKS_EVERY)  # a process that is not ours tells us nothing of its end

    def _run(self, *words: str, environment: Mapping[str, str] | None = None) -> str:
        done = subprocess.run([*self._tmux, *words], capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            raise AssertionError(f"tmux {words[0]}: {done.stderr.strip()}")
        return done.stdout


@contextmanager
def terminal(directory: Path) -> Iterator[Terminal]:
    """A terminal that is taken down afterwards."""
    found = Terminal(directory / "tmux")
    try:
        yield found
    finally:
        found.end()


@pytest.fixture
def screen() -> Iterator[Terminal]:
    """A terminal of one test's own; its socket's path is short, as the kernel wants it."""
    with TemporaryDirectory(prefix="hoopterm-") as directory, terminal(Path(directory)) as found:
        yield found
