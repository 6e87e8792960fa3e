from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from engine.model import Identity, Target
from engine.session import Counts
from engine.store.store import Store

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Live:
    id: str = "s-1"
    identity: Identity = field(default_factory=lambda: Identity("bot", "agent", frozenset({"agents"}), "alice"))
    target: Target = field(default_factory=lambda: Target("shop", "postgres", "127.0.0.1:5432"))
    client: str = "127.0.0.1 psql"
    opened: datetime = NOW
    counts: Counts = field(default_factory=Counts)


async def test_a_session_is_listed_from_its_opening_and_with_its_counts_once_closed(store: Store) -> None:
    session = Live()
    await store.add_session(session)
    live = await store.past_session("s-1")
    assert live is not None
    assert (live.identity, live.target, live.mode, live.closed) == (session.identity, "shop", "enforce", None)
    session.counts.operations, session.counts.last_verb = 3, "SELECT"
    await store.close_session(session, NOW + HOUR)
    past = await store.past_session("s-1")
    assert past is not None
    assert (past.closed, past.operations, past.last_verb) == (NOW + HOUR, 3, "SELECT")


async def test_the_latest_come_first_and_the_list_has_an_end(store: Store) -> None:
    for number in range(5):
        await store.add_session(Live(id=f"s-{number}", opened=NOW + number * HOUR))
    assert [each.id for each in await store.past_sessions(2)] == ["s-4", "s-3"]
    assert [each.id for each in await store.past_sessions(2, before=NOW + 3 * HOUR)] == ["s-2", "s-1"]


async def test_a_session_nobody_opened_is_none(store: Store) -> None:
    assert await store.past_session("s-1") is None
