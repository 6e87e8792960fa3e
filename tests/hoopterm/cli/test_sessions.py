from __future__ import annotations

import json

from engine.api.schema import DoneView, FrameView
from tests.hoopterm.cli.conftest import Command, StubEngine
from tests.hoopterm.samples import session


def test_the_list_asks_for_live_ones(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/sessions"] = [session(mode="observe")]
    done = hoopterm("sessions", "list")
    assert engine.asked[0][2] == {"state": "live"}
    assert "s-1" in done.out
    assert "● live" in done.out
    assert "shop (observe)" in done.out


def test_json_has_the_views(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/sessions"] = [session()]
    assert hoopterm("sessions", "list", "--state", "all", "--json").json[0]["last_verb"] == "SELECT"


def test_watching_prints_statements_as_they_happen(engine: StubEngine, hoopterm: Command) -> None:
    begin = {"operation": "o", "verb": "SELECT", "text": "SELECT 1", "verdict": "allow", "rule": "reads"}
    end = {"operation": "o", "status": "completed", "tag": "SELECT 1", "rows": 1}
    frames = engine.lines(FrameView(0.5, "q", begin), FrameView(0.6, "e", end))
    engine.answers["GET", "/sessions/s-1/watch"] = frames
    out = hoopterm("sessions", "watch", "s-1").out
    assert "SELECT 1" in out
    assert "✓ completed" in out
    lines = hoopterm("sessions", "watch", "s-1", "--json").out.splitlines()
    assert [json.loads(line)["code"] for line in lines] == ["q", "e"]


def test_killing_carries_its_reason(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["POST", "/sessions/s-1/kill"] = DoneView()
    assert hoopterm("sessions", "kill", "s-1", "--reason", "runaway", "--json").json["state"] == "killed"
    assert engine.asked[0][3] == {"reason": "runaway"}
