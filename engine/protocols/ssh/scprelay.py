"""A channel that carries the older protocol of scp (`scp -O`): each file and folder in it is an operation of its own.

The command itself was decided as any command is, by the words in it; what is decided here is each name that travels. As
with any command, a symbolic link on the target is not seen through.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import asyncssh

from engine.errors import Denied, HooptermError, ProtocolViolation
from engine.model import Access, Effect, Operation, Outcome, Resource, Status
from engine.protocols.base import Hold
from engine.protocols.ssh import denial, scp
from engine.protocols.ssh.commands.options import given, options
from engine.protocols.ssh.commands.telling import tell
from engine.protocols.ssh.openfiles import FileMasker, OpenFile
from engine.protocols.ssh.relay import STDERR, Relay
from engine.protocols.ssh.requests import new_id
from engine.protocols.ssh.scp import Complaint, Content, Ending, Mark, Record, Source, State, Words
from engine.protocols.ssh.submission import Submission

if TYPE_CHECKING:
    from engine.gateway import Gateway
    from engine.passage import Passage
    from engine.protocols.ssh.requests import Request

_OPTIONS = options("tfrpdvq")


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a command line of scp's other half says: whether the target `gives` files or takes them, and its paths."""

    gives: bool
    paths: tuple[str, ...]
    into_folder: bool = False

    def candidates(self, record: Record, folders: list[list[str]]) -> list[str]:
        """The paths on the target that a record may be about; `folders` are those of the folders it is in.

        Raises ProtocolViolation where the target gives what it was not asked for (CVE-2019-6111).
        """
        name = record.name.decode(errors="backslashreplace")
        if folders:
            return [posixpath.join(folder, name) for folder in folders[-1]]
        if not self.gives:
            inside = [posixpath.join(path, name) for path in self.paths]
            return inside if self.into_folder else [*self.paths, *inside]
        asked = [path for path in self.paths if posixpath.basename(path.rstrip("/")) in (name, "", ".", "..")]
        if not asked:
            raise ProtocolViolation("the target sent a file that was not asked for", name, "look at what runs there")
        return asked


def transfer_of(request: Request) -> Transfer | None:
    """What it says where it is such a command, and nothing else."""
    if request.kind != "exec" or request.terminal is not None:
        return None
    argv = tell(request.text).argv
    if argv is None or argv[0] != "scp":
        return None
    told = given(argv, _OPTIONS)
    if told.has("t") == told.has("f"):
        return None
    return Transfer(told.has("f"), tuple(told.operands), told.has("d"))


