"""The record over the wire: filters, following, downloads, and that reading is an event."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from engine.audit.events import EventName
from hoopterm.errors import Refused
from replay.note import Note, VerifierKey
from tests.engine.api.conftest import Serving


def tell(serving: Serving, event: EventName, identity: str, count: int = 1) -> None:
    for number in range(count):
        serving.gateway.log.append(event, identity=identity, target="shop", data={"number": number})


async def numbers(serving: Serving, **filters: Any) -> list[int]:
    return [entry["data"]["number"] async for entry in serving.client.events(identity="x", **filters)]


async def test_events_are_filtered(serving: Serving) -> None:
    tell(serving, EventName.OPERATION_DENIED, "x", 3)
    tell(serving, EventName.OPERATION_DENIED, "y", 3)
    tell(serving, EventName.REVIEW_REQUESTED, "x", 2)
    assert await numbers(serving) == [0, 1, 2, 0, 1]
    assert await numbers(serving, event="review.*") == [0, 1]
    assert await numbers(serving, event="review.requested", target="other") == []


async def test_the_last_ones_are_found_from_the_end(serving: Serving) -> None:
    tell(serving, EventName.OPERATION_DENIED, "x", 1500)
    tell(serving, EventName.OPERATION_DENIED, "y", 600)
    assert await numbers(serving, last="2") == [1498, 1499]
    assert await numbers(serving, last="0") == []
    assert len(await numbers(serving)) == 1500


async def test_since_and_until_cut_by_time(serving: Serving) -> None:
    tell(serving, EventName.OPERATION_DENIED, "x", 20)
    stamps = [entry["time"] async for entry in serving.client.events(identity="x")]
    assert len(await numbers(serving, since=stamps[5])) >= 15
    assert len(await numbers(serving, until=stamps[5])) <= 20
    assert await numbers(serving, since="2999-01-01T00:00:00Z") == []
    assert await numbers(serving, until="1999-01-01T00:00:00Z") == []
    assert len(await numbers(serving, since="1999-01-01")) == 20


async def test_following_goes_on_without_a_gap(serving: Serving) -> None:
    tell(serving, EventName.OPERATION_DENIED, "x", 2)
    seen: list[int] = []
    async with aclosing(serving.client.events(identity="x", follow=True)) as entries:
        async for entry in entries:
            seen.append(entry["data"]["number"])
            if len(seen) == 2:
                tell(serving, EventName.OPERATION_DENIED, "y", 1)
                tell(serving, EventName.OPERATION_DENIED, "x", 3)
            if len(seen) == 5:
                break
    assert seen == [0, 1, 0, 1, 2]


@pytest.mark.parametrize("filters", [{"since": "yesterday"}, {"last": "-1"}, {"last": "x"}])
async def test_a_filter_that_makes_no_sense_is_told(serving: Serving, filters: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=next(iter(filters))):
        _ = [entry async for entry in serving.client.events(**filters)]


async def test_reading_events_is_an_event_with_its_filters(serving: Serving) -> None:
    await numbers(serving, event="review.*")
    (read,) = await serving.events("evidence.read")
    assert read["identity"] == "root"
    assert read["data"] == {"what": "events", "follow": False, "identity": "x", "event": "review.*"}


async def test_recordings_are_listed_and_downloaded_and_both_is_told(serving: Serving) -> None:
    session, _ = await serving.open_session()
    await serving.gateway.close_session(session, "done")
    (listed,) = await serving.client.recordings()
    content = b"".join([chunk async for chunk in serving.client.download(session.id)])
    assert (listed.session, listed.path) == (session.id, f"recordings/{session.id}.hoop")
    assert content == session.recorder.path.read_bytes()
    assert len(content) == listed.size
    read = [(entry["data"]["what"], entry["session"]) for entry in await serving.events("evidence.read")]
    assert read == [("recordings", None), ("recording", session.id)]


@pytest.mark.parametrize("id", ["s-absent", "../log/checkpoint", "..%2f..%2fhoopterm", "a/b", "x" * 100])
async def test_what_is_no_recording_is_not_found(serving: Serving, id: str) -> None:
    with pytest.raises(Refused) as caught:
        _ = [chunk async for chunk in serving.client.download(id)]
    assert caught.value.code == "not_found"


async def checkpoint_written(path: Path) -> None:
    """The checkpoint is derived within a second, by a thread that tells nobody."""
    async with asyncio.timeout(10):
        while not await asyncio.to_thread(path.exists):  # noqa: ASYNC110 - a file has no event to wait for
            await asyncio.sleep(0.01)


async def test_the_key_verifies_the_checkpoint(serving: Serving) -> None:
    key = VerifierKey.parse(await serving.client.verification_key())
    await serving.gateway.log.wait(0)
    await checkpoint_written(serving.gateway.log.directory / "checkpoint")
    checkpoint = await serving.client.checkpoint()
    assert VerifierKey.parse(checkpoint.key) == key
    Note.parse(checkpoint.note.encode()).require(key)


async def test_an_event_that_cannot_be_is_a_mistake_that_is_told(serving: Serving) -> None:
    with pytest.raises(Refused, match="there is no event") as refused:
        await numbers(serving, event="operation.refused")
    assert "operation.denied" in refused.value.hint
