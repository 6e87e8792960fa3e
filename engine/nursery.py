"""The process that consoles are forked from, as the engine sees it: started, asked, started again when it dies.

The engine knows only its command line; what it says and is told stands in the docstring of that program. It gets one
end of a socket pair, an environment of two variables, and no other descriptor.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import structlog

from engine.errors import HooptermError
from engine.process import STARTED_WITH

LOST: Final = -9
"""The status of a console whose end nobody told of."""

_LARGEST: Final = 8192  # bytes of a packet
_PATIENCE: Final = 20.0  # seconds until it must be ready
_PAUSE: Final = 1.0  # seconds between two starts

logger = structlog.get_logger()


class Child:
    """One forked console: `ended` has its exit status, negative for a signal, once it is over."""

    def __init__(self, nursery: Nursery, id: int) -> None:
        self._nursery = nursery
        self._id = id
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.pid = 0  # once it runs

    def __repr__(self) -> str:
        return f"<Child {self._id} pid {self.pid}>"

    def end(self) -> None:
        """Ask it to end."""
        self._nursery.tell({"end": self._id})

    def kill(self) -> None:
        """Make it."""
        self._nursery.tell({"kill": self._id})


class Nursery:
    """One command line, and the process that runs it while `run` does."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._numbers = itertools.count(1)
        self._children: dict[int, Child] = {}
        self._end: socket.socket | None = None
        self._is_ready = asyncio.Event()
        self.pid = 0

    def __repr__(self) -> str:
        return f"<Nursery pid {self.pid} with {len(self._children)}>"

    async def run(self) -> None:
        """Keep the process there, until cancelled."""
        while True:
            try:
                await self._once()
            except OSError as error:
                logger.error("consoles cannot be served", why=str(error))
            await asyncio.sleep(_PAUSE)

    async def fork(self, terminal: int, pair: int, asked: Mapping[str, Any]) -> Child:
        """A console on a terminal, with its end of a pair; both stay the caller's to close. Raises HooptermError."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._is_ready.wait()
        except TimeoutError:
            raise HooptermError("consoles cannot be opened now", "", "see the engine's log") from None
        child = Child(self, next(self._numbers))
        self._children[child._id] = child
        try:
            assert self._end is not None
            packet = msgspec.json.encode({**asked, "open": child._id})
            socket.send_fds(self._end, [packet], [terminal, pair])
        except OSError as error:
            del self._children[child._id]
            raise HooptermError("consoles cannot be opened now", str(error), "try again in a moment") from None
        return child

    def tell(self, message: Mapping[str, object]) -> None:
        """Say something to the process; one that is gone needs no telling."""
        if self._end is not None:
            with contextlib.suppress(OSError):
                self._end.send(msgspec.json.encode(message))

    async def _once(self) -> None:
        """One process from its start to its end."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        loop = asyncio.get_running_loop()
        with ours:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    str(theirs.fileno()),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.PIPE,
                    env=STARTED_WITH,
                    cwd="/",
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
            self.pid = process.pid
            ours.setblocking(False)
            self._end = ours
            loop.add_reader(ours, self._hear)
            try:
                await _log_lines(process)
                await process.wait()
                logger.warning("the consoles' process ended", status=process.returncode)
            finally:
                loop.remove_reader(ours)
                self._lose()
                if process.returncode is None:
                    ours.close()  # it ends with its pair, and its consoles with it
                    process.kill()
                    await process.wait()

    def _lose(self) -> None:
        self._end = None
        self._is_ready.clear()
        for child in self._children.values():
            if not child.ended.done():
                child.ended.set_result(LOST)
        self._children.clear()

    def _hear(self) -> None:
        assert self._end is not None
        try:
            content = self._end.recv(_LARGEST)
        except BlockingIOError:
            return
        except OSError:
            content = b""
        if not content:
            asyncio.get_running_loop().remove_reader(self._end)
            return
        told = msgspec.json.decode(content)
        if "ready" in told:
            self._is_ready.set()
        elif (child := self._children.get(told.get("opened"))) is not None:
            child.pid = told["pid"]
        elif (child := self._children.pop(told.get("ended"), None)) is not None and not child.ended.done():
            child.ended.set_result(told["status"])


async def _log_lines(process: asyncio.subprocess.Process) -> None:
    """What it complains of, until it ends."""
    assert process.stderr is not None
    while line := await process.stderr.read(_LARGEST):
        logger.warning("the consoles' process says", text=line.decode(errors="replace"))


def user_of(name: str | None) -> tuple[int, int] | None:
    """Uid and gid that consoles get: of that name, else of nobody; None where the engine cannot give another user.

    Raises HooptermError where the name is nobody's or has the engine's rights.
    """
    import pwd

    if os.geteuid() != 0:
        return None
    try:
        found = pwd.getpwnam(name or "nobody")
    except KeyError:
        if name is None:
            return 65_534, 65_534
        raise HooptermError(f"engine.consoles.user: there is no user {name} here") from None
    if found.pw_uid == 0:
        raise HooptermError(f"engine.consoles.user: {found.pw_name} has the rights of root", hint="name another user")
    return found.pw_uid, found.pw_gid
