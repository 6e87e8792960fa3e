import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.audit.events import EventName
from engine.config.models import FreeSpace
from engine.errors import RecordError
from engine.gateway import Gateway
from engine.model import Decision, Effect, Outcome, Status, Verdict
from engine.room import Level, Room
from engine.session import Session
from tests.engine.conftest import Peer, Sent, events, operation

LIMITS = FreeSpace.model_validate({"warn": "20%", "floor": "5kB"})


@dataclass
class Disk:
    """A filesystem of 100,000 bytes, and its clock."""

    free: int = 50_000
    at: float = 0.0
    broken: bool = False
    told: list[dict[str, Any]] = field(default_factory=list)
    refuses: bool = False

    f_frsize = 1
    f_blocks = 100_000

    @property
    def f_bavail(self) -> int:
        return self.free

    def measure(self, path: Path) -> "Disk":
        if self.broken:
            raise OSError(5, "Input/output error")
        return self

    def tell(self, data: dict[str, Any]) -> None:
        if self.refuses:
            raise RecordError("the record cannot be written")
        self.told.append(data)

    def room(self, path: Path) -> Room:
        return Room([path], LIMITS, self.tell, measure=self.measure, clock=lambda: self.at)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def room(disk: Disk, tmp_path: Path) -> Room:
    return disk.room(tmp_path)


async def seen(room: Room, disk: Disk, frees: Sequence[int]) -> list[tuple[str, int]]:
    """What is told while this much is free, look after look."""
    for free in frees:
        disk.free = free
        await room.look()
    return [(each["level"], each["free"]) for each in disk.told]


async def test_each_crossing_is_told_once(room: Room, disk: Disk) -> None:
    assert await seen(room, disk, [50_000, 19_999, 19_000, 4_999, 4_000]) == [("low", 19_999), ("full", 4_999)]
    assert room.is_full


async def test_what_hovers_around_a_limit_does_not_flutter(room: Room, disk: Disk) -> None:
    hovering = [19_999, 20_000, 20_999, 19_999, 20_500]
    assert await seen(room, disk, hovering) == [("low", 19_999)]
    assert [level for level, _ in await seen(room, disk, [21_000, 19_999])] == ["low", "low"]
    assert (await seen(room, disk, [4_999, 5_000, 5_249, 4_000]))[2:] == [("full", 4_999)]
    assert room.is_full
    await seen(room, disk, [5_250])
    assert not room.is_full


async def test_what_was_refused_is_told_when_there_is_room_again(room: Room, disk: Disk) -> None:
    await seen(room, disk, [4_000])
    for what in ("operations", "operations", "sessions"):
        assert isinstance(room.refusal(what), RecordError)
    await seen(room, disk, [50_000])
    assert disk.told[-1]["refused"] == {"operations": 2, "sessions": 1}
    assert disk.told[-1]["level"] == "ample"
    await seen(room, disk, [4_000, 50_000])
    assert disk.told[-1]["refused"] == {}


async def test_what_was_refused_is_told_when_the_engine_stops_before_that(room: Room, disk: Disk) -> None:
    await seen(room, disk, [4_000])
    room.refusal("operations")
    room.close()
    assert disk.told[-1]["refused"] == {"operations": 1}


async def test_what_could_not_be_recorded_is_told_later(room: Room, disk: Disk) -> None:
    disk.refuses = True
    await seen(room, disk, [19_000, 4_000])
    disk.refuses = False
    assert [level for level, _ in await seen(room, disk, [4_000])] == ["low", "full"]


async def test_a_refusal_says_what_why_and_what_to_do(room: Room, disk: Disk, tmp_path: Path) -> None:
    await seen(room, disk, [4_000])
    error = room.refusal("operations")
    assert error.what == "there is no room left for the record"
    assert error.why == f"{tmp_path} has 4 kB free, its floor is 5 kB"
    assert "free space" in error.hint


async def test_days_are_told_at_the_rate_free_space_shrinks_and_not_before_it_can_be_known(
    room: Room, disk: Disk
) -> None:
    await room.look()
    disk.at, disk.free = 599, 49_000
    await room.look()
    assert (room.spaces[0].rate, room.spaces[0].days_left) == (None, None)
    disk.at, disk.free = 43_200, 45_000
    await room.look()
    assert (room.spaces[0].rate, room.spaces[0].days_left) == (10_000, 4.0)
    disk.at, disk.free = 86_400, 60_000
    await room.look()
    assert room.spaces[0].rate == -10_000
    assert room.spaces[0].days_left is None


