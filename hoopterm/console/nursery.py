"""Consoles for people who came by SSH: a process of the engine's that has everything loaded, and forks one for each.

`python -m hoopterm.console.nursery FD`; FD is its end of a SOCK_SEQPACKET pair. To `{"open": ID, …}`, with the terminal
and the console's own pair as descriptors, it answers `{"opened": ID, "pid": PID}` and, once that has ended,
`{"ended": ID, "status": N}`; `{"end": ID}` asks a console to end, `{"kill": ID}` makes it. It ends with the engine.

There is no event loop and no thread here: a fork takes only the thread it is called in.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import pkgutil
import select
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from pygments.lexers import get_lexer_by_name
from rich.cells import cell_len

from hoopterm.console import cell, collector

if TYPE_CHECKING:
    from hoopterm.console.app import Console

LARGEST = 8192  # bytes of a packet
BROKEN = 70  # sysexits.h: EX_SOFTWARE
_LATER = (
    "concurrent.futures.thread",
    "encodings.idna",
    "hoopterm.client",
    "hoopterm.pair",
    "textual.drivers.linux_driver",
    "textual.layouts.factory",
    "textual.layouts.horizontal",
    "textual.layouts.stream",
    "textual.pilot",
    "textual.scrollbar",
    "textual.widgets._toast",
)
"""What a console would only load once it needs it."""

_TAUGHT = ("sql", "bash", "json", "yaml")  # languages that statements are highlighted in


class Nursery:
    """The parent of consoles."""

    def __init__(self, engine: socket.socket) -> None:
        self._engine = engine
        self._poll = select.poll()
        self._children: dict[int, tuple[int, int]] = {}  # descriptor of the process → identifier, pid
        self._poll.register(engine, select.POLLIN)

    def serve(self) -> None:
        """Until the engine goes away; consoles that are left end with it."""
        self._tell({"ready": os.getpid()})
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor in self._children:
                    self._bury(descriptor)
                elif not self._hear():
                    return

    def _hear(self) -> bool:
        """One packet of the engine; False when it is gone."""
        content, descriptors, _, _ = socket.recv_fds(self._engine, LARGEST, 2, socket.MSG_CMSG_CLOEXEC)
        if not content:
            return False
        asked = msgspec.json.decode(content)
        if "open" in asked:
            self._fork(asked, *descriptors)
        for word, number in (("end", signal.SIGTERM), ("kill", signal.SIGKILL)):
            for descriptor, (id, _) in self._children.items():
                if asked.get(word) == id:
                    signal.pidfd_send_signal(descriptor, number)
        return True

    def _fork(self, asked: Mapping[str, Any], terminal: int, pair: int) -> None:
        parent, pid = os.getpid(), os.fork()
        if pid == 0:
            _live(asked, terminal, pair, parent)
        os.close(terminal)
        os.close(pair)
        descriptor = os.pidfd_open(pid)
        self._children[descriptor] = asked["open"], pid
        self._poll.register(descriptor, select.POLLIN)
        self._tell({"opened": asked["open"], "pid": pid})

    def _bury(self, descriptor: int) -> None:
        id, pid = self._children.pop(descriptor)
        self._poll.unregister(descriptor)
        os.close(descriptor)
        _, status = os.waitpid(pid, 0)
        self._tell({"ended": id, "status": os.waitstatus_to_exitcode(status)})

    def _tell(self, message: Mapping[str, object]) -> None:
        with contextlib.suppress(BrokenPipeError):  # the next look at the engine says so
            self._engine.send(msgspec.json.encode(message))


def _live(asked: Mapping[str, Any], terminal: int, pair: int, parent: int) -> None:
    """The whole life of a console, in its own process: it never returns."""
    status = BROKEN
    try:
        cell.enter(terminal, pair, environment=asked["environment"], user=asked["user"], parent=parent)
        status = asyncio.run(_console(asked["name"]))
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


async def _console(name: str) -> int:
    from hoopterm.address import Handed
    from hoopterm.client import Client
    from hoopterm.console import themes
    from hoopterm.console.app import Console
    from hoopterm.pair import Pair

    engine = Handed(Pair(socket.socket(fileno=cell.PAIR)))
    console: Console = Console(lambda: Client(engine), name=name, theme=themes.chosen(os.environ), has_files=False)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, console.exit)
    await console.run_async()
    return console.return_code or 0


def preload() -> None:
    """Load what a console needs, so that all of them share it, and so that none has to read a file it may not."""
    import hoopterm.console
    import hoopterm.console.app as app

    for module in pkgutil.walk_packages(hoopterm.console.__path__, "hoopterm.console."):
        import_module(module.name)
    for name in _LATER:
        import_module(name)
    for language in _TAUGHT:
        get_lexer_by_name(language)
    cell_len("…")  # loads the widths of characters
    styles = Path(app.__file__).with_name(str(app.Console.CSS_PATH))
    app.Console.CSS, app.Console.CSS_PATH = styles.read_text(), None


def main() -> None:
    """Serve the engine that started this."""
    engine = socket.socket(fileno=int(sys.argv[1]))
    engine.set_inheritable(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl+C at the engine is the engine's
    preload()
    gc.collect()
    collector.calm()
    Nursery(engine).serve()
    os._exit(0)


if __name__ == "__main__":
    main()
