"""One file request on its way through the pipeline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.model import Operation
from engine.protocols.base import Hold
from engine.protocols.ssh import denial, sftp
from engine.protocols.ssh.fileoperations import Meaning, meaning_of, unresolved
from engine.protocols.ssh.requests import new_id
from engine.protocols.ssh.sftp import Kind, Packet
from engine.protocols.ssh.sftp_calls import Calls, Failed
from engine.protocols.ssh.sftp_fields import Malformed, Request, attributes_of, is_directory

if TYPE_CHECKING:
    from engine.protocols.ssh.fileturns import Turn
    from engine.session import Session


class Question:
    """Whether a request may be done: the pipeline's `Exchange`.

    Asked again after people were waited for, it asks the target again where the request's paths lead. `meaning` is what
    was found last; `failure` the target's own answer where it would not say, and then the request is never forwarded.
    """

    def __init__(
        self, session: Session, request: Request, turn: Turn, home: bytes, calls: Calls, say: Callable[[str], None]
    ) -> None:
        self.request = request
        self.turn = turn
        self.meaning: Meaning | None = None
        self.failure: Packet | None = None
        self.withdrawn = asyncio.Event()
        self.is_settled = False
        self._known: list[Operation] | None = None
        self._id = new_id(session)
        self._session = session
        self._home = home
        self._calls = calls
        self._say = say

    def __repr__(self) -> str:
        return f"<Question {self._id}>"

    async def operation(self) -> Operation:
        """What it is; the first `analyse` then has the same."""
        self._known = [await self._resolve()]
        return self._known[0]

    async def analyse(self) -> Sequence[Operation]:
        """The one operation in it, as it is now."""
        known, self._known = self._known, None
        return known if known is not None else [await self._resolve()]

    async def estimate(self, operation: Operation) -> int | None:
        """Nothing here has rows."""
        return None

    async def hold(self, hold: Hold) -> None:
        """Tell the client that it waits."""
        self._say(denial.words_of_hold(hold))

    async def _resolve(self) -> Operation:
        resolve = self._calls.expanded if self.request.name == "expand-path@openssh.com" else self._calls.real_path
        self.failure = None
        try:
            self.meaning = await meaning_of(self.request, resolve, self._is_directory)
        except Failed as failed:
            self.failure = failed.answer
            self.meaning = unresolved(self.request, self._home)
        return self.meaning.operation(self._id, self._session.id)

    async def _is_directory(self, path: bytes) -> bool:
        answer = await self._calls.ask(Kind.LSTAT, sftp.string(path))
        if answer.kind == Kind.STATUS:
            raise Failed(answer)
        try:
            return is_directory(attributes_of(answer))
        except Malformed as error:
            raise sftp.violation(str(error)) from None
