"""The audit log as the engine sees it: append an entry, wait until it is on stable storage."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from engine.audit.events import Entry, EventName, encode_entry
from engine.audit.flusher import Flusher
from engine.audit.journal import SEGMENT_SIZE
from engine.audit.opening import Recovered, lock, recover
from engine.audit.publisher import Publisher
from engine.audit.writer import MAX_PENDING, Writer
from engine.errors import RecordError
from replay.note import SigningKey
from replay.tiles import Tiles

_encode_time = msgspec.json.Encoder().encode
Callback = Callable[[RecordError | None], None]
OnEntry = Callable[[EventName, int, bytes], None]
"""Told on the loop of each entry: its event, its sequence, and its bytes as they are stored."""
_HINT = "free space or repair the storage; operations resume by themselves when it can be written again"


def utc_now() -> datetime:
    """The time entries are given by default."""
    return datetime.now(UTC)


class Log:
    """Append-only and fail-closed: while storage fails, every append and wait raises RecordError.

    `append`, `when_durable` and `wait` belong to the event loop's thread. Entries go to the journal by one thread and
    from there into tiles, bundles and the checkpoint by another.
    """

    def __init__(
        self,
        directory: Path,
        lock_descriptor: int,
        *,
        size: int,
        durability: str,
        now: Callable[[], datetime],
        on_entry: OnEntry | None,
    ) -> None:
        self.directory = directory
        self.flusher = Flusher()
        self.durable = size  # every sequence below it is on stable storage
        self.size = size  # the sequence of the next entry
        self.checkpoint_time: datetime | None = None
        self.troubles: dict[str, str] = {}  # what does not get through though entries do: checkpoint, copies
        self.on_entry = on_entry
        self.is_closed = False
        self._lock = lock_descriptor
        self._is_batched = durability == "batched"
        self._now = now
        self._loop = asyncio.get_running_loop()
        self._waiters: dict[int, list[Callback]] = {}
        self._relaxed: set[int] = set()
        self._failure: str | None = None
        self._failed_from = (0, now())
        self._is_waking = False
        self._is_behind = False  # of what is durable too much is unpublished
        self._writer: Writer
        self._publisher: Publisher

    @classmethod
    async def open(
        cls,
        directory: Path,
        *,
        key: SigningKey,
        origin: str,
        durability: str = "strict",
        checkpoints: Sequence[Path] = (),
        now: Callable[[], datetime] = utc_now,
        on_entry: OnEntry | None = None,
        segment_size: int = SEGMENT_SIZE,
    ) -> Log:
        """Recover what is there and go on from it; a new log begins with its `log.key` entry.

        Raises RecordError when another engine has the log, or when it is damaged or shorter than it was signed.
        """
        descriptor = lock(directory)
        try:
            recovered = await asyncio.to_thread(recover, directory, key.verifier, origin)
            log = cls(directory, descriptor, size=recovered.next, durability=durability, now=now, on_entry=on_entry)
            log._writer = Writer(directory / "journal", recovered.next, _Relay(log), segment_size=segment_size)
            log._publisher = Publisher(
                directory,
                recovered.tree,
                recovered.tail,
                key=key,
                origin=origin,
                copies=tuple(checkpoints),
                segment_size=segment_size,
                told=log._hear_publisher,
            )
            await asyncio.to_thread(log._start, recovered)
        except OSError as error:
            os.close(descriptor)
            raise RecordError("the audit log cannot be opened", str(error), _HINT) from error
        except BaseException:
            os.close(descriptor)
            raise
        if log.size == 0:
            await log.wait(log.append(EventName.LOG_KEY, data={"origin": origin, "key": str(key.verifier)}))
        return log

    def _start(self, recovered: Recovered) -> None:
        publisher, signed, base = self._publisher, recovered.checkpoint, recovered.tree.size
        if signed is not None:
            publisher.offer(recovered.entries[: signed.size - base])
            publisher.integrate()
            if publisher.root() != signed.root:
                why = f"its {signed.size} entries do not give the root hash that was signed"
                raise RecordError("the audit log was altered", why, "keep it as evidence and start a new log elsewhere")
            publisher.checkpoint = signed
        publisher.offer(recovered.entries[publisher.size - base :])
        publisher.publish()
        self._writer.start()
        publisher.start()
        self.flusher.start()

    def append(
        self,
        event: EventName,
        *,
        session: str | None = None,
        operation: str | None = None,
        identity: str | None = None,
        target: str | None = None,
        data: dict[str, Any] | None = None,
        relaxed: bool = False,
        urgent: bool = True,
    ) -> int:
        """Add one entry and return its sequence; never blocks.

        `relaxed`: the intent of a pure read; under `batched` durability nobody waits for its fsync, which follows
        within 250 ms. `urgent` False: nobody waits for this one. Raises RecordError while the record cannot be written.
        """
        self._require_storage()
        entry = Entry(1, self._now(), event, session, operation, identity, target, data or {})
        return self._add(event, encode_entry(entry), relaxed, urgent)

    def append_form(self, event: EventName, form: bytes, *values: bytes, relaxed: bool = False) -> int:
        """Add one entry written in a form (`replay.forms`), whose first hole is the time; the same in all else."""
        if self._failure is not None or self._is_behind or self.size - self.durable >= MAX_PENDING:
            self._require_storage()
        return self._add(event, form % (_encode_time(self._now()), *values), relaxed, True)

    def _require_storage(self) -> None:
        if self._failure is not None:
            raise self._unwritable(self._failure)
        if self._is_behind or self.size - self.durable >= MAX_PENDING:
            raise self._unwritable("storage does not keep up")

    def _add(self, event: EventName, entry: bytes, relaxed: bool, urgent: bool) -> int:
        sequence = self.size
        is_relaxed = relaxed and self._is_batched
        if is_relaxed:
            self._relaxed.add(sequence)
        self._writer.submit(entry)
        self.size = sequence + 1
        if is_relaxed or not urgent:
            self._writer.wake(is_urgent=False)
        elif not self._is_waking:  # at the end of this turn of the loop, for all that is appended in it
            self._is_waking = True
            self._loop.call_soon(self._wake_writer)
        if self.on_entry is not None:
            self.on_entry(event, sequence, entry)
        return sequence

    @property
    def failure(self) -> str | None:
        """Why nothing can be recorded now, or None."""
        return self._failure

    @property
    def all_troubles(self) -> dict[str, str]:
        """What fails now and why: `record` where nothing can be recorded, and what does not get through otherwise."""
        return self.troubles if self._failure is None else {"record": self._failure, **self.troubles}

    @property
    def published(self) -> int:
        """How many entries are under the checkpoint, and so in tiles and bundles."""
        signed = self._publisher.checkpoint
        return signed.size if signed else 0

    @staticmethod
    def _unwritable(why: str) -> RecordError:
        return RecordError("the record cannot be written", why, _HINT)

    def is_durable(self, sequence: int) -> bool:
        """Whether what hangs on the entry may go on."""
        return sequence < self.durable or sequence in self._relaxed

    def when_durable(self, sequence: int, callback: Callback) -> None:
        """Call back on the loop once the entry is durable (at once if it is), or with the error that it is not."""
        if self.is_durable(sequence):
            callback(None)
        elif self._failure is not None:
            callback(self._unwritable(self._failure))
        else:
            self._waiters.setdefault(sequence, []).append(callback)

    async def wait(self, sequence: int) -> None:
        """Return once the entry is durable; raises RecordError."""
        if self.is_durable(sequence):
            return
        future: asyncio.Future[None] = self._loop.create_future()

        def settle(error: RecordError | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)

        self.when_durable(sequence, settle)
        await future

    def read(self, since: int = 0) -> Iterator[dict[str, Any]]:
        """The durable entries from a sequence on, each with its `sequence`; raises RecordError."""
        recent = self._publisher.unpublished()
        size = self.published
        try:
            for sequence, entry in enumerate(Tiles(self.directory, size).entries(since), since):
                yield {"sequence": sequence, **msgspec.json.decode(entry)}
        except (OSError, ValueError) as error:
            raise RecordError("the audit log does not read", str(error), "run `hoopterm audit verify`") from error
        for sequence, entry in recent:
            if sequence >= max(since, size):
                yield {"sequence": sequence, **msgspec.json.decode(entry)}

    async def close(self) -> None:
        """Store and publish everything, then let go of the log; raises RecordError when some of it is lost."""
        if self.is_closed:
            return
        self.is_closed = True
        await asyncio.to_thread(self.flusher.close)
        await asyncio.sleep(0)  # the last seals come back through the loop
        is_whole = await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._publisher.close)
        os.close(self._lock)
        self._failure = self._failure or "the log is closed"
        if not is_whole:
            raise RecordError("the end of the record was lost", "storage failed until the engine stopped", _HINT)

    # On the loop, from the threads:

    def _wake_writer(self) -> None:
        self._is_waking = False
        self._writer.wake(is_urgent=True)

    def _advance(self, count: int) -> None:
        before = self.durable
        self.durable = before + count
        self._is_behind = self._publisher.is_behind
        waiters, relaxed = self._waiters, self._relaxed
        if relaxed:
            relaxed.difference_update(range(before, self.durable))
        if not waiters:
            return
        for sequence in range(before, self.durable):
            for callback in waiters.pop(sequence, ()):
                self._tell(callback, None)

    def _fail(self, why: str) -> None:
        self._failure = why
        self._failed_from = (self.durable, self._now())
        waiters, self._waiters = self._waiters, {}
        for callbacks in waiters.values():
            for callback in callbacks:
                self._tell(callback, self._unwritable(why))

    def _tell(self, callback: Callback, error: RecordError | None) -> None:
        """One who waited fails for itself: the others hear too."""
        try:
            callback(error)
        except Exception as failure:
            what = {"message": "what waited for the record failed", "exception": failure}
            self._loop.call_exception_handler(what)

    def _recover(self) -> None:
        failure, self._failure = self._failure, None
        first, since = self._failed_from
        if failure is not None:
            data = {"why": failure, "since": since, "first": first, "last": self.size - 1}
            self.append(EventName.ANSWER_GAP, data=data)

    def _hear_publisher(self, error: OSError | None, copies: dict[Path, str]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone
            self._loop.call_soon_threadsafe(self._note_troubles, error, copies)

    def _note_troubles(self, error: OSError | None, copies: dict[Path, str]) -> None:
        if error is None:
            self.checkpoint_time = self._now()
        troubles = {str(path): why for path, why in copies.items()}
        if error is not None:
            troubles["checkpoint"] = error.strerror or str(error)
        new = {what: why for what, why in troubles.items() if what not in self.troubles}
        self.troubles = troubles
        for what, why in new.items():
            with contextlib.suppress(RecordError):  # the failure that counts is being evidenced already
                self.append(EventName.NOTIFY_FAILED, data={"what": "checkpoint", "where": what, "why": why})


class _Relay:
    """Carries what the writer's thread has to say to the log's loop: once a batch."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def stored(self, entries: list[bytes]) -> None:
        self._log._publisher.offer(entries)
        self._call(self._log._advance, len(entries))

    def failed(self, error: OSError, pending: int) -> None:
        why = error.strerror or str(error)
        self._call(self._log._fail, f"{why} ({pending} entries wait)")

    def recovered(self) -> None:
        self._call(self._log._recover)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone
            self._log._loop.call_soon_threadsafe(function, *arguments)
