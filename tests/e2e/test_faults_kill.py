"""kill -9 at any moment of the work of many clients; `make campaign` has the long run."""

from __future__ import annotations

from random import Random

from tests.campaign import ledger, load
from tests.campaign.killing import kill_at_work
from tests.servers.engine import StartEngine
from tests.servers.postgres import Database


def test_after_a_kill_every_answer_and_every_change_has_its_intent_and_every_session_its_gap(
    start_engine: StartEngine, database: Database
) -> None:
    """SECURITY: promise 1, no record, no execution, under kill -9; promise 8, the log tells the truth."""
    database.psql(ledger.SCHEMA)
    engine, random = start_engine(rules=load.RULES), Random(1)
    answers = [kill_at_work(engine, database, random)[0] for _ in range(4)]
    assert min(answers) > 0
