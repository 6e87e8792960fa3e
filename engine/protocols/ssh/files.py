"""SFTP through the pipeline: each request that opens, names or changes something is an operation of its own.

Bytes of open files are forwarded as they come, under the operation that opened the file, and recorded as its input and
output. A denial is the protocol's own (SSH_FX_PERMISSION_DENIED) and the conversation goes on; what people are asked
about waits, and only what is about the same path waits with it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engine.errors import Denied, HooptermError, UpstreamError
from engine.model import Outcome, Status
from engine.protocols.ssh import denial, filepaths, sftp
from engine.protocols.ssh.fileanswers import Answers, outcome_of, with_our_limits
from engine.protocols.ssh.fileoperations import Meaning, verb_of
from engine.protocols.ssh.filequestions import Question
from engine.protocols.ssh.fileturns import Turns
from engine.protocols.ssh.openfiles import OpenFiles
from engine.protocols.ssh.sftp import Code, Kind, Packet, Wire
from engine.protocols.ssh.sftp_calls import Calls, Failed
from engine.protocols.ssh.sftp_fields import (
    LAYOUTS,
    Malformed,
    Name,
    Request,
    announced,
    encoded,
    name_packet,
    request_of,
)

if TYPE_CHECKING:
    from engine.passage import Passage
    from engine.pipeline import Pipeline
    from engine.session import Session

_MOST_AT_ONCE: Final = 128
"""Requests under way that are more than forwarded bytes; the client's next ones are not read meanwhile."""

_MOST_WORDS: Final = 50
"""Denials that are told on standard error too: clients that never read it must not be stopped by it."""


@dataclass(frozen=True, slots=True)
class Ends:
    """What a conversation needs of the channel it is in. All but `spawn` must not raise."""

    to_client: Callable[[bytes], None]
    to_upstream: Callable[[bytes], None]
    say: Callable[[str], None]  # on standard error
    pause: Callable[[bool], None]  # whether the client is to wait
    fail: Callable[[HooptermError], None]  # nothing more can be done
    end: Callable[[], None]  # the upstream gets no more
    spawn: Callable[[Coroutine[Any, Any, Any], str], None]


