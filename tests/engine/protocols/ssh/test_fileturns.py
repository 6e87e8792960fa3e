from __future__ import annotations

import asyncio

import pytest

from engine.protocols.ssh.fileturns import Turns


@pytest.mark.parametrize(
    ("first", "then", "waits"),
    [
        ([b"/a"], [b"/a"], True),
        ([b"/a"], [b"/a/b"], True),
        ([b"/a/b"], [b"/a"], True),
        ([b"/"], [b"/a"], True),
        ([b"/a", b"/b"], [b"/b/c"], True),
        ([b"/a"], [b"/ab"], False),
        ([b"/a"], [b"/b"], False),
    ],
)
async def test_a_request_waits_for_what_came_before_about_the_same_path(
    first: list[bytes], then: list[bytes], waits: bool
) -> None:
    turns = Turns()
    before, turn = turns.take(first), turns.take(then)
    async with asyncio.TaskGroup() as tasks:
        coming = tasks.create_task(turn.come())
        await asyncio.sleep(0)
        assert coming.done() is not waits
        before.settle()


async def test_what_is_settled_is_waited_for_no_more() -> None:
    turns = Turns()
    turns.take([b"/a"]).settle()
    turn = turns.take([b"/a"])
    await turn.come()
    turn.settle()
    turn.settle()
    assert not turns.pending
