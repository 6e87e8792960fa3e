"""The files and directories that an SFTP client has open: what goes through them under the operation that opened them.

A handle is known from the target's answer on and unknown from the moment its CLOSE goes upstream, so one that is
guessed, kept or used twice reaches nothing.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from engine.errors import HooptermError
from engine.masking.stream import Unmasked, pipe
from engine.model import Outcome, Status
from engine.protocols.ssh import sftp
from engine.protocols.ssh.fileanswers import Answers, masked_names, outcome_of
from engine.protocols.ssh.fileviews import MaskedFile
from engine.protocols.ssh.sftp import Code, Kind, Packet
from engine.protocols.ssh.sftp_calls import Calls, Failed, content_of, handle_in, real_path_in
from engine.protocols.ssh.sftp_fields import LONGEST_HANDLE, Request, name_packet

if TYPE_CHECKING:
    import asyncio

    from engine.masking.plan import Masks
    from engine.passage import Passage
    from engine.protocols.ssh.files import Ends
    from engine.session import Session
    from engine.streams import Stream

_MOST: Final = 1024  # open at a time
_LONGEST_READ: Final = sftp.LIMIT - 1024
_EXTENSIONS: Final = (b"fsync@openssh.com", b"fstatvfs@openssh.com")
_BY_HANDLE: Final = frozenset({Kind.READ, Kind.WRITE, Kind.CLOSE, Kind.FSTAT, Kind.READDIR})


class FileMasker:
    """Detectors over a whole file; what they find becomes stars, so that no offset moves."""

    def __init__(self, masks: Masks) -> None:
        self._pipe = pipe(masks.keeping_lengths())

    @property
    def masked(self) -> int:
        """Values replaced so far."""
        return self._pipe.masked

    def mask(self, chunk: bytes) -> bytes:
        """What may go on now."""
        return self._pipe.mask(chunk)

    def finish(self) -> bytes:
        """The rest."""
        return self._pipe.finish()

    def fork(self) -> FileMasker:
        """One that goes on from the same state."""
        other = copy.copy(self)
        other._pipe = self._pipe.fork()
        return other


class OpenFile:
    """One of them. `queue` holds what must wait: for a question about this file, or for the masked view of it."""

    def __init__(self, path: bytes, passage: Passage) -> None:
        masks, handling = passage.session.masks, passage.decision.handling
        kept = handling.record_input if handling is not None else "masked"
        self.path = path
        self.passage = passage
        self.output = passage.stream("stdout", Unmasked(), is_counted=True)
        self.input: Stream | None = None
        if kept != "no":
            self.input = passage.stream("input", pipe(masks) if kept == "masked" else Unmasked())
        self.view: MaskedFile | None = None
        self.queue: deque[Packet] = deque()
        self.busy = 0
        self.read = 0  # bytes
        self.written = 0
        self.entries = 0
        self.masked = 0
        self.error: str | None = None

    def __repr__(self) -> str:
        return f"<OpenFile of {self.passage.operation}>"

    def conclude(self, ending: Outcome) -> None:
        """The operation is over; the `ending` of a file where something failed says that."""
        if self.input is not None:
            self.input.finish()
        if self.passage.operation.verb == "LIST":
            tag = f"listed {self.entries}"
        else:
            counts = (("read", self.read), ("wrote", self.written))
            tag = ", ".join(f"{what} {count} bytes" for what, count in counts if count) or "no bytes"
        if ending.status is Status.COMPLETED and self.error is not None:
            ending = Outcome(Status.FAILED, error=self.error)
        masked = self.masked + (self.view.masked if self.view is not None else 0)
        self.passage.conclude(replace(ending, tag=tag, rows=self.output.lines, masked=masked))


class OpenFiles:
    """Those of one conversation. `go_on` is called when there is room for more requests."""

    def __init__(self, session: Session, calls: Calls, answers: Answers, ends: Ends, go_on: Callable[[], None]) -> None:
        self._masks = session.masks
        self._recorder = session.recorder
        self._calls = calls
        self._answers = answers
        self._ends = ends
        self._go_on = go_on
        self._files: dict[bytes, OpenFile] = {}
        self._closing: set[OpenFile] = set()
        self.waiting = 0  # packets in queues

    def __repr__(self) -> str:
        return f"<OpenFiles {len(self._files)}>"

    # Opening

    async def opened(
        self, answer: Packet, request: Request, passage: Passage, checking: asyncio.Future[Packet]
    ) -> str | None:
        """Know a file that was just opened; why not, in words, where it may not be used. `checking` says where its path
        leads by now: whoever can change a folder above it could have led the target elsewhere in between."""
        handle = handle_in(answer)
        if len(handle) > LONGEST_HANDLE or handle in self._files:
            raise sftp.violation("the target gave one handle twice")
        try:
            is_there = real_path_in(await checking) == request.path
        except Failed:
            is_there = False
        why = None if is_there else "the path led elsewhere while it was opened"
        if why is None and len(self._files) >= _MOST:
            why = f"more than {_MOST} files are open"
        if why is not None:
            self._calls.send(Kind.CLOSE, sftp.string(handle), lambda _: None)
            passage.conclude(Outcome(Status.FAILED, error=why))
            return why
        file = self._files[handle] = OpenFile(request.path, passage)
        if self._masks.detection is not None and passage.operation.verb in ("READ", "OPEN"):
            file.view = MaskedFile(partial(self._ask, handle), lambda: FileMasker(self._masks))
        return None

    def _ask(self, handle: bytes, offset: int, length: int) -> asyncio.Future[Packet]:
        return self._calls.ask(Kind.READ, sftp.string(handle) + offset.to_bytes(8, "big") + length.to_bytes(4, "big"))

    # Questions about what is open

    def named(self, request: Request) -> Request:
        """The request with the paths of its handles; raises KeyError for one that is not known."""
        if request.handle:
            request = replace(request, path=self._files[request.handle].path)
        if request.second:
            request = replace(request, other=self._files[request.second].path)
        return request

    def hold(self, request: Request) -> None:
        """What comes for its handles waits until it is settled."""
        for file in self._held(request):
            file.busy += 1

    def release(self, request: Request) -> None:
        """It is settled."""
        for file in self._held(request):
            file.busy -= 1
            self._advance(file)

    def _held(self, request: Request) -> list[OpenFile]:
        handles = dict.fromkeys(handle for handle in (request.handle, request.second) if handle)
        return [self._files[handle] for handle in handles if handle in self._files]

    # What goes through

    def takes(self, packet: Packet) -> bool:
        """Whether it is about what is open and was taken care of. Raises RecordError."""
        if packet.kind in _BY_HANDLE:
            start = 5
        elif packet.kind == Kind.EXTENDED and (name := _extension_in(packet)) is not None:
            start = 9 + len(name)
        else:
            return False
        size = int.from_bytes(packet.payload[start : start + 4], "big")
        handle = packet.payload[start + 4 : start + 4 + size]
        file = self._files.get(handle)
        if not _is_whole(packet, start + 4 + size):
            self._answers.status(packet.id, Code.BAD_MESSAGE, "hoopterm: the request does not read")
        elif file is None:
            self._answers.status(packet.id, Code.FAILURE, "hoopterm: no such handle")
        elif file.busy or (file.view is not None and packet.kind == Kind.READ):
            file.queue.append(packet)
            self.waiting += 1
            self._advance(file)
        else:
            self._forward(file, packet, start + 4 + size)
        return True

    def _advance(self, file: OpenFile) -> None:
        while file.queue and not file.busy:
            packet = file.queue[0]
            if packet.kind == Kind.READ and file.view is not None:
                file.busy += 1
                self._ends.spawn(self._serve(file, file.view), "read a masked file")
            else:
                file.queue.popleft()
                self.waiting -= 1
                self.takes(packet)
        self._calls.flush()

    def _forward(self, file: OpenFile, packet: Packet, end: int) -> None:
        """`end` is where its handle ends."""
        if packet.kind == Kind.READ:
            asked = int.from_bytes(packet.payload[end + 8 : end + 12], "big")
            self._calls.forward(packet, partial(self._read, file, packet.id, asked))
            return
        if packet.kind == Kind.READDIR:
            self._calls.forward(packet, partial(self._listed, file, packet.id))
            return
        if packet.kind == Kind.WRITE:
            content = packet.payload[end + 12 :]
            file.written += len(content)
            if file.input is not None:
                file.input.deliver(content)
            if file.view is not None:
                file.view.forget()
        elif packet.kind == Kind.CLOSE:
            del self._files[packet.payload[9:end]]
            self._closing.add(file)
        self._calls.forward(packet, partial(self._done, file, packet))

    def _read(self, file: OpenFile, id: int, asked: int, answer: Packet | None) -> None:
        if answer is None:
            return
        if answer.kind == Kind.STATUS:
            self._failed(file, id, answer)
            return
        content = content_of(answer, asked)
        file.read += len(content)
        file.output.deliver(content)
        self._answers.as_is(answer, id)

    def _listed(self, file: OpenFile, id: int, answer: Packet | None) -> None:
        if answer is None:
            return
        if answer.kind == Kind.STATUS:
            self._failed(file, id, answer)
            return
        names, masked = masked_names(answer, self._masks)
        file.masked += masked
        file.entries += len(names)
        file.output.deliver(b"".join([each.name + b"\n" for each in names]))
        if masked:
            self._answers.packet(name_packet(id, names))
        else:
            self._answers.as_is(answer, id)

    def _done(self, file: OpenFile, packet: Packet, answer: Packet | None) -> None:
        if answer is None:
            return
        if packet.kind == Kind.CLOSE:
            file.masked += self._answers.relay(answer, packet.id)
            self._closing.discard(file)
            file.conclude(outcome_of(answer, "", 0, self._masks))
        elif answer.kind == Kind.STATUS:
            self._failed(file, packet.id, answer)
        else:
            file.masked += self._answers.relay(answer, packet.id)

    def _failed(self, file: OpenFile, id: int, answer: Packet) -> None:
        file.masked += self._answers.relay(answer, id)
        file.error = outcome_of(answer, "", 0, self._masks).error or file.error

    async def _serve(self, file: OpenFile, view: MaskedFile) -> None:
        """Answer the READs that wait in front of everything else, from the view."""
        try:
            while file.queue and file.queue[0].kind == Kind.READ:
                await self._serve_one(file, view, file.queue[0])
                file.queue.popleft()
                self.waiting -= 1
                self._answers.flush()
                if self._recorder.is_behind:
                    await self._recorder.drained()
                await self._answers.flows.wait()
        except HooptermError as error:
            self._ends.fail(error)
        finally:
            file.busy -= 1
            self._advance(file)
            self._go_on()

    async def _serve_one(self, file: OpenFile, view: MaskedFile, packet: Packet) -> None:
        offset, length = int.from_bytes(packet.payload[-12:-4], "big"), int.from_bytes(packet.payload[-4:], "big")
        try:
            content = await view.read(offset, min(length, _LONGEST_READ))
        except Failed as failed:
            self._failed(file, packet.id, failed.answer)
            return
        if content:
            file.read += len(content)
            self._answers.packet(sftp.data(packet.id, file.output.deliver(content)))
        else:
            self._answers.status(packet.id, Code.EOF, "End of file")

    def lost(self) -> None:
        """The conversation ended: what is open was not closed."""
        files, self._files = [*self._files.values(), *self._closing], {}
        self._closing.clear()
        for file in files:
            file.conclude(Outcome(Status.LOST, error="the transfer ended before it was closed"))


def _extension_in(packet: Packet) -> bytes | None:
    """The name of one that is about what is open, and changes nothing."""
    size = int.from_bytes(packet.payload[5:9], "big")
    name = packet.payload[9 : 9 + size]
    return name if name in _EXTENSIONS else None


def _is_whole(packet: Packet, end: int) -> bool:
    """Whether exactly the fields of its type are there; `end` is where its handle ends."""
    left = len(packet.payload) - end
    if packet.kind == Kind.WRITE:
        return left >= 12 and int.from_bytes(packet.payload[end + 8 : end + 12], "big") == left - 12
    return left == (12 if packet.kind == Kind.READ else 0)