class ScpRelay(Relay):
    """Its passage is that of the command."""

    def __init__(
        self, gateway: Gateway, passage: Passage, client: asyncssh.SSHServerChannel[bytes], transfer: Transfer
    ) -> None:
        super().__init__(gateway, passage, client)
        self._transfer = transfer
        self._source = Source()
        self._words = Words()
        self._record: Record | None = None  # that waits for its word
        self._paths: list[str] = []  # what it may be about
        self._folders: list[list[str]] = []
        self._file: OpenFile | None = None
        self._masker: FileMasker | None = None
        self._submission: Submission | None = None

    def send(self, data: bytes) -> None:
        """Bytes of the client."""
        if self._upstream is not None:
            self._take(data, is_source=not self._transfer.gives)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Bytes of the upstream."""
        if datatype == STDERR:
            super().data_received(data, datatype)
        else:
            self._take(data, is_source=self._transfer.gives)

    def close(self) -> None:
        """The client's channel is gone."""
        if self._submission is not None:
            self._submission.withdraw()
        super().close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The upstream's channel is closed."""
        try:
            self._conclude(Outcome(Status.LOST, error="the transfer ended before the file did"))
        except HooptermError as error:
            self._failure = self._failure or error
        super().connection_lost(exc)

    def _take(self, data: bytes, *, is_source: bool) -> None:
        if self._failure is not None:
            return
        try:
            (self._source if is_source else self._words).receive_data(data)
            self._go_on()
        except HooptermError as error:
            self.fail(error)
        self._keep_pace()

    def _go_on(self) -> None:
        """All that can be done now: events of the source and words of the sink, which take turns."""
        while True:
            event = self._source.next_event()
            if event is not None:
                self._hear(event)
            elif self._is_answerable and (word := self._words.next_word()) is not None:
                self._answer(word)
            else:
                return

    @property
    def _is_answerable(self) -> bool:
        """Whether a word of the sink would be about something that reached it."""
        return self._source.state in (State.BEGINNING, State.ENDED) or self._record is not None

    def _hear(self, event: Record | Content | Ending | Complaint) -> None:
        if isinstance(event, Content):
            self._to_sink(self._through(event.data))
        elif isinstance(event, Ending):
            rest = self._masker.finish() if self._masker is not None else b""
            self._to_sink(self._recorded(rest) if rest else b"")
            self._complain(event.line, self._to_sink)
        elif isinstance(event, Complaint):
            self._complain(event.line, self._to_sink)
        elif event.mark in (Mark.FILE, Mark.FOLDER):
            self._gateway.spawn(self._decide(event), "decide on a file of scp")
        else:
            self._record = event
            self._to_sink(event.line)

    async def _decide(self, record: Record) -> None:
        try:
            self._paths = self._transfer.candidates(record, self._folders)
            self._submission = Submission([self._operation(record)], self._tell)
            pipeline, session = self._gateway.pipeline, self._passage.session
            (passage,) = await pipeline.admit(session, self._submission)
            self._begin(record, passage)
            self._go_on()
        except Denied as denied:
            self._refuse(denied)
        except HooptermError as error:
            self.fail(error)

    def _operation(self, record: Record) -> Operation:
        is_file, gives = record.mark is Mark.FILE, self._transfer.gives
        verb = ("READ" if gives else "WRITE") if is_file else ("LIST" if gives else "MKDIR")
        effect = Effect.READ if gives else Effect.WRITE
        size = f"{record.size} bytes, " if is_file else ""
        return Operation(
            id=new_id(self._passage.session),
            session=self._passage.session.id,
            kind="file",
            verb=verb,
            text=f"{verb} {' or '.join(self._paths)} ({size}mode {record.mode:04o})",
            accesses=tuple(Access(effect, Resource("path", path)) for path in self._paths),
        )

    def _begin(self, record: Record, passage: Passage) -> None:
        self._file = OpenFile(self._paths[0].encode(errors="replace"), passage)
        masks = passage.session.masks
        is_masked = self._transfer.gives and record.mark is Mark.FILE and masks.detection is not None
        self._masker = FileMasker(masks) if is_masked else None
        self._record = record
        self._to_sink(record.line)
        passage.forwarded()

    def _refuse(self, denied: Denied) -> None:
        words = scp.complaint(f"hoopterm: {denial.printable(f'{denied.what}: {denied.why}; {denied.hint}')}")
        self._source.word(False)
        self._to_source(words)
        if self._transfer.gives:
            self._to_sink(words)
        self._deliver(denial.words_of(denied).encode(), STDERR)
        self._take(b"", is_source=True)

    def _answer(self, word: bytes) -> None:
        is_taken, record = word == b"\0", self._record
        is_end = self._source.state is State.ENDED
        self._record = None
        self._source.word(is_taken)
        self._complain(word, self._to_source)
        if is_end or (record is not None and record.mark is Mark.FOLDER) or not is_taken:
            failed = None if is_taken else self._passage.session.masks.text(word[1:-1].decode(errors="replace"))
            self._conclude(Outcome(Status.COMPLETED if failed is None else Status.FAILED, error=failed))
        if record is not None and is_taken:
            if record.mark is Mark.FOLDER:
                self._folders.append(self._paths)
            elif record.mark is Mark.LEAVE:
                self._folders.pop()

    def _through(self, data: bytes) -> bytes:
        """Content on its way: masked where it leaves the target, recorded as it goes on."""
        assert self._file is not None
        if not self._transfer.gives:
            self._file.written += len(data)
            if self._file.input is not None:
                self._file.input.deliver(data)
            return data
        return self._recorded(self._masker.mask(data) if self._masker is not None else data)

    def _recorded(self, data: bytes) -> bytes:
        assert self._file is not None
        self._file.read += len(data)
        return self._file.output.deliver(data)

    def _conclude(self, ending: Outcome) -> None:
        file, self._file = self._file, None
        if file is not None and file.passage.operation.verb in ("LIST", "MKDIR"):
            file.passage.conclude(replace(ending, tag=file.passage.operation.verb))
        elif file is not None:
            file.masked = self._masker.masked if self._masker is not None else 0
            file.conclude(ending)

    def _complain(self, line: bytes, give: Callable[[bytes], None]) -> None:
        """Hand on a word or a complaint; detectors look at it whoever reads it."""
        give(self._masked(line) if len(line) > 1 else line)

    def _masked(self, line: bytes) -> bytes:
        return self._passage.session.masks.text(line.decode(errors="surrogateescape")).encode(errors="surrogateescape")

    def _to_sink(self, data: bytes) -> None:
        self._give(data, to_client=self._transfer.gives)

    def _to_source(self, data: bytes) -> None:
        self._give(data, to_client=not self._transfer.gives)

    def _give(self, data: bytes, *, to_client: bool) -> None:
        if to_client:
            self._deliver(data, None)
        elif data and self._upstream is not None and not self._upstream.is_closing():
            self._upstream.write(data)

    def _tell(self, hold: Hold) -> None:
        self._deliver(denial.words_of_hold(hold).encode(), STDERR)
