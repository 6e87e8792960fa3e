from __future__ import annotations

import msgspec

from engine.api.schema import AgentView
from tests.hoopterm.cli.conftest import Command, StubEngine

BOT = AgentView("report-bot", "alice", "nightly reports", ["agents"], None, ["ssh"], 2, 1)
OLD = AgentView("old-bot", "erin", expires="2026-01-01T00:00:00Z")
STOPPED = AgentView("etl-bot", "erin", locked="erin is locked")


def test_agents_are_listed_with_who_answers_for_them_and_until_when(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/agents"] = [BOT, OLD, STOPPED]
    done = hoopterm("agent", "list")
    for word in ("report-bot", "alice", "nightly", "never", "expired", "locked"):
        assert word in done.out
    assert hoopterm("agent", "list", "--json").json == msgspec.to_builtins([BOT, OLD, STOPPED])


def test_one_agent_is_shown_whole(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/agents"] = [BOT, STOPPED]
    done = hoopterm("agent", "show", "report-bot")
    assert "token, ssh" in done.out
    assert "1 live" in done.out
    assert "erin is locked" in hoopterm("agent", "show", "etl-bot").out
    assert hoopterm("agent", "show", "report-bot", "--json").json == msgspec.to_builtins(BOT)


def test_an_agent_that_is_not_there_is_refused(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/agents"] = []
    done = hoopterm("agent", "show", "nobody")
    assert done.status == 1
    assert "there is no agent 'nobody'" in done.err
    assert "no agents" in hoopterm("agent", "list").err
