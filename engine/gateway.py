"""The engine as a service: listeners → sessions, in one task group; start, drain, stop."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import structlog

from engine import admission, entries
from engine.api.server import ControlServer, default_socket
from engine.approvals.queue import ReviewQueue
from engine.approvals.request import Review
from engine.audit.events import EventName
from engine.audit.log import Log, utc_now
from engine.audit.recorder import Recorder
from engine.audit.recovery import recover_recordings
from engine.bus import Bus
from engine.config.revision import Revision
from engine.consoles import Consoles
from engine.endings import Endings, locks_after
from engine.errors import HooptermError, RecordError, SessionRefused
from engine.figures import Figures
from engine.hindsight.running import Hindsight
from engine.identity.jwt import is_jwt
from engine.identity.locks import Locks
from engine.identity.oidc import Issuers
from engine.identity.tokens import Tokens
from engine.keys import load_or_make, load_or_make_signing_key
from engine.listeners import Listeners
from engine.model import Identity, Outcome, Target
from engine.notify.notifier import Notifier
from engine.pace import Pace
from engine.pipeline import Pipeline
from engine.policy_files import PolicyFiles
from engine.protocols import registry
from engine.protocols.base import Adapter
from engine.reach import Reach
from engine.refusals import Refusals
from engine.room import Room
from engine.search.follower import Follower
from engine.secrets.resolve import Login, login_of
from engine.secrets.secret import Secret
from engine.session import Counts, Session
from engine.shared import Shared
from engine.store.store import Store
from engine.tls import Authority, ClientTLS

_DRAIN = 10.0  # seconds that what sessions are doing gets to finish when the engine stops
_LAST_WORDS = 2.0  # seconds from telling a session that it ends to cutting it

logger = structlog.get_logger()


class Gateway:
    """Everything the engine holds while it serves; protocols, pipeline and control API reach each other here."""

    log: Log
    store: Store
    approvals: ReviewQueue
    tokens: Tokens
    locks: Locks
    authority: Authority
    room: Room
    refusals: Refusals
    control: ControlServer
    search: Follower
    tasks: asyncio.TaskGroup

    def __init__(self, revision: Revision, now: Callable[[], datetime] = utc_now, console: Sequence[str] = ()) -> None:
        """`console` is the command line of the process that consoles over SSH are forked from."""
        self.revision = revision
        self.now = now
        self.started = now()
        self.state: Path = revision.settings.engine.state
        self.bus = Bus()
        self.notifier = Notifier(self._tell_unnotified)
        self.pipeline = Pipeline(self)
        self.sessions: dict[str, Session] = {}
        self._past = Counts()
        self.pace = Pace(self.totals)
        self.reach = Reach(now)
        self.listeners = Listeners(self)
        self.policy_files = PolicyFiles(self)
        self.hindsight = Hindsight(self.state)
        self.endings = Endings(self)
        self.consoles = Consoles(self, console)
        self.issuers = Issuers(spawn=lambda work: self.tasks.create_task(work), now=now)
        self.issuers.use(revision.issuers)
        self.is_draining = False
        self._shared = Shared()
        self._stopping = asyncio.Event()

    async def serve(self, ready: Callable[[Gateway], Awaitable[None]]) -> None:
        """Serve until `stop`; `ready` is awaited once clients can connect. Raises HooptermError."""
        async with AsyncExitStack() as resources:
            await self._open(resources)
            try:
                async with asyncio.TaskGroup() as self.tasks:
                    await self._start(ready)
                    await self._stopping.wait()
                    await self._drain()
            except BaseExceptionGroup as group:
                known = group.subgroup(HooptermError)
                raise (_first(known) if known is not None else group) from None
            self.room.close()
            self.refusals.close()
            self.log.append(EventName.ENGINE_STOPPED, data={"policy": self.revision.digest})

    async def _open(self, resources: AsyncExitStack) -> None:
        """What outlives single sessions: keys, log, store, reviews, tokens, the CA."""
        engine = self.revision.settings.engine
        for directory, mode in ((self.state, 0o711), *((self.state / name, 0o700) for name in ("keys", "recordings"))):
            directory.mkdir(mode=mode, parents=True, exist_ok=True)
        keys = self.state / "keys"
        self.mask_key = load_or_make(keys, "masking.key")
        self.log_key = load_or_make_signing_key(keys, "log.key")
        self.log = await Log.open(
            self.state / "log",
            key=self.log_key,
            origin=self.log_key.name,
            durability=engine.audit.durability,
            checkpoints=engine.audit.checkpoints,
            now=self.now,
            on_entry=self._tell_entry,
        )
        resources.push_async_callback(self.log.close)
        await resources.enter_async_context(self.notifier)
        self.notifier.use(self.revision.notifications)
        self.refusals = Refusals(self.log.append)
        self.room = Room(self._holding_the_record(), engine.free_space, self._tell_space)
        await recover_recordings(self.state / "recordings", self.log)
        self.store = await Store.open(engine.store, self.state)
        resources.push_async_callback(self.store.close)
        max_ttl = timedelta(seconds=self.revision.settings.tokens.max_ttl)
        self.tokens = await Tokens.open(self.store, max_ttl=max_ttl, now=self.now)
        self.tokens.on_revoked.append(self.endings.end_token)
        self.locks = await Locks.open(self.store)
        if self.store.is_new:  # one that was lost must not let in whom it kept out: the log still says so
            for lock in await asyncio.to_thread(lambda: locks_after(self.log.read())):
                self.locks.add(lock)
                await self.locks.keep(lock)
        self.approvals = await ReviewQueue.open(
            self.store,
            self.log,
            self.bus,
            key=load_or_make(keys, "approvals.key"),
            revision=self.revision,
            now=self.now,
        )
        self.authority = Authority.open(keys / "tls", _names(self.revision), now=self.now)
        self.search = Follower(
            self.state, published=lambda: self.log.published, may_write=lambda: not self.room.is_full
        )

    async def _start(self, ready: Callable[[Gateway], Awaitable[None]]) -> None:
        self.log.append(EventName.ENGINE_STARTED, data={"policy": self.revision.digest})
        await self.room.look()
        self.tasks.create_task(self.room.watch(self._stopping))
        self.tasks.create_task(self.pace.watch(self._stopping))
        self.tasks.create_task(Figures(self.sessions, self.bus).watch(self._stopping))
        self.tasks.create_task(self.endings.run(self._stopping))
        self.tasks.create_task(self.approvals.run())
        self.consoles.start(self.tasks)
        self._indexing = self.tasks.create_task(self.search.run())
        await self.listeners.open(self.revision.settings.listeners)
        self.control = ControlServer(self)
        await self.control.start(self.socket_path, self.tasks)
        await ready(self)

    def _holding_the_record(self) -> list[Path]:
        """Where what must not be lost is written."""
        holding = [self.state / "log", self.state / "recordings"]
        return [*holding, self.state] if self.revision.settings.engine.store == "sqlite" else holding

    async def _drain(self) -> None:
        """Take no more clients, let live sessions finish for a while, then end them."""
        self.is_draining = True
        self.listeners.close()
        logger.info("draining", sessions=len(self.sessions))
        self.consoles.end_all("the engine is stopping")
        for session in tuple(self.sessions.values()):
            if not session.open_operations:  # the others end with what they are doing: see Passage.conclude
                session.adapter.terminate("the engine is stopping")
        await self.listeners.finished(_DRAIN)
        for session in tuple(self.sessions.values()):
            session.adapter.terminate("the engine is stopping")
        await self.listeners.finished(_LAST_WORDS, cut=True)
        self.consoles.stop()
        self._indexing.cancel()
        await self.control.close()
        self.bus.close()
        await self._shared.close()
        self.approvals.stop()

    def stop(self) -> None:
        """Drain and end; `serve` returns when that is done. Safe to call from a signal handler on the loop."""
        self._stopping.set()

    @property
    def socket_path(self) -> Path:
        """The control socket."""
        return self.revision.settings.engine.socket or default_socket(self.state)

    async def authenticate(self, subject: str, secret: Any) -> Identity:
        """The identity behind a user name and a token, ours or an issuer's; raises SessionRefused, and records that."""
        try:
            if isinstance(secret, Secret) and is_jwt(secret.reveal()):
                word, until = await self.issuers.verify(secret)
                return admission.vouched(self.revision, subject, word, until)
            token = await self.tokens.verify(subject, secret)
            return admission.authenticated(self.revision, token)
        except SessionRefused as refused:
            self.refusals.tell(refused, subject)
            raise

    async def open_session(
        self, identity: Identity, target_name: str, adapter: Adapter, client: str, database: str | None = None
    ) -> Session:
        """Begin a session of this identity on a target; raises SessionRefused, which is recorded, and RecordError."""
        try:
            if self.is_draining:
                raise SessionRefused("the engine is stopping", "", "try again in a moment")
            admission.require_place(self.sessions.values(), identity)
            target = admission.permitted(self.revision, self.locks, identity, target_name, self.now())
        except SessionRefused as refused:
            self.refusals.tell(refused, identity.subject, target_name, client=client)
            raise
        if self.room.is_full:
            raise self.room.refusal("sessions")
        id = f"s-{secrets.token_hex(6)}"
        opened = self.now()
        recorder = Recorder.open(
            self.state / "recordings",
            id,
            {
                "identity": identity.subject,
                "sponsor": identity.sponsor,
                "on_behalf_of": identity.on_behalf_of,
                "target": target.name,
                "protocol": target.protocol,
                "mode": target.mode.value,
            },
            log=self.log,
            bus=self.bus,
            now=self.now,
            keep=target.answers,
        )
        session = Session(
            id=id,
            identity=identity,
            target=target,
            database=database or target.database,
            client=client,
            opened=opened,
            recorder=recorder,
            adapter=adapter,
            revision=self.revision,
            mask_key=self.mask_key,
        )
        self.sessions[id] = session
        try:
            await self._record_opening(session)
        except HooptermError as error:
            await self.close_session(session, f"it could not be recorded: {error.what}")
            raise
        self.announce(session)
        return session

    async def _record_opening(self, session: Session) -> None:
        sequence = entries.append(self.log, session, EventName.SESSION_OPENED, entries.opening(session))
        await self.log.wait(sequence)
        await self.store.add_session(session)
        session.recorder.event("s", {"state": "opened", "reason": ""})

    async def close_session(self, session: Session, reason: str) -> None:
        """End a session's record; the adapter has closed its connections."""
        if self.sessions.pop(session.id, None) is None:
            return
        self._past.add(session.counts)
        closing = session.recorder.close({"state": "closed", "reason": reason})
        for step in (closing, self._record_closing(session, reason), self.store.close_session(session, self.now())):
            try:
                await step
            except HooptermError as error:
                logger.error("a session's end could not be recorded", session=session.id, why=str(error))
        self.bus.publish("sessions", session)

    async def _record_closing(self, session: Session, reason: str) -> None:
        counts = session.counts
        entries.append(
            self.log,
            session,
            EventName.SESSION_CLOSED,
            {
                "reason": reason,
                "operations": counts.operations,
                "denied": counts.denied,
                "masked": counts.masked,
                "rows": counts.rows,
            },
        )

    def totals(self) -> Counts:
        """What all sessions have done since the engine started."""
        totals = Counts()
        for counts in (self._past, *(session.counts for session in self.sessions.values())):
            totals.add(counts)
        return totals

    def announce(self, session: Session) -> None:
        """Tell watchers that something about this session changed."""
        self.bus.publish("sessions", session)

    def ended(self, session: Session, operation: str) -> None:
        """One of a session's operations is over; the last one that was waited for ends a session that is to end."""
        session.open_operations.pop(operation, None)
        if self.is_draining and not session.open_operations:
            session.adapter.terminate("the engine is stopping")

    def settle(self, review: Review, outcome: Outcome) -> None:
        """Keep what became of an approved operation with its review."""
        self.spawn(self.approvals.outcome(review, outcome), "keep a review's outcome")

    def spawn(self, work: Coroutine[Any, Any, Any], what: str) -> None:
        """Do something beside a session; that it fails is said in the engine's log, and ends nothing else."""

        async def guarded() -> None:
            try:
                await work
            except Exception:
                logger.exception("failed", what=what)

        self.tasks.create_task(guarded())

    async def login(self, target: Target) -> tuple[Login, ClientTLS]:
        """The upstream credential of a target, resolved now; raises UpstreamError."""
        credential = self.revision.credentials[target.name]
        return await login_of(credential), credential.tls

    async def shared(self, target: Target, database: str, factory: Callable[[], Awaitable[Any]]) -> Any:
        """What sessions of one target and database share (its catalog), made once; a failure is not kept."""
        return await self._shared.get(target, database, factory, self.tasks)

    async def apply(self, revision: Revision, author: str, reason: str = "") -> tuple[str, ...]:
        """Put a new revision in force, for live sessions too; returns what changed, in words."""
        previous, changes = self.revision, revision.changes_from(self.revision)
        said = {"revision": revision.digest, "previous": previous.digest, "author": author, "reason": reason}
        sequence = self.log.append(EventName.POLICY_APPLIED, data={**said, "changes": list(changes)})
        await self.log.wait(sequence)
        self.revision = revision
        self.notifier.use(revision.notifications)
        self.issuers.use(revision.issuers)
        self.reach.keep(revision.targets)
        self.authority.renew(_names(revision))
        await self.approvals.redecide(revision)
        for session in tuple(self.sessions.values()):
            if (why := admission.follow(session, revision)) is not None:
                session.adapter.terminate(why)
            else:
                self.endings.shut(session)  # who answers for it may have changed
        return changes

    def _tell_space(self, data: dict[str, Any]) -> None:
        self.log.append(EventName.SPACE_LOW, data=data)

    def _tell_unnotified(self, data: dict[str, Any]) -> None:
        logger.warning("a notification failed", told=data)
        with contextlib.suppress(RecordError):
            self.log.append(EventName.NOTIFY_FAILED, data=data)

    def _tell_entry(self, event: EventName, sequence: int, entry: bytes) -> None:
        if event in self.notifier.wanted:
            self.notifier.hear(event, sequence, entry)
        if self.bus.has_watchers("events"):
            self.bus.publish("events", {"sequence": sequence, **msgspec.json.decode(entry)})


def _names(revision: Revision) -> tuple[str, ...]:
    """What the server certificate is for."""
    listeners = revision.settings.listeners.items()
    names = tuple(
        name for protocol, each in listeners if registry.knows(protocol, "listener.tls") for name in each.names
    )
    return names or ("localhost",)


def _first(group: BaseExceptionGroup[HooptermError]) -> HooptermError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
