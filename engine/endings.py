"""Why a session ends before its client ends it: it is killed, its token or identity is over, or somebody locks it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.approvals.request import Review
from engine.audit.events import EventName
from engine.errors import Conflict, HooptermError, NotFound, RecordError
from engine.identity.locks import Lock, Locked

if TYPE_CHECKING:
    from engine.gateway import Gateway
    from engine.session import Session

_EXPIRY_CHECK = 0.25  # seconds; what ended must end within one
_RENEWAL_CHECK = timedelta(hours=12)


class Endings:
    """What ends the sessions of one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._changing = asyncio.Lock()  # one lock or unlock is recorded at a time

    async def run(self, stopping: asyncio.Event) -> None:
        """End what has expired, and renew the certificate before it does."""
        gateway = self._gateway
        renewed = gateway.now()
        while not stopping.is_set():
            now = gateway.now()
            if now - renewed >= _RENEWAL_CHECK:
                renewed = now
                gateway.authority.renew()
            for session in tuple(gateway.sessions.values()):
                if session.identity.expires is not None and session.identity.expires <= now:
                    session.adapter.terminate("the token or identity has expired")
            await asyncio.sleep(_EXPIRY_CHECK)

    def kill(self, session_id: str, reason: str, by: str) -> None:
        """End a live session now; raises NotFound."""
        session = self._gateway.sessions.get(session_id)
        if session is None:
            raise NotFound(f"no live session {session_id}", "", "hoopterm sessions list")
        _cut(session, f"ended by {by}: {reason}" if reason else f"ended by {by}", f"{by}: {reason}")

    def end_token(self, token: str) -> None:
        """End what a revoked token opened and asked for."""
        for session in tuple(self._gateway.sessions.values()):
            if session.identity.token == token:
                session.adapter.terminate("the token was revoked")
        of_token = self._gateway.approvals.end(lambda review: review.identity.token == token, "its token was revoked")
        self._gateway.spawn(of_token, "end the reviews of a revoked token")

    async def lock(self, kind: Locked, name: str, by: str, reason: str) -> tuple[Lock, int]:
        """Refuse new sessions and end live ones from now on; how many those were. Durable when it returns.

        Raises Conflict where it is locked already, RecordError when log or store do not take it: it is locked then all
        the same, until the engine stops.
        """
        gateway, locks = self._gateway, self._gateway.locks
        lock, ended = Lock(kind, name, by, reason, gateway.now()), 0
        if is_first := locks.get(kind, name) is None:
            ended = self._enforce(lock)  # at once: a store that hangs must not keep a session alive
        async with self._changing:
            standing = locks.get(kind, name)
            if not is_first and standing is not None and locks.is_kept(standing):
                why = f"by {standing.by} at {standing.since:%Y-%m-%d %H:%M:%S} UTC: {standing.reason}"
                raise Conflict(f"{name} is locked already", why)
            if not is_first:
                ended = self._enforce(lock)
            try:
                try:
                    await self._record(EventName.IDENTITY_LOCKED, lock, by, reason)
                finally:
                    await locks.keep(lock)
                await self._end_reviews(lock)
            except HooptermError as error:
                hint = "repair that and lock it again: this lock ends with the engine"
                raise RecordError(f"{name} is locked, but that cannot be kept", str(error), hint) from error
        return lock, ended

    async def unlock(self, kind: Locked, name: str, by: str, reason: str) -> Lock:
        """Take a lock off; it counts until both log and store have taken that. Raises NotFound, RecordError."""
        locks = self._gateway.locks
        async with self._changing:
            lock = locks.get(kind, name)
            if lock is None:
                raise NotFound(f"{name} is not locked", "", "hoopterm lock list")
            await self._record(EventName.IDENTITY_UNLOCKED, lock, by, reason)
            await self._end_reviews(lock)  # what was asked while it was being locked
            try:
                await locks.remove(lock)
            except HooptermError as error:
                await self._record(EventName.IDENTITY_LOCKED, lock, lock.by, f"still: the store kept it ({error})")
                raise
        return lock

    def _enforce(self, lock: Lock) -> int:
        self._gateway.locks.add(lock)
        covered = [
            session
            for session in tuple(self._gateway.sessions.values())
            if lock.covers(session.identity, session.target.name)
        ]
        for session in covered:
            self.shut(session)
        return len(covered)

    def shut(self, session: Session) -> None:
        """End a session that a lock covers, and let it do nothing more; one that none covers goes on."""
        why = self._gateway.locks.why_not(session.identity, session.target.name)
        if why is not None:
            session.why_locked = why
            _cut(session, why, why)

    async def _end_reviews(self, lock: Lock) -> None:
        """What was asked for by whom it covers, and what they had a voice in."""

        def is_ended(review: Review) -> bool:
            voted = lock.kind is Locked.IDENTITY and any(vote.person == lock.name for vote in review.votes)
            return voted or lock.covers(review.identity, review.target)

        await self._gateway.approvals.end(is_ended, f"{lock.kind} {lock.name} was locked")

    async def _record(self, event: EventName, lock: Lock, by: str, reason: str) -> None:
        is_target = lock.kind is Locked.TARGET
        sequence = self._gateway.log.append(
            event,
            identity=None if is_target else lock.name,
            target=lock.name if is_target else None,
            data={"kind": lock.kind.value, "by": by, "reason": reason},
        )
        await self._gateway.log.wait(sequence)


def _cut(session: Session, to_client: str, to_record: str) -> None:
    with contextlib.suppress(RecordError):  # a record that cannot be written must not keep it alive
        session.recorder.event("s", {"state": "killed", "reason": to_record})
    session.adapter.terminate(to_client)


def locks_after(events: Iterable[Mapping[str, Any]]) -> list[Lock]:
    """The locks in force after these events of the log."""
    found: dict[tuple[Locked, str], Lock] = {}
    for event in events:
        if event["event"] not in (EventName.IDENTITY_LOCKED, EventName.IDENTITY_UNLOCKED):
            continue
        kind = Locked.IDENTITY if event["identity"] is not None else Locked.TARGET
        name, data = event[kind.value], event["data"]
        found.pop((kind, name), None)
        if event["event"] == EventName.IDENTITY_LOCKED:
            since = datetime.fromisoformat(event["time"])
            found[kind, name] = Lock(kind, name, data["by"], data["reason"], since)
    return list(found.values())
