"""CancelRequest reaches the session that owns the key, and no other (GHSA-qw79-rh95-853p)."""

from __future__ import annotations

import asyncio

from engine.protocols.postgres.cancelling import CancelKeys, keys_of


class Runs:
    """A session that counts how often it was cancelled; `gate` keeps a cancelling under way."""

    def __init__(self) -> None:
        self.cancelled = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def cancel(self) -> None:
        self.cancelled += 1
        await self.gate.wait()


async def test_a_key_opens_its_own_session_only() -> None:
    keys, one, other = CancelKeys(), Runs(), Runs()
    pid, key = keys.issue(one, 0)
    other_pid, _ = keys.issue(other, 0)
    await keys.cancel(other_pid, key)
    await keys.cancel(pid, b"\0\0\0\0" if key != b"\0\0\0\0" else b"\1\1\1\1")
    assert (one.cancelled, other.cancelled) == (0, 0)
    await keys.cancel(pid, key)
    assert (one.cancelled, other.cancelled) == (1, 0)


def test_keys_are_as_long_as_the_protocol_has_them() -> None:
    keys = CancelKeys()
    assert len(keys.issue(Runs(), 0)[1]) == 4
    assert len(keys.issue(Runs(), 2)[1]) == 32


def test_no_two_sessions_share_a_process_id() -> None:
    numbers = iter([b"\0\0\0\x07", b"k" * 4, b"\0\0\0\x07", b"\0\0\0\0", b"\0\0\0\x08", b"k" * 4])
    keys = CancelKeys(lambda size: next(numbers))
    assert [keys.issue(Runs(), 0)[0], keys.issue(Runs(), 0)[0]] == [7, 8]


async def test_an_ended_session_cannot_be_cancelled() -> None:
    keys, session = CancelKeys(), Runs()
    pid, key = keys.issue(session, 2)
    keys.forget(pid)
    await keys.cancel(pid, key)
    assert session.cancelled == 0


async def test_a_flood_of_requests_costs_one_at_a_time() -> None:
    keys, session = CancelKeys(), Runs()
    pid, key = keys.issue(session, 2)
    session.gate.clear()
    async with asyncio.TaskGroup() as group:
        for _ in range(100):
            group.create_task(keys.cancel(pid, key))
        await asyncio.sleep(0)
        session.gate.set()
    assert session.cancelled == 1


def test_every_engine_has_its_own_keys_and_shows_none() -> None:
    class Engine:
        pass

    one, other = Engine(), Engine()
    assert keys_of(one) is keys_of(one)
    assert keys_of(one) is not keys_of(other)
    keys_of(one).issue(Runs(), 2)
    assert repr(keys_of(one)) == "<CancelKeys of 1 sessions>"
