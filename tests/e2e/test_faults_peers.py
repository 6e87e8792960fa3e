"""Upstreams and clients at fault: nobody else suffers, nothing is left behind; `make campaign` has the long run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest

from tests.campaign import ledger, load, upstreams
from tests.campaign.leaks import nothing_left
from tests.campaign.strangers import STRANGERS, Fault
from tests.servers.engine import RunningEngine, StartEngine
from tests.servers.postgres import Database
from tests.servers.raw import errors
from tests.servers.witness import Witness


@pytest.fixture(scope="module")
def made(module_database: Database) -> Database:
    module_database.psql(ledger.SCHEMA)
    return module_database


@contextmanager
def watched(engine: RunningEngine, *targets: str) -> Iterator[None]:
    """A witness works all the while, and what happens inside leaves nothing behind."""
    for target in ("db", *targets):
        with engine.raw_on(target) as client:
            assert errors(client.query("select 1")) == []
    with Witness(engine), nothing_left(engine):
        yield


@pytest.fixture(scope="module")
def engine(start_module_engine: StartEngine, made: Database) -> Iterator[RunningEngine]:
    engine = start_module_engine(rules=load.RULES)
    yield engine
    engine.stop()
    ledger.verified(engine.state)


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_a_client_at_fault_costs_nobody_else_and_leaves_nothing_behind(engine: RunningEngine, stranger: Fault) -> None:
    """SECURITY: promise 6, a hostile client; GHSA-78rf-vg74-7cr8, a slow client stalls nobody; GHSA-qw79-rh95-853p."""
    with watched(engine):
        stranger(engine, Random(1))


def test_an_upstream_that_hangs_up_costs_its_own_session_alone(start_engine: StartEngine, made: Database) -> None:
    """SECURITY: promise 6, a hostile upstream: it dies in an answer, in a COPY either way, or never says a word."""
    with upstreams.road(made, cuts=True) as targets:
        engine = start_engine(rules=targets + load.RULES, port=made.server.port, database=made.name)
        with watched(engine, "bad"):
            upstreams.dies_in_an_answer(engine)
            upstreams.dies_in_copy_out(engine)
            upstreams.dies_in_copy_in(engine, made)
            upstreams.never_says_a_word(engine)
        engine.stop()
        ledger.verified(engine.state)


@pytest.mark.parametrize("said", [upstreams.HALF, upstreams.garbage(Random(0))], ids=["half a message", "garbage"])
def test_an_upstream_that_stalls_or_talks_garbage_can_be_left(
    start_engine: StartEngine, made: Database, said: bytes
) -> None:
    """SECURITY: promise 6, a hostile upstream."""
    with upstreams.road(made, said, cuts=False) as targets:
        engine = start_engine(rules=targets + load.RULES, database=made.name)
        with watched(engine, "bad"):
            upstreams.hangs_in_an_answer(engine)
        engine.stop()
        ledger.verified(engine.state)
