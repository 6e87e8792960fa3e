"""Copying: by the desktop's own program where there is one, else by OSC 52, which a terminal may ignore in silence."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence

PATIENCE = 2.0  # seconds a program may take
_PROGRAMS: tuple[tuple[str, Sequence[str]], ...] = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
    ("", ("pbcopy",)),
)


def native(environ: Mapping[str, str]) -> Sequence[str]:
    """The program of this machine's clipboard; none over SSH, where that clipboard is nobody's."""
    if "SSH_CONNECTION" in environ or "SSH_TTY" in environ:
        return ()
    for variable, command in _PROGRAMS:
        if (not variable or environ.get(variable)) and shutil.which(command[0], path=environ.get("PATH")):
            return command
    return ()


async def send(command: Sequence[str], text: str) -> str:
    """Give the text to the program; why it was not taken, or ""."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    try:
        async with asyncio.timeout(PATIENCE):
            await process.communicate(text.encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"{command[0]} does not take it"
    return f"{command[0]} ended with status {process.returncode}" if process.returncode else ""
