from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import pytest

from hoopterm.demo.agent import CANARIES, STEPS, Address, Agent, Step, connected
from hoopterm.demo.postgres import EmbeddedPostgres

ECHO = r"""
import sys
for line in sys.stdin:
    mark = line.startswith("\\warn ")
    print(line.split()[1] if mark else "answer to " + line.strip(), flush=True)
    if "goodbye" in line:
        break
"""


@pytest.fixture
async def agent() -> AsyncIterator[Agent]:
    """An agent whose psql is a program that echoes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ECHO, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    yield Agent(process)
    await process.communicate(b"")


def step(sql: str) -> Step:
    return Step("asks", sql, "answered", bool)


async def test_each_step_gets_its_own_output(agent: Agent) -> None:
    assert await agent.perform(step("one")) == "answer to one\n"
    assert await agent.perform(step("two")) == "answer to two\n"


async def test_a_session_that_ends_early_is_told_with_what_it_said(agent: Agent) -> None:
    with pytest.raises(EOFError, match="answer to goodbye"):
        await agent.perform(step("goodbye"))


@pytest.mark.parametrize("canary", CANARIES)
def test_no_step_holds_when_a_masked_value_came_through(canary: str) -> None:
    everything = " ".join(["Ada Lovelace,**** stale 250 contact ERROR denied pii no-ddl DELETE orders_left"])
    assert all(step.holds(everything) for step in STEPS)
    assert not any(step.holds(f"{everything} {canary}") for step in STEPS)


async def test_the_agent_is_a_psql_that_ends_with_its_context() -> None:
    with EmbeddedPostgres(password="agent-test") as server:
        async with connected(Address(server.host, server.port, server.user, "postgres", "agent-test")) as agent:
            assert "42" in await agent.perform(step("SELECT 42;"))
