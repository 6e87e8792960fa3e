"""Clients of several kinds at work, each keeping its own account of what it was answered."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence

import psycopg

from engine.protocols.postgres import requests as r
from hoopterm.client import Client, EngineUnreachable, Refused
from tests.campaign.ledger import Account
from tests.servers.engine import RunningEngine
from tests.servers.raw import RawClient

RULES = """
rules:
  - name: work
    decide: allow
    who: {groups: [agents]}
    what: {effects: [read, write]}
  - name: deletes
    decide: review
    who: {groups: [agents]}
    what: {effects: [delete]}
    review: {reviewers: {groups: [dba]}, hold: 20s, timeout: 60s}
"""

_NAMES = itertools.count(1)
_HELD = itertools.count(1)


class Pace:
    """Counts answers of all clients, so that a fault can come at any moment of the work."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._answers = 0

    def answered(self) -> None:
        with self._condition:
            self._answers += 1
            self._condition.notify_all()

    def reaches(self, answers: int, timeout: float = 60.0) -> None:
        """Wait until there were so many."""
        with self._condition:
            assert self._condition.wait_for(lambda: self._answers >= answers, timeout), "the clients made no progress"


Work = Callable[["Worker"], None]


class Worker(threading.Thread):
    """One client; it works until its connection breaks or it is told to stop."""

    def __init__(self, engine: RunningEngine, pace: Pace, work: Work) -> None:
        super().__init__(daemon=True)
        self.account = Account(f"{work.__name__}-{next(_NAMES)}")
        self.engine = engine
        self.failure: Exception | None = None
        self._pace = pace
        self._work = work
        self._stopping = threading.Event()

    def run(self) -> None:
        try:
            self._work(self)
        except (psycopg.Error, OSError, EOFError) as error:
            self.failure = error

    def stop(self) -> None:
        """Let it finish what it is doing."""
        self._stopping.set()

    def rounds(self) -> Iterator[int]:
        """Until it is told to stop."""
        for number in itertools.count():
            if self._stopping.is_set():
                return
            yield number

    def answered(self, number: int) -> None:
        """The client has seen some of the answer to its operation of that number."""
        self.account.answered.add(number)
        self._pace.answered()

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(**self.engine.dsn(application_name=self.account.name), autocommit=True)

    def run_one(self, connection: psycopg.Connection[tuple[object, ...]], text: str, *values: object) -> int:
        """One statement; `{n}` in it is the operation's number."""
        number = self.account.ask(text.split()[0].upper())
        connection.execute(text.replace("{n}", str(number)).encode(), values or None)
        self.answered(number)
        return number


def reads(worker: Worker) -> None:
    """Selects, prepared after a while."""
    with worker.connect() as connection:
        for _ in worker.rounds():
            worker.run_one(connection, "select client, number from ledger where number < %s limit 20", 9)


def writes(worker: Worker) -> None:
    """Inserts, each its own transaction."""
    with worker.connect() as connection:
        for _ in worker.rounds():
            worker.run_one(connection, "insert into ledger values (%s, {n})", worker.account.name)


def transacts(worker: Worker) -> None:
    """Transactions of several statements, some of them given up."""
    with worker.connect() as connection:
        for round in worker.rounds():
            worker.run_one(connection, "begin")
            for _ in range(3):
                worker.run_one(connection, f"insert into ledger values ('{worker.account.name}', {{n}}) returning *")
            worker.run_one(connection, "rollback" if round % 4 == 3 else "commit")


def copies(worker: Worker) -> None:
    """COPY in both directions."""
    with worker.connect() as connection:
        for _ in worker.rounds():
            number = worker.account.ask("COPY")
            with connection.cursor().copy("copy ledger from stdin") as copy:
                for _ in range(50):
                    copy.write_row((worker.account.name, number))
            worker.answered(number)
            number = worker.account.ask("COPY")
            with connection.cursor().copy("copy (select * from ledger limit 300) to stdout") as copy:
                for _ in copy:
                    worker.account.answered.add(number)
            worker.answered(number)


def pipelines(worker: Worker) -> None:
    """Several statements before one Sync."""
    with worker.engine.raw(application_name=worker.account.name) as client:
        client.sock.settimeout(60)
        for _ in worker.rounds():
            _one_pipeline(worker, client)


def _one_pipeline(worker: Worker, client: RawClient) -> None:
    numbers = [worker.account.ask(verb) for verb in ("INSERT", "SELECT", "INSERT")]
    name = worker.account.name
    texts = [
        f"insert into ledger values ('{name}', {numbers[0]})",
        "select count(*) from ledger where number < 3",
        f"insert into ledger values ('{name}', {numbers[2]})",
    ]
    batch = [message for text in texts for message in (r.Parse("", text), r.Bind("", ""), r.Execute(""))]
    client.send(*batch, r.Sync())
    waiting = iter(numbers)
    while (kind := client.receive()[0]) != "Z":
        if kind == "E":
            raise ConnectionError("a statement of a pipeline failed")
        if kind == "C":
            worker.answered(next(waiting))


def holds(worker: Worker) -> None:
    """Deletes that wait for people."""
    with worker.connect() as connection:
        for _ in worker.rounds():
            row = next(_HELD)
            worker.account.deleted.add(row)
            connection.execute(f"delete from held where id = {row}".encode())
            worker._pace.answered()


KINDS: Sequence[Work] = (reads, writes, transacts, copies, pipelines, holds)


class Approver(threading.Thread):
    """The person who approves everything, until told to stop or the engine is gone."""

    def __init__(self, engine: RunningEngine) -> None:
        super().__init__(daemon=True)
        self._engine = engine
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()

    def run(self) -> None:
        with contextlib.suppress(EngineUnreachable, Refused, OSError):
            self._loop.run_until_complete(self._approve())
        self._loop.close()

    def stop(self) -> None:
        """End it, and wait for that."""
        with contextlib.suppress(RuntimeError):  # it has ended by itself
            self._loop.call_soon_threadsafe(self._stopping.set)
        self.join(30)

    async def _approve(self) -> None:
        async with self._engine.client() as client, asyncio.TaskGroup() as tasks:
            approving = tasks.create_task(_approve_live(client))
            approving.add_done_callback(lambda _: self._stopping.set())
            await self._stopping.wait()
            approving.cancel()


async def _approve_live(client: Client) -> None:
    with contextlib.suppress(EngineUnreachable, Refused, OSError):
        async with contextlib.aclosing(client.live()) as changes:
            async for change in changes:
                if change.review is not None and change.review.state == "pending":
                    with contextlib.suppress(Refused):  # decided, or its client is gone
                        await client.approve(change.review.id, "agreed")


class Crowd:
    """One client of each kind and an approver, at work before one engine."""

    def __init__(self, engine: RunningEngine, kinds: Sequence[Work] = KINDS) -> None:
        self.pace = Pace()
        self.workers = [Worker(engine, self.pace, kind) for kind in kinds]
        self._approver = Approver(engine)

    @property
    def accounts(self) -> list[Account]:
        return [worker.account for worker in self.workers]

    def start(self) -> None:
        """Begin."""
        self._approver.start()
        for worker in self.workers:
            worker.start()

    def stop(self) -> None:
        """Let all finish what they are doing."""
        for worker in self.workers:
            worker.stop()

    def join(self) -> None:
        """All have ended."""
        for worker in self.workers:
            worker.join(60)
            assert not worker.is_alive(), f"{worker.account.name} hangs"
        self._approver.stop()
