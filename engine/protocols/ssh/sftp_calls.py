"""SFTP requests on their way upstream: each under an identifier of the engine's own, until its answer is back.

The client's identifiers never go upstream. So the engine can ask for itself in between, a client that uses one twice
gets two answers under it, and an upstream that answers what was not asked is found out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.errors import UpstreamError
from engine.protocols.ssh import sftp
from engine.protocols.ssh.sftp import REPLIES, Code, Kind, Packet, Wire
from engine.protocols.ssh.sftp_fields import LONGEST_HANDLE, Fields, Malformed, announced, code_of, names_of

Done = Callable[[Packet | None], None]
"""Called with the answer; None when there will be none, because the upstream is gone."""


class Failed(Exception):
    """The upstream answered one of the engine's own requests with this STATUS."""

    def __init__(self, answer: Packet) -> None:
        super().__init__("the upstream said no")
        self.answer = answer


def content_of(answer: Packet, asked: int) -> bytes:
    """The bytes that answer a READ of `asked` bytes, none at the end of the file; raises Failed, ProtocolViolation."""
    if answer.kind == Kind.STATUS:
        if told_in(answer)[0] == Code.EOF:
            return b""
        raise Failed(answer)
    content = answer.payload[9:]
    if int.from_bytes(answer.payload[5:9], "big") != len(content) or not 0 < len(content) <= asked:
        raise sftp.violation("a DATA of another length than was asked for")
    return content


def handle_in(answer: Packet) -> bytes:
    """The handle of a HANDLE; raises ProtocolViolation."""
    try:
        fields = Fields(answer.body)
        handle = fields.string(LONGEST_HANDLE)
        fields.end()
    except Malformed as error:
        raise sftp.violation(str(error)) from None
    return handle


def told_in(answer: Packet) -> tuple[int, str]:
    """Code and words of a STATUS; raises ProtocolViolation."""
    try:
        return code_of(answer)
    except Malformed:
        raise sftp.violation("a STATUS that does not read") from None


class Calls:
    """The client's side of a conversation with an SFTP server. `write` takes whole packets, many at a time."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._wire = Wire(sftp.ANSWERS)
        self._waiting: dict[int, tuple[int, Done]] = {}
        self._next = 0
        self._pieces: list[bytes | memoryview] = []
        self._hello: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        self._is_lost = False

    def __repr__(self) -> str:
        return f"<Calls {len(self._waiting)} waiting>"

    def __len__(self) -> int:
        return len(self._waiting)

    async def greet(self) -> Packet:
        """Begin; the upstream's VERSION."""
        self._pieces.append(sftp.init())
        self.flush()
        return await self._hello

    def forward(self, packet: Packet, done: Done) -> None:
        """Send a client's packet on as it is; `flush` sends all that gathered."""
        self._pieces += sftp.renumbered(packet.payload, self._expect(packet.kind, done))

    def send(self, kind: int, body: bytes, done: Done) -> None:
        """Send a request of these fields; `flush` sends all that gathered."""
        self._pieces.append(sftp.packet(kind, self._expect(kind, done), body))

    def ask(self, kind: int, body: bytes) -> asyncio.Future[Packet]:
        """Send a request at once; its answer, which may be a STATUS, or UpstreamError."""
        answer: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        self.send(kind, body, lambda packet: _answer(answer, packet))
        self.flush()
        return answer

    async def real_path(self, path: bytes) -> bytes:
        """Where a path leads on the upstream, every link in it followed; raises Failed, ProtocolViolation."""
        return real_path_in(await self.ask(Kind.REALPATH, sftp.string(path)))

    async def expanded(self, path: bytes) -> bytes:
        """The same for a path that may begin with `~`; raises the same."""
        name = sftp.string(b"expand-path@openssh.com")
        return real_path_in(await self.ask(Kind.EXTENDED, name + sftp.string(path)))

    def flush(self) -> None:
        """Send what gathered, as one."""
        if self._pieces and not self._is_lost:
            pieces, self._pieces = self._pieces, []
            self._write(pieces[0] if len(pieces) == 1 and isinstance(pieces[0], bytes) else b"".join(pieces))

    def receive(self, data: bytes) -> None:
        """Take what the upstream sent, and hand out its answers; raises ProtocolViolation."""
        self._wire.receive_data(data)
        while (packet := self._wire.next_packet()) is not None:
            if packet.kind == Kind.VERSION:
                announced(packet)
                if not self._hello.done():
                    self._hello.set_result(packet)
                continue
            kind, done = self._waiting.pop(packet.id, (0, None))
            if done is None or (packet.kind != Kind.STATUS and packet.kind not in REPLIES[kind]):
                raise sftp.violation("the target answered what it was not asked")
            done(packet)

    def lost(self) -> None:
        """The upstream is gone: nothing more is answered."""
        self._is_lost = True
        waiting, self._waiting = self._waiting, {}
        for _, done in waiting.values():
            done(None)
        if not self._hello.done():
            self._hello.set_exception(_gone())
            self._hello.exception()

    def _expect(self, kind: int, done: Done) -> int:
        while self._next in self._waiting:
            self._next = self._next + 1 & 0xFFFFFFFF
        id, self._next = self._next, self._next + 1 & 0xFFFFFFFF
        if self._is_lost:
            asyncio.get_running_loop().call_soon(done, None)
        else:
            self._waiting[id] = (kind, done)
        return id


def real_path_in(answer: Packet) -> bytes:
    """The one path of the NAME that answers REALPATH; raises Failed, and ProtocolViolation."""
    if answer.kind == Kind.STATUS:
        raise Failed(answer)
    try:
        (name,) = names_of(answer)
    except (Malformed, ValueError):
        raise sftp.violation("REALPATH was not answered with one name") from None
    if not name.name.startswith(b"/") or b"\0" in name.name or b".." in name.name.split(b"/"):
        raise sftp.violation("REALPATH was not answered with an absolute path")
    return name.name


def _answer(answer: asyncio.Future[Packet], packet: Packet | None) -> None:
    if answer.done():
        return
    if packet is None:
        answer.set_exception(_gone())
        answer.exception()  # whoever asked may not be waiting any more
    else:
        answer.set_result(packet)


def _gone() -> UpstreamError:
    return UpstreamError("the target ended the file transfer", "", "try again")
