"""Each field finds what it names, in pages, and nothing typed reaches SQLite as more than a value."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.audit.events import EventName
from engine.errors import HooptermError
from engine.search import finding
from engine.search.finding import Found, Page, find, statement_of
from engine.search.terms import parse
from tests.engine.search.conftest import NOW, Record


@pytest.fixture
async def told(record: Record) -> Record:
    """0 key, 1 bot's session, 2 its SELECT, 3 its denied DELETE, 4 an UPDATE elsewhere, 5 a token; then segments."""
    await record.open_session()
    await record.intend("o-1", "SELECT id FROM public.orders WHERE tracking = 'abc-1'")
    await record.deny("o-2", "DELETE FROM customers", resources=["table:public.customers"], review="rv_77")
    await record.intend(
        "o-3", "UPDATE stock SET n = 1", session="s-2", identity="other", target="warehouse", verb="UPDATE",
        effects=["write"], resources=["path:/srv/stock/[1]"], rule="writes",
    )  # fmt: skip
    log = await record.log()
    record.time = NOW + timedelta(hours=3)
    log.append(EventName.TOKEN_CREATED, identity="carol", data={"subject": "bot"})
    await record.publish()
    record.index().close()
    return record


@pytest.mark.parametrize(
    ("query", "sequences"),
    [
        ("identity:bot", [3, 2, 1]),
        ("identity:other,carol", [5, 4]),
        ("identity:o*", [4]),
        ("identity:Bot", []),
        ("!identity:bot event:operation.*,token.*", [5, 4]),
        ("sponsor:alice event:session.*,operation.*", [3, 2, 1]),
        ("target:warehouse", [4]),
        ("resource:public.orders", [2]),
        ("resource:orders", [2]),
        ("resource:table:*", [3, 2]),
        ("resource:/srv/stock/*", [4]),
        ("resource:/srv/stock/[1]", [4]),
        ("resource:public.order", []),
        ("!resource:orders event:operation.*", [4, 3]),
        ("effect:delete", [3]),
        ("effect:delete,write", [4, 3]),
        ("!effect:delete event:operation.*", [4, 2]),
        ("decision:deny", [3]),
        ("rule:no-*", [3]),
        ("review:rv_77", [3]),
        ("review:rv_*", [3]),
        ("!review:rv_77 event:operation.denied", []),
        ("event:operation.denied", [3]),
        ("session:s-2 event:operation.*", [4]),
        ("operation:o-1", [2]),
        ("verb:UPDATE", [4]),
        ("tracking", [2]),
        ("TRACKING", [2]),
        ("track*", [2]),
        ("track", []),
        ('"from customers"', [3]),
        ('"customers from"', []),
        ("text:customers identity:bot", [3]),
        ("customers !identity:bot", []),
        ("!customers event:operation.denied", []),
        ("orders customers", []),
        ("until:1h event:operation.*", [4, 3, 2]),
        ("since:1h event:token.created", [5]),
        ("since:1h identity:bot", []),
    ],
)
async def test_a_query_finds_what_it_names_the_newest_first(told: Record, query: str, sequences: list[int]) -> None:
    assert told.found(query) == sequences


@pytest.mark.parametrize("narrow", [0, 20_000])
async def test_along_the_log_and_along_an_index_the_same_is_found(
    told: Record, monkeypatch: pytest.MonkeyPatch, narrow: int
) -> None:
    monkeypatch.setattr(finding, "_NARROW", narrow)
    assert told.found("identity:bot resource:orders") == [2]
    assert told.found("event:operation.* effect:read,delete") == [3, 2]


async def test_pages_go_back_from_the_newest_and_forward_from_the_oldest(told: Record) -> None:
    first = find(told.state, parse("event:operation.*", NOW), Page(2))
    rest = find(told.state, parse("event:operation.*", NOW), Page(2, before=first.entries[-1].sequence))
    assert [entry.sequence for entry in first.entries] == [4, 3]
    assert ([entry.sequence for entry in rest.entries], first.more, rest.more) == ([2], True, False)
    assert told.found("event:operation.*", limit=2, after=-1) == [2, 3]
    assert told.found("event:operation.*", limit=2, after=3) == [4]


async def test_the_text_of_an_operation_can_be_asked_for(told: Record) -> None:
    assert statement_of(told.state, "o-2") == ("DELETE FROM customers", [])
    assert statement_of(told.state, "o-99") is None


async def test_without_an_index_nothing_is_found_and_nothing_said_to_be_in_it(tmp_path: Path) -> None:
    assert find(tmp_path, parse("", NOW), Page()) == Found([], False, 0)


async def test_an_index_that_is_torn_says_what_to_do(told: Record) -> None:
    path = told.state / "search.db"
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 8192)
    with pytest.raises(HooptermError) as refused:
        told.found("identity:bot")
    assert refused.value.hint == "hoopterm audit reindex"


async def test_a_search_that_takes_too_long_is_given_up(told: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    def at_once(connection: sqlite3.Connection) -> None:
        connection.set_progress_handler(lambda: True, 1)

    monkeypatch.setattr(finding, "_bound", at_once)
    with pytest.raises(HooptermError, match="takes too long"):
        told.found("identity:bot")


HOSTILE = st.text(st.sampled_from("\"'`*():^-+{}[]?%_;,\\ abANDORNOTEAR!"), min_size=1, max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(HOSTILE, st.sampled_from(["", "text:", "identity:", "resource:", "session:", "review:", "!text:"]))
async def test_no_sign_of_sql_or_of_full_text_queries_is_more_than_a_letter(
    told: Record, value: str, field: str
) -> None:
    """SECURITY promise 5: what is typed is looked for, and never run: it is found, not found, or refused as a query."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    for typed in (value, f'{field}"{escaped}"'):
        try:
            query = parse(typed, NOW)
        except HooptermError:
            continue
        find(told.state, query, Page())