class Files:
    """One SFTP conversation, between the client's channel and the upstream's, there as `principal` if as one at all."""

    def __init__(self, session: Session, pipeline: Pipeline, ends: Ends, principal: str | None = None) -> None:
        self._session = session
        self._pipeline = pipeline
        self._ends = ends
        self._principal = principal
        self._wire = Wire(sftp.REQUESTS, sftp.LIMIT_AT_FIRST)
        self._calls = Calls(ends.to_upstream)
        self._answers = Answers(session, ends.to_client)
        self._files = OpenFiles(session, self._calls, self._answers, ends, self._go_on)
        self._turns = Turns()
        self._questions: set[Question] = set()
        self._home = b"/"
        self._is_ready = True
        self._is_over = False
        self._has_ended = False
        self._told = 0
        self._under_way = 0

    def __repr__(self) -> str:
        return f"<Files of {self._session} {self._under_way} under way>"

    # Bytes in

    def client_sent(self, data: bytes) -> None:
        """Bytes of the client."""
        self._wire.receive_data(data)
        self._go_on()

    def client_ended(self) -> None:
        """The client sends no more; the upstream is told once it has all that was asked."""
        self._has_ended = True
        self._go_on()

    def flows(self, flows: bool) -> None:
        """Whether the client keeps up with its answers."""
        (self._answers.flows.set if flows else self._answers.flows.clear)()

    def upstream_sent(self, data: bytes) -> None:
        """Bytes of the upstream."""
        try:
            self._calls.receive(data)
        except HooptermError as error:
            self._ends.fail(error)
        self._flush()

    def over(self) -> None:
        """One of the ends is gone: what is open ends here."""
        self._is_over = True
        for question in self._questions:
            question.withdrawn.set()
        self._calls.lost()
        self._files.lost()

    # Requests

    def _go_on(self) -> None:
        try:
            while not self._must_wait() and (packet := self._wire.next_packet()) is not None:
                self._take(packet)
        except HooptermError as error:
            self._ends.fail(error)
        self._flush()
        self._ends.pause(self._must_wait())
        if self._has_ended and self._is_ready and not self._under_way and not self._files.waiting:
            self._ends.end()

    def _must_wait(self) -> bool:
        return not self._is_ready or self._is_over or self._under_way + self._files.waiting >= _MOST_AT_ONCE

    def _flush(self) -> None:
        self._calls.flush()
        self._answers.flush()

    def _take(self, packet: Packet) -> None:
        if packet.kind == Kind.INIT:
            self._is_ready = False
            self._ends.spawn(self._greet(), "begin a file transfer")
        elif self._files.takes(packet):
            return
        elif packet.kind in LAYOUTS or packet.kind == Kind.EXTENDED:
            self._ask_for(packet)
        else:
            self._answers.status(packet.id, Code.OP_UNSUPPORTED, "hoopterm: this is not known")

    async def _greet(self) -> None:
        try:
            hello = await self._calls.greet()
            self._home = await self._calls.real_path(b".")
            without = ("copy-data",) if self._session.masks.detection is not None else ()
            self._answers.packet(sftp.version(announced(hello, without)))
        except (HooptermError, Failed) as error:
            self._ends.fail(_as_error(error))
            return
        self._is_ready = True
        self._go_on()

    def _ask_for(self, packet: Packet) -> None:
        try:
            request = request_of(packet)
            if request is None:
                self._answers.status(packet.id, Code.OP_UNSUPPORTED, "hoopterm: this extension is not known")
                return
            request = self._files.named(request)
        except Malformed as error:
            self._answers.status(packet.id, Code.BAD_MESSAGE, f"hoopterm: {error}")
            return
        except KeyError:
            self._answers.status(packet.id, Code.FAILURE, "hoopterm: no such handle")
            return
        if request.name == "copy-data" and self._session.masks.detection is not None:
            words = "hoopterm: a copy made by the target would go round the masks; read and write instead"
            self._answers.status(packet.id, Code.OP_UNSUPPORTED, words)
            return
        turn = self._turns.take(self._paths(request))
        question = Question(self._session, request, turn, self._home, self._calls, self._ends.say)
        self._questions.add(question)
        self._under_way += 1
        self._files.hold(request)
        self._ends.spawn(self._serve(packet, question), f"serve a {verb_of(request)}")

    def _paths(self, request: Request) -> list[bytes]:
        paths = [request.path]
        if request.other and verb_of(request) != "SYMLINK":
            paths.append(request.other)
        return [filepaths.absolute(path, self._home) for path in paths]

    async def _serve(self, packet: Packet, question: Question) -> None:
        try:
            await self._admit_and_run(packet, question)
        except Denied as denied:
            self._deny(packet, denied)
        except HooptermError as error:
            self._answers.status(packet.id, Code.FAILURE, f"hoopterm: {error}")
        finally:
            self._settle(question)
            self._questions.discard(question)
            self._under_way -= 1
            self._go_on()

    def _settle(self, question: Question) -> None:
        if not question.is_settled:
            question.is_settled = True
            question.turn.settle()
            self._files.release(question.request)

    def _deny(self, packet: Packet, denied: Denied) -> None:
        words = f"hoopterm: {denied.what}: {denied.why}; {denied.hint}"
        self._answers.status(packet.id, Code.PERMISSION_DENIED, denial.printable(words))
        self._say(denial.words_of(denied))

    def _say(self, words: str) -> None:
        """Beside the answer: clients make their own words of a status."""
        if self._told < _MOST_WORDS:
            self._told += 1
            self._ends.say(words)

    async def _admit_and_run(self, packet: Packet, question: Question) -> None:
        await question.turn.come()
        passage = await self._admitted(question)
        if passage is None:
            return
        try:
            if not await self._is_anothers(packet, question, passage):
                await self._run(packet, question, passage)
        except HooptermError as error:
            passage.conclude(Outcome(Status.FAILED, error=self._session.masks.text(str(error))))
            raise

    async def _admitted(self, question: Question) -> Passage | None:
        """Through the pipeline, in the short way where there is one; None when there is nobody left to answer."""
        passage = self._pipeline.admit_now(self._session, await question.operation())
        if passage is None:
            (passage,) = await self._pipeline.admit(self._session, question)
        if self._is_over:
            passage.conclude(Outcome(Status.CANCELLED, error="the client left"))
            return None
        return passage

    async def _is_anothers(self, packet: Packet, question: Question, passage: Passage) -> bool:
        """Whether its rule has it done as somebody else than this transfer runs as; then it is not done."""
        handling = passage.decision.handling
        wanted = handling.principal if handling is not None else None
        if self._principal is None or wanted in (None, self._principal):
            return False
        self._settle(question)
        words = f"its rule has it done as {wanted}, and this transfer runs as {self._principal}"
        await passage.durable()
        self._answers.status(packet.id, Code.PERMISSION_DENIED, f"hoopterm: {words}")
        self._say(f"hoopterm: {words}\r\n")
        passage.conclude(Outcome(Status.FAILED, error=words))
        return True

    async def _run(self, packet: Packet, question: Question, passage: Passage) -> None:
        meaning = question.meaning
        assert meaning is not None
        if question.failure is not None:
            self._settle(question)
            await passage.durable()
            self._conclude(packet, question.failure, passage)
        elif meaning.verb == "REALPATH" and meaning.request.path.startswith(b"/"):
            self._settle(question)
            passage.forwarded()
            await passage.durable()
            path = meaning.request.path
            found = Packet(Kind.NAME, 0, name_packet(0, [Name(path, path, bytes(4))])[4:])
            self._conclude(packet, found, passage)
        else:
            await self._forward(packet, question, meaning, passage)

    async def _forward(self, packet: Packet, question: Question, meaning: Meaning, passage: Passage) -> None:
        request = meaning.request
        is_as_sent = bool(request.handle) or not (request.path or request.other)
        body = packet.payload[5:] if is_as_sent else encoded(request, 0)[9:]
        coming = self._calls.ask(packet.kind, body)
        opens = packet.kind in (Kind.OPEN, Kind.OPENDIR)
        checking = self._calls.ask(Kind.REALPATH, sftp.string(request.path)) if opens else None
        passage.forwarded()
        self._settle(question)
        answer = await coming
        if passage.operation.verb == "LIMITS":
            answer = with_our_limits(answer)
        if checking is not None and answer.kind == Kind.HANDLE:
            moved = await self._files.opened(answer, request, passage, checking)
            if moved is not None:
                self._answers.status(packet.id, Code.PERMISSION_DENIED, f"hoopterm: {moved}")
                return
            await passage.durable()
            self._answers.as_is(answer, packet.id)
        else:
            await passage.durable()
            self._conclude(packet, answer, passage)

    def _conclude(self, packet: Packet, answer: Packet, passage: Passage) -> None:
        masked = self._answers.relay(answer, packet.id)
        passage.conclude(outcome_of(answer, passage.operation.verb, masked, self._session.masks))


def _as_error(error: Exception) -> HooptermError:
    if isinstance(error, HooptermError):
        return error
    return UpstreamError("the target does not transfer files", "it would not tell its home directory", "")
