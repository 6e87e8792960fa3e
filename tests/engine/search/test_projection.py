"""One entry as rows."""

from __future__ import annotations

import pytest

from engine.audit.events import EventName
from engine.search.finding import Page, find
from engine.search.projection import bare_of, microseconds
from engine.search.terms import parse
from tests.engine.search.conftest import Record


@pytest.mark.parametrize(
    ("resource", "bare"),
    [
        ("table:public.orders(id, note)", "public.orders"),
        ("table:public.orders", "public.orders"),
        ("path:/srv/a:b", "/srv/a:b"),
        ("command:echo 'f(x)'", "echo 'f(x)'"),
        ("host:db.internal:5432", "db.internal:5432"),
        ("statement", "statement"),
    ],
)
def test_a_resource_is_known_without_its_kind_and_columns(resource: str, bare: str) -> None:
    assert bare_of(resource) == bare


def test_times_are_told_to_the_microsecond_whatever_their_zone() -> None:
    assert microseconds("1970-01-01T00:00:01.000002Z") == 1_000_002
    assert microseconds("1970-01-01T01:00:00+01:00") == 0


async def test_all_that_is_listed_of_an_entry_comes_back_as_it_was(record: Record) -> None:
    await record.open_session()
    await record.deny("o-1", "DELETE FROM orders", has_where=True, review="rv_1", effects=["delete", "read"],
                      resources=["table:public.orders", "table:public.items(id)"])  # fmt: skip
    await record.publish()
    record.index().close()
    (entry,) = find(record.state, parse("operation:o-1", record.time), Page()).entries
    assert (entry.event, entry.session, entry.identity, entry.sponsor) == ("operation.denied", "s-1", "bot", "alice")
    assert (entry.verb, entry.decision, entry.rule, entry.review) == ("DELETE", "deny", "no-deletes", "rv_1")
    assert entry.effects == ["delete", "read"]
    assert entry.resources == ["table:public.orders", "table:public.items(id)"]
    assert (entry.has_where, entry.summary, entry.text) == (True, "not here", "DELETE FROM orders")
    assert entry.time == "2026-03-01T12:00:00Z"


async def test_who_decided_locked_or_applied_is_found_and_told_beside_whose_operation_it_was(record: Record) -> None:
    log = await record.log()
    log.append(EventName.REVIEW_VOTED, identity="bot", data={"by": "bob", "verdict": "approve"})
    log.append(EventName.REVIEW_APPROVED, identity="bot", data={"by": ["bob", "dan"]})
    log.append(EventName.POLICY_APPLIED, data={"author": "bob", "reason": "hide"})
    log.append(EventName.IDENTITY_LOCKED, identity="bot", data={"by": "ann"})
    await record.publish()
    record.index().close()
    found = find(record.state, parse("by:bob*", record.time), Page()).entries
    assert [(entry.event, entry.identity, entry.by) for entry in found] == [
        ("policy.applied", None, "bob"),
        ("review.approved", "bot", "bob, dan"),
        ("review.voted", "bot", "bob"),
    ]
    assert len(find(record.state, parse("by:ann identity:bot", record.time), Page()).entries) == 1
    assert find(record.state, parse("by:bot", record.time), Page()).entries == []


async def test_the_sponsor_of_a_session_is_known_after_the_engine_began_anew(record: Record) -> None:
    await record.open_session()
    await record.publish()
    record.index().close()
    sequence = await record.intend("o-1")
    await record.publish()
    record.index().close()
    assert sequence in record.found("sponsor:alice")


async def test_names_without_end_and_without_encoding_do_no_harm(record: Record) -> None:
    log = await record.log()
    log.append(EventName.SESSION_REFUSED, identity="x" * 10_000, data={"why": "\x00 no", "nested": [[["deep"]]]})
    await record.publish()
    record.index().close()
    assert len(record.found("identity:xxx*")) == 1
    assert len(record.found("deep")) == 1
