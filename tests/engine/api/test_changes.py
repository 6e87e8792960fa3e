"""What changed since somebody looked, over the wire."""

from __future__ import annotations

import pytest

from engine.api import changes
from engine.audit.events import EventName
from hoopterm.errors import Refused
from tests.engine.api.conftest import Serving


async def told(serving: Serving, event: EventName, times: int = 1, **data: object) -> None:
    """Have the log say something of report-bot."""
    log = serving.gateway.log
    for _ in range(times):
        sequence = log.append(event, identity="report-bot", target="shop", data=dict(data))
    await log.wait(sequence)


async def test_the_same_denial_is_told_once_with_how_often_it_happened(serving: Serving) -> None:
    before = serving.gateway.log.size
    await told(serving, EventName.OPERATION_DENIED, 3, rule="no-drops", verb="DROP", text="secret")
    await told(serving, EventName.OPERATION_DENIED, 1, rule="no-drops", verb="ALTER")
    found = await serving.client.changes(before)
    assert [(change.said["verb"], change.count) for change in found.changes] == [("ALTER", 1), ("DROP", 3)]
    assert all("text" not in change.said for change in found.changes)
    assert (found.since, found.looked_from) == (before, before)


async def test_what_was_told_is_not_told_again_from_there_on(serving: Serving) -> None:
    await told(serving, EventName.REVIEW_EXPIRED, review="r-1", rule="deletes")
    first = await serving.client.changes(0)
    assert "review.expired" in [change.event for change in first.changes]
    again = await serving.client.changes(first.size)
    assert again.changes == []


async def test_operations_that_ran_and_readings_are_no_news(serving: Serving) -> None:
    before = serving.gateway.log.size
    await told(serving, EventName.OPERATION_COMPLETED, verb="SELECT")
    await serving.client.changes()
    assert (await serving.client.changes(before)).changes == []


async def test_only_the_latest_entries_are_looked_at_and_that_is_said(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_ENTRIES", 5)
    await told(serving, EventName.POLICY_APPLIED, author="carol", revision="1")
    await told(serving, EventName.OPERATION_COMPLETED, 8, verb="SELECT")
    found = await serving.client.changes(0)
    assert (found.since, found.size - found.looked_from, found.changes) == (0, 5, [])


async def test_more_kinds_than_are_told_cost_no_more(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST_CHANGES", 3)
    before = serving.gateway.log.size
    for rule in range(5):
        await told(serving, EventName.OPERATION_DENIED, rule=f"rule-{rule}")
    found = await serving.client.changes(before)
    assert [change.said["rule"] for change in found.changes] == ["rule-4", "rule-3", "rule-2"]


async def test_to_look_is_an_event_itself(serving: Serving) -> None:
    await serving.client.changes(0)
    (read,) = await serving.events("evidence.read")
    assert (read["identity"], read["data"]) == ("root", {"what": "changes", "since": 0})


async def test_a_number_that_is_none_is_refused(serving: Serving) -> None:
    _, answer = await serving.ask_as(0, "GET", "/changes?since=-1")
    assert "`since` is no number" in answer["error"]["message"]
    with pytest.raises(Refused):
        await serving.client.changes(10**20)
