"""The long run of every fault, against real engines and a real PostgreSQL: `run(count, seed)`.

`count` rounds of kill -9 at any moment, and a tenth as many of each other fault. A round's seed is told when it fails.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from hoopterm.demo.postgres import EmbeddedPostgres
from tests.campaign import killing, ledger, load, storage, strangers, upstreams
from tests.campaign.leaks import nothing_left
from tests.servers import tmpfs
from tests.servers.engine import RunningEngine, StartEngine, engines
from tests.servers.postgres import Database, fresh_database
from tests.servers.raw import errors
from tests.servers.witness import Witness

_KILLS_EACH = 20  # rounds before a fresh engine: what is verified after each would grow without end
_SMALL_DISK = 48  # megabytes
_DAY = 86_400

Round = Callable[[RunningEngine, Database, Random], object]


class Campaign:
    """Counts rounds, keeps what failed and the longest that any other session waited meanwhile, in seconds."""

    def __init__(self, server: EmbeddedPostgres, seed: int) -> None:
        self.rounds: dict[str, int] = {}
        self.failures: list[str] = []
        self.longest: dict[str, float] = {}
        self._server = server
        self._seed = seed

    @contextlib.contextmanager
    def place(self) -> Iterator[tuple[Database, Path, StartEngine]]:
        """A fresh database, and a directory in which engines before it start."""
        with fresh_database(self._server) as database, tempfile.TemporaryDirectory(prefix="hoopterm-") as directory:
            database.psql(ledger.SCHEMA)
            with engines(Path(directory), database) as start:
                yield database, Path(directory), start

    def one(self, name: str, engine: RunningEngine, database: Database, act: Round) -> bool:
        """One round; whether it went well."""
        number = self.rounds[name] = self.rounds.get(name, 0) + 1
        try:
            act(engine, database, Random(f"{self._seed} {name} {number}"))
        except Exception as error:
            self.failures.append(f"{name}, round {number} of seed {self._seed}: {type(error).__name__}: {error}")
            print(self.failures[-1][:2000], flush=True)
            return False
        print(f"{name}, round {number}", flush=True)
        return True

    def watched(self, name: str, engine: RunningEngine, database: Database, act: Round, *targets: str) -> bool:
        """The same with a witness, and a look at what it leaves behind."""

        def watched(engine: RunningEngine, database: Database, random: Random) -> None:
            for target in ("db", *targets):
                with engine.raw_on(target) as client:
                    assert errors(client.query("select 1")) == []
            with Witness(engine) as witness, nothing_left(engine):
                act(engine, database, random)
            self.longest[name] = max(self.longest.get(name, 0.0), witness.longest)

        return self.one(name, engine, database, watched)


def _kills(campaign: Campaign, count: int) -> None:
    done = 0
    while done < count:
        with campaign.place() as (database, _, start):
            engine = start(rules=load.RULES)
            for _number in range(min(_KILLS_EACH, count - done)):
                done += 1
                if not campaign.one("kill -9", engine, database, killing.kill_at_work):
                    break  # what a failed round left would fail the next one


def _disks(campaign: Campaign, count: int) -> None:
    rounds: dict[str, Round] = {f"storage: {how}": partial(storage.fail_at_work, how=how) for how in storage.FAILING}
    rounds["storage: slow"] = storage.slow_at_work
    rounds["storage: EIO at recovery"] = storage.unreadable_at_recovery
    rounds["clock: back"] = lambda e, d, r: storage.jump_at_work(e, d, r, -r.randrange(_DAY, 900 * _DAY))
    rounds["clock: forward"] = lambda e, d, r: storage.jump_at_work(e, d, r, r.randrange(_DAY, 900 * _DAY))
    for name, act in rounds.items():
        with campaign.place() as (database, _, start):
            engine = start(rules=load.RULES)
            for _number in range(count):
                if not campaign.one(name, engine, database, act):
                    break
                ledger.verified(engine.state)
    for _number in range(count):
        with campaign.place() as (database, directory, start):
            (directory / "engine-0").mkdir()
            with tmpfs.mounted(directory / "engine-0" / "state", _SMALL_DISK):
                campaign.one("full disk", start(rules=load.RULES), database, _full_disk)


def _full_disk(engine: RunningEngine, database: Database, _: Random) -> None:
    storage.fill(engine, database)
    storage.kill_while_full(engine)
    storage.fill(engine, database)
    engine.stop()
    ledger.verified(engine.state)


def _met(act: strangers.Fault, engine: RunningEngine, _: Database, random: Random) -> None:
    """A stranger needs no database."""
    act(engine, random)


def _strangers(campaign: Campaign, count: int) -> None:
    with campaign.place() as (database, _, start):
        engine = start(rules=load.RULES)
        for name, act in strangers.STRANGERS.items():
            for _number in range(count):
                campaign.watched(f"client: {name}", engine, database, partial(_met, act))
        campaign.one("client: verified", engine, database, _verified)


def _upstreams(campaign: Campaign, count: int) -> None:
    for number in range(count):
        said = upstreams.HALF if number == 0 else upstreams.garbage(Random(f"{campaign._seed} {number}"))
        for cuts in (True, False):
            with campaign.place() as (database, _, start):
                with upstreams.road(database, b"" if cuts and number == 0 else said, cuts=cuts) as targets:
                    engine = start(rules=targets + load.RULES)
                    name = f"upstream: {'hangs up' if cuts else 'stalls'}"
                    act = _hangs_up if cuts else _stalls
                    if campaign.watched(name, engine, database, act, "bad"):
                        campaign.one("upstream: verified", engine, database, _verified)


def _hangs_up(engine: RunningEngine, database: Database, _: Random) -> None:
    upstreams.dies_in_an_answer(engine)
    upstreams.dies_in_copy_out(engine)
    upstreams.dies_in_copy_in(engine, database)
    upstreams.never_says_a_word(engine)


def _stalls(engine: RunningEngine, _: Database, __: Random) -> None:
    upstreams.hangs_in_an_answer(engine)


def _verified(engine: RunningEngine, _: Database, __: Random) -> None:
    assert engine.stop() == 0
    ledger.verified(engine.state)


def run(count: int, seed: int) -> dict[str, Any]:
    """Every fault; the figures, with `failures` among them."""
    with EmbeddedPostgres(password="upstream-secret-5c1d") as server:
        campaign = Campaign(server, seed)
        others = max(1, count // 10)
        for part in (_strangers, _upstreams, _disks):
            part(campaign, others)
        _kills(campaign, count)
    return {
        "rounds": sum(campaign.rounds.values()),
        "kinds": campaign.rounds,
        "longest_wait_of_others": {name: round(seconds, 3) for name, seconds in campaign.longest.items()},
        "failures": campaign.failures,
    }
