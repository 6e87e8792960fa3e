"""One session between its two wires: what the client sends goes up in order, what the upstream answers comes down.

Upwards, `intake.py` takes the client's messages; each is forwarded at once where that needs no waiting, and else by the
one task that runs `Relay.run`. Downwards, `downstream.py` gives each frame to the errand it answers. Both directions
push back: nothing is kept here beyond one bounded chunk each.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import structlog

from engine.errors import HooptermError, RecordError, UpstreamError
from engine.model import Column
from engine.protocols.postgres import requests as r
from engine.protocols.postgres.answers import Field, NoticeResponse
from engine.protocols.postgres.codec import Codec, Role
from engine.protocols.postgres.copying import Copying, may_copy_in
from engine.protocols.postgres.denial import Fields, raising_parse, raising_query
from engine.protocols.postgres.describing import Describing
from engine.protocols.postgres.downstream import Downstream
from engine.protocols.postgres.errands import Errand, Refused
from engine.protocols.postgres.exchanges import Step, Submission
from engine.protocols.postgres.intake import Intake
from engine.protocols.postgres.lane import Lane
from engine.protocols.postgres.messages import Message
from engine.protocols.postgres.portals import Portal
from engine.protocols.postgres.probe import ask
from engine.protocols.postgres.startup import fatal_for
from engine.protocols.postgres.statement import Row, Statement
from engine.protocols.postgres.tracking import Tracker
from engine.protocols.postgres.wire import Wire

if TYPE_CHECKING:
    from engine.gateway import Gateway
    from engine.protocols.postgres.analysis.analyst import Analyst
    from engine.protocols.postgres.delivery import Delivery
    from engine.session import Session

logger = structlog.get_logger()


_OPENS_BATCH = frozenset((r.Parse.kind, r.Bind.kind, r.Describe.kind, r.Execute.kind, r.Close.kind))
_ENDS_BATCH = frozenset((r.Sync.kind, r.Query.kind, r.FunctionCall.kind))


class Relay:
    """A session that is open on both sides. `run` returns when it has ended, with the reason."""

    def __init__(
        self,
        gateway: Gateway,
        session: Session,
        analyst: Analyst,
        client: Wire,
        upstream: Wire,
        tracker: Tracker,
    ) -> None:
        self.gateway = gateway
        self.session = session
        self.analyst = analyst
        self.tracker = tracker
        self.names = tracker.names
        self.tracker.state.probe = self.probe
        self.codec: Codec[Errand] = Codec(Role.FRONTEND)
        self.described = Describing(self._describe)
        self.lane = Lane(self)
        self.intake = Intake(self)
        self.downstream = Downstream(self)
        self.submission: Submission | None = None
        self.batch = 0
        self.is_in_batch = False
        self.is_refusing = False  # the batch holds a message that raises: the server passes over the rest of it
        self.copying = Copying.NO
        self.has_unsettled = False
        self.cancel: Callable[[], Step] | None = None  # what the upstream runs
        self._operations = 0
        self._outbound: list[bytes] = []
        self._step: Step | None = None
        self._wake = asyncio.Event()
        self._all_answered: asyncio.Future[None] | None = None
        self._ended: str | None = None
        self._is_paced = False
        self.client = client
        self.upstream = upstream

    def __repr__(self) -> str:
        doing = "ended" if self.is_over else "waiting" if self._step else "relaying"
        return f"<Relay {self.session.id} {doing} {self.codec!r}>"

    # ── its life ──

    @property
    def is_over(self) -> bool:
        """It has ended."""
        return self._ended is not None

    @property
    def is_idle(self) -> bool:
        """Nothing that went upstream is unanswered."""
        return self.codec.is_idle and not self.lane.is_busy

    @property
    def is_quiet(self) -> bool:
        """Nothing at all is under way, and everything an analysis hangs on is known."""
        codec, tracker = self.codec, self.tracker
        if self._step is not None or self._ended is not None or self.copying is not Copying.NO:
            return False
        if self.is_in_batch or self.is_refusing or codec.is_skipping or not codec.is_idle:
            return False
        return not (self.has_unsettled or tracker.is_stale or tracker.changed_schema)

    @property
    def is_waiting(self) -> bool:
        """The client's next message cannot be looked at yet."""
        is_kept_back = self.copying is not Copying.NO and self.copying is not Copying.OPEN
        return self._step is not None or is_kept_back or self.is_over or self.codec.is_crowded

    async def run(self, welcome: bytes) -> str:
        """Say welcome to the client, and relay until the session ends; the reason."""
        try:
            self.upstream.attach(
                on_data=partial(self.guard, self.downstream.arrived),
                on_lost=lambda: self.fail(UpstreamError("the upstream closed the connection")),
                on_full=lambda is_full: self.client.pause("upstream") if is_full else self.client.resume("upstream"),
            )
            await self.settle()
            self.client.write(welcome)
            self.client.attach(
                on_data=partial(self.guard, self.intake.arrived),
                on_lost=lambda: self.end("the client disconnected"),
                on_full=lambda is_full: self.upstream.pause("client") if is_full else self.upstream.resume("client"),
            )
            while not self.is_over:
                await self._wake.wait()
                self._wake.clear()
                if self._step is not None:
                    await self._step
                    self._step = None
                    self.intake.pump()
        except HooptermError as error:
            self.fail(error)
        except Exception:  # a mistake of ours ends this session, and no other
            logger.exception("a session failed", session=self.session.id)
            self.fail(UpstreamError("internal error", "", "the engine's log says more"))
        return self._ended or ""

    def begin(self, step: Step) -> None:
        """Let the session's task do this, and look at no other message of the client before it is done."""
        self._step = step
        self._wake.set()

    def end(self, reason: str, last_words: bytes = b"") -> None:
        """End the session; what is under way counts as lost."""
        if self.is_over:
            return
        self.lane.hand_over()
        self._ended = reason
        matters: list[Errand | Portal] = [*self.codec.open_matters(), *self.names.portals.clear()]
        for matter in matters:
            with contextlib.suppress(RecordError):  # the record may be why it ends; the sockets close all the same
                matter.lose(reason)
        if self.submission is not None:
            self.submission.withdraw()
        if self._all_answered is not None and not self._all_answered.done():
            self._all_answered.set_exception(UpstreamError("the session has ended", reason))
        self.client.write(last_words)
        self.client.close()
        self.upstream.write(r.Terminate().encode())
        self.upstream.close()
        self._wake.set()

    def fail(self, error: HooptermError) -> None:
        """End it with a native error to the client."""
        self.end(str(error), fatal_for(error))

    def guard(self, act: Callable[..., None], *arguments: bytes) -> None:
        """Act on something that came in; what that raises ends this session and nothing else."""
        if self._ended is not None:
            return
        try:
            act(*arguments)
            if self.session.recorder.is_behind:
                self._keep_pace()
        except HooptermError as error:
            self.fail(error)
        except Exception:
            logger.exception("a session failed", session=self.session.id)
            self.fail(UpstreamError("internal error", "", "the engine's log says more"))

    def _keep_pace(self) -> None:
        """Read neither side while storage is behind with the recording: its backlog is memory."""
        if self._is_paced:
            return
        self._is_paced = True
        for wire in (self.client, self.upstream):
            wire.pause("recording")
        self.gateway.spawn(self._pace(), "wait for the recording")

    async def _pace(self) -> None:
        try:
            await self.session.recorder.drained()
        except RecordError as error:
            self.fail(error)
        self._is_paced = False
        for wire in (self.client, self.upstream):
            wire.resume("recording")

    # ── upwards ──

    def send(self, message: Message, errand: Errand | None = None) -> None:
        """Queue a message for the upstream; `flush` writes what was queued."""
        self.forward(message.encode(), errand)

    def forward(self, data: bytes, errand: Errand | None = None) -> None:
        """The same for a message that is bytes already."""
        kind = data[0]
        if kind in _OPENS_BATCH:
            self.is_in_batch = True
        elif kind in _ENDS_BATCH:
            self.is_in_batch = False
        self._outbound.append(self.codec.forward(data, errand))

    def flush(self) -> None:
        """Write what was queued, at once."""
        if self._outbound:
            self.upstream.write(self._outbound[0] if len(self._outbound) == 1 else b"".join(self._outbound))
            self._outbound.clear()

    def pass_on(self, data: bytes) -> None:
        """Queue COPY data, which nothing answers."""
        self._outbound.append(data)

    def end_batch(self) -> None:
        """A Sync or a Query went up: what comes next is a batch of its own."""
        self.batch += 1
        self.is_refusing = False

    def refuse_query(self, fields: Fields) -> None:
        """Have the upstream raise in place of a Query."""
        self.send(raising_query(), Refused(fields))
        self.end_batch()

    def refuse_message(self, fields: Fields) -> None:
        """Have the upstream raise in place of one message of the open batch, and so pass over the rest of it."""
        self.send(raising_parse(), Refused(fields))
        self.is_refusing = True

    @property
    def is_passing_over(self) -> bool:
        """Whether the upstream passes over what is sent now, up to the next Sync."""
        return self.is_refusing or self.codec.is_skipping or self.is_over

    def forwarding(self, delivery: Delivery) -> None:
        """Its statement goes up now, to be run at once or when its portal is executed."""
        delivery.passage.forwarded()
        self.tracker.forwarding(delivery.statement)

    def running(self, statement: Statement) -> None:
        """It runs now; what comes after it may have to wait for what becomes of it."""
        self.has_unsettled |= self.tracker.may_change(statement)
        if may_copy_in(statement):
            self.copying = Copying.AWAITED
            if self.is_in_batch:
                self.send(r.Flush())

    def press(self) -> None:
        """Have the upstream answer everything up to here, without ending an open batch."""
        if self.is_in_batch and not self.codec.is_idle:
            self.send(r.Flush())
        self.flush()

    def next_operation(self) -> str:
        """A new operation's identifier."""
        self._operations += 1
        return f"{self.session.id}.{self._operations}"

    def tell(self, notice: NoticeResponse) -> None:
        """Say something to the client that no upstream said."""
        self.client.write(notice.encode())

    # ── waiting for the upstream ──

    @property
    def is_settled(self) -> bool:
        """Whether everything an analysis hangs on is known now."""
        return not (self.has_unsettled or self.tracker.is_stale or self.tracker.changed_schema)

    async def settle(self) -> None:
        """Wait until it is; only a session that cannot be asked stays unsettled."""
        await self.answered()
        if self.tracker.changed_schema:
            self.tracker.changed_schema = False
            await self.analyst.schema_changed()
        if self.tracker.is_stale and self.can_be_asked:
            await self.tracker.refresh(self.probe, is_reported=not self.is_in_batch)

    async def answered(self) -> None:
        """Wait until everything sent so far is answered."""
        self.press()
        if not self.codec.is_idle:
            self._all_answered = asyncio.get_running_loop().create_future()
            await self._all_answered

    def wants_copy(self) -> None:
        """The upstream asks for the client's COPY data."""
        if self.copying is not Copying.AWAITED:
            raise UpstreamError("the upstream asked for COPY data that no statement announced")
        self.copying = Copying.OPEN

    def all_answered(self) -> None:
        """Nothing sent is unanswered any more."""
        self.has_unsettled = False
        self.copying = Copying.NO
        if self._all_answered is not None and not self._all_answered.done():
            self._all_answered.set_result(None)

    @property
    def can_be_asked(self) -> bool:
        """Whether the upstream session would answer a probe."""
        is_failed = self.tracker.status == "E" or self.codec.is_skipping or self.is_refusing
        return not (self.is_over or is_failed or self.copying is not Copying.NO)

    def _describe(self, fields: Sequence[Field], statement: Statement) -> tuple[Column, ...]:
        return self.analyst.describe(fields, statement, self.tracker.state)

    async def probe(self, query: str) -> list[Row]:
        """Run one harmless query on the client's own upstream session; raises `LookupError` when that cannot be."""
        return await ask(self, query)
