from dataclasses import replace

from engine.gateway import Gateway
from engine.session import Counts, Session
from tests.engine.conftest import SECRET


async def test_a_session_follows_the_masking_of_a_new_revision(gateway: Gateway, session: Session) -> None:
    assert session.masks.protects(SECRET) is not None
    session.use(replace(gateway.revision, mask_rules=()))
    assert session.masks.protects(SECRET) is None


async def test_its_facts_are_what_conditions_see(session: Session) -> None:
    assert session.facts["client"] == "127.0.0.1:9 test"
    assert session.facts["database"] == "shop"


def test_counts_add_up() -> None:
    totals = Counts()
    totals.add(Counts(operations=2, denied=1, held=1, masked=5, rows=7))
    totals.add(Counts(operations=1))
    assert (totals.operations, totals.denied, totals.held, totals.masked, totals.rows) == (3, 1, 1, 5, 7)