async def test_the_rate_is_that_of_the_last_day(room: Room, disk: Disk) -> None:
    for minute in range(2 * 24 * 60 + 1):
        disk.at = minute * 60.0
        disk.free = 90_000 - (min(minute, 1440) * 10_000 // 1440)
        await room.look()
    assert room.spaces[0].rate == 0


async def test_one_filesystem_is_watched_once(disk: Disk, tmp_path: Path) -> None:
    paths = [tmp_path / "log", tmp_path / "recordings"]
    for path in paths:
        path.mkdir()
    assert [volume.path for volume in Room(paths, LIMITS, disk.tell).volumes] == [paths[0]]


async def test_what_cannot_be_measured_stays_as_it_was(room: Room, disk: Disk) -> None:
    await seen(room, disk, [4_000])
    disk.broken = True
    await room.look()
    assert room.is_full
    assert room.spaces[0].level is Level.FULL


@pytest.fixture
async def small(gateway: Gateway, disk: Disk) -> Disk:
    """The gateway's record lies on this disk, which is full."""

    def tell(data: dict[str, Any]) -> None:
        gateway.log.append(EventName.SPACE_LOW, data=data)

    gateway.room = Room([gateway.state], LIMITS, tell, measure=disk.measure)
    return disk


async def test_below_the_floor_nothing_is_admitted_or_recorded_and_sessions_live_on(
    gateway: Gateway, session: Session, small: Disk
) -> None:
    (read,) = await gateway.pipeline.admit(session, Sent([operation(Effect.READ)]))
    precedent = gateway.pipeline.precedent(session, read)
    assert precedent is not None
    small.free = 4_000
    await gateway.room.look()
    for effect in (Effect.READ, Effect.WRITE, Effect.SCHEMA):
        assert gateway.pipeline.admit_now(session, operation(effect)) is None
        with pytest.raises(RecordError, match="no room left"):
            await gateway.pipeline.admit(session, Sent([operation(effect)]))
        with pytest.raises(RecordError, match="no room left"):
            gateway.pipeline.refuse_early(session, operation(effect), Decision(Verdict.DENY, "x", "y"))
    assert gateway.pipeline.follow(session, precedent, "o-3", read.operation.text) is None
    with pytest.raises(RecordError, match="no room left"):
        await gateway.open_session(session.identity, "shop", Peer(), "here")
    assert len(await events(gateway, "operation.intended", "operation.denied", "session.refused")) == 1
    assert list(gateway.sessions) == [session.id]
    small.free = 50_000
    await gateway.room.look()
    await gateway.pipeline.admit(session, Sent([operation(Effect.WRITE)]))
    full, ample = await events(gateway, "space.low")
    assert (full["data"]["level"], ample["data"]["level"]) == ("full", "ample")
    assert ample["data"]["refused"] == {"operations": 6, "sessions": 1}


async def test_what_was_held_until_there_was_no_room_is_refused_and_its_approval_kept(
    gateway: Gateway, session: Session, small: Disk
) -> None:
    sent = Sent([operation(Effect.DELETE)])

    async def refused() -> RecordError:
        with pytest.raises(RecordError) as caught:
            await gateway.pipeline.admit(session, sent)
        return caught.value

    async with asyncio.TaskGroup() as tasks:
        admitting = tasks.create_task(refused())
        await sent.is_held.wait()
        small.free = 4_000
        await gateway.room.look()
        await gateway.approvals.vote(sent.held[0].review, gateway.revision.people["bob"], "approve", "fine")
    assert "no room left" in admitting.result().what
    small.free = 50_000
    await gateway.room.look()
    (passage,) = await gateway.pipeline.admit(session, Sent([operation(Effect.DELETE)]))
    assert passage.review is not None
    assert passage.review.id == sent.held[0].review
    passage.conclude(Outcome(Status.COMPLETED, "DELETE 1", changed=1))


async def test_a_running_gateway_watches_its_record(gateway: Gateway) -> None:
    (space,) = gateway.room.spaces
    assert space.path == gateway.state / "log"
    assert 0 < space.free < space.total
