from __future__ import annotations

import asyncio

import pytest

from engine.lobby import Lobby


async def test_who_is_done_in_time_is_left_alone() -> None:
    lobby = Lobby(1)
    for _ in range(3):
        async with lobby.wait(60):
            assert repr(lobby) == "<Lobby 1 of 1>"
    assert repr(lobby) == "<Lobby 0 of 1>"


async def test_time_runs_out() -> None:
    lobby = Lobby(1)
    with pytest.raises(TimeoutError):
        async with lobby.wait(0.01):
            await asyncio.Event().wait()
    assert repr(lobby) == "<Lobby 0 of 1>"


async def test_who_has_waited_longest_makes_room() -> None:
    lobby = Lobby(2)
    ended: list[str] = []

    async def waiter(name: str, leave: asyncio.Event) -> None:
        try:
            async with lobby.wait(60):
                await leave.wait()
        except TimeoutError:
            ended.append(name)

    leave = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        oldest = tasks.create_task(waiter("oldest", leave))
        for name in ("older", "newest"):
            tasks.create_task(waiter(name, leave))
        await oldest
        leave.set()
    assert ended == ["oldest"]


async def test_an_error_inside_passes_and_frees_the_place() -> None:
    lobby = Lobby(1)
    with pytest.raises(EOFError):
        async with lobby.wait(60):
            raise EOFError
    assert repr(lobby) == "<Lobby 0 of 1>"
